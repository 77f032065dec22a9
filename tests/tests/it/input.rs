//! What bad input gets: a clear error, and nothing is sent.

use std::fs;

use hub_api::{CommitOperationAdd, HfApi, transport::testing::Recorder};
use hub_tests::{ADA, client_of, folder_with, lfs_hub as hub};

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

#[tokio::test]
async fn values_that_cannot_be_meant_are_refused_before_anything_is_sent() {
    let (api, recorder) = recorded();
    let (repo, long) = ("ada/demo", "x".repeat(201));
    let up = || api.upload_file(&b"1"[..], "a", repo);
    let none: [hub_api::CommitOperation; 0] = [];
    macro_rules! refused {
        ($($call:expr => $word:literal),* $(,)?) => {
            $( {
                let error: hub_api::Error = $call.await.err().expect($word);
                assert!(error.to_string().contains($word), "{} says {error}", stringify!($call));
                assert_eq!(error.status(), None, "{error}");
            } )*
        };
    }
    refused!(
        api.create_commit(repo, none, "") => "message is empty",
        up().commit_message(" \n") => "message is empty",
        up().parent_commit("xyz") => "commit",
        up().parent_commit("1234") => "commit",
        up().num_threads(0) => "num_threads",
        up().create_pr(true).revision("a".repeat(40)) => "pull request goes to a branch",
        up().revision("") => "revision",
        api.model_info(repo).revision("") => "revision",
        api.create_discussion(repo, "ab") => "title",
        api.create_discussion(repo, long.as_str()) => "title",
        api.create_pull_request(repo, "") => "title",
        api.rename_discussion(repo, 1, "ab") => "title",
        api.get_discussion_details(repo, 0) => "number",
        api.comment_discussion(repo, 0, "text") => "number",
        api.rename_discussion(repo, 0, "a title") => "number",
        api.change_discussion_status(repo, 0, hub_api::types::DiscussionStatus::Closed) => "number",
        api.merge_pull_request(repo, 0) => "number",
        api.edit_discussion_comment(repo, 0, "1", "text") => "number",
        api.hide_discussion_comment(repo, 0, "1") => "number",
        api.create_branch(repo, "") => "empty",
        api.create_tag(repo, "") => "empty",
        api.move_repo("demo", "ada/x") => "namespace/name",
        api.update_repo_settings(repo) => "at least one setting",
        api.model_info(repo).expand(["sha"]).files_metadata(true) => "expand",
        api.list_models().emissions_thresholds(None, None).all() => "emissions_thresholds",
        api.list_models().emissions_thresholds(f64::NAN, None).all() => "emissions_thresholds",
        api.list_models().sort(" ").all() => "sort",
        api.list_models().direction(7).all() => "direction",
        api.list_models().author("a\nb").all() => "author",
        api.list_datasets().search("x".repeat(100_000)).all() => "search",
        api.list_spaces().filter("a\0b").all() => "filter",
        api.list_repo_tree(repo).path_in_repo("..").all() => "\"..\"",
        api.get_paths_info(repo, [""]) => "path",
        api.get_paths_info(repo, ["a/../b"]) => "\"..\"",
        api.upload_file("/no/such/file", "a", repo) => "no/such/file",
        api.whoami().token("") => "empty",
        api.set_access_token("a b") => "token",
    );
    assert_eq!(recorder.requests().len(), 0);
}

#[tokio::test]
async fn what_cannot_be_a_revision_is_invalid_input_and_nothing_is_sent() {
    let (api, recorder) = recorded();
    let repo = "ada/demo";
    let refused = [
        (api.hf_hub_download(repo, "a").local_dir("none").revision("a..b").await.err(), "\"..\""),
        (api.snapshot_download(repo).local_dir("none").revision("main^").await.err(), "'^'"),
        (api.list_repo_files(repo).revision("a:b").await.err(), "':'"),
        (api.upload_file(&b"1"[..], "a", repo).revision("a?").await.err(), "'?'"),
        (api.create_branch(repo, "a b").await.err(), "a blank"),
        (api.create_branch(repo, "x").revision("main~1").await.err(), "'~'"),
        (api.create_tag(repo, "x".repeat(300)).await.err(), "255 bytes"),
        (api.delete_tag(repo, "a.lock").await.err(), ".lock"),
    ];
    for (error, word) in refused {
        let error = error.expect(word);
        assert!(error.is_invalid_input() && error.to_string().contains(word), "{word}: {error:?}");
    }
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
