//! The errors that clients tell apart, byte for byte.

use http::Method;
use serde_json::json;

use crate::support::{ADA, BOB, call, get, head, hub, post};

#[tokio::test]
async fn a_missing_repository_is_named_in_code_message_and_body() {
    let response = get("/api/models/ada/none").token(ADA).send(&hub()).await;
    assert_eq!(response.error(), (404, Some("RepoNotFound"), "Repository not found".to_owned()));
    assert_eq!(response.header("x-error-message"), Some("Repository not found"));
}

#[tokio::test]
async fn a_missing_repository_asks_the_anonymous_caller_to_sign_in() {
    let response = get("/api/models/ada/none").send(&hub()).await;
    assert_eq!(response.error(), (401, Some("RepoNotFound"), "Invalid username or password.".to_owned()));
    assert!(response.header("www-authenticate").unwrap().starts_with("Basic "));
}

#[tokio::test]
async fn a_bad_token_is_never_taken_for_no_token() {
    for uri in ["/api/whoami-v2", "/api/models/ada/demo", "/ada/demo/resolve/main/.gitattributes"] {
        let response = get(uri).token("hf_unknown").send(&hub()).await;
        assert_eq!(response.status, 401, "{uri}");
        assert_eq!(response.header("x-error-message"), Some("Invalid credentials in Authorization header"));
        assert_eq!(response.header("x-error-code"), None);
    }
}

#[tokio::test]
async fn revisions_and_entries_that_are_missing_have_their_own_codes() {
    let hub = hub();
    let cases = [
        ("/api/models/ada/demo/revision/none", "RevisionNotFound"),
        ("/api/models/ada/demo/tree/none", "RevisionNotFound"),
        ("/api/models/ada/demo/commits/none", "RevisionNotFound"),
        ("/ada/demo/resolve/none/a", "RevisionNotFound"),
        ("/api/models/ada/demo/tree/main/none", "EntryNotFound"),
        ("/ada/demo/resolve/main/none", "EntryNotFound"),
        ("/ada/demo/raw/main/none", "EntryNotFound"),
    ];
    for (uri, code) in cases {
        let response = get(uri).token(ADA).send(&hub).await;
        assert_eq!((response.status.as_u16(), response.header("x-error-code")), (404, Some(code)), "{uri}");
        assert_eq!(
            response.header("x-repo-commit").is_some(),
            code == "EntryNotFound" && !uri.contains("tree")
        );
    }
}

#[tokio::test]
async fn a_head_request_has_the_error_in_its_headers_and_no_body() {
    let response = head("/ada/demo/resolve/main/none").send(&hub()).await;
    assert_eq!((response.status.as_u16(), response.header("x-error-code")), (404, Some("EntryNotFound")));
    assert!(response.body.is_empty());
}

#[tokio::test]
async fn unknown_urls_and_methods_response_in_json() {
    let hub = hub();
    for uri in
        ["/", "/api/nothing", "/api/models/a--b/x", "/ada/demo/blob/main/x", "/api/models/ada/demo/%ff"]
    {
        let response = get(uri).send(&hub).await;
        assert_eq!(response.status, 404, "{uri}");
        assert!(response.any_json()["error"].is_string());
    }
    for (method, uri, allowed) in [
        (Method::POST, "/api/whoami-v2", "GET, HEAD"),
        (Method::GET, "/api/repos/create", "POST"),
        (Method::PUT, "/api/models/ada/demo", "GET, HEAD"),
        (Method::GET, "/api/models/ada/demo/commit/main", "POST"),
    ] {
        let response = call(method, uri).send(&hub).await;
        assert_eq!((response.status.as_u16(), response.header("allow")), (405, Some(allowed)), "{uri}");
    }
}

