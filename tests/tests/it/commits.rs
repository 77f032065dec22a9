//! A commit is made exactly once: parents, pull requests, and answers that get lost.

use hub_api::{Error, ErrorKind, commit::CommitError};
use hub_server::Fault;
use hub_tests::{ada, bob, hub};

#[tokio::test]
async fn a_commit_with_the_right_parent_lands() {
    let hub = hub();
    let api = ada(&hub);
    let head = api.model_info("ada/demo").await.unwrap().sha.unwrap();
    let commit = api.upload_file(&b"1"[..], "a", "ada/demo").parent_commit(&head[..7]).await.unwrap();
    assert_ne!(commit.oid, head);
}

#[tokio::test]
async fn a_commit_with_a_stale_parent_is_refused_and_names_the_head() {
    let hub = hub();
    let api = ada(&hub);
    let stale = api.model_info("ada/demo").await.unwrap().sha.unwrap();
    let head = api.upload_file(&b"1"[..], "a", "ada/demo").await.unwrap().oid;
    let error = api.upload_file(&b"2"[..], "b", "ada/demo").parent_commit(&stale).await.unwrap_err();
    let Error::Commit(CommitError::ParentMismatch { .. }) = &error else { panic!("{error:?}") };
    assert!(error.to_string().contains(&head[..7]), "{error}");
    assert_eq!(api.model_info("ada/demo").await.unwrap().sha.unwrap(), head);
}

#[tokio::test]
async fn a_pull_request_leaves_the_branch_alone() {
    let hub = hub();
    let head = ada(&hub).model_info("ada/demo").await.unwrap().sha.unwrap();
    // Anybody who is signed in may propose a change to a public repository.
    let commit = bob(&hub).upload_file(&b"1"[..], "a", "ada/demo").create_pr(true).await.unwrap();
    assert_eq!(commit.pr_num, Some(1));
    assert!(commit.pr_url.as_deref().unwrap().ends_with("/ada/demo/discussions/1"));
    assert_eq!(ada(&hub).model_info("ada/demo").await.unwrap().sha.unwrap(), head);
    let refs = ada(&hub).list_repo_refs("ada/demo").include_pull_requests(true).await.unwrap();
    assert_eq!(refs.pull_requests.unwrap()[0].target_commit, commit.oid);
    let files = ada(&hub).list_repo_files("ada/demo").revision("refs/pr/1").await.unwrap();
    assert_eq!(files, [".gitattributes", "a"]);
}

async fn commits(api: &hub_api::HfApi) -> usize {
    api.list_repo_commits("ada/demo").all().await.unwrap().len()
}

#[tokio::test]
async fn f57_a_commit_whose_response_was_lost_is_found_and_not_repeated() {
    let hub = hub();
    let api = ada(&hub);
    hub.fault(Fault::lose_response().on("POST").path("/commit/"));
    let commit = api.upload_file(&b"1"[..], "a", "ada/demo").await.unwrap();
    assert_eq!(commits(&api).await, 2, "the initial one and ours");
    assert_eq!(api.model_info("ada/demo").await.unwrap().sha.unwrap(), commit.oid);
}

#[tokio::test]
async fn f34_a_server_error_before_anything_happened_is_tried_again() {
    let hub = hub();
    let api = ada(&hub);
    hub.fault(Fault::status(503).on("POST").path("/commit/").times(2));
    api.upload_file(&b"1"[..], "a", "ada/demo").await.unwrap();
    assert_eq!(commits(&api).await, 2);
}

#[tokio::test]
async fn f59_another_writer_between_keeps_both_commits() {
    let hub = hub();
    let api = ada(&hub);
    hub.fault(Fault::status(503).on("POST").path("/commit/").times(1));
    let (first, second) = tokio::join!(
        api.upload_file(&b"1"[..], "a", "ada/demo"),
        api.upload_file(&b"2"[..], "b", "ada/demo")
    );
    first.unwrap();
    second.unwrap();
    assert_eq!(api.list_repo_files("ada/demo").await.unwrap(), [".gitattributes", "a", "b"]);
    assert_eq!(commits(&api).await, 3);
}

#[tokio::test]
async fn f60_a_pull_request_whose_response_was_lost_is_not_opened_twice() {
    let hub = hub();
    let api = ada(&hub);
    hub.fault(Fault::lose_response().on("POST").path("/commit/"));
    let outcome = api.upload_file(&b"1"[..], "a", "ada/demo").create_pr(true).await;
    match outcome {
        Ok(commit) => assert_eq!((commit.pr_num, commit.recovered), (Some(1), true)),
        Err(error) => {
            assert!(matches!(error, Error::Commit(CommitError::CommitOutcomeUnknown(_))), "{error}")
        }
    }
    let refs = api.list_repo_refs("ada/demo").include_pull_requests(true).await.unwrap();
    assert_eq!(refs.pull_requests.unwrap().len(), 1);
}

#[tokio::test]
async fn many_writers_lose_nothing() {
    let hub = hub();
    let api = ada(&hub);
    let uploads = (0..4).map(|i| {
        let api = api.clone();
        tokio::spawn(async move { api.upload_file(vec![b'0' + i], format!("f{i}"), "ada/demo").await })
    });
    for upload in uploads.collect::<Vec<_>>() {
        upload.await.unwrap().unwrap();
    }
    assert_eq!(api.list_repo_files("ada/demo").await.unwrap().len(), 5);
    assert_eq!(commits(&api).await, 5);
}

#[tokio::test]
async fn a_refused_commit_says_why_and_leaves_nothing() {
    let hub = hub();
    let error = bob(&hub).upload_file(&b"1"[..], "a", "ada/demo").await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::Forbidden));
    assert_eq!(commits(&ada(&hub)).await, 1);
}

#[tokio::test]
async fn a_commit_to_a_branch_that_is_not_there_is_refused() {
    let hub = hub();
    let error = ada(&hub).upload_file(&b"1"[..], "a", "ada/demo").revision("nope").await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::RevisionNotFound));
}
