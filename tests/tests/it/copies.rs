//! Copying files that the Hub has already.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use hub_api::{
    CommitOperation, CommitOperationAdd, CommitOperationCopy, CommitOperationDelete, ErrorKind, HfApi,
    IsFolder, RepoRef, RepoType, commit::Action, transport::testing::Recorder,
};
use hub_tests::{ADA, ada, client_of, files_in, hub, noise};
use tower::ServiceExt;

fn copy(from: &str, to: &str) -> CommitOperationCopy {
    CommitOperationCopy::new(from, to).unwrap()
}

/// Commits a small file and one for LFS to `ada/demo`.
async fn fill(api: &HfApi, text: &[u8], seed: u64) -> String {
    let add =
        |path: &str, content: Vec<u8>| CommitOperation::from(CommitOperationAdd::new(path, content).unwrap());
    let operations = [add("a.txt", text.to_vec()), add("w.bin", noise(seed, 50_000))];
    api.create_commit("ada/demo", operations, "Fill").await.unwrap().oid
}

async fn content(api: &HfApi, repo: &str, path: &str) -> Vec<u8> {
    let target = tempfile::tempdir().unwrap();
    api.hf_hub_download(repo, path).local_dir(target.path()).await.unwrap();
    files_in(target.path()).remove(path).unwrap()
}

#[tokio::test]
async fn files_of_both_sorts_are_copied_and_no_large_content_moves() {
    let hub = hub();
    let plain = ada(&hub);
    fill(&plain, b"one", 1).await;
    let recorder = Recorder::new();
    let api = client_of(&hub).token(ADA).attempt_layer(recorder.layer()).build().unwrap();
    let operations = [copy("w.bin", "b/w2.bin").into(), copy("a.txt", "b/a2.txt").into()];
    api.create_commit("ada/demo", operations, "Copy").await.unwrap();
    assert_eq!(content(&plain, "ada/demo", "b/w2.bin").await, noise(1, 50_000));
    assert_eq!(content(&plain, "ada/demo", "b/a2.txt").await, b"one");
    let lines: Vec<String> = recorder.requests().iter().map(|request| request.line().to_string()).collect();
    assert!(!lines.iter().any(|line| line.starts_with("PUT") || line.contains("batch")), "{lines:?}");
}

#[tokio::test]
async fn a_copy_and_a_deletion_are_a_move() {
    let hub = hub();
    let api = ada(&hub);
    fill(&api, b"one", 1).await;
    let delete = CommitOperationDelete::new("w.bin", IsFolder::File).unwrap();
    api.create_commit("ada/demo", [copy("w.bin", "moved.bin").into(), delete.into()], "Move").await.unwrap();
    let files = api.list_repo_files("ada/demo").await.unwrap();
    assert!(files.contains(&"moved.bin".to_owned()) && !files.contains(&"w.bin".to_owned()), "{files:?}");
}

#[tokio::test]
async fn a_copy_is_made_also_where_uploads_are_left_out() {
    let hub = hub();
    let api = ada(&hub);
    fill(&api, b"one", 1).await;
    api.upload_file(&b"*.old\n"[..], ".gitignore", "ada/demo").await.unwrap();
    let delete = CommitOperationDelete::new("a.txt", IsFolder::File).unwrap();
    let operations: [CommitOperation; 3] =
        [copy("w.bin", "w.old").into(), copy("a.txt", "a.old").into(), delete.into()];
    let plan = api.create_commit("ada/demo", operations.clone(), "Move").plan().await.unwrap();
    assert!(plan.entries().iter().all(|entry| entry.action != Action::Skip), "{plan:?}");
    api.create_commit("ada/demo", operations, "Move").await.unwrap();
    assert_eq!(content(&api, "ada/demo", "a.old").await, b"one");
    assert_eq!(content(&api, "ada/demo", "w.old").await, noise(1, 50_000));
}

#[tokio::test]
async fn a_file_is_copied_from_an_older_revision() {
    let hub = hub();
    let api = ada(&hub);
    let old = fill(&api, b"old", 1).await;
    fill(&api, b"new", 2).await;
    let back = |path: &str| copy(path, path).src_revision(old.parse().unwrap()).into();
    api.create_commit("ada/demo", [back("a.txt"), back("w.bin")], "Back").await.unwrap();
    assert_eq!(content(&api, "ada/demo", "a.txt").await, b"old");
    assert_eq!(content(&api, "ada/demo", "w.bin").await, noise(1, 50_000));
}

#[tokio::test]
async fn a_small_file_is_copied_from_another_repository_and_a_large_one_is_refused() {
    let hub = hub();
    let api = ada(&hub);
    fill(&api, b"one", 1).await;
    api.create_repo("ada/other").await.unwrap();
    let demo = RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap());
    let from_demo = |path: &str| CommitOperation::from(copy(path, path).src_repo(demo.clone()));
    api.create_commit("ada/other", [from_demo("a.txt")], "Copy").await.unwrap();
    assert_eq!(content(&api, "ada/other", "a.txt").await, b"one");
    let error = api.create_commit("ada/other", [from_demo("w.bin")], "Copy").await.unwrap_err();
    assert!(error.to_string().contains("download it and add it"), "{error}");
}

