//! Who sees a repository and who gets its files.

use http::Method;
use serde_json::{Value, json};

use crate::support::{ADA, BOB, Call, RITA, WIM, add_files, batch, call, get, hub};

fn settings(repo: &str, body: &Value) -> Call {
    call(Method::PUT, &format!("/api/{repo}/settings")).body(body.to_string())
}

#[tokio::test]
async fn a_repository_becomes_private_and_public_again() {
    let hub = hub();
    for (body, stranger) in [
        (json!({"private": true}), 401),
        (json!({"private": false}), 200),
        (json!({"visibility": "private"}), 401),
        (json!({"visibility": "public"}), 200),
    ] {
        let response = settings("models/ada/demo", &body).token(ADA).send(&hub).await;
        assert_eq!(response.json(), body);
        assert_eq!(get("/api/models/ada/demo").send(&hub).await.status, stranger, "{body}");
        let info = get("/api/models/ada/demo").token(ADA).send(&hub).await.json();
        assert_eq!(info["private"], stranger == 401);
    }
}

#[tokio::test]
async fn settings_that_cannot_be_are_refused() {
    let hub = hub();
    for (repo, body) in [
        ("models/ada/demo", json!({})),
        ("models/ada/demo", json!({"private": true, "visibility": "private"})),
        ("models/ada/demo", json!({"visibility": "protected"})),
        ("models/ada/demo", json!({"gated": true})),
        ("models/ada/demo", json!({"gated": "always"})),
        ("models/ada/demo", json!({"colour": "red"})),
        ("spaces/ada/app", json!({"gated": "auto"})),
    ] {
        let response = settings(repo, &body).token(ADA).send(&hub).await;
        assert_eq!(response.status, 400, "{body}: {response:?}");
    }
}

#[tokio::test]
async fn files_of_a_gated_repository_are_for_members() {
    let hub = hub();
    let body = json!({"gated": "manual"});
    assert_eq!(settings("models/analytical/open", &body).token(WIM).send(&hub).await.json(), body);
    let file = "/analytical/open/resolve/main/.gitattributes";
    let cases = [(None, 401), (Some(BOB), 403), (Some(RITA), 200)];
    for (token, status) in cases {
        for path in
            [file, "/analytical/open/raw/main/.gitattributes", "/api/models/analytical/open/auth-check"]
        {
            let response = get(path).maybe_token(token).send(&hub).await;
            assert_eq!(response.status, status, "{path}: {response:?}");
            assert_eq!(response.header("x-error-code"), (status != 200).then_some("GatedRepo"));
        }
        let info = get("/api/models/analytical/open").maybe_token(token).send(&hub).await.json();
        assert_eq!(info["gated"], "manual");
    }
    settings("models/analytical/open", &json!({"gated": false})).token(WIM).send(&hub).await.json();
    assert_eq!(get(file).send(&hub).await.status, 200);
    assert_eq!(get("/api/models/analytical/open").send(&hub).await.json()["gated"], false);
}

#[tokio::test]
async fn large_files_of_a_gated_repository_are_for_members_too() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a.txt", "a")]).await;
    settings("models/ada/demo", &json!({"gated": "auto"})).token(ADA).send(&hub).await.json();
    let request = json!({"operation": "download", "objects": []});
    let ask = || crate::support::post("/ada/demo.git/info/lfs/objects/batch", request.clone());
    assert_eq!(ask().token(BOB).send(&hub).await.error().1, Some("GatedRepo"));
    assert_eq!(ask().token(ADA).send(&hub).await.status, 200);
    batch(&hub, ADA, "ada/demo", "upload", b"x").await;
}
