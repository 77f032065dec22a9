//! Folders over several commits, and runs that end early.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use hub_commit::folder::FolderOptions;
use hub_commit::large::{LargeFolder, LargeUpload, Limits};
use hub_commit::{CommitError, CommitOptions};
use hub_transport::{BoxError, Transport};
use hub_types::progress::{Event, Phase};
use tokio::sync::Notify;
use tower::ServiceExt;

use crate::faults::Fault;
use crate::hub::{ENDPOINT, Hub, content, options};
use crate::watched::{Counts, Watched};

pub(crate) const FILES: usize = 7;

/// Regular files, and LFS files of which two have the same content.
pub(crate) fn folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for index in 0..FILES {
        std::fs::create_dir_all(dir.path().join("sub")).unwrap();
        let size = if index % 2 == 0 { 10 + index } else { 200 + index / 4 };
        std::fs::write(dir.path().join(format!("sub/{index}.bin")), content(size)).unwrap();
    }
    dir
}

pub(crate) fn counted(counts: &Arc<Counts>) -> CommitOptions {
    let seen = Arc::clone(counts);
    let progress = move |event: &Event<'_>| {
        if let Event::File { phase: Phase::Hashing, path, position, total } = event
            && position == total
        {
            *seen.hashed.lock().unwrap().entry((*path).to_owned()).or_default() += 1;
        }
    };
    options().files(Arc::new(Watched(Arc::clone(counts)))).progress(Arc::new(progress))
}

pub(crate) async fn run(
    transport: &Transport,
    dir: &Path,
    options: CommitOptions,
    files: usize,
) -> Result<LargeUpload, CommitError> {
    let folder = LargeFolder::open(dir, FolderOptions::new()).await?;
    folder.upload(transport, options, Limits::default().files(files)).await
}

/// A transport that answers `requests` requests; the one after them is carried out or not, and never answered.
pub(crate) fn cut(hub: &Hub, requests: usize, carried_out: bool) -> (Transport, Arc<Notify>) {
    let (left, end) = (Arc::new(AtomicUsize::new(requests)), Arc::new(Notify::new()));
    let (hub, signal) = (hub.clone(), Arc::clone(&end));
    let inner_service = tower::service_fn(move |request| {
        let (hub, left, signal) = (hub.clone(), Arc::clone(&left), Arc::clone(&signal));
        async move {
            let one_less = |left: usize| left.checked_sub(1);
            if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok() {
                return hub.oneshot(request).await;
            }
            if carried_out {
                let _: Result<_, BoxError> = hub.oneshot(request).await;
            }
            signal.notify_one();
            std::future::pending().await
        }
    });
    (Transport::builder(ENDPOINT).inner_service(inner_service).build().unwrap(), end)
}

#[tokio::test]
async fn a_folder_is_split_over_numbered_commits() {
    let (hub, dir) = (Hub::new(), folder());
    let report = run(&hub.transport(), dir.path(), options(), 3).await.unwrap();
    let repo = hub.repo();
    assert_eq!((report.files, report.unchanged, report.commits.len()), (7, 0, 3));
    assert_eq!(report.commits.last(), Some(&repo.head().id));
    let titles: Vec<&str> = repo.commits.iter().skip(1).map(|commit| commit.title.as_str()).collect();
    assert_eq!(titles, ["Add files (part 1)", "Add files (part 2)", "Add files (part 3)"]);
    assert_eq!(repo.head().tree.len(), FILES, "the notes are not uploaded: {:?}", repo.head().tree);
}

