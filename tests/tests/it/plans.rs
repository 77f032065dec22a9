//! Looking at an upload before it is done.

use hub_api::{commit::CommitError, commit::folder::Links};
use hub_tests::{ada, folder_with, hub, noise};
use serde_json::json;

#[tokio::test]
async fn a_planned_upload_is_shown_and_then_done() {
    let hub = hub();
    let api = ada(&hub);
    let large = noise(1, 30_000);
    let old = folder_with(&[("same.txt", b"1"), ("old.txt", b"2"), ("gone.txt", b"3"), ("w.bin", &large)]);
    api.upload_folder("ada/demo", old.path()).await.unwrap();
    let new = folder_with(&[
        ("same.txt", b"1"),
        ("old.txt", b"22"),
        ("moved.bin", &large),
        ("more.bin", &noise(2, 20_000)),
        ("x.log", b"ignored by the server"),
        ("y.tmp", b"ignored by a pattern"),
        (".git/config", b"no"),
        (".gitignore", b"*.log\n"),
    ]);
    let upload = || {
        api.upload_folder("ada/demo", new.path())
            .ignore_patterns(["*.tmp"])
            .delete_patterns(["*.txt"])
            .links(Links::Skip)
    };
    let plan = upload().plan().await.unwrap();
    let json = serde_json::to_value(&plan).unwrap();
    let short: Vec<_> = json["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| json!([entry["path"], entry["action"], entry["stored"], entry["reason"]]))
        .collect();
    let expected = json!([
        ["gone.txt", "delete", false, null],
        [".gitignore", "add", false, null],
        ["more.bin", "add", false, null],
        ["moved.bin", "add", true, null],
        ["old.txt", "replace", false, null],
        [".git/", "skip", false, "git"],
        ["same.txt", "skip", false, "unchanged"],
        ["x.log", "skip", false, "git_ignore"],
        ["y.tmp", "skip", false, "ignore_pattern"],
    ]);
    assert_eq!(json!(short), expected);
    assert!(plan.totals().bytes_to_send > 20_000 && plan.totals().bytes_to_send < 22_000);
    assert_eq!(api.list_repo_commits("ada/demo").all().await.unwrap().len(), 2, "a plan changes nothing");

    let done = api.execute(plan).await.unwrap();
    assert!(done.created);
    let files = api.list_repo_files("ada/demo").await.unwrap();
    let left = [".gitattributes", ".gitignore", "more.bin", "moved.bin", "old.txt", "same.txt", "w.bin"];
    assert_eq!(files, left);
    assert!(upload().plan().await.unwrap().is_empty(), "nothing is left to do");
}

#[tokio::test]
async fn a_plan_is_for_the_commit_that_it_was_made_on() {
    let hub = hub();
    let api = ada(&hub);
    let plan = api.upload_file(&b"1"[..], "a.txt", "ada/demo").plan().await.unwrap();
    let other = api.upload_file(&b"2"[..], "b.txt", "ada/demo").await.unwrap();
    let error = api.execute(plan.clone()).await.unwrap_err();
    let hub_api::Error::Commit(CommitError::ParentMismatch { expected, actual }) = &error else {
        panic!("{error:?}")
    };
    assert_eq!((expected.as_str(), actual.as_ref()), (plan.head(), Some(&other.oid)));
    assert_eq!(api.list_repo_files("ada/demo").await.unwrap(), [".gitattributes", "b.txt"]);
}

#[tokio::test]
async fn deletions_can_be_planned_too() {
    let hub = hub();
    let api = ada(&hub);
    api.upload_file(&b"1"[..], "d/a.txt", "ada/demo").await.unwrap();
    let plan = api.delete_folder("d", "ada/demo").plan().await.unwrap();
    assert_eq!((plan.entries()[0].path.as_str(), plan.totals().delete), ("d/", 1));
    api.execute(plan).await.unwrap();
    assert_eq!(api.list_repo_files("ada/demo").await.unwrap(), [".gitattributes"]);
}

#[tokio::test]
async fn a_plan_for_a_repository_that_is_not_there_fails() {
    let hub = hub();
    let error = ada(&hub).upload_file(&b"1"[..], "a.txt", "ada/none").plan().await.unwrap_err();
    assert!(error.is_not_found(), "{error:?}");
}
