//! Branches, tags and shortened histories, also when a response is lost.

use hub_api::{ErrorKind, HfApi};
use hub_server::Fault;
use hub_tests::{ada, bob, hub};

async fn branches(api: &HfApi) -> Vec<(String, String)> {
    let refs = api.list_repo_refs("ada/demo").await.unwrap();
    refs.branches.into_iter().map(|found| (found.name, found.target_commit)).collect()
}

async fn head(api: &HfApi) -> String {
    api.model_info("ada/demo").await.unwrap().sha.unwrap()
}

#[tokio::test]
async fn a_branch_is_made_committed_to_and_deleted() {
    let hub = hub();
    let api = ada(&hub);
    let first = head(&api).await;
    api.upload_file(&b"x"[..], "x.txt", "ada/demo").await.unwrap();
    api.create_branch("ada/demo", "feature/x").revision(&first[..10]).await.unwrap();
    assert!(branches(&api).await.contains(&("feature/x".into(), first)));
    let commit = api.upload_file(&b"y"[..], "y.txt", "ada/demo").revision("feature/x").await.unwrap();
    assert!(branches(&api).await.contains(&("feature/x".into(), commit.oid)));
    api.delete_branch("ada/demo", "feature/x").await.unwrap();
    assert_eq!(branches(&api).await.len(), 1);
    let gone = api.delete_branch("ada/demo", "feature/x").await.unwrap_err();
    assert_eq!(gone.kind(), Some(ErrorKind::RevisionNotFound));
    let main = api.delete_branch("ada/demo", "main").await.unwrap_err();
    assert_eq!(main.kind(), Some(ErrorKind::Forbidden));
}

#[tokio::test]
async fn a_branch_that_exists_is_a_conflict_unless_that_is_fine() {
    let hub = hub();
    let api = ada(&hub);
    api.create_branch("ada/demo", "a/b").await.unwrap();
    let error = api.create_branch("ada/demo", "a/b").await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::Conflict));
    assert!(error.to_string().contains("a/b of model ada/demo"), "{error}");
    api.create_branch("ada/demo", "a/b").exist_ok(true).await.unwrap();
}

#[tokio::test]
async fn without_rights_a_branch_that_exists_is_fine_if_that_is_fine() {
    let hub = hub();
    ada(&hub).create_branch("ada/demo", "a/b").await.unwrap();
    bob(&hub).create_branch("ada/demo", "a/b").exist_ok(true).await.unwrap();
    let error = bob(&hub).create_branch("ada/demo", "other").exist_ok(true).await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::Forbidden));
}

#[tokio::test]
async fn tags_are_made_listed_and_deleted() {
    let hub = hub();
    let api = ada(&hub);
    let first = head(&api).await;
    api.upload_file(&b"x"[..], "x.txt", "ada/demo").await.unwrap();
    api.create_tag("ada/demo", "v1").revision(&*first).tag_message("The first").await.unwrap();
    api.create_tag("ada/demo", "v2").await.unwrap();
    let tags = api.list_repo_refs("ada/demo").await.unwrap().tags;
    let shown: Vec<_> = tags.iter().map(|tag| (tag.name.as_str(), tag.target_commit.as_str())).collect();
    assert_eq!(shown, [("v1", &*first), ("v2", &*head(&api).await)]);
    let error = api.create_tag("ada/demo", "v1").await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::Conflict));
    api.create_tag("ada/demo", "v1").exist_ok(true).await.unwrap();
    api.delete_tag("ada/demo", "v1").await.unwrap();
    let gone = api.delete_tag("ada/demo", "v1").await.unwrap_err();
    assert_eq!(gone.kind(), Some(ErrorKind::RevisionNotFound));
}

#[tokio::test]
async fn names_that_cannot_be_are_refused() {
    let hub = hub();
    let api = ada(&hub);
    assert!(api.create_branch("ada/demo", "").await.unwrap_err().is_invalid_input());
    assert!(api.create_tag("ada/demo", "a\nb").await.unwrap_err().is_invalid_input());
    let error = api.create_branch("ada/demo", "refs/pr/5").await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::BadRequest));
}

#[tokio::test]
async fn a_branch_or_tag_whose_response_was_lost_is_reported_as_made() {
    let hub = hub();
    let api = ada(&hub);
    let first = head(&api).await;
    api.upload_file(&b"x"[..], "x.txt", "ada/demo").await.unwrap();
    hub.fault(Fault::lose_response().on("POST").path("/branch/"));
    api.create_branch("ada/demo", "x").revision(&*first).await.unwrap();
    hub.fault(Fault::lose_response().on("POST").path("/tag/"));
    api.create_tag("ada/demo", "v1").await.unwrap();
    assert!(branches(&api).await.contains(&("x".into(), first)));
}

#[tokio::test]
async fn a_branch_that_was_not_made_is_asked_for_once_more() {
    let hub = hub();
    let api = ada(&hub);
    hub.fault(Fault::status(502).on("POST").path("/branch/"));
    api.create_branch("ada/demo", "x").await.unwrap();
    assert_eq!(branches(&api).await.len(), 2);
    hub.fault(Fault::status(502).on("POST").path("/branch/").times(9));
    let error = api.create_branch("ada/demo", "y").await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::Server));
}

#[tokio::test]
async fn a_branch_of_others_is_not_taken_for_ones_own() {
    let hub = hub();
    let api = ada(&hub);
    api.create_branch("ada/demo", "x").await.unwrap();
    api.upload_file(&b"x"[..], "x.txt", "ada/demo").await.unwrap();
    hub.fault(Fault::status(502).on("POST").path("/branch/"));
    let error = api.create_branch("ada/demo", "x").await.unwrap_err();
    assert!(error.to_string().contains("another call has made it"), "{error}");
}

#[tokio::test]
async fn a_deletion_whose_response_was_lost_is_done_and_never_repeated() {
    let hub = hub();
    let api = ada(&hub);
    api.create_branch("ada/demo", "x").await.unwrap();
    api.create_tag("ada/demo", "v1").await.unwrap();
    hub.fault(Fault::lose_response().on("DELETE").path("/branch/"));
    api.delete_branch("ada/demo", "x").await.unwrap();
    hub.fault(Fault::status(502).on("DELETE").path("/tag/"));
    let error = api.delete_tag("ada/demo", "v1").await.unwrap_err();
    assert!(error.to_string().contains("still there"), "{error}");
    assert_eq!(api.list_repo_refs("ada/demo").await.unwrap().tags.len(), 1);
}

#[tokio::test]
async fn a_squashed_history_is_one_commit_also_when_the_response_is_lost() {
    let hub = hub();
    let api = ada(&hub);
    for (lost, message) in [(false, "One"), (true, "Two\n\nwith a text")] {
        api.upload_file(message.as_bytes().to_vec(), "x.txt", "ada/demo").await.unwrap();
        if lost {
            hub.fault(Fault::lose_response().on("POST").path("/super-squash/"));
        }
        let id = api.super_squash_history("ada/demo").commit_message(message).await.unwrap();
        let commits = api.list_repo_commits("ada/demo").all().await.unwrap();
        assert_eq!((commits.len(), &commits[0].id), (1, &id));
        assert_eq!(commits[0].title, message.lines().next().unwrap());
    }
    hub.fault(Fault::status(502).on("POST").path("/super-squash/"));
    assert!(api.super_squash_history("ada/demo").await.is_err());
    let long = api.super_squash_history("ada/demo").commit_message("x".repeat(501));
    assert!(long.await.unwrap_err().is_invalid_input());
}