#[tokio::test(start_paused = true)]
async fn a_gateway_that_gives_up_on_large_commits_gets_smaller_ones() {
    let dir = tempfile::tempdir().unwrap();
    for index in 0..100 {
        std::fs::write(dir.path().join(format!("{index}.txt")), format!("{index}")).unwrap();
    }
    for applied in [true, false] {
        let fault = || if applied { Fault::DoneThen(504) } else { Fault::Refuse(504) };
        let hub = (0..5).fold(Hub::new(), |hub, _| hub.fault("/commit/main", fault()));
        let report = run(&hub.transport(), dir.path(), options(), 1000).await.unwrap();
        let repo = hub.repo();
        assert_eq!(repo.head().tree.len(), 100, "{applied}");
        let twice: Vec<_> = repo.commits.windows(2).filter(|pair| pair[0].tree == pair[1].tree).collect();
        assert!(twice.is_empty(), "{applied}: a commit was made twice");
        assert_eq!(repo.commits.len() == 2, applied, "{:?}", report.commits);
        drop(repo);
        std::fs::remove_dir_all(dir.path().join(".cache")).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_commit_that_lands_although_nobody_could_tell_is_in_the_report() {
    let dir = folder();
    // The commit is made; neither its response nor the history can be read, and the tree can.
    let hub = Hub::new().fault("/commit/main", Fault::DoneThen(504)).fault("/commits/", Fault::Refuse(403));
    let report = run(&hub.transport(), dir.path(), options(), 1000).await.unwrap();
    assert_eq!((report.commits.as_slice(), hub.commits()), (&[hub.repo().head().id.clone()][..], 2));
    assert!(report.commit_url.is_some());
}

#[tokio::test(start_paused = true)]
async fn what_is_open_stays_open_when_nothing_can_be_read() {
    let dir = folder();
    let hub = Hub::new().fault("/commit/main", Fault::DoneThen(504)).fault("/commits/", Fault::Refuse(403));
    let hub = hub.fault("/tree/", Fault::First(|_| ()));
    let hub = (0..20).fold(hub, |hub, _| hub.fault("/tree/", Fault::Refuse(500)));
    let outcome = run(&hub.transport(), dir.path(), options(), 1000).await;
    assert!(matches!(outcome, Err(CommitError::CommitOutcomeUnknown(_))), "{outcome:?}");
}

#[tokio::test(start_paused = true)]
async fn after_a_passing_outage_commits_are_as_large_as_before() {
    let dir = tempfile::tempdir().unwrap();
    for index in 0..400 {
        std::fs::write(dir.path().join(format!("{index}.txt")), format!("{index}")).unwrap();
    }
    let hub = (0..4).fold(Hub::new(), |hub, _| hub.fault("/commit/main", Fault::Refuse(504)));
    let report = run(&hub.transport(), dir.path(), options(), 80).await.unwrap();
    // Two outages make 80 files 40 and then 20; four commits of those later it is 40, and four later 80 again.
    assert_eq!((report.commits.len(), hub.repo().head().tree.len()), (4 + 4 + 2, 400));
}

#[tokio::test]
async fn what_is_committed_is_neither_read_nor_asked_about_again() {
    let (hub, dir, counts) = (Hub::new(), folder(), Arc::new(Counts::default()));
    run(&hub.transport(), dir.path(), options(), 1000).await.unwrap();
    hub.repo().log.clear();
    let report = run(&hub.transport(), dir.path(), counted(&counts), 1000).await.unwrap();
    assert_eq!((report.unchanged, report.commits.len()), (7, 0));
    assert_eq!(counts.read.load(Ordering::SeqCst), 0);
    let repo = hub.repo();
    let tree = format!("GET /api/models/ada/demo/tree/{}", repo.head().id);
    assert_eq!(repo.log, ["GET /api/models/ada/demo/revision/main".to_owned(), tree]);
}

#[tokio::test]
async fn a_run_that_ends_at_any_request_goes_on_without_hashing_or_committing_twice() {
    for carried_out in [false, true] {
        for requests in 0.. {
            let (hub, dir, counts) = (Hub::new(), folder(), Arc::new(Counts::default()));
            let (transport, end) = cut(&hub, requests, carried_out);
            let finished = tokio::select! {
                done = run(&transport, dir.path(), counted(&counts), 3) => done.map(|_| true).unwrap(),
                () = end.notified() => false,
            };
            // Threads that were hashing write down what they have.
            while matches!(
                LargeFolder::open(dir.path(), FolderOptions::new()).await,
                Err(CommitError::FolderBusy { .. })
            ) {
                tokio::task::yield_now().await;
            }
            run(&hub.transport(), dir.path(), counted(&counts), 3).await.unwrap();
            let repo = hub.repo();
            assert_eq!(repo.head().tree.len(), FILES, "{requests} {carried_out}");
            let trees: Vec<_> = repo.commits.iter().map(|commit| commit.tree.len()).collect();
            assert!(
                trees.is_sorted_by(|a, b| a < b),
                "a commit changes nothing: {trees:?} {requests} {carried_out}"
            );
            let hashed = counts.hashed.lock().unwrap();
            assert!(hashed.values().all(|times| *times == 1), "{requests} {carried_out}: {hashed:?}");
            if finished {
                assert!(requests > 10, "{requests}");
                break;
            }
        }
    }
}

#[tokio::test]
async fn what_is_gone_from_the_repository_or_changed_here_is_uploaded_again() {
    let (hub, dir) = (Hub::new(), folder());
    run(&hub.transport(), dir.path(), options(), 1000).await.unwrap();
    hub.repo().commits.last_mut().unwrap().tree.remove("sub/1.bin");
    std::fs::write(dir.path().join("sub/2.bin"), "something else").unwrap();
    let report = run(&hub.transport(), dir.path(), options(), 1000).await.unwrap();
    assert_eq!((report.unchanged, report.commits.len()), (5, 1));
    let repo = hub.repo();
    assert_eq!(repo.head().tree["sub/2.bin"], crate::hub::regular(b"something else"));
    assert!(repo.head().tree.contains_key("sub/1.bin"));
}

#[tokio::test]
async fn a_commit_that_is_too_large_for_the_server_is_split() {
    let hub = Hub::new().fault("/commit/", Fault::Refuse(413)).fault("/commit/", Fault::Refuse(413));
    let dir = folder();
    let report = run(&hub.transport(), dir.path(), options(), 1000).await.unwrap();
    assert_eq!(report.commits.len(), 7, "7, 3 and then one file at a time");
    assert_eq!(hub.repo().head().tree.len(), FILES);
}

#[tokio::test]
async fn files_that_say_how_others_travel_are_committed_first() {
    let (hub, dir) = (Hub::new(), folder());
    for name in ["!first", ".gitattributes"] {
        std::fs::write(dir.path().join(name), "x").unwrap();
    }
    run(&hub.transport(), dir.path(), options(), 1).await.unwrap();
    let repo = hub.repo();
    assert_eq!(repo.commits[1].tree.keys().collect::<Vec<_>>(), [".gitattributes"]);
}

#[tokio::test]
async fn an_empty_folder_sends_nothing() {
    let (hub, dir) = (Hub::new(), tempfile::tempdir().unwrap());
    let report = run(&hub.transport(), dir.path(), options(), 1000).await.unwrap();
    assert_eq!((report.files, report.commits.len(), hub.repo().log.len()), (0, 0, 0));
}

#[tokio::test]
async fn a_commit_of_a_killed_run_that_lands_late_is_not_made_again() {
    let (hub, late, dir) = (Hub::new(), Hub::new(), folder());
    // What that commit makes is there as soon as the next run has seen that it is not.
    run(&late.transport(), dir.path(), options(), 1000).await.unwrap();
    let tree = late.repo().head().tree.clone();
    let landed = Arc::new(AtomicBool::new(false));
    let inner = hub.clone();
    let inner_service = tower::service_fn(move |request: http::Request<hub_transport::Body>| {
        if request.uri().path().contains("/commit/") && !landed.swap(true, Ordering::SeqCst) {
            inner.repo().land("Late", tree.clone());
        }
        inner.clone().oneshot(request)
    });
    let transport = Transport::builder(ENDPOINT).inner_service(inner_service).build().unwrap();
    let counts = Arc::new(Counts::default());
    let report = run(&transport, dir.path(), counted(&counts), 1000).await.unwrap();
    assert_eq!((report.commits.len(), hub.commits()), (0, 2), "{report:?}");
}

#[tokio::test]
async fn commits_of_others_are_no_obstacle() {
    let hub = Hub::new();
    let hub = hub.fault("/commit/", Fault::First(crate::hub::Repo::other_commit));
    let dir = folder();
    let report = run(&hub.transport(), dir.path(), options(), 4).await.unwrap();
    assert_eq!((report.commits.len(), hub.commits()), (2, 4));
    assert_eq!(hub.repo().head().tree.len(), FILES + 1);
}

#[tokio::test]
async fn no_value_of_a_limit_makes_a_large_upload_panic_or_fail() {
    for files in [0, 1, usize::MAX] {
        for bytes in [0, 1, u64::MAX] {
            let (hub, dir) = (Hub::new(), folder());
            let folder = LargeFolder::open(dir.path(), FolderOptions::new()).await.unwrap();
            let mut limits = Limits::default().files(files);
            limits.bytes = bytes;
            let report = folder.upload(&hub.transport(), options(), limits).await.unwrap();
            assert_eq!((report.files, hub.repo().head().tree.len()), (7, FILES), "{files} {bytes}");
        }
    }
}
