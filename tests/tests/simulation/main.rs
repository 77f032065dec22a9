//! Simulation: a seed drives one to four clients of the model of a Hub, what goes wrong with their requests, crashes and
//! restarts of the server and jumps of its clock, in paused time. Then the history is checked, all faults end, and everybody
//! must get done.
//!
//! `HUB_SEED=7 cargo test -p hub-tests --test simulation` replays one seed; `HUB_DEEP_SEEDS=1000000` runs that many in place
//! of the default. A seed decides what every client wants and what goes wrong with the n-th request; files are hashed on
//! threads, so of requests that are made at the same time another one may be the n-th. What a failing seed did is printed: if
//! one replay does not show it again, a few do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout
)]

mod check;
mod client;
mod faults;
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use hub_tests::findings;

/// Seeds that run unless told otherwise.
const SEEDS: u64 = 10_000;

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Runs all seeds on as many threads as there are cores.
fn simulate(seeds: impl Iterator<Item = u64> + Send) -> Vec<String> {
    let seeds = Mutex::new(seeds);
    let findings = Mutex::new(Vec::new());
    let count = AtomicU64::new(0);
    let work = || {
        loop {
            let next = seeds.lock().unwrap().next();
            let Some(seed) = next else { break };
            count.fetch_add(1, Ordering::SeqCst);
            let run = world::run(seed);
            if let Some(problem) = run.problem {
                println!("seed {seed}, in order:\n    {}", run.log.join("\n    "));
                let replay = format!("HUB_SEED={seed} cargo test -p hub-tests --test simulation");
                findings.lock().unwrap().push(format!("{problem}\n    {replay}"));
            }
        }
    };
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    println!("{} seeds", count.into_inner());
    findings.into_inner().unwrap()
}

#[test]
fn whatever_happens_acknowledged_work_is_there_once_and_everybody_gets_done() {
    let findings = match variable("HUB_SEED") {
        Some(seed) => simulate(std::iter::once(seed)),
        None => simulate(0..variable("HUB_DEEP_SEEDS").unwrap_or(SEEDS)),
    };
    findings::none(findings);
}
