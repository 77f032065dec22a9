//! Discussions and pull requests: who may do what, and what it does.

use http::Method;
use hub_server::EmbeddedHub;
use serde_json::{Value, json};

use crate::support::{
    ADA, BOB, RITA, Received, WIM, add_files, call, file_line, get, hub, ndjson, post, tip,
};

const ALL: &str = "/api/models/ada/demo/discussions";
const FIRST: &str = "/api/models/ada/demo/discussions/1";

async fn change(hub: &EmbeddedHub, token: &str, action: &str, body: Value) -> Received {
    post(&format!("{FIRST}/{action}"), body).token(token).send(hub).await
}

/// Opens a discussion, or a draft of a pull request, as bob.
async fn create(hub: &EmbeddedHub, pull_request: bool) -> Value {
    let body = json!({"title": " A title ", "description": "why", "pullRequest": pull_request});
    post(ALL, body).token(BOB).send(hub).await.json()
}

/// Commits to the first pull request as bob.
async fn propose(hub: &EmbeddedHub, path: &str, content: &str) -> String {
    let header = json!({"key": "header", "value": {"summary": "More", "description": ""}});
    let body = ndjson(&[header, file_line(path, content)]);
    let url = "/api/models/ada/demo/commit/refs%2Fpr%2F1";
    call(Method::POST, url).token(BOB).body(body).send(hub).await.json()["commitOid"]
        .as_str()
        .unwrap()
        .to_owned()
}

