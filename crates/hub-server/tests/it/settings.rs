//! Who sees a repository and who gets its files.

use http::Method;
use hub_server::EmbeddedHub;
use hub_types::{RepoRef, RepoType};
use serde_json::{Value, json};

use crate::support::{
    ADA, BOB, Call, RITA, WIM, add_files, batch, call, get, header_line, hub, lfs_line, ndjson, path_of,
    post, upload,
};

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

#[tokio::test]
async fn a_proposal_to_delete_a_gated_file_does_not_show_it() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[("a.txt", "hidden")]).await;
    settings("models/ada/demo", &json!({"gated": "auto"})).token(ADA).send(&hub).await.json();
    let lines = [header_line("Delete"), json!({"key": "deletedFile", "value": {"path": "a.txt"}})];
    let proposal = call(Method::POST, "/api/models/ada/demo/commit/main?create_pr=1").body(ndjson(&lines));
    proposal.token(BOB).send(&hub).await.json();
    let changes = get("/api/models/ada/demo/discussions/1?diff=1");
    assert_eq!(changes.clone().send(&hub).await.error().1, Some("GatedRepo"));
    assert_eq!(changes.clone().token(BOB).send(&hub).await.error().1, Some("GatedRepo"));
    assert!(changes.token(ADA).send(&hub).await.json()["diff"].as_str().unwrap().contains("-hidden"));
}

#[tokio::test]
async fn a_copy_of_a_gated_repository_is_gated() {
    let hub = hub();
    settings("models/analytical/open", &json!({"gated": "manual"})).token(WIM).send(&hub).await.json();
    let copy = post("/api/models/analytical/open/duplicate", json!({"repository": "rita/copy"}));
    copy.token(RITA).send(&hub).await.json();
    let file = get("/rita/copy/resolve/main/.gitattributes");
    assert_eq!(file.clone().token(BOB).send(&hub).await.error().1, Some("GatedRepo"));
    assert_eq!(file.token(RITA).send(&hub).await.status, 200);
}

/// The URL that a large file of ada/demo is at, as everybody gets it.
async fn link(hub: &EmbeddedHub) -> Call {
    upload(hub, "ada/demo", b"weights").await;
    let commit = crate::support::commit("ada/demo", &[lfs_line("w.bin", b"weights")]);
    commit.token(ADA).send(hub).await.json();
    let found = get("/ada/demo/resolve/main/w.bin").send(hub).await;
    get(&path_of(found.header("location").unwrap()))
}

#[tokio::test]
async fn a_link_that_everybody_got_ends_when_the_files_are_for_members() {
    for (closed, opened) in [
        (json!({"gated": "auto"}), json!({"gated": false})),
        (json!({"private": true}), json!({"private": false})),
    ] {
        let hub = hub();
        let link = link(&hub).await;
        settings("models/ada/demo", &closed).token(ADA).send(&hub).await.json();
        assert_eq!(link.clone().send(&hub).await.status, 403, "{closed}");
        let found = get("/ada/demo/resolve/main/w.bin").token(ADA).send(&hub).await;
        let of_member = get(&path_of(found.header("location").unwrap()));
        assert_eq!(of_member.clone().send(&hub).await.status, 200);
        settings("models/ada/demo", &opened).token(ADA).send(&hub).await.json();
        assert_eq!(link.send(&hub).await.status, 200);
        assert_eq!(of_member.send(&hub).await.status, 200);
    }
}

#[tokio::test]
async fn no_link_leads_into_a_disabled_repository() {
    let hub = hub();
    let download = link(&hub).await;
    let object = batch(&hub, ADA, "ada/demo", "upload", b"more").await;
    let url = |action: &str| path_of(object["actions"][action]["href"].as_str().unwrap());
    let demo = RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap());
    hub.disable(&demo, true).unwrap();
    let body = json!({"oid": crate::support::sha256(b"more"), "size": 4});
    for request in
        [download.clone(), call(Method::PUT, &url("upload")).body("more"), post(&url("verify"), body)]
    {
        let refused = request.send(&hub).await;
        let (status, _, message) = refused.error();
        assert_eq!((status, message.as_str()), (403, "Access to this resource is disabled."));
    }
    hub.disable(&demo, false).unwrap();
    assert_eq!(download.send(&hub).await.status, 200);
}
