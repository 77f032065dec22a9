//! Discussions and pull requests, from opening to merging.

use bytes::Bytes;
use hub_api::{
    ErrorKind, HfApi,
    types::{
        DiscussionEvent, DiscussionStatus,
        discussion::{DiscussionStatusFilter, DiscussionTypeFilter, FilesWithConflicts},
    },
};
use hub_server::{EmbeddedHub, Fault};
use hub_tests::{ADA, ada, bob, client_of, hub};
use hub_transport::testing::Recorder;

const DEMO: &str = "ada/demo";

async fn propose(api: &HfApi, path: &str, content: &'static [u8]) {
    api.upload_file(content, path, DEMO).revision("refs/pr/1").await.unwrap();
}

async fn count(hub: &EmbeddedHub) -> usize {
    ada(hub).get_repo_discussions(DEMO).all().await.unwrap().len()
}

#[tokio::test]
async fn a_discussion_is_opened_answered_renamed_and_closed() {
    let hub = hub();
    let (ada, bob) = (ada(&hub), bob(&hub));
    let made = bob.create_discussion(DEMO, " A question ").description("how?").await.unwrap();
    assert_eq!((made.discussion.num, made.discussion.title.as_str()), (1, "A question"));
    assert_eq!((made.discussion.author_name(), made.discussion.git_reference()), ("bob", None));
    assert_eq!((made.files_with_conflicts, made.diff), (None, None));
    let response = ada.comment_discussion(DEMO, 1, "like this").await.unwrap();
    assert_eq!(
        (response.author_name(), response.content(), response.number_of_edits()),
        ("ada", "like this", 0)
    );
    let edited = ada.edit_discussion_comment(DEMO, 1, response.id.to_uppercase(), "like that").await.unwrap();
    assert_eq!((edited.content(), edited.number_of_edits()), ("like that", 1));
    let hidden = ada.hide_discussion_comment(DEMO, 1, &response.id).await.unwrap();
    assert_eq!((hidden.data.hidden, hidden.content()), (true, ""));
    let renamed = bob.rename_discussion(DEMO, 1, "Solved").await.unwrap();
    assert_eq!((renamed.data.from.as_str(), renamed.data.to.as_str()), ("A question", "Solved"));
    let closed = bob.change_discussion_status(DEMO, 1, "closed").comment(" thanks ").await.unwrap();
    assert_eq!(closed.data.status, DiscussionStatus::Closed);

    let details = ada.get_discussion_details(DEMO, 1).await.unwrap();
    assert_eq!(details.discussion.status, DiscussionStatus::Closed);
    let texts: Vec<_> = details.comments().map(|comment| comment.content()).collect();
    assert_eq!(texts, ["how?", "", "thanks"]);
    let kinds: Vec<_> = details.events.iter().map(DiscussionEvent::kind).collect();
    assert_eq!(kinds, ["comment", "comment", "title-change", "comment", "status-change"]);
}

#[tokio::test]
async fn a_pull_request_goes_from_draft_to_merged() {
    let hub = hub();
    let (ada, bob) = (ada(&hub), bob(&hub));
    let made = bob.create_pull_request(DEMO, "Add a file").await.unwrap();
    assert_eq!(made.discussion.status, DiscussionStatus::Draft);
    assert_eq!(made.discussion.git_reference().unwrap().as_str(), "refs/pr/1");
    assert_eq!((made.target_branch(), made.merge_commit_oid()), (Some("refs/heads/main"), None));
    assert!(made.comments().next().unwrap().content().starts_with("Pull Request opened with"));
    propose(&bob, "new.txt", b"hello\n").await;
    let early = ada.merge_pull_request(DEMO, 1).await.unwrap_err();
    assert_eq!(early.kind(), Some(ErrorKind::BadRequest));
    bob.change_discussion_status(DEMO, 1, DiscussionStatus::Open).await.unwrap();
    assert_eq!(bob.merge_pull_request(DEMO, 1).await.unwrap_err().kind(), Some(ErrorKind::Forbidden));
    let merged = ada.merge_pull_request(DEMO, 1).comment("well done").await.unwrap();
    assert_eq!((merged.data.status.as_str(), merged.author_name()), ("merged", "ada"));
    let details = ada.get_discussion_details(DEMO, 1).await.unwrap();
    assert_eq!(details.merge_commit_oid(), ada.model_info(DEMO).await.unwrap().sha.as_deref());
    assert!(details.diff.unwrap().contains("+hello"));
    assert_eq!(ada.list_repo_files(DEMO).await.unwrap(), [".gitattributes", "new.txt"]);
}

