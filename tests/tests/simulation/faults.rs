//! What goes wrong, as a seed decides.

use std::time::Duration;

use hub_tests::model::{Fault, Model, Trouble, WRONG};
use hub_tests::model_client::Seeded;

/// A day in milliseconds: as far as the server's clock jumps.
const DAY: u64 = 86_400_000;

fn millis(random: &Seeded, limit: u64) -> Duration {
    Duration::from_millis(random.below(limit))
}

/// Lost, late or refused.
fn lost(random: &Seeded) -> Fault {
    let trouble = match random.below(12) {
        0 => return Fault::before(Trouble::Refuse),
        1 => return Fault::before(Trouble::CutRequest),
        2 => return Fault::before(Trouble::Late),
        3 => return Fault::before(Trouble::Status(429)),
        4 => Trouble::Stall,
        5 => Trouble::Close,
        6 => Trouble::Broken,
        7 => Trouble::Status(503),
        8 => Trouble::Status(504),
        9 => Trouble::Status(500),
        _ => Trouble::Reset,
    };
    if random.below(2) == 0 { Fault::before(trouble) } else { Fault::after(trouble) }
}

/// A success that is another one, or the 408 of a proxy; always carried out, so that it is no lie.
fn wrong(random: &Seeded) -> Fault {
    let trouble = match random.below(WRONG.len() as u64 + 2) {
        0 => Trouble::Status(408),
        1 => Trouble::Short,
        number => Trouble::Wrong(WRONG[number as usize - 2]),
    };
    Fault::after(trouble)
}

/// Lets at most `budget` requests go wrong, and every request take its time.
pub(crate) fn script(model: &Model, seed: u64, mut budget: u64, wrongs: bool) {
    let random = Seeded::new(seed);
    model.script(move |_| {
        let mut fault = Fault::default();
        if budget > 0 && random.below(8) == 0 {
            budget -= 1;
            fault = if wrongs && random.below(2) == 0 { wrong(&random) } else { lost(&random) };
        }
        fault.before = millis(&random, 60);
        fault.after = millis(&random, 60);
        Some(fault)
    });
}

/// Lets the server end and begin again, and its clock jump, for as long as this is polled.
pub(crate) async fn disturb(model: &Model, seed: u64) {
    let random = Seeded::new(seed);
    for _ in 0..random.below(3) {
        tokio::time::sleep(millis(&random, 1500)).await;
        model.crash();
        tokio::time::sleep(millis(&random, 3000)).await;
        model.start();
        if random.below(2) == 0 {
            let jump = i64::try_from(random.below(2 * DAY)).unwrap() - i64::try_from(DAY).unwrap();
            model.state().skew = jump;
        }
    }
}
