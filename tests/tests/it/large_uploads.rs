//! Folders over several commits, through the client and over the embedded Hub.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use hub_api::{HfApi, commit::CommitError, transport::BoxError, types::DiscussionStatus};
use hub_server::EmbeddedHub;
use hub_tests::{ADA, ada, files_in, folder_with, hub, noise};
use tokio::sync::Notify;
use tower::ServiceExt;

const FILES: usize = 7;

fn folder() -> tempfile::TempDir {
    let large = |seed| noise(seed, 60_000);
    folder_with(&[
        ("a.txt", b"1"),
        ("b.bin", &large(1)),
        ("c/d.txt", b"2"),
        ("c/e.bin", &large(2)),
        ("f.txt", b""),
        ("g.bin", &large(2)),
        ("h.txt", b"3"),
    ])
}

async fn paths(api: &HfApi) -> Vec<String> {
    let mut paths = api.list_repo_files("ada/demo").await.unwrap();
    paths.retain(|path| path != ".gitattributes");
    paths
}

/// A client whose requests are answered, `requests` of them; the next one is carried out and never answered.
fn cut(hub: &EmbeddedHub, requests: usize) -> (HfApi, Arc<Notify>) {
    let (left, end) = (Arc::new(AtomicUsize::new(requests)), Arc::new(Notify::new()));
    let (hub, signal) = (hub.clone(), Arc::clone(&end));
    let inner_service = tower::service_fn(move |request| {
        let (hub, left, signal) = (hub.clone(), Arc::clone(&left), Arc::clone(&signal));
        async move {
            let response: Result<_, BoxError> = hub.oneshot(request).await;
            if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok() {
                return response;
            }
            signal.notify_one();
            std::future::pending().await
        }
    });
    let api = HfApi::builder()
        .endpoint("http://hub.localhost")
        .inner_service(inner_service)
        .inner_is_private()
        .token(ADA)
        .build()
        .unwrap();
    (api, end)
}

/// Waits until nothing of a run that was dropped has the folder.
async fn upload(api: &HfApi, folder: &std::path::Path, atomic: bool) -> hub_api::commit::large::LargeUpload {
    loop {
        match api.upload_large_folder("ada/demo", folder).files_per_commit(3).atomic(atomic).await {
            Err(hub_api::Error::Commit(CommitError::FolderBusy { .. })) => tokio::task::yield_now().await,
            done => return done.unwrap(),
        }
    }
}

#[tokio::test]
async fn a_large_folder_comes_back_as_it_was() {
    let (hub, folder) = (hub(), folder());
    let api = ada(&hub);
    let done =
        api.upload_large_folder("ada/new", folder.path()).private(true).files_per_commit(2).await.unwrap();
    assert_eq!((done.files, done.unchanged, done.commits.len(), done.pull_request), (7, 0, 4, None));
    assert!(api.model_info("ada/new").await.unwrap().private.unwrap_or_default());
    let target = tempfile::tempdir().unwrap();
    api.snapshot_download("ada/new").local_dir(target.path()).await.unwrap();
    let mut files = files_in(target.path());
    files.remove(".gitattributes");
    assert_eq!(files, files_in(folder.path()));
    let again = api.upload_large_folder("ada/new", folder.path()).await.unwrap();
    assert_eq!((again.unchanged, again.commits.len()), (7, 0));
}

#[tokio::test]
async fn patterns_and_a_place_can_be_chosen() {
    let (hub, folder) = (hub(), folder());
    let api = ada(&hub);
    let call = api.upload_large_folder("ada/demo", folder.path()).path_in_repo("x");
    call.allow_patterns(["*.txt"]).ignore_patterns(["c/*"]).await.unwrap();
    assert_eq!(paths(&api).await, ["x/a.txt", "x/f.txt", "x/h.txt"]);
}

#[tokio::test]
async fn an_atomic_upload_is_one_merge() {
    let (hub, folder) = (hub(), folder());
    let api = ada(&hub);
    let done = upload(&api, folder.path(), true).await;
    assert_eq!((done.commits.len(), done.pull_request), (3, Some(1)));
    assert_eq!(paths(&api).await.len(), FILES);
    let again = upload(&api, folder.path(), true).await;
    assert_eq!((again.unchanged, again.commits.len(), again.pull_request), (7, 0, None));
}

#[tokio::test]
async fn an_atomic_upload_without_news_leaves_nothing_open() {
    let (hub, folder) = (hub(), folder());
    let api = ada(&hub);
    api.upload_folder("ada/demo", folder.path()).await.unwrap();
    let done = upload(&api, folder.path(), true).await;
    assert_eq!((done.commits.len(), done.pull_request), (0, None));
    assert_eq!(
        api.get_discussion_details("ada/demo", 1).await.unwrap().discussion.status,
        DiscussionStatus::Closed
    );
}

#[tokio::test]
async fn an_atomic_upload_goes_to_the_default_branch() {
    let (hub, folder) = (hub(), folder());
    let call = ada(&hub).upload_large_folder("ada/demo", folder.path()).revision("dev").atomic(true);
    assert!(call.await.unwrap_err().is_invalid_input());
}

#[tokio::test]
async fn readers_see_nothing_of_an_atomic_upload_before_all_of_it_wherever_it_is_cut() {
    for requests in (0..).step_by(2) {
        let (hub, folder) = (hub(), folder());
        let (broken, end) = cut(&hub, requests);
        let finished = tokio::select! {
            done = broken.upload_large_folder("ada/demo", folder.path()).files_per_commit(3).atomic(true) => {
                done.unwrap();
                true
            }
            () = end.notified() => false,
        };
        let api = ada(&hub);
        let before = paths(&api).await.len();
        assert!(before == 0 || before == FILES, "{requests}: {before} files");
        upload(&api, folder.path(), true).await;
        assert_eq!(paths(&api).await.len(), FILES, "{requests}");
        let pulls = api.get_repo_discussions("ada/demo").all().await.unwrap();
        assert!(pulls.len() == 1 && pulls[0].status == DiscussionStatus::Merged, "{requests}: {pulls:?}");
        if finished {
            assert!(requests > 15, "{requests}");
            break;
        }
    }
}