#[tokio::test]
async fn conflicts_are_listed_and_keep_a_pull_request_from_being_merged() {
    let hub = hub();
    let (ada, bob) = (ada(&hub), bob(&hub));
    bob.upload_file(&b"bob's"[..], "f", DEMO).create_pr(true).await.unwrap();
    ada.upload_file(&b"ada's"[..], "f", DEMO).await.unwrap();
    let details = ada.get_discussion_details(DEMO, 1).await.unwrap();
    assert_eq!(details.files_with_conflicts, Some(FilesWithConflicts::Paths(vec!["f".into()])));
    let error = ada.merge_pull_request(DEMO, 1).await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::Conflict));
    assert!(error.to_string().contains("in f"), "{error}");
    assert_eq!(ada.get_discussion_details(DEMO, 1).await.unwrap().discussion.status, DiscussionStatus::Open);
}

#[tokio::test]
async fn the_list_goes_over_pages_and_is_filtered() {
    let hub = hub();
    let (ada, bob) = (ada(&hub), bob(&hub));
    for n in 1..=21 {
        ada.create_discussion(DEMO, format!("Topic {n}")).await.unwrap();
    }
    bob.create_pull_request(DEMO, "Topic 22").await.unwrap();
    ada.change_discussion_status(DEMO, 3, "closed").await.unwrap();
    let recorder = Recorder::new();
    let api = client_of(&hub).attempt_layer(recorder.layer()).build().unwrap();
    let numbers: Vec<u64> =
        api.get_repo_discussions(DEMO).all().await.unwrap().iter().map(|one| one.num).collect();
    assert_eq!(numbers, (1..=22).rev().collect::<Vec<_>>());
    assert_eq!(recorder.requests().len(), 2);
    let first = api.get_repo_discussions(DEMO).limit(20).all().await.unwrap();
    assert_eq!((first.len(), recorder.requests().len()), (20, 3), "no page is asked for in vain");
    assert!(api.get_repo_discussions(DEMO).limit(0).all().await.unwrap().is_empty());
    let all = || api.get_repo_discussions(DEMO);
    let lengths = [
        all().author("bob").all().await.unwrap().len(),
        all().discussion_type(DiscussionTypeFilter::PullRequest).all().await.unwrap().len(),
        all().discussion_type(DiscussionTypeFilter::Discussion).all().await.unwrap().len(),
        all().discussion_status(DiscussionStatusFilter::Closed).all().await.unwrap().len(),
    ];
    assert_eq!(lengths, [1, 1, 21, 1]);
}

#[test]
fn discussions_work_without_a_runtime() {
    let hub = hub();
    let api = client_of(&hub).token(ADA).build_blocking().unwrap();
    let made = api.create_discussion(DEMO, "A topic").send().unwrap();
    let listed = api.get_repo_discussions(DEMO).iter().next().unwrap().unwrap();
    assert_eq!(listed.title, made.discussion.title);
}

