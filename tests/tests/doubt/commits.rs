//! A thousand runs of each kind of doubt about a commit: it is there once, or it is said that nobody knows.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hub_api::commit::CommitError;
use hub_api::transport::Rng;
use hub_api::{CommitOperation, CommitOperationAdd, Error};
use hub_tests::either::{Hub, Kind};
use hub_tests::findings;
use hub_tests::model::{Fault, Model, Rules, Trouble, WRONG};
use hub_tests::model_client::{Seeded, in_paused_time};
use hub_tests::noise;

use crate::{runs, seeds};

const TITLE: &str = "Add files";

/// What is lost, or comes late: the row F57.
fn lost(random: &Seeded) -> Fault {
    let after = [Trouble::Reset, Trouble::Close, Trouble::Stall, Trouble::Broken];
    let before = [Trouble::Refuse, Trouble::CutRequest, Trouble::Reset, Trouble::Status(429)];
    let either = [500, 502, 503, 504].map(Trouble::Status);
    match random.below(4) {
        0 => Fault::before(before[random.below(4) as usize]),
        1 => Fault::before(either[random.below(4) as usize]),
        2 => Fault::after(either[random.below(4) as usize]),
        _ => Fault::after(after[random.below(4) as usize]),
    }
}

/// The server goes on working after the connection is gone: F58.
fn late(random: &Seeded) -> Fault {
    if random.below(2) == 0 { Fault::before(Trouble::Late) } else { lost(random) }
}

/// Success that is not the one that was asked for, and the 408 of a proxy.
fn wrong(random: &Seeded) -> Fault {
    let trouble = match random.below(12) {
        0 => Trouble::Status(408),
        1 => Trouble::Short,
        number => Trouble::Wrong(WRONG[number as usize - 2]),
    };
    if random.below(3) == 0 { Fault::before(trouble) } else { Fault::after(trouble) }
}

/// One kind of doubt.
#[derive(Clone, Copy)]
struct Doubt {
    name: &'static str,
    fault: fn(&Seeded) -> Fault,
    /// Whether others commit in between: F59.
    others: bool,
    /// Whether the commit opens a pull request: F60.
    pull_request: bool,
    /// Whether the reading that settles the doubt goes wrong at times too.
    blind: bool,
}

const LOST: Doubt = Doubt { name: "f57", fault: lost, others: false, pull_request: false, blind: false };

/// What a run did, and what is wrong with it.
fn run(kind: Kind, doubt: Doubt, seed: u64) -> Option<String> {
    let random = Seeded::new(seed);
    in_paused_time(async {
        let hub = Hub::with_demo(kind, &Rules::default()).await;
        let intruders = Arc::new(AtomicUsize::new(0));
        let count = 1 + random.below(4);
        let mut faults: Vec<Fault> = (0..count).map(|_| (doubt.fault)(&random)).collect();
        for fault in faults.iter_mut().filter(|_| doubt.others && random.below(2) == 0) {
            let intruders = Arc::clone(&intruders);
            *fault = fault.clone().first(hub.change(move |hub| {
                intruders.fetch_add(1, Ordering::SeqCst);
                async move { hub.other_commit().await }
            }));
        }
        let shown = format!("{faults:?}");
        let (mut left, blind) = (faults.into_iter(), doubt.blind);
        // Whether a commit took effect although its response did not say so.
        let unseen = Arc::new(AtomicUsize::new(0));
        let noted = Arc::clone(&unseen);
        hub.script(move |seen| {
            if seen.line.contains("/commit/") {
                let fault = left.next()?;
                let hidden = fault.applies || fault.trouble == Trouble::Late;
                noted.fetch_add(usize::from(hidden && fault.trouble != Trouble::None), Ordering::SeqCst);
                return Some(fault);
            }
            let settles = seen.line.contains("/commits/") || seen.line.contains("/paths-info/");
            (blind && settles && random.below(3) == 0).then(|| lost(&random))
        });
        let api = hub.user("ada", seed);
        let operations: Vec<CommitOperation> = [("a.txt", noise(seed, 20)), ("w.bin", noise(seed, 200))]
            .map(|(path, content)| CommitOperationAdd::new(path, content).unwrap().into())
            .into();
        let call = api.create_commit("ada/demo", operations, TITLE).create_pr(doubt.pull_request);
        let result = call.await;
        hub.heal();
        hub.deliver_late().await;

        let there = hub.there().await;
        let demo = there.demo();
        let main = demo.branch("main");
        let others = main.iter().filter(|commit| commit.title == "Other").count();
        let ours: Vec<&str> = if doubt.pull_request {
            let pulls = demo.refs.iter().filter(|(name, _)| name.starts_with("refs/pr/"));
            pulls.map(|(_, history)| history.last().unwrap().id.as_str()).collect()
        } else {
            main.iter().filter(|commit| commit.title == TITLE).map(|commit| commit.id.as_str()).collect()
        };
        let on_main = if doubt.pull_request { 0 } else { ours.len() };
        let problem = if ours.len() > 1 {
            Some(format!("doubled: {} times", ours.len()))
        } else if others != intruders.load(Ordering::SeqCst) || main.len() != 1 + others + on_main {
            Some("lost: a commit of others is gone".to_owned())
        } else {
            match &result {
                Ok(info) if ours.first() != Some(&info.oid.as_str()) => {
                    Some("lost: it is not there".to_owned())
                }
                Ok(info) if info.recovered && unseen.load(Ordering::SeqCst) == 0 => {
                    Some("false recovered: no attempt took effect unseen".to_owned())
                }
                Ok(_) | Err(Error::Commit(CommitError::CommitOutcomeUnknown(_))) => None,
                Err(_) if ours.is_empty() => None,
                Err(error) => Some(format!("called a failure, and made: {error}")),
            }
        };
        problem.map(|problem| format!("{}:{seed} on {kind:?}: {problem} after {shown}", doubt.name))
    })
}

