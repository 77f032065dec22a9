//! A thousand runs of each kind of doubt about a commit: it is there once, or it is said that nobody knows.

use hub_commit::{CommitError, create_commit};
use proptest::prelude::*;

use crate::faults::{Effect, Fault, Unreadable};
use crate::hub::{Hub, Repo, add, options};

const COMMIT: &str = "/commit/main";

/// What may happen to an attempt, and whether it takes effect, now or later.
fn troubles() -> Vec<(Fault, bool)> {
    let mut troubles = vec![
        (Fault::LostBefore, false),
        (Fault::Refuse(429), false),
        (Fault::Refuse(503), false),
        (Fault::LostAfter, true),
        (Fault::DoneThen(500), true),
        (Fault::DoneThen(504), true),
        (Fault::DoneThen(408), true),
        (Fault::Late, true),
    ];
    for kind in Unreadable::ALL {
        troubles.push((Fault::Unreadable(kind, Effect::Done), true));
        troubles.push((Fault::Unreadable(kind, Effect::Nothing), false));
    }
    troubles.push((Fault::First(Repo::other_commit), false));
    troubles
}

/// How many there are; the last one is about other writers.
const ALL: usize = 8 + 2 * Unreadable::ALL.len() + 1;

/// A Hub on which these troubles, by number, meet the attempts in turn.
fn troubled(numbers: &[usize]) -> Hub {
    numbers.iter().fold(Hub::new(), |hub, number| hub.fault(COMMIT, troubles()[*number].0.clone()))
}

fn run<T>(work: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.unwrap().block_on(work)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn f57_f58_f59_a_commit_is_there_once_whatever_its_attempts_meet(numbers in prop::collection::vec(0..ALL, 1..5)) {
        run(async {
            let hub = troubled(&numbers);
            let result = create_commit(&hub.transport(), vec![add("a.txt", "hello")], options()).await;
            // What is still on its way arrives with the next commit.
            let left = hub.repo().faults.len();
            hub.repo().faults.clear();
            create_commit(&hub.transport(), vec![add("later", "x")], options().message("Later")).await.unwrap();

            let repo = hub.repo();
            let ours: Vec<_> = repo.commits.iter().filter(|commit| commit.title == "Add files").collect();
            let met = &numbers[..numbers.len() - left];
            let others = met.iter().filter(|number| matches!(troubles()[**number].0, Fault::First(_))).count();
            prop_assert_eq!(repo.commits.len(), 2 + others + ours.len(), "a commit of others is gone");
            match result {
                Ok(info) => {
                    prop_assert_eq!((ours.len(), &ours[0].id), (1, &info.oid));
                    let took_effect = met.iter().any(|number| troubles()[*number].1);
                    prop_assert!(took_effect || !info.recovered, "recovered, but no attempt took effect unseen");
                }
                Err(CommitError::CommitOutcomeUnknown(_)) => prop_assert!(ours.len() <= 1),
                Err(error) => prop_assert!(ours.is_empty(), "it was made, and called a failure: {error}"),
            }
            Ok(())
        })?;
    }

    #[test]
    fn f60_a_pull_request_is_opened_once_whatever_its_attempts_meet(numbers in prop::collection::vec(0..ALL - 1, 1..5)) {
        run(async {
            let hub = troubled(&numbers);
            let options = options().create_pr(true).author("ada");
            let result = create_commit(&hub.transport(), vec![add("a.txt", "hello")], options).await;
            match result {
                Ok(info) => prop_assert_eq!((hub.pulls(), info.pr_num), (1, Some(1))),
                Err(CommitError::CommitOutcomeUnknown(_)) => prop_assert!(hub.pulls() <= 1),
                Err(error) => prop_assert_eq!(hub.pulls(), 0, "it was opened, and called a failure: {}", error),
            }
            prop_assert_eq!(hub.commits(), 1);
            Ok(())
        })?;
    }
}
