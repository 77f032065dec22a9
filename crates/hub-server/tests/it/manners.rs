//! What is refused, and how it is said.

use hub_server::AdminRequest;
use serde_json::json;

use crate::support::{ADA, WIM, call, commit, file_line, get, hub, ndjson, post};

#[tokio::test]
async fn numbers_are_digits_and_no_page_is_empty() {
    let hub = hub();
    for path in [
        "/api/models?limit=0",
        "/api/models?limit=%2B5",
        "/api/models/ada/demo/tree/main?limit=0",
        "/api/models/ada/demo/commits/main?limit=0",
        "/api/models/ada/demo/commits/main?p=%2B1",
        "/api/models/ada/demo/likers?limit=0",
    ] {
        assert_eq!(get(path).send(&hub).await.status, 400, "{path}");
    }
    post("/api/models/ada/demo/discussions", json!({"title": "Title"})).token(ADA).send(&hub).await;
    assert_eq!(get("/api/models/ada/demo/discussions/1").send(&hub).await.status, 200);
    assert_eq!(get("/api/models/ada/demo/discussions/+1").send(&hub).await.status, 404);
}

#[tokio::test]
async fn a_branch_or_tag_is_not_named_like_a_commit() {
    let hub = hub();
    let commit = "a".repeat(40);
    for name in ["@", commit.as_str()] {
        let branch =
            post(&format!("/api/models/ada/demo/branch/{name}"), json!({})).token(ADA).send(&hub).await;
        assert_eq!(branch.status, 400, "{name}");
        let tag = post("/api/models/ada/demo/tag/main", json!({"tag": name})).token(ADA).send(&hub).await;
        assert_eq!(tag.status, 400, "{name}");
    }
    let short = post(&format!("/api/models/ada/demo/branch/{}", "a".repeat(39)), json!({}));
    assert_eq!(short.token(ADA).send(&hub).await.status, 200);
}

#[tokio::test]
async fn a_nul_in_a_commit_message_is_refused() {
    let hub = hub();
    for (summary, description) in [("a\0b", ""), ("a", "b\0")] {
        let header = json!({"key": "header", "value": {"summary": summary, "description": description}});
        let response = call(http::Method::POST, "/api/models/ada/demo/commit/main")
            .header("content-type", "application/x-ndjson")
            .body(ndjson(&[header, file_line("a.txt", "a")]))
            .token(ADA)
            .send(&hub)
            .await;
        assert_eq!(response.status, 400);
        assert!(response.error().2.contains("NUL"), "{response:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_json_is_said_without_words_of_the_server() {
    let hub = hub();
    let create =
        async |body: serde_json::Value| post("/api/repos/create", body).token(ADA).send(&hub).await.error().2;
    assert_eq!(
        create(json!({"name": 7})).await,
        "Invalid JSON body: the number 7 where a text is expected, at line 1 column 9"
    );
    assert!(create(json!({})).await.starts_with("Invalid JSON body: \"name\" is missing"));
    let line = json!({"key": "file", "value": {"path": 1}});
    let said = commit("ada/demo", &[line]).token(ADA).send(&hub).await.error().2;
    for word in ["invalid type", "struct", "variant", "`"] {
        assert!(!said.contains(word), "{said}");
    }
}

#[tokio::test]
async fn a_like_of_an_id_without_a_namespace_finds_nothing() {
    let hub = hub();
    for method in [http::Method::POST, http::Method::DELETE] {
        let response = call(method, "/api/models/gpt2/like").token(ADA).send(&hub).await;
        assert_eq!((response.status.as_u16(), response.header("x-error-code")), (404, Some("RepoNotFound")));
    }
}

#[tokio::test]
async fn a_path_that_is_not_there_cannot_be_deleted() {
    let hub = hub();
    for (key, path) in [("deletedFile", "1"), ("deletedFolder", "1/"), ("deletedEntry", "1")] {
        let line = json!({"key": key, "value": {"path": path}});
        let response = commit("ada/demo", &[line]).token(ADA).send(&hub).await;
        assert_eq!(
            (response.status.as_u16(), response.header("x-error-code")),
            (404, Some("EntryNotFound")),
            "{key}"
        );
    }
}

#[tokio::test]
async fn old_clients_find_the_field_for_the_token_of_an_organisation() {
    let who = get("/api/whoami-v2").token(WIM).send(&hub()).await.json();
    assert!(who["orgs"][0]["apiToken"].is_string(), "{who}");
}

#[tokio::test]
async fn an_organisation_can_have_new_repositories_private() {
    let hub = hub();
    let set = |private| {
        hub.administer(&AdminRequest::SetPrivateByDefault { account: "Analytical".into(), private }).unwrap()
    };
    let is_private = async |name: &str, private: Option<bool>| {
        let mut new = json!({"name": name, "organization": "analytical"});
        if let Some(private) = private {
            new["private"] = json!(private);
        }
        post("/api/repos/create", new).token(WIM).send(&hub).await.json();
        get(&format!("/api/models/analytical/{name}")).token(WIM).send(&hub).await.json()["private"] == true
    };
    set(true);
    assert!(is_private("a", None).await && !is_private("b", Some(false)).await);
    set(false);
    assert!(!is_private("c", None).await && is_private("d", Some(true)).await);
}
