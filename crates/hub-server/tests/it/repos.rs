//! Making and removing repositories, and who one is.

use http::Method;
use serde_json::json;

use crate::support::{ADA, BOB, CORA, RITA, WIM, call, get, hub, post};

fn delete(body: serde_json::Value) -> crate::support::Call {
    call(Method::DELETE, "/api/repos/delete").body(body.to_string())
}

#[tokio::test]
async fn whoami_names_the_user_the_token_and_the_organisations() {
    let who = get("/api/whoami-v2").token(WIM).send(&hub()).await.json();
    assert_eq!(
        (&who["type"], &who["name"], &who["fullname"]),
        (&json!("user"), &json!("wim"), &json!("wim"))
    );
    assert_eq!(who["auth"]["type"], "access_token");
    assert_eq!(who["auth"]["accessToken"]["role"], "write");
    assert!(who["auth"]["accessToken"]["displayName"].is_string());
    assert_eq!(
        (&who["orgs"][0]["name"], &who["orgs"][0]["roleInOrg"]),
        (&json!("analytical"), &json!("write"))
    );
}

#[tokio::test]
async fn a_password_is_a_token_whatever_the_user_name() {
    use base64::{Engine, engine::general_purpose::STANDARD};
    let basic = format!("Basic {}", STANDARD.encode(format!("access_token:{ADA}")));
    let who = get("/api/whoami-v2").header("authorization", &basic).send(&hub()).await.json();
    assert_eq!(who["name"], "ada");
}

#[tokio::test]
async fn a_new_repository_has_a_first_commit_and_the_url_of_its_kind() {
    let hub = hub();
    for (kind, plural, prefix) in
        [("model", "models", ""), ("dataset", "datasets", "datasets/"), ("space", "spaces", "spaces/")]
    {
        let mut body = json!({"name": "new", "organization": "ada", "type": kind});
        if kind == "space" {
            body["sdk"] = json!("gradio");
        }
        let made = post("https://hub.example/api/repos/create", body).token(ADA).send(&hub).await.json();
        assert_eq!(made["url"], format!("https://hub.example/{prefix}ada/new"));
        assert_eq!(made["name"], "ada/new");
        let info = get(&format!("/api/{plural}/ada/new")).send(&hub).await.json();
        assert_eq!(info["_id"], made["id"]);
        assert_eq!(info["siblings"][0]["rfilename"], ".gitattributes");
        let commits = get(&format!("/api/{plural}/ada/new/commits/main")).send(&hub).await.json();
        assert_eq!(commits[0]["title"], "initial commit");
        assert_eq!(info["sha"], commits[0]["id"]);
    }
}

#[tokio::test]
async fn the_namespace_defaults_to_the_caller_and_the_kind_to_model() {
    let hub = hub();
    let body = json!({"name": "bare", "organization": null, "private": true});
    let made = post("/api/repos/create", body).token(BOB).send(&hub).await.json();
    assert_eq!(made["name"], "bob/bare");
    let info = get("/api/models/bob/bare").token(BOB).send(&hub).await.json();
    assert_eq!(info["private"], true);
}

#[tokio::test]
async fn a_repository_that_exists_answers_409_with_its_url_in_any_case() {
    let hub = hub();
    for name in ["demo", "DEMO"] {
        let response = post("/api/repos/create", json!({"name": name, "organization": "ada"}))
            .token(ADA)
            .send(&hub)
            .await;
        assert_eq!(response.status, 409);
        let body = response.any_json();
        assert_eq!(body["error"], "You already created this model repo");
        assert_eq!(body["url"], "http://localhost/ada/demo");
    }
}

#[tokio::test]
async fn only_members_who_may_write_make_repositories_in_an_organisation() {
    let hub = hub();
    for (token, name, status) in [(WIM, "w", 200), (CORA, "c", 200), (RITA, "r", 403), (ADA, "a", 403)] {
        let body = json!({"name": name, "organization": "analytical"});
        let response = post("/api/repos/create", body).token(token).send(&hub).await;
        assert_eq!(response.status, status, "{token}: {response:?}");
    }
    let foreign = json!({"name": "x", "organization": "nobody"});
    assert_eq!(post("/api/repos/create", foreign).token(ADA).send(&hub).await.status, 403);
}

#[tokio::test]
async fn a_contributor_changes_only_what_it_made() {
    let hub = hub();
    let body = json!({"name": "mine", "organization": "analytical"});
    post("/api/repos/create", body).token(CORA).send(&hub).await.json();
    for (repo, status) in [("mine", 200), ("open", 403)] {
        let line = crate::support::file_line("a.txt", "a");
        let response =
            crate::support::commit(&format!("analytical/{repo}"), &[line]).token(CORA).send(&hub).await;
        assert_eq!(response.status, status, "{repo}: {response:?}");
    }
}

#[tokio::test]
async fn requests_that_cannot_be_meant_are_refused() {
    let hub = hub();
    let cases = [
        (json!({"name": "bad--name"}), 400),
        (json!({"name": "x.git"}), 400),
        (json!({"name": "x", "type": "kernel"}), 400),
        (json!({"name": "x", "type": "space"}), 400),
        (json!({"name": "x", "type": "space", "sdk": "basic"}), 400),
        (json!({"name": "x", "private": true, "visibility": "public"}), 400),
        (json!({"name": "x", "visibility": "secret"}), 400),
        (json!({"organization": "ada"}), 400),
    ];
    for (body, status) in cases {
        let response = post("/api/repos/create", body.clone()).token(ADA).send(&hub).await;
        assert_eq!(response.status, status, "{body}: {response:?}");
    }
}

#[tokio::test]
async fn a_deleted_repository_is_gone_and_its_name_free() {
    let hub = hub();
    let body = json!({"name": "demo", "organization": "ada", "type": "model"});
    let response = delete(body.clone()).token(ADA).send(&hub).await;
    assert_eq!((response.status.as_u16(), &response.body[..]), (200, b"OK".as_slice()));
    assert_eq!(get("/api/models/ada/demo").token(ADA).send(&hub).await.status, 404);
    let again = delete(body.clone()).token(ADA).send(&hub).await;
    assert_eq!(again.error(), (404, Some("RepoNotFound"), "Repository not found".to_owned()));
    post("/api/repos/create", body).token(ADA).send(&hub).await.json();
}

#[tokio::test]
async fn a_card_is_checked_before_it_is_committed() {
    let hub = hub();
    let ask = |content: &str| post("/api/validate-yaml", json!({"content": content, "repoType": "model"}));
    let fine = ask("---\nlicense: mit\n---\n# x").send(&hub).await.json();
    assert_eq!(fine, json!({"errors": [], "warnings": []}));
    let empty = ask("# x").send(&hub).await.json();
    assert_eq!(empty["warnings"].as_array().unwrap().len(), 1);
    let broken = ask("---\na: [1\n---\n").send(&hub).await;
    assert_eq!(broken.status, 400);
    assert_eq!(broken.any_json()["errors"].as_array().unwrap().len(), 1);
    let form = call(Method::POST, "/api/validate-yaml")
        .header("content-type", "application/x-www-form-urlencoded")
        .body("content=---%0Alicense%3A+mit%0A---%0A&repoType=model");
    assert_eq!(form.send(&hub).await.json(), json!({"errors": [], "warnings": []}));
}