fn thousand(doubt: Doubt) {
    findings::none(runs().filter_map(|(kind, seed)| run(kind, doubt, seed)).collect());
}

#[test]
fn f57_a_commit_whose_response_is_lost_is_there_once() {
    thousand(LOST);
}

#[test]
fn f57_a_commit_is_there_once_when_the_history_cannot_be_read_at_times() {
    thousand(Doubt { name: "f57_blind", blind: true, ..LOST });
}

#[test]
fn f58_a_commit_that_lands_after_its_repetition_arrived_is_there_once() {
    thousand(Doubt { name: "f58", fault: late, ..LOST });
}

#[test]
fn f59_the_commits_of_others_stay_and_ours_is_there_once() {
    thousand(Doubt { name: "f59", fault: late, others: true, ..LOST });
}

#[test]
fn f60_a_pull_request_is_opened_once() {
    thousand(Doubt { name: "f60", fault: late, pull_request: true, ..LOST });
}

#[test]
fn a_commit_is_there_once_whatever_its_successes_look_like() {
    thousand(Doubt { name: "wrong", fault: wrong, others: true, ..LOST });
}

#[test]
fn a_pull_request_is_opened_once_whatever_its_successes_look_like() {
    thousand(Doubt { name: "wrong_pr", fault: wrong, pull_request: true, ..LOST });
}

#[test]
fn the_same_commit_of_somebody_else_is_not_taken_for_ours() {
    // Ours is lost before it is carried out, and another user is there first with the same title and the same content. On the
    // model alone: on the embedded Hub nobody else may write to ada's repository.
    let twin = |seed: u64| {
        in_paused_time(async {
            let model = Model::with_demo(Rules::default());
            let content = noise(seed, 20);
            let hub = Hub::Model(model.clone());
            let (bobs, first) = (model.clone(), content.clone());
            let lost = Fault::before(Trouble::Reset).first(hub.change(move |_| {
                let mut state = bobs.state();
                let mut tree = state.demo().branch("main").last().unwrap().tree.clone();
                tree.insert("a.txt".to_owned(), state.file(first.clone()));
                state.push("models/ada/demo", "refs/heads/main", "bob", TITLE, "", tree);
                ready(())
            }));
            model.fail_each("/commit/", [lost]);
            let add: CommitOperation = CommitOperationAdd::new("a.txt", content).unwrap().into();
            let result = hub.user("ada", seed).create_commit("ada/demo", vec![add], TITLE).await;
            model.heal();
            let state = model.state();
            let by = |author: &str| state.demo().branch("main").iter().filter(|c| c.author == author).count();
            let twins = by("bob");
            match result {
                Ok(info) if info.recovered => Some(format!("twin:{seed} false recovered: it is bob's")),
                _ if twins != 1 => Some(format!("twin:{seed} lost: bob's commit is gone")),
                _ => None,
            }
        })
    };
    findings::none(seeds(20).filter_map(twin).collect());
}

#[test]
fn seeds_decide_everything() {
    let numbers =
        |seed| (0..5).map(move |_| 0).scan(Seeded::new(seed), |random, _| Some(random.next_u64())).collect();
    let (one, same, other): (Vec<u64>, Vec<u64>, Vec<u64>) = (numbers(1), numbers(1), numbers(2));
    assert_eq!(one, same);
    assert_ne!(one, other);
}