fn kinds(details: &Value) -> Vec<&str> {
    details["events"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect()
}

async fn open(hub: &EmbeddedHub, title: &str) -> String {
    let header = json!({"key": "header", "value": {"summary": title, "description": "<b>why</b>"}});
    let body = ndjson(&[header, file_line("a.txt", title)]);
    let response = call(Method::POST, "/api/models/ada/demo/commit/main?create_pr=1")
        .token(BOB)
        .body(body)
        .send(hub)
        .await;
    response.json()["commitOid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_list_is_newest_first_and_counted() {
    let hub = hub();
    for n in 1..=21 {
        open(&hub, &format!("Title {n}")).await;
    }
    let first = get("/api/models/ada/demo/discussions").send(&hub).await.json();
    assert_eq!(
        (&first["count"], &first["start"], &first["numClosedDiscussions"]),
        (&json!(21), &json!(0), &json!(0))
    );
    let newest = &first["discussions"][0];
    assert_eq!(
        (&newest["num"], &newest["title"], &newest["status"]),
        (&json!(21), &json!("Title 21"), &json!("open"))
    );
    assert_eq!((&newest["isPullRequest"], &newest["author"]["name"]), (&json!(true), &json!("bob")));
    assert_eq!(newest["repo"], json!({"name": "ada/demo", "type": "model"}));
    let second = get("/api/models/ada/demo/discussions?p=1").send(&hub).await.json();
    let shown = |page: &serde_json::Value| page["discussions"].as_array().unwrap().len();
    assert_eq!((&second["start"], shown(&first) + shown(&second)), (&json!(20), 21));
}

#[tokio::test]
async fn the_list_is_filtered() {
    let hub = hub();
    open(&hub, "One").await;
    for (query, count) in [
        ("type=discussion", 0),
        ("type=pull_request", 1),
        ("type=all&status=open", 1),
        ("status=closed", 0),
        ("author=bob", 1),
        ("author=ada", 0),
    ] {
        let list = get(&format!("/api/models/ada/demo/discussions?{query}")).send(&hub).await.json();
        assert_eq!(list["count"], count, "{query}");
    }
}

#[tokio::test]
async fn details_have_what_clients_index_without_asking() {
    let hub = hub();
    let oid = open(&hub, "Fix it").await;
    let details = get("/api/models/ada/demo/discussions/1?diff=1").send(&hub).await.json();
    assert_eq!(details["changes"], json!({"base": "refs/heads/main", "headCommitId": oid}));
    assert_eq!(details["filesWithConflicts"], json!([]));
    let events = details["events"].as_array().unwrap();
    assert_eq!(events[0]["data"]["latest"]["raw"], "<b>why</b>");
    assert_eq!(events[0]["data"]["latest"]["html"], "<p>&lt;b&gt;why&lt;/b&gt;</p>");
    assert_eq!(
        (&events[1]["type"], &events[1]["data"]),
        (&json!("commit"), &json!({"subject": "Fix it", "oid": oid}))
    );
    let diff = details["diff"].as_str().unwrap();
    assert!(diff.contains("+++ b/a.txt\n@@ -0,0 +1 @@\n+Fix it"), "{diff}");
    add_files(&hub, "ada/demo", &[("b.txt", "b")]).await;
    let details = get("/api/models/ada/demo/discussions/1").token(ADA).send(&hub).await.json();
    assert_eq!((&details["filesWithConflicts"], details.get("diff")), (&json!([]), None));
    add_files(&hub, "ada/demo", &[("a.txt", "b")]).await;
    let details = get("/api/models/ada/demo/discussions/1").token(ADA).send(&hub).await.json();
    assert_eq!(details["filesWithConflicts"], json!(["a.txt"]));
}

#[tokio::test]
async fn a_discussion_that_does_not_exist_is_404() {
    let response = get("/api/models/ada/demo/discussions/7").send(&hub()).await;
    assert_eq!(response.error(), (404, None, "Discussion not found".to_owned()));
}

#[tokio::test]
async fn a_new_discussion_is_open_and_a_new_pull_request_is_a_draft_at_main() {
    let hub = hub();
    let made = create(&hub, false).await;
    assert_eq!(
        made,
        json!({"url": "http://localhost/ada/demo/discussions/1", "num": 1, "pullRequest": false})
    );
    let made = create(&hub, true).await;
    assert_eq!((&made["num"], &made["pullRequest"]), (&json!(2), &json!(true)));
    let discussion = get(FIRST).send(&hub).await.json();
    assert_eq!((&discussion["title"], &discussion["status"]), (&json!("A title"), &json!("open")));
    assert_eq!((discussion.get("changes"), discussion.get("diff")), (None, None));
    assert_eq!(discussion["_id"].as_str().unwrap().len(), 24);
    assert_eq!(
        (&discussion["author"]["name"], &discussion["author"]["isMod"]),
        (&json!("bob"), &json!(false))
    );
    let pull_request = get(&format!("{ALL}/2?diff=1")).send(&hub).await.json();
    let head = tip(&hub, "ada/demo").await;
    assert_eq!(pull_request["status"], "draft");
    assert_eq!(pull_request["changes"], json!({"base": "refs/heads/main", "headCommitId": head}));
    assert_eq!((&pull_request["diff"], &pull_request["filesWithConflicts"]), (&json!(""), &json!([])));
    assert_eq!(kinds(&pull_request), ["comment"]);
}

#[tokio::test]
async fn titles_and_texts_of_other_lengths_are_refused() {
    let hub = hub();
    let title = "x".repeat(201);
    for title in ["ab", "  ab  ", &title, "two\nlines"] {
        let response = post(ALL, json!({"title": title})).token(BOB).send(&hub).await;
        assert_eq!(response.status, 400, "{title}");
    }
    create(&hub, false).await;
    let long = "x".repeat(65_537);
    for (action, body) in [
        ("title", json!({"title": "ab"})),
        ("comment", json!({"comment": ""})),
        ("comment", json!({"comment": long})),
        ("status", json!({"status": "merged"})),
        ("status", json!({"status": "draft"})),
        ("merge", json!({})),
    ] {
        assert_eq!(change(&hub, ADA, action, body).await.status, 400, "{action}");
    }
    assert_eq!(kinds(&get(FIRST).send(&hub).await.json()), ["comment"]);
}

#[tokio::test]
async fn a_comment_that_was_edited_fifty_times_stays_as_it_is() {
    let hub = hub();
    create(&hub, false).await;
    let response = change(&hub, ADA, "comment", json!({"comment": "first"})).await;
    let edit = format!("comment/{}/edit", response.any_json()["newMessage"]["id"].as_str().unwrap());
    for number in 0..50 {
        change(&hub, ADA, &edit, json!({ "content": number.to_string() })).await.json();
    }
    assert_eq!(change(&hub, ADA, &edit, json!({"content": "once more"})).await.status, 400);
}

#[tokio::test]
async fn a_comment_is_edited_by_its_author_and_hidden_for_good() {
    let hub = hub();
    create(&hub, false).await;
    let response = change(&hub, ADA, "comment", json!({"comment": "<i>"})).await;
    assert_eq!(response.status, 201);
    let comment = &response.any_json()["newMessage"];
    let id = comment["id"].as_str().unwrap();
    assert_eq!(comment["data"]["latest"]["html"], "<p>&lt;i&gt;</p>");
    assert_eq!((&comment["author"]["name"], &comment["author"]["isOwner"]), (&json!("ada"), &json!(true)));

    let edit = format!("comment/{id}/edit");
    assert_eq!(change(&hub, BOB, &edit, json!({"content": "mine"})).await.status, 403);
    let edited = change(&hub, ADA, &edit, json!({"content": "new"})).await.json();
    let data = &edited["updatedComment"]["data"];
    assert_eq!((&data["latest"]["raw"], &data["edited"]), (&json!("new"), &json!(true)));
    assert_eq!((&data["numEdits"], &data["history"][0]["raw"]), (&json!(1), &json!("<i>")));

    let hide = format!("comment/{id}/hide");
    assert_eq!(change(&hub, BOB, &hide, Value::Null).await.status, 403);
    let hidden = call(Method::POST, &format!("{FIRST}/{hide}")).token(ADA).send(&hub).await.json();
    let data = &hidden["updatedComment"]["data"];
    assert_eq!(
        (&data["hidden"], &data["latest"]["raw"], &data["latest"]["html"]),
        (&json!(true), &json!(""), &json!(""))
    );
    assert!(!hidden.to_string().contains("new"), "what was hidden is gone from the history too");
    assert_eq!(change(&hub, ADA, &edit, json!({"content": "back"})).await.status, 404);
    assert_eq!(change(&hub, ADA, "comment/none/hide", Value::Null).await.error().0, 404);
}

#[tokio::test]
async fn title_and_status_are_for_the_author_and_for_writers() {
    let hub = hub();
    let body = json!({"title": "A title"});
    post("/api/models/analytical/open/discussions", body).token(BOB).send(&hub).await.json();
    let url = "/api/models/analytical/open/discussions/1";
    for (token, allowed) in [(RITA, 403), (BOB, 200), (WIM, 200)] {
        let response =
            post(&format!("{url}/title"), json!({"title": "Another"})).token(token).send(&hub).await;
        assert_eq!(response.status, allowed);
        let body = json!({"status": "closed", "comment": "bye"});
        let response = post(&format!("{url}/status"), body).token(token).send(&hub).await;
        assert_eq!(response.status, allowed);
    }
    let details = get(url).send(&hub).await.json();
    assert_eq!((&details["title"], &details["status"]), (&json!("Another"), &json!("closed")));
    assert_eq!(details["events"][1]["data"], json!({"from": "A title", "to": "Another"}));
    assert_eq!(kinds(&details)[1..4], ["title-change", "comment", "status-change"]);
}

#[tokio::test]
async fn a_pull_request_is_opened_filled_and_merged_by_a_writer() {
    let hub = hub();
    create(&hub, true).await;
    let early = change(&hub, ADA, "merge", Value::Null).await;
    assert_eq!(
        early.error(),
        (400, None, "A pull request must be open to be merged, this one is: draft".into())
    );
    change(&hub, BOB, "status", json!({"status": "open"})).await.json();
    assert_eq!(change(&hub, ADA, "merge", json!({})).await.error().0, 400, "there is nothing to merge");
    let head = propose(&hub, "a.txt", "1\n").await;
    add_files(&hub, "ada/demo", &[("b.txt", "2")]).await;
    assert_eq!(change(&hub, BOB, "merge", json!({})).await.status, 403);
    // Clients send no body when there is no comment.
    let merged = call(Method::POST, &format!("{FIRST}/merge")).token(ADA).send(&hub).await;
    assert_eq!(merged.json()["newStatus"]["data"]["status"], "merged");

    let details = get(&format!("{FIRST}?diff=1")).send(&hub).await.json();
    assert_eq!(kinds(&details), ["comment", "status-change", "commit", "status-change"]);
    assert_eq!(details["events"][2]["data"]["oid"], head.as_str());
    let main = tip(&hub, "ada/demo").await;
    assert_eq!(details["changes"]["mergeCommitId"], main.as_str());
    assert!(details["diff"].as_str().unwrap().contains("+++ b/a.txt"), "still there after the merge");
    let files = get("/api/models/ada/demo/tree/main").send(&hub).await.json();
    assert_eq!(files.as_array().unwrap().len(), 3);
    let commits = get("/api/models/ada/demo/commits/main").send(&hub).await.json();
    assert_eq!(
        (&commits[0]["title"], &commits[0]["authors"][0]["user"]),
        (&json!("A title (#1)"), &json!("ada"))
    );
    for (action, body) in [("merge", json!({})), ("status", json!({"status": "open"}))] {
        assert_eq!(change(&hub, ADA, action, body).await.status, 400, "a merge is final");
    }
    let list = get(&format!("{ALL}?status=closed")).send(&hub).await.json();
    assert_eq!((&list["count"], &list["numClosedDiscussions"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn a_pull_request_with_conflicts_is_refused_and_main_stays() {
    let hub = hub();
    open(&hub, "ours").await;
    add_files(&hub, "ada/demo", &[("a.txt", "theirs")]).await;
    let main = tip(&hub, "ada/demo").await;
    let response = change(&hub, ADA, "merge", json!({"comment": "please"})).await;
    let message = "This pull request has conflicts with its branch in a.txt".to_owned();
    assert_eq!(response.error(), (409, None, message));
    assert_eq!(tip(&hub, "ada/demo").await, main);
    assert_eq!(kinds(&get(FIRST).send(&hub).await.json()), ["comment", "commit"]);
    // The author takes in what happened on the branch.
    propose(&hub, "a.txt", "theirs").await;
    assert_eq!(change(&hub, ADA, "merge", json!({"comment": "please"})).await.status, 200);
    let details = get(FIRST).send(&hub).await.json();
    assert_eq!(kinds(&details), ["comment", "commit", "commit", "comment", "status-change"]);
}

#[tokio::test]
async fn a_filter_that_does_not_exist_is_refused() {
    let hub = hub();
    for query in ["type=issue", "status=merged", "p=x"] {
        assert_eq!(get(&format!("{ALL}?{query}")).send(&hub).await.status, 400, "{query}");
    }
}

#[tokio::test]
async fn a_commit_that_git_brought_appears_among_the_events() {
    let hub = hub();
    create(&hub, true).await;
    let oid = open(&hub, "Elsewhere").await;
    let repo = hub.dir().join("repos/01/1.git");
    let moved = std::process::Command::new("git")
        .arg("--git-dir")
        .arg(repo)
        .args(["update-ref", "refs/pr/1", &oid])
        .status()
        .unwrap();
    assert!(moved.success());
    for _ in 0..2 {
        let details = get(FIRST).send(&hub).await.json();
        assert_eq!(kinds(&details), ["comment", "commit"]);
        assert_eq!(details["events"][1]["data"], json!({"subject": "Elsewhere", "oid": oid}));
    }
}
