//! What goes to LFS, what is ignored, what is there already.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::support::{ADA, BOB, add_files, commit, hub, lfs_line, post, sha256, tip, upload};

const URI: &str = "/api/models/ada/demo/preupload/main";

fn file(path: &str, content: &[u8]) -> Value {
    json!({"path": path, "size": content.len(), "sample": STANDARD.encode(&content[..content.len().min(512)])})
}

#[tokio::test]
async fn files_are_decided_by_the_rules_of_the_revision_in_order() {
    let hub = hub();
    let files = [file("b.bin", b"x"), file("a.txt", b"x"), file("raw", b"\0x"), file("empty.bin", b"")];
    let response = post(URI, json!({"files": files})).token(ADA).send(&hub).await.json();
    let modes: Vec<_> = response["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| {
            (
                file["path"].as_str().unwrap(),
                file["uploadMode"].as_str().unwrap(),
                file["shouldIgnore"].clone(),
            )
        })
        .collect();
    let no = json!(false);
    let expected = [("b.bin", "lfs"), ("a.txt", "regular"), ("raw", "lfs"), ("empty.bin", "regular")]
        .map(|(path, mode)| (path, mode, no.clone()));
    assert_eq!(modes, expected);
    assert_eq!(response["commitOid"], tip(&hub, "ada/demo").await);
}

#[tokio::test]
async fn rules_that_are_part_of_the_commit_are_used_instead() {
    let hub = hub();
    add_files(&hub, "ada/demo", &[(".gitignore", "*.tmp\n")]).await;
    let ask = async |extra: Value| {
        let mut body = json!({"files": [file("a.tmp", b"x"), file("a.log", b"x"), file("a.dat", b"x")]});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        let response = post(URI, body).token(ADA).send(&hub).await.json();
        let files = response["files"].as_array().unwrap().clone();
        let read = |file: &Value| (file["shouldIgnore"] == true, file["uploadMode"] == "lfs");
        files.iter().map(read).collect::<Vec<_>>()
    };
    assert_eq!(ask(json!({})).await, [(true, false), (false, false), (false, false)]);
    let ignore = json!({"gitIgnore": "*.log\n"});
    assert_eq!(ask(ignore).await, [(false, false), (true, false), (false, false)]);
    let attributes = json!({"gitAttributes": "*.dat filter=lfs diff=lfs merge=lfs -text\n"});
    assert_eq!(ask(attributes).await, [(true, false), (false, false), (false, true)]);
}

#[tokio::test]
async fn what_is_there_is_named_by_blob_id_or_sha256() {
    let hub = hub();
    let weights = b"weights".to_vec();
    upload(&hub, "ada/demo", &weights).await;
    commit("ada/demo", &[lfs_line("w.bin", &weights)]).token(ADA).send(&hub).await.json();
    add_files(&hub, "ada/demo", &[("a.txt", "hello")]).await;
    let files = [file("w.bin", b"x"), file("a.txt", b"x"), file("new.txt", b"x")];
    let response = post(URI, json!({"files": files})).token(ADA).send(&hub).await.json();
    assert_eq!(response["files"][0]["oid"], sha256(&weights));
    assert_eq!(response["files"][1]["oid"], "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0");
    assert!(response["files"][2].get("oid").is_none());
}

#[tokio::test]
async fn questions_that_cannot_be_meant_are_refused() {
    let hub = hub();
    for (body, status) in [
        (json!({"files": [file("..\\x", b"x")]}), 422),
        (json!({"files": [file("a/../b", b"x")]}), 422),
        (json!({"files": [file(".git/config", b"x")]}), 422),
        (json!({"files": vec![file("a", b"x"); 1001]}), 400),
        (json!({"files": [{"path": "a", "size": -1}]}), 400),
        (json!({"files": []}), 200),
    ] {
        assert_eq!(post(URI, body).token(ADA).send(&hub).await.status, status);
    }
    assert_eq!(
        post("/api/models/ada/demo/preupload/none", json!({"files": []})).token(ADA).send(&hub).await.status,
        404
    );
}

#[tokio::test]
async fn those_who_only_read_may_ask_for_a_pull_request() {
    let hub = hub();
    let ask = |query: &str| post(&format!("{URI}{query}"), json!({"files": [file("a", b"x")]})).token(BOB);
    assert_eq!(ask("").send(&hub).await.status, 403);
    assert_eq!(ask("?create_pr=1").send(&hub).await.status, 200);
}
