//! Folders of any size by Xet, and runs that end early.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use hub_commit::CommitError;
use hub_commit::folder::FolderOptions;
use hub_commit::large::LargeFolder;

use crate::cas::random;
use crate::large::{FILES, counted, cut, folder, run};
use crate::watched::Counts;
use crate::xet::hub;

/// [`folder`] and two files that take several xorbs of the least length.
fn with_large_files() -> tempfile::TempDir {
    let dir = folder();
    for seed in [1, 2] {
        std::fs::write(dir.path().join(format!("large{seed}.bin")), random(seed, 700_000)).unwrap();
    }
    dir
}

/// Until the threads of a run that was given up have ended.
async fn settled(dir: &Path) {
    while matches!(LargeFolder::open(dir, FolderOptions::new()).await, Err(CommitError::FolderBusy { .. })) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_run_that_ends_at_any_request_goes_on_and_sends_nothing_twice_that_has_arrived() {
    let whole: u64 = 2 * 700_000 + 3 * 200;
    for carried_out in [false, true] {
        for requests in 0.. {
            let (hub, dir, index) = (hub(), with_large_files(), tempfile::tempdir().unwrap());
            let counts = Arc::new(Counts::default());
            let options = || counted(&counts).memory_budget(1 << 20).xet_index(index.path());
            let (transport, end) = cut(&hub, requests, carried_out);
            let finished = tokio::select! {
                done = run(&transport, dir.path(), options(), 5) => done.map(|_| true).unwrap(),
                () = end.notified() => false,
            };
            settled(dir.path()).await;
            let (shards, read) = (hub.count("/shards"), counts.read.load(Ordering::SeqCst));
            run(&hub.transport(), dir.path(), options(), 5).await.unwrap();
            let repo = hub.repo();
            assert_eq!(repo.head().tree.len(), FILES + 2, "{requests} {carried_out}");
            let trees: Vec<_> = repo.commits.iter().map(|commit| commit.tree.len()).collect();
            assert!(
                trees.is_sorted_by(|a, b| a < b),
                "a commit changes nothing: {trees:?} {requests} {carried_out}"
            );
            // Two xorbs may have been on their way, and two have arrived of which nobody has heard.
            let received = repo.cas.as_ref().unwrap().received;
            assert!(received < whole + 4 * 270_000, "{received} {requests} {carried_out}");
            if finished {
                assert!(requests > 10 && shards == 2, "{requests} {shards}");
                assert_eq!(counts.read.load(Ordering::SeqCst), read, "what is committed is not read");
                break;
            }
        }
    }
}

#[tokio::test]
async fn what_is_registered_but_not_committed_is_not_read_again() {
    let (hub, dir, counts) = (hub(), with_large_files(), Arc::new(Counts::default()));
    let hub = hub.fault("/commit/", crate::faults::Fault::Refuse(403));
    let error = run(&hub.transport(), dir.path(), counted(&counts), 1000).await.unwrap_err();
    assert!(matches!(error, CommitError::Commit(_)), "{error:?}");
    let read = counts.read.load(Ordering::SeqCst);
    assert!(read >= 1_400_000);
    run(&hub.transport(), dir.path(), counted(&counts), 1000).await.unwrap();
    assert!(counts.read.load(Ordering::SeqCst) - read < 10_000);
    assert_eq!((hub.count("/xorbs/"), hub.count("/shards"), hub.repo().head().tree.len()), (1, 1, FILES + 2));
}
