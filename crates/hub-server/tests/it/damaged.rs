//! Large files that are damaged or lost on the disk: it is noticed, said in the log, and mended by sending the file again.

use std::path::{Path, PathBuf};

use hub_server::{AdminRequest, restore_backup};
use serde_json::json;

use crate::support::{
    ADA, Log, batch, call, commit, damage, get, lfs_line, on_sqlite, open, path_of, post, sha256, upload,
};

/// Where an LFS object is kept.
pub(crate) fn place(data: &Path, content: &[u8]) -> PathBuf {
    let oid = sha256(content);
    data.join("lfs/objects").join(&oid[..2]).join(&oid[2..4]).join(oid)
}

#[tokio::test]
async fn a_file_that_is_damaged_or_lost_is_asked_for_again_and_then_whole() {
    let dir = tempfile::tempdir().unwrap();
    let hub = open(dir.path());
    let content = b"some weights".as_slice();
    upload(&hub, "ada/demo", content).await;
    commit("ada/demo", &[lfs_line("w.bin", content)]).token(ADA).send(&hub).await.json();
    let object = json!({"oid": sha256(content), "size": content.len()});
    let verify = batch(&hub, ADA, "ada/demo", "upload", b"other").await["actions"]["verify"]["href"].clone();
    let verify = path_of(verify.as_str().unwrap());
    assert_eq!(post(&verify, object.clone()).send(&hub).await.status, 403, "signed for another");
    let known = async || {
        let file = json!({"path": "w.bin", "size": content.len(), "sample": "c29tZQ=="});
        let body = json!({"files": [file]});
        let response = post("/api/models/ada/demo/preupload/main", body).token(ADA).send(&hub).await.json();
        response["files"][0]["oid"].as_str().map(str::to_owned)
    };
    assert_eq!(known().await, Some(sha256(content)));
    for how in ["short", "empty", "long", "lost"] {
        damage(&place(dir.path(), content), how);
        assert_eq!(known().await, None, "{how}: a client would not send what is there");
        let copy = commit("ada/demo", &[lfs_line("copy.bin", content)]).token(ADA).send(&hub).await;
        assert_eq!(copy.status, 400, "{how}: {copy:?}");
        assert!(copy.error().2.contains("does not exist"), "{how}");
        let asked = batch(&hub, ADA, "ada/demo", "upload", content).await;
        let verify = path_of(asked["actions"]["verify"]["href"].as_str().unwrap());
        assert_eq!(post(&verify, object.clone()).send(&hub).await.status, 404, "{how}");
        upload(&hub, "ada/demo", content).await;
        assert_eq!(post(&verify, object.clone()).send(&hub).await.status, 200, "{how}");
        let there = batch(&hub, ADA, "ada/demo", "download", content).await;
        let url = path_of(there["actions"]["download"]["href"].as_str().unwrap());
        assert_eq!(get(&url).send(&hub).await.body, content, "{how}");
        commit("ada/demo", &[lfs_line("w.bin", content)]).token(ADA).send(&hub).await.json();
    }
}

#[tokio::test]
async fn a_full_namespace_may_mend_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let hub = open(dir.path());
    let content = b"some weights".as_slice();
    upload(&hub, "ada/demo", content).await;
    hub.administer(&AdminRequest::SetQuota { account: "ada".into(), bytes: Some(1) }).unwrap();
    damage(&place(dir.path(), content), "lost");
    upload(&hub, "ada/demo", content).await;
    assert!(batch(&hub, ADA, "ada/demo", "upload", content).await.get("actions").is_none());
}

#[tokio::test]
async fn a_file_that_cannot_be_sent_whole_is_in_the_log_with_its_hash_its_repository_and_the_request() {
    let dir = tempfile::tempdir().unwrap();
    let hub = open(dir.path());
    let content = b"some weights".as_slice();
    upload(&hub, "ada/demo", content).await;
    let there = batch(&hub, ADA, "ada/demo", "download", content).await;
    let url = path_of(there["actions"]["download"]["href"].as_str().unwrap());
    for how in ["short", "empty", "lost"] {
        damage(&place(dir.path(), content), how);
        let log = Log::listen();
        let response = get(&url).header("x-request-id", "the-request").send(&hub).await;
        assert_eq!(response.status, 500, "{how}: nobody takes a part for the whole");
        let line = log.line(&["ERROR", "the-request", "ada/demo.git", &sha256(content)]);
        assert!(!line.contains("signature"), "{line}");
    }
}

#[tokio::test]
async fn a_backup_and_what_is_restored_from_it_say_what_was_lost_before() {
    if !on_sqlite() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (data, copy) = (dir.path().join("data"), dir.path().join("copy"));
    let hub = open(&data);
    let (short, lost) = (b"some weights".as_slice(), b"other weights".as_slice());
    for content in [short, lost] {
        upload(&hub, "ada/demo", content).await;
    }
    damage(&place(&data, short), "short");
    damage(&place(&data, lost), "lost");
    let mut problems = [
        format!("large file {}: it has 4 bytes, not 12", sha256(short)),
        format!("large file {}: it is not there", sha256(lost)),
    ];
    problems.sort();
    let made = hub.administer(&AdminRequest::Backup { to: copy.clone() }).unwrap();
    assert_eq!(made["problems"], json!(problems));
    drop(hub);
    let restored = restore_backup(&copy, &dir.path().join("restored"), None).unwrap();
    assert_eq!(restored["problems"], json!(problems));
    let put = call(http::Method::GET, "/api/models/ada/demo").send(&open(&dir.path().join("restored"))).await;
    assert_eq!(put.status, 200);
}