/// A client whose requests for the content of `a.txt` get `response` instead, from the `honest`th on the right one.
fn with_other_content(hub: &hub_server::EmbeddedHub, honest: usize, asked: &Arc<AtomicUsize>) -> HfApi {
    let (hub, asked) = (hub.clone(), Arc::clone(asked));
    let inner_service = tower::service_fn(move |request: http::Request<hub_transport::Body>| {
        let (hub, asked) = (hub.clone(), Arc::clone(&asked));
        async move {
            let lies = request.uri().path().contains("/resolve/");
            if lies && asked.fetch_add(1, Ordering::SeqCst) < honest {
                return Ok(http::Response::new(hub_transport::Body::from("evil")));
            }
            Ok::<_, hub_transport::BoxError>(hub.oneshot(request).await?.map(hub_transport::Body::once))
        }
    });
    HfApi::builder()
        .endpoint("http://hub.localhost")
        .inner_service(inner_service)
        .inner_is_private()
        .token(ADA)
        .build()
        .unwrap()
}

#[tokio::test]
async fn the_content_of_a_copy_is_checked_and_a_wrong_one_is_asked_for_once_more() {
    let hub = hub();
    let plain = ada(&hub);
    let before = fill(&plain, b"one", 1).await;
    let asked = Arc::default();
    let liar = with_other_content(&hub, usize::MAX, &asked);
    let error = liar.create_commit("ada/demo", [copy("a.txt", "b.txt").into()], "Copy").await.unwrap_err();
    assert!(error.to_string().contains("a.txt") && error.kind() == Some(ErrorKind::Decode), "{error}");
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert_eq!(plain.model_info("ada/demo").await.unwrap().sha.unwrap(), before, "no commit was made");
    let once = with_other_content(&hub, 1, &Arc::default());
    once.create_commit("ada/demo", [copy("a.txt", "b.txt").into()], "Copy").await.unwrap();
    assert_eq!(content(&plain, "ada/demo", "b.txt").await, b"one");
}

#[tokio::test]
async fn a_copy_is_of_one_commit_although_the_branch_moves_meanwhile() {
    let hub = hub();
    let plain = ada(&hub);
    fill(&plain, b"one", 1).await;
    let moved = Arc::new(AtomicUsize::new(0));
    let (inner, mover, turn) = (hub.clone(), plain.clone(), Arc::clone(&moved));
    let inner_service = tower::service_fn(move |request: http::Request<hub_transport::Body>| {
        let (hub, mover, turn) = (inner.clone(), mover.clone(), Arc::clone(&turn));
        async move {
            let path = request.uri().path().to_owned();
            let looks = path.contains("/paths-info/") || path.contains("/resolve/");
            if looks {
                assert!(!path.contains("/main"), "{path} is asked for by its branch");
                let text = format!("other {}", turn.fetch_add(1, Ordering::SeqCst));
                let upload = mover.upload_file(text.into_bytes(), "a.txt", "ada/demo");
                upload.await.map_err(hub_transport::BoxError::from)?;
            }
            Ok::<_, hub_transport::BoxError>(hub.oneshot(request).await?.map(hub_transport::Body::once))
        }
    });
    let api = HfApi::builder()
        .endpoint("http://hub.localhost")
        .inner_service(inner_service)
        .inner_is_private()
        .token(ADA)
        .build()
        .unwrap();
    api.create_commit("ada/demo", [copy("a.txt", "b.txt").into()], "Copy").await.unwrap();
    assert!(moved.load(Ordering::SeqCst) >= 2);
    assert_eq!(content(&plain, "ada/demo", "b.txt").await, b"one");
}

#[tokio::test]
async fn a_copy_that_changes_nothing_makes_no_commit() {
    let hub = hub();
    let api = ada(&hub);
    let head = fill(&api, b"one", 1).await;
    let operations = [copy("w.bin", "w.bin").into(), copy("a.txt", "a.txt").into()];
    let commit = api.create_commit("ada/demo", operations, "Nothing").await.unwrap();
    assert_eq!((commit.created, commit.oid), (false, head));
}

#[tokio::test]
async fn a_missing_source_and_a_folder_are_refused_without_a_commit() {
    let hub = hub();
    let api = ada(&hub);
    let missing = api.create_commit("ada/demo", [copy("no.bin", "x.bin").into()], "Copy").await.unwrap_err();
    assert_eq!(missing.kind(), Some(ErrorKind::EntryNotFound));
    assert!(missing.is_not_found() && missing.to_string().contains("no.bin"), "{missing}");
    api.upload_file(&b"1"[..], "folder/a", "ada/demo").await.unwrap();
    let folder = api.create_commit("ada/demo", [copy("folder", "other").into()], "Copy").await.unwrap_err();
    assert!(folder.to_string().contains("not a file"), "{folder}");
    assert_eq!(api.list_repo_commits("ada/demo").all().await.unwrap().len(), 2);
}
