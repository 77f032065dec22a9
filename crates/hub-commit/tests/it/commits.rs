//! The commit when its response is lost or others commit too.

use std::time::Duration;

use hub_commit::{
    CommitError, CommitOperationDelete, CommitOutcomeUnknown, IsFolder, Reconciled, create_commit,
    reconcile_commit,
};
use hub_types::ParentCommit;

use crate::faults::{Effect, Fault, Unreadable};
use crate::hub::{Hub, add, content, options};

const COMMIT: &str = "/commit/main";

fn operations() -> Vec<hub_commit::CommitOperation> {
    vec![add("a.txt", "hello"), add("w.bin", content(300))]
}

fn ours(hub: &Hub) -> usize {
    hub.repo().commits.iter().filter(|commit| commit.title == "Add files").count()
}

#[tokio::test(start_paused = true)]
async fn f57_a_commit_whose_response_was_lost_is_found_and_not_repeated() {
    for fault in [Fault::LostAfter, Fault::DoneThen(500), Fault::DoneThen(502), Fault::DoneThen(504)] {
        let hub = Hub::new().fault(COMMIT, fault);
        let info = create_commit(&hub.transport(), operations(), options()).await.unwrap();
        assert_eq!((ours(&hub), info.recovered, info.created), (1, true, true));
        assert_eq!(info.oid, hub.repo().head().id);
        assert!(info.commit_url.ends_with(&format!("/ada/demo/commit/{}", info.oid)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_did_not_happen_is_sent_again() {
    for fault in [Fault::LostBefore, Fault::Refuse(500), Fault::Refuse(503), Fault::Refuse(429)] {
        let hub = Hub::new().fault(COMMIT, fault);
        let info = create_commit(&hub.transport(), operations(), options()).await.unwrap();
        assert_eq!((ours(&hub), info.recovered), (1, false));
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_that_cannot_be_read_makes_one_commit() {
    for kind in Unreadable::ALL {
        for (times, pinned) in [(1, true), (3, true), (1, false)] {
            let hub = (0..times)
                .fold(Hub::new(), |hub, _| hub.fault(COMMIT, Fault::Unreadable(kind, Effect::Done)));
            let info = create_commit(&hub.transport(), operations(), options().pinned(pinned)).await.unwrap();
            assert_eq!((ours(&hub), info.recovered, hub.count(COMMIT)), (1, true, 1), "{kind:?}");
            assert_eq!(info.oid, hub.repo().head().id, "{kind:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_that_cannot_be_read_and_did_nothing_is_no_commit() {
    for kind in Unreadable::ALL {
        let hub = Hub::new().fault(COMMIT, Fault::Unreadable(kind, Effect::Nothing));
        let info = create_commit(&hub.transport(), operations(), options()).await.unwrap();
        assert_eq!((ours(&hub), info.recovered, hub.count(COMMIT)), (1, false, 2), "{kind:?}");
        let hub = Hub::new().fault(COMMIT, Fault::Unreadable(kind, Effect::Nothing));
        let error = create_commit(&hub.transport(), operations(), options().pinned(false)).await.unwrap_err();
        assert!(matches!(error, CommitError::CommitOutcomeUnknown(_)), "{kind:?}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pull_request_whose_success_cannot_be_read_is_opened_once() {
    for kind in Unreadable::ALL {
        let hub = Hub::new().fault(COMMIT, Fault::Unreadable(kind, Effect::Done));
        let options = options().create_pr(true).author("ada");
        let info = create_commit(&hub.transport(), operations(), options).await.unwrap();
        assert_eq!((hub.pulls(), info.recovered, info.pr_num), (1, true, Some(1)), "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_408_after_the_whole_commit_is_no_reason_to_send_it_again() {
    let hub = Hub::new().fault(COMMIT, Fault::DoneThen(408));
    let info = create_commit(&hub.transport(), operations(), options()).await.unwrap();
    assert_eq!((ours(&hub), hub.count(COMMIT), info.recovered), (1, 1, true));
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_something_on_the_way_sends_twice_is_one_commit() {
    let deletion = || vec![CommitOperationDelete::new("old.txt", IsFolder::File).unwrap().into()];
    for (operations, status) in [(operations(), 412), (operations(), 409), (deletion(), 404)] {
        for demanded in [false, true] {
            let hub = Hub::new().fault(COMMIT, Fault::DoneThen(status));
            let parent = demanded.then(|| hub.repo().head().id.parse().unwrap());
            let options = options().parent_commit(parent);
            let info = create_commit(&hub.transport(), operations.clone(), options).await.unwrap();
            assert_eq!((ours(&hub), hub.count(COMMIT), info.recovered), (1, 1, true), "{status}");
        }
    }
    for status in [412, 409] {
        let hub = Hub::new().fault(COMMIT, Fault::DoneThen(status));
        let options = options().create_pr(true).author("ada");
        let info = create_commit(&hub.transport(), operations(), options).await.unwrap();
        assert_eq!((hub.pulls(), info.recovered), (1, true), "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn commits_of_one_client_to_one_branch_wait_for_each_other() {
    let hub = Hub::new();
    let transport = hub.transport();
    let commits = (0..10)
        .map(|number| create_commit(&transport, vec![add(&format!("{number}.txt"), "hello")], options()));
    let made = futures_util::future::try_join_all(commits).await.unwrap();
    assert_eq!((made.len(), ours(&hub)), (10, 10));
    assert_eq!(hub.count("POST /api/models/ada/demo/commit/"), 10, "none was refused");
    assert_eq!(hub.repo().head().tree.len(), 10);
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_another_call_has_made_is_not_taken_for_ones_own() {
    // The second of two equal calls is lost before it does anything, and the first one's commit looks like it.
    let operations = || vec![CommitOperationDelete::new("missing", IsFolder::File).unwrap().into()];
    for pinned in [true, false] {
        let hub = Hub::new();
        let transport = hub.transport();
        let first = create_commit(&transport, operations(), options()).await.unwrap();
        let hub = hub.fault(COMMIT, Fault::LostBefore);
        match create_commit(&transport, operations(), options().pinned(pinned)).await {
            Ok(second) => assert!(pinned && second.oid != first.oid && !second.recovered),
            Err(error) => {
                assert!(!pinned && matches!(error, CommitError::CommitOutcomeUnknown(_)), "{error}")
            }
        }
        assert_eq!(ours(&hub), 1 + usize::from(pinned));
    }
}

#[tokio::test(start_paused = true)]
async fn f58_an_attempt_that_takes_effect_late_makes_no_second_commit() {
    let hub = Hub::new().fault(COMMIT, Fault::Late);
    let info = create_commit(&hub.transport(), operations(), options()).await.unwrap();
    assert_eq!((ours(&hub), info.recovered), (1, true));
}

#[tokio::test(start_paused = true)]
async fn f59_another_writer_keeps_its_commit_and_ours_comes_once() {
    let hub = Hub::new()
        .fault(COMMIT, Fault::LostBefore)
        .fault(COMMIT, Fault::First(crate::hub::Repo::other_commit));
    let info = create_commit(&hub.transport(), operations(), options()).await.unwrap();
    assert_eq!((ours(&hub), hub.commits(), info.recovered), (1, 3, false));
    let hub = Hub::new()
        .fault(COMMIT, Fault::LostAfter)
        .fault("/commits/main", Fault::First(crate::hub::Repo::other_commit));
    let info = create_commit(&hub.transport(), operations(), options()).await.unwrap();
    assert_eq!((ours(&hub), hub.commits(), info.recovered), (1, 3, true));
    assert_eq!(info.oid, hub.repo().commits[1].id);
}

#[tokio::test(start_paused = true)]
async fn a_commit_of_another_with_our_message_is_not_taken_for_ours() {
    let imitate = |repo: &mut crate::hub::Repo| {
        repo.other_commit();
        repo.commits.last_mut().unwrap().title = "Add files".into();
    };
    let hub = Hub::new().fault(COMMIT, Fault::LostBefore).fault(COMMIT, Fault::First(imitate));
    let info = create_commit(&hub.transport(), operations(), options()).await.unwrap();
    assert_eq!((info.recovered, hub.commits()), (false, 3));
    assert_eq!(info.oid, hub.repo().head().id);
}

#[tokio::test(start_paused = true)]
async fn a_branch_that_moved_is_committed_to_on_its_new_head() {
    let hub = Hub::new().fault(COMMIT, Fault::First(crate::hub::Repo::other_commit));
    create_commit(&hub.transport(), operations(), options()).await.unwrap();
    assert_eq!((hub.commits(), hub.count(COMMIT)), (3, 2));
}

#[tokio::test(start_paused = true)]
async fn a_branch_that_moves_all_the_time_is_given_up() {
    let contended =
        (0..1000).fold(Hub::new(), |hub, _| hub.fault(COMMIT, Fault::First(crate::hub::Repo::other_commit)));
    for longest in [Duration::from_secs(120), Duration::ZERO] {
        let begun = tokio::time::Instant::now();
        let options = options().contention_timeout(longest);
        let error = create_commit(&contended.transport(), operations(), options).await.unwrap_err();
        assert!(matches!(error, CommitError::Contended { .. }) && error.is_retryable(), "{error}");
        assert!(
            (longest..longest + Duration::from_secs(15)).contains(&begun.elapsed()),
            "{:?}",
            begun.elapsed()
        );
        assert_eq!(ours(&contended), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_demanded_parent_is_never_replaced() {
    for lost in [false, true] {
        let mut hub = Hub::new();
        let head: ParentCommit = hub.repo().head().id.parse().unwrap();
        if lost {
            hub = hub.fault(COMMIT, Fault::LostBefore);
        }
        let hub = hub.fault(COMMIT, Fault::First(crate::hub::Repo::other_commit));
        let options = options().parent_commit(Some(head.clone()));
        let error = create_commit(&hub.transport(), operations(), options).await.unwrap_err();
        let CommitError::ParentMismatch { expected, actual } = error else { panic!("{error:?}") };
        assert_eq!(
            (expected.as_str(), actual.as_deref()),
            (head.as_str(), Some(hub.repo().head().id.as_str()))
        );
        assert_eq!(ours(&hub), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_an_error_with_its_status() {
    for status in [400, 403, 404, 413, 422] {
        let hub = Hub::new().fault(COMMIT, Fault::Refuse(status));
        let error = create_commit(&hub.transport(), operations(), options()).await.unwrap_err();
        assert!(matches!(error, CommitError::Commit(_)), "{error:?}");
        assert_eq!((error.status().unwrap().as_u16(), error.is_not_found()), (status, status == 404));
        assert_eq!((ours(&hub), hub.count(COMMIT)), (0, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_cannot_be_read_is_reported_and_settled_later() {
    let hub = Hub::new().fault(COMMIT, Fault::LostAfter).fault("/commits/", Fault::Refuse(403));
    let error = create_commit(&hub.transport(), operations(), options()).await.unwrap_err();
    let CommitError::CommitOutcomeUnknown(unknown) = &error else { panic!("{error:?}") };
    assert_eq!(error.status().unwrap().as_u16(), 403);
    let stored = serde_json::to_string(unknown).unwrap();
    let unknown: CommitOutcomeUnknown = serde_json::from_str(&stored).unwrap();
    let Reconciled::Landed(info) = reconcile_commit(&hub.transport(), &unknown).await.unwrap() else {
        panic!()
    };
    assert!(info.recovered && info.oid == hub.repo().head().id);
    assert_eq!(ours(&hub), 1);
}

#[tokio::test(start_paused = true)]
async fn an_outage_during_the_commit_leaves_the_outcome_open() {
    let mut hub = Hub::new();
    for _ in 0..20 {
        hub = hub.fault(COMMIT, Fault::LostBefore);
    }
    let error = create_commit(&hub.transport(), operations(), options()).await.unwrap_err();
    let CommitError::CommitOutcomeUnknown(unknown) = error else { panic!("{error:?}") };
    assert_eq!(reconcile_commit(&hub.transport(), &unknown).await.unwrap(), Reconciled::Undecided);
    hub.repo().other_commit();
    let head = hub.repo().head().id.clone();
    assert_eq!(reconcile_commit(&hub.transport(), &unknown).await.unwrap(), Reconciled::NotLanded { head });
}

#[tokio::test(start_paused = true)]
async fn an_unpinned_commit_is_sent_once_and_looked_for() {
    let hub = Hub::new().fault(COMMIT, Fault::LostAfter);
    let info = create_commit(&hub.transport(), operations(), options().pinned(false)).await.unwrap();
    assert!(info.recovered && ours(&hub) == 1);
    let hub = Hub::new().fault(COMMIT, Fault::LostBefore);
    let error = create_commit(&hub.transport(), operations(), options().pinned(false)).await.unwrap_err();
    assert!(matches!(error, CommitError::CommitOutcomeUnknown(_)), "{error:?}");
    assert_eq!(hub.count(COMMIT), 1);
}

#[tokio::test(start_paused = true)]
async fn f60_a_pull_request_whose_response_was_lost_is_found_and_not_opened_twice() {
    for fault in [Fault::LostAfter, Fault::DoneThen(504)] {
        let hub = Hub::new().fault(COMMIT, fault);
        let options = options().create_pr(true).author("ada");
        let info = create_commit(&hub.transport(), operations(), options).await.unwrap();
        assert_eq!((info.recovered, info.pr_num, hub.pulls()), (true, Some(1), 1));
        assert!(info.pr_url.unwrap().ends_with("/ada/demo/discussions/1"));
    }
    let hub = Hub::new().fault(COMMIT, Fault::LostBefore);
    let error = create_commit(&hub.transport(), operations(), options().create_pr(true)).await.unwrap_err();
    assert!(matches!(error, CommitError::CommitOutcomeUnknown(_)), "{error:?}");
    assert_eq!((hub.pulls(), hub.count(COMMIT)), (0, 1));
}