#[tokio::test]
async fn each_change_sends_what_the_hub_expects() {
    let hub = hub();
    let recorder = Recorder::new();
    let api = client_of(&hub).token(ADA).attempt_layer(recorder.layer()).build().unwrap();
    api.create_discussion(DEMO, " Title ").description(" text ").await.unwrap();
    let comment = api.comment_discussion(DEMO, 1, " spaces stay ").await.unwrap().id;
    api.edit_discussion_comment(DEMO, 1, &comment, "new").await.unwrap();
    api.hide_discussion_comment(DEMO, 1, &comment).await.unwrap();
    api.rename_discussion(DEMO, 1, "Another").await.unwrap();
    api.change_discussion_status(DEMO, 1, "closed").comment("  ").await.unwrap();
    api.change_discussion_status(DEMO, 1, "open").comment(" why ").await.unwrap();
    api.merge_pull_request(DEMO, 1).await.unwrap_err();
    api.merge_pull_request(DEMO, 1).comment(" now ").await.unwrap_err();
    let sent: Vec<_> = recorder
        .requests()
        .iter()
        .filter(|request| request.method == "POST")
        .map(|request| {
            let path =
                request.uri.path().replace(&comment, "ID").replace("/api/models/ada/demo/discussions", "");
            (path, request.body.clone())
        })
        .collect();
    let expected = [
        ("", r#"{"title":"Title","description":"text","pullRequest":false}"#),
        ("/1/comment", r#"{"comment":" spaces stay "}"#),
        ("/1/comment/ID/edit", r#"{"content":"new"}"#),
        ("/1/comment/ID/hide", ""),
        ("/1/title", r#"{"title":"Another"}"#),
        ("/1/status", r#"{"status":"closed"}"#),
        ("/1/status", r#"{"comment":"why","status":"open"}"#),
        ("/1/merge", ""),
        ("/1/merge", r#"{"comment":"now"}"#),
    ];
    assert_eq!(sent, expected.map(|(path, body)| (path.to_owned(), Bytes::from(body))));
}

#[tokio::test]
async fn what_the_hub_would_refuse_is_not_sent() {
    let recorder = Recorder::new();
    let api = client_of(&hub()).token(ADA).attempt_layer(recorder.layer()).build().unwrap();
    let long = "x".repeat(65_537);
    let errors = [
        api.get_discussion_details(DEMO, 0).await.unwrap_err(),
        api.create_discussion(DEMO, " ab ").await.unwrap_err(),
        api.create_pull_request(DEMO, "x".repeat(201)).await.unwrap_err(),
        api.create_discussion(DEMO, "Title").description(&long).await.unwrap_err(),
        api.create_discussion("a//b", "Title").await.unwrap_err(),
        api.comment_discussion(DEMO, 0, "text").await.unwrap_err(),
        api.comment_discussion(DEMO, 1, "").await.unwrap_err(),
        api.comment_discussion(DEMO, 1, &long).await.unwrap_err(),
        api.edit_discussion_comment(DEMO, 1, "", "text").await.unwrap_err(),
        api.hide_discussion_comment(DEMO, 1, "../x").await.unwrap_err(),
        api.rename_discussion(DEMO, 1, "ab").await.unwrap_err(),
        api.change_discussion_status(DEMO, 1, "merged").await.unwrap_err(),
        api.change_discussion_status(DEMO, 1, "draft").await.unwrap_err(),
        api.merge_pull_request(DEMO, 0).await.unwrap_err(),
    ];
    assert!(errors.iter().all(hub_api::Error::is_invalid_input), "{errors:?}");
    assert_eq!(recorder.requests().len(), 0);
}

#[tokio::test]
async fn f61_what_was_done_although_the_response_was_lost_is_found_or_unknown_and_not_done_again() {
    let hub = hub();
    let (ada, bob) = (ada(&hub), bob(&hub));
    let lose = |path: &str| hub.fault(Fault::lose_response().on("POST").path(path));
    lose("/discussions");
    let error = bob.create_pull_request(DEMO, "A topic").description("why").await.unwrap_err();
    assert!(error.to_string().contains("discussion 1 is of about that time"), "{error}");
    lose("/comment");
    let error = bob.comment_discussion(DEMO, 1, "hello").await.unwrap_err();
    assert!(error.to_string().contains("is of about that time and says the same"), "{error}");
    let details = bob.get_discussion_details(DEMO, 1).await.unwrap();
    let comment = details.comments().next_back().unwrap().clone();
    assert_eq!((count(&hub).await, comment.content(), details.comments().count()), (1, "hello", 2));
    lose("/edit");
    assert_eq!(bob.edit_discussion_comment(DEMO, 1, &comment.id, "bye").await.unwrap().number_of_edits(), 1);
    lose("/hide");
    assert!(bob.hide_discussion_comment(DEMO, 1, &comment.id).await.unwrap().data.hidden);
    lose("/title");
    assert_eq!(bob.rename_discussion(DEMO, 1, "Another").await.unwrap().data.to, "Another");
    lose("/status");
    bob.change_discussion_status(DEMO, 1, "closed").await.unwrap();
    lose("/status");
    bob.change_discussion_status(DEMO, 1, "open").comment("again").await.unwrap_err();
    propose(&bob, "a", b"1").await;
    lose("/merge");
    assert_eq!(ada.merge_pull_request(DEMO, 1).await.unwrap().data.status, DiscussionStatus::Merged);
    let details = ada.get_discussion_details(DEMO, 1).await.unwrap();
    let kinds: Vec<_> = details.events.iter().map(DiscussionEvent::kind).collect();
    let expected = [
        "comment",
        "comment",
        "title-change",
        "status-change",
        "comment",
        "status-change",
        "commit",
        "status-change",
    ];
    assert_eq!(kinds, expected, "each once");
}

#[tokio::test]
async fn f61_equal_calls_do_not_take_each_others_work_for_their_own() {
    let hub = hub();
    let api = ada(&hub);
    api.create_discussion(DEMO, "A topic").await.unwrap();
    // The second request never arrives.
    hub.fault(Fault::status(502).on("POST").path("/discussions"));
    let (second, third) =
        tokio::join!(api.create_discussion(DEMO, "A topic"), api.create_discussion(DEMO, "A topic"));
    let error = second.unwrap_err();
    assert!(error.to_string().contains("it is not known whether it was opened"), "{error}");
    assert_eq!((third.unwrap().discussion.num, count(&hub).await), (2, 2));

    let comment = api.comment_discussion(DEMO, 1, "hello").await.unwrap();
    hub.fault(Fault::status(502).on("POST").path("/comment"));
    let (second, third) =
        tokio::join!(api.comment_discussion(DEMO, 1, "hello"), api.comment_discussion(DEMO, 1, "hello"));
    assert!(second.is_err() && third.unwrap().id != comment.id);
}

#[tokio::test]
async fn f61_what_may_have_been_done_is_sent_again_only_where_that_does_no_harm() {
    let hub = hub();
    let api = ada(&hub);
    let fail = |path: &str| hub.fault(Fault::status(502).on("POST").path(path));
    fail("/discussions");
    let error = api.create_discussion(DEMO, "A topic").await.unwrap_err();
    assert!(error.to_string().contains("look at the list"), "{error}");
    assert_eq!(count(&hub).await, 0);
    api.create_discussion(DEMO, "A topic").await.unwrap();
    fail("/comment");
    let error = api.comment_discussion(DEMO, 1, "hello").await.unwrap_err();
    assert!(error.to_string().contains("look at the discussion"), "{error}");
    fail("/title");
    assert_eq!(api.rename_discussion(DEMO, 1, "Another").await.unwrap().data.to, "Another");
    fail("/status");
    api.change_discussion_status(DEMO, 1, "closed").await.unwrap();
    fail("/status");
    api.change_discussion_status(DEMO, 1, "open").comment("again").await.unwrap_err();
    let details = api.get_discussion_details(DEMO, 1).await.unwrap();
    assert_eq!((details.events.len(), details.discussion.status), (3, DiscussionStatus::Closed));
}
