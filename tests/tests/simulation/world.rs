//! One run: what a seed decides, and what came of it.

use futures_util::future::join_all;
use hub_tests::model::{Model, Rules};
use hub_tests::model_client::{Seeded, in_paused_time, model_user};

use crate::client::{Act, Told, finish, work};
use crate::{check, faults};

/// What came of a run.
pub(crate) struct Run {
    pub(crate) log: Vec<String>,
    pub(crate) problem: Option<String>,
}

fn rules(random: &Seeded) -> Rules {
    Rules {
        part_size: (random.below(2) == 0).then_some(64),
        verify: random.below(2) == 0,
        page: [1, 2, 1000][random.below(3) as usize],
        ..Rules::default()
    }
}

/// Runs one seed; odd ones have successes that are not the one that was asked for.
pub(crate) fn run(seed: u64) -> Run {
    let random = Seeded::new(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let wrongs = seed % 2 == 1;
    let kind = if wrongs { "sim_wrong" } else { "sim" };
    in_paused_time(async {
        let model = Model::with_demo(rules(&random));
        model_user(&model, "ada", 0).create_discussion("ada/demo", "A place").await.unwrap();
        let clients = 1 + random.below(4);
        let budget: u64 = (0..clients).map(|_| 1 + random.below(5)).sum();
        faults::script(&model, random.below(u64::MAX), budget, wrongs);
        let jobs: Vec<_> = (0..clients)
            .map(|client| {
                let user = if client % 2 == 0 { "ada" } else { "bob" };
                let api = model_user(&model, user, random.below(u64::MAX));
                (api, client, random.below(u64::MAX), 1 + random.below(4))
            })
            .collect();
        let apis: Vec<_> = jobs.iter().map(|(api, ..)| api.clone()).collect();
        let all = join_all(jobs.into_iter().map(|(api, client, seed, count)| work(api, client, seed, count)));
        let (acts, ()) = tokio::join!(all, faults::disturb(&model, random.below(u64::MAX)));
        let mut acts: Vec<Act> = acts.into_iter().flatten().collect();
        model.heal();
        model.deliver_late().await;
        let problem = check::check(&model.state(), &acts);
        let problem = match problem {
            Some(problem) => Some(problem),
            None => afterwards(&model, &apis, &mut acts).await,
        };
        let mut log = model.log();
        log.extend(acts.iter().map(|act| format!("{act:?}")));
        Run { log, problem: problem.map(|problem| format!("{kind}:{seed} {problem}")) }
    })
}

/// Nothing goes wrong any more: everybody gets done.
async fn afterwards(model: &Model, apis: &[hub_api::HfApi], acts: &mut Vec<Act>) -> Option<String> {
    for (api, client) in apis.iter().zip(100..) {
        let done = finish(api.clone(), client).await;
        if !matches!(done.told, Told::Done(_)) {
            return Some(format!("all is well again, and yet: {done:?}"));
        }
        acts.push(done);
    }
    check::check(&model.state(), acts)
}
