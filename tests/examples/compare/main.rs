//! What `cargo xtask compare` runs: the same jobs by this client and by the official one, against the model of a Hub on a
//! port whose response is lost, late or wrong. Prints the page that compares them.
//!
//! usage: `compare PYTHON SCRIPT RUNS`

#![allow(clippy::print_stdout, reason = "its output is the page")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod cases;
mod clients;
mod page;

use std::collections::BTreeMap;

use cases::{CASES, Case, JOBS, Job};
use clients::{Official, Said, ours};
use hub_tests::model::{Model, Rules, serve};

/// What a call said, against what is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// Done once, and said so; or not done, and said so.
    True,
    /// It was said that nobody knows.
    Unknown,
    /// Not done, and said to be done.
    Lost,
    /// Done, and called a failure: who tries again does it twice.
    CalledFailure,
    /// Done more than once.
    Doubled,
}

fn judge(said: Said, there: usize) -> Outcome {
    match (said, there) {
        (_, 2..) => Outcome::Doubled,
        (Said::Done, 1) | (Said::Failed, 0) => Outcome::True,
        (Said::Done, 0) => Outcome::Lost,
        (Said::Failed, 1) => Outcome::CalledFailure,
        (Said::Unknown, _) => Outcome::Unknown,
    }
}

/// How often each outcome came.
type Counts = BTreeMap<Outcome, usize>;

async fn place(job: &Job, case: &Case) -> (Model, hub_tests::model::Served, String) {
    let model = Model::with_demo(Rules::default());
    if job.name == "comment" {
        let api = hub_tests::model_client::model_user(&model, "ada", 1);
        api.create_discussion("ada/demo", "A place").await.unwrap();
    }
    let (mut left, line, fault) = (case.times, job.line, case.fault.clone());
    model.script(move |seen| {
        let hit = seen.line.starts_with(line) && left > 0;
        left -= usize::from(hit);
        hit.then(|| fault.clone())
    });
    let served = serve(model.clone()).await.unwrap();
    let url = format!("http://{}", served.address);
    (model, served, url)
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [python, script, runs] = arguments.as_slice() else { panic!("usage: compare PYTHON SCRIPT RUNS") };
    let runs: usize = runs.parse().expect("RUNS is a number");
    let mut official = Official::start(python, script).await;
    let mut rows = Vec::new();
    for job in &JOBS {
        for case in CASES.iter() {
            let (mut we, mut they) = (Counts::new(), Counts::new());
            for _ in 0..runs {
                let (model, _served, url) = place(job, case).await;
                let said = ours(&url, job.name).await;
                model.heal();
                *we.entry(judge(said, (job.there)(&model))).or_default() += 1;
                let (model, _served, url) = place(job, case).await;
                let said = official.call(&url, job.name).await;
                model.heal();
                *they.entry(judge(said, (job.there)(&model))).or_default() += 1;
            }
            rows.push(page::Row { job: job.name, case: case.name, ours: we, official: they });
        }
    }
    println!("{}", page::write(&rows, &official.version, runs));
}
