//! What bad input gets: a clear error, and nothing is sent.

use std::fs;

use hub_api::{CommitOperationAdd, HfApi, transport::testing::Recorder};
use hub_tests::{ADA, client_of, folder_with, hub};

/// A client that records what reaches the wire.
fn recorded() -> (HfApi, Recorder) {
    let recorder = Recorder::new();
    let api = client_of(&hub()).token(ADA).attempt_layer(recorder.layer()).build().unwrap();
    (api, recorder)
}

#[tokio::test]
async fn a_wrong_id_is_refused_before_anything_is_sent() {
    let (api, recorder) = recorded();
    for id in ["", "a/b/c", "a--b", "../x", "ada/demo.git"] {
        let error = api.model_info(id).await.unwrap_err();
        assert!(error.is_invalid_input() && error.to_string().contains("repository id"), "{error}");
        assert!(api.create_repo(id).await.unwrap_err().is_invalid_input());
        assert!(api.delete_repo(id).await.unwrap_err().is_invalid_input());
        assert!(api.upload_file(&b"1"[..], "a", id).await.unwrap_err().is_invalid_input());
        assert!(api.snapshot_download(id).local_dir("/nowhere").await.unwrap_err().is_invalid_input());
    }
    assert_eq!(recorder.requests().len(), 0);
}

#[tokio::test]
async fn a_path_that_leaves_the_repository_is_refused() {
    let (api, recorder) = recorded();
    for path in ["../a", "a/../../b", "", ".git/config", "a//b"] {
        assert!(CommitOperationAdd::new(path, b"1".to_vec()).is_err(), "{path}");
        api.upload_file(&b"1"[..], path, "ada/demo").await.unwrap_err();
        api.hf_hub_download("ada/demo", path).local_dir("/nowhere").await.unwrap_err();
    }
    assert_eq!(recorder.requests().len(), 0);
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let (api, recorder) = recorded();
    let error = api.upload_folder("ada/demo", "no/such/folder").await.unwrap_err();
    assert!(error.to_string().contains("no/such/folder"), "{error}");
    assert_eq!(recorder.requests().len(), 0);
}

#[tokio::test]
async fn an_empty_message_and_a_wrong_parent_are_refused() {
    let (api, recorder) = recorded();
    api.upload_file(&b"1"[..], "a", "ada/demo").commit_message("").await.unwrap_err();
    api.upload_file(&b"1"[..], "a", "ada/demo").parent_commit("xyz").await.unwrap_err();
    assert_eq!(recorder.requests().len(), 0);
}

#[tokio::test]
async fn a_space_without_an_sdk_is_refused() {
    let (api, recorder) = recorded();
    let error = api.create_repo("ada/app").repo_type(hub_api::RepoType::Space).await.unwrap_err();
    assert!(error.to_string().contains("space_sdk"), "{error}");
    assert_eq!(recorder.requests().len(), 0);
}

#[cfg(unix)]
#[tokio::test]
async fn f68_a_file_that_is_not_a_file_is_refused_and_never_waited_for() {
    use std::os::unix::net::UnixListener;
    let (api, recorder) = recorded();
    let folder = folder_with(&[("a.txt", b"1")]);
    let _socket = UnixListener::bind(folder.path().join("socket")).unwrap();
    let error = api.upload_folder("ada/demo", folder.path()).await.unwrap_err();
    assert!(error.to_string().contains("socket"), "{error}");
    assert_eq!(recorder.requests().len(), 0);
}

#[tokio::test]
async fn f65_a_file_that_changes_while_it_is_uploaded_makes_no_commit() {
    let hub = hub();
    let folder = folder_with(&[("w.bin", &[0; 100_000])]);
    let path = folder.path().join("w.bin");
    // The file changes after it was hashed, when the server is asked where it goes.
    let meddler = tower::util::MapRequestLayer::new({
        let path = path.clone();
        move |request: http::Request<hub_api::transport::Body>| {
            if request.uri().path().ends_with("/info/lfs/objects/batch") {
                fs::write(&path, [1; 100_000]).unwrap();
            }
            request
        }
    });
    let api = client_of(&hub).token(ADA).layer(meddler).build().unwrap();
    let error = api.upload_folder("ada/demo", folder.path()).await.unwrap_err();
    assert!(error.to_string().contains("changed while it was uploaded"), "{error}");
    assert_eq!(api.list_repo_commits("ada/demo").all().await.unwrap().len(), 1);
}

#[tokio::test]
async fn offline_mode_sends_nothing() {
    let recorder = Recorder::new();
    let api = client_of(&hub()).offline(true).attempt_layer(recorder.layer()).build().unwrap();
    let error = api.whoami().await.unwrap_err();
    assert_eq!(error.kind(), Some(hub_api::ErrorKind::Offline));
    assert_eq!(recorder.requests().len(), 0);
}
