//! Pull requests that commits opened, as the discussions list shows them.

use http::Method;
use serde_json::json;

use crate::support::{ADA, BOB, add_files, call, file_line, get, hub, ndjson};

async fn open(hub: &hub_local::LocalHub, title: &str) -> String {
    let header = json!({"key": "header", "value": {"summary": title, "description": "<b>why</b>"}});
    let body = ndjson(&[header, file_line("a.txt", title)]);
    let answer = call(Method::POST, "/api/models/ada/demo/commit/main?create_pr=1")
        .token(BOB)
        .body(body)
        .send(hub)
        .await;
    answer.json()["commitOid"].as_str().unwrap().to_owned()
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
    add_files(&hub, "ada/demo", &[("b.txt", "b")]).await;
    let details = get("/api/models/ada/demo/discussions/1").token(ADA).send(&hub).await.json();
    assert_eq!(details["filesWithConflicts"], true, "unknown once the branch has moved");
}

#[tokio::test]
async fn a_discussion_that_does_not_exist_is_404() {
    let answer = get("/api/models/ada/demo/discussions/7").send(&hub()).await;
    assert_eq!(answer.error(), (404, None, "Discussion not found".to_owned()));
}