#[tokio::test]
async fn private_and_missing_repositories_answer_strangers_the_same() {
    let hub = hub();
    let oid = "a".repeat(64);
    let routes = [
        (Method::GET, "/api/models/{}".to_owned(), json!(null)),
        (Method::GET, "/api/models/{}/revision/main".to_owned(), json!(null)),
        (Method::GET, "/api/models/{}/refs".to_owned(), json!(null)),
        (Method::GET, "/api/models/{}/tree/main".to_owned(), json!(null)),
        (Method::GET, "/api/models/{}/tree/main/none".to_owned(), json!(null)),
        (Method::POST, "/api/models/{}/paths-info/main".to_owned(), json!({"paths": ["a"]})),
        (Method::GET, "/api/models/{}/commits/main".to_owned(), json!(null)),
        (Method::POST, "/api/models/{}/preupload/main".to_owned(), json!({"files": []})),
        (Method::POST, "/api/models/{}/preupload/main?create_pr=1".to_owned(), json!({"files": []})),
        (
            Method::POST,
            "/api/models/{}/commit/main".to_owned(),
            json!({"key": "header", "value": {"summary": "x"}}),
        ),
        (
            Method::POST,
            "/api/models/{}/commit/main?create_pr=1".to_owned(),
            json!({"key": "header", "value": {"summary": "x"}}),
        ),
        (
            Method::POST,
            "/api/models/{}/commit/refs%2Fpr%2F1".to_owned(),
            json!({"key": "header", "value": {"summary": "x"}}),
        ),
        (Method::GET, "/api/models/{}/discussions".to_owned(), json!(null)),
        (Method::GET, "/api/models/{}/discussions/1".to_owned(), json!(null)),
        (
            Method::POST,
            "/{}.git/info/lfs/objects/batch".to_owned(),
            json!({"operation": "upload", "objects": []}),
        ),
        (
            Method::POST,
            "/{}.git/info/lfs/objects/batch".to_owned(),
            json!({"operation": "download", "objects": []}),
        ),
        (
            Method::POST,
            "/{}.git/info/lfs/verify?size=1&expires=99999999999&signature=x".to_owned(),
            json!({"oid": oid, "size": 1}),
        ),
        (
            Method::POST,
            format!("/{{}}.git/info/lfs/complete/{oid}?size=1&upload=x"),
            json!({"oid": oid, "parts": []}),
        ),
        (Method::PUT, format!("/{{}}.git/info/lfs/objects/{oid}?size=1"), json!(null)),
        (Method::PUT, format!("/{{}}.git/info/lfs/objects/{oid}/1?size=1"), json!(null)),
        (Method::GET, format!("/{{}}.git/info/lfs/objects/{oid}?size=1"), json!(null)),
        (Method::GET, "/{}/resolve/main/.gitattributes".to_owned(), json!(null)),
        (Method::HEAD, "/{}/resolve/main/.gitattributes".to_owned(), json!(null)),
        (Method::GET, "/{}/raw/main/.gitattributes".to_owned(), json!(null)),
    ];
    for (method, route, body) in routes {
        for token in [None, Some(BOB)] {
            let ask = async |id: &str| {
                let body = if body.is_null() { String::new() } else { body.to_string() };
                let response = call(method.clone(), &route.replace("{}", id))
                    .maybe_token(token)
                    .body(body)
                    .send(&hub)
                    .await;
                response.without_id()
            };
            // Of the same length, so that a message that quoted the id would still differ only by it.
            let (private, missing) = (ask("analytical/closed").await, ask("analytical/nobody").await);
            assert!(private.0.is_client_error(), "{method} {route} {token:?}: {private:?}");
            assert_eq!(private, missing, "{method} {route} {token:?}");
        }
    }
    for token in [None, Some(BOB)] {
        let ask = async |name: &str| {
            let body = json!({"name": name, "organization": "analytical"}).to_string();
            call(Method::DELETE, "/api/repos/delete")
                .maybe_token(token)
                .body(body)
                .send(&hub)
                .await
                .without_id()
        };
        assert_eq!(ask("closed").await, ask("nobody").await, "delete {token:?}");
    }
}

#[tokio::test]
async fn every_response_repeats_the_callers_request_id() {
    let hub = hub();
    for uri in ["/api/models/ada/demo", "/api/models/ada/none", "/nothing/at/all"] {
        let response =
            get(uri).header("x-request-id", "mine-1").header("x-amzn-trace-id", "trace").send(&hub).await;
        assert_eq!(response.header("x-request-id"), Some("mine-1"), "{uri}");
        let response = get(uri).header("x-amzn-trace-id", "trace").send(&hub).await;
        assert_eq!(response.header("x-request-id"), Some("trace"), "{uri}");
        assert!(!get(uri).send(&hub).await.header("x-request-id").unwrap().is_empty());
    }
}

#[tokio::test]
async fn bodies_that_are_too_large_compressed_or_no_json_are_refused() {
    let hub = hub();
    let large = "x".repeat((1 << 20) + 1);
    let response = call(Method::POST, "/api/repos/create").token(ADA).body(large).send(&hub).await;
    assert_eq!(response.status, 413);
    let gzip = post("/api/repos/create", json!({"name": "x"})).token(ADA).header("content-encoding", "gzip");
    assert_eq!(gzip.send(&hub).await.status, 415);
    let identity =
        post("/api/repos/create", json!({"name": "x"})).token(ADA).header("content-encoding", "identity");
    assert_eq!(identity.send(&hub).await.status, 200);
    let text = call(Method::POST, "/api/repos/create").token(ADA).body("{").send(&hub).await;
    assert_eq!(text.status, 400);
}

#[tokio::test]
async fn a_parameter_that_is_given_twice_is_refused() {
    let hub = hub();
    for uri in [
        "/ada/demo.git/info/refs?service=git-upload-pack&service=git-receive-pack",
        "/ada/demo.git/info/refs?service=git-upload-pack&%73ervice=git-receive-pack",
        "/api/models/ada/demo?blobs=0&blobs=1",
        "/api/models?limit=1&limit=1",
        "/api/whoami-v2?what=1&what=2",
        "/ada/demo/resolve/main/a.txt?download=1&download=0",
    ] {
        let refused = get(uri).token(ADA).send(&hub).await;
        let (status, _, message) = refused.error();
        assert!(status == 400 && message.contains("more than once"), "{uri}: {refused:?}");
    }
    for uri in
        ["/api/models/ada/demo?expand=sha&expand[]=likes", "/api/models?filter=a&filter=b&search=c&search=d"]
    {
        assert_eq!(get(uri).send(&hub).await.status, 200, "{uri}");
    }
}
