//! What those who run a Hub do with it, where files come by Xet.

use std::time::Duration;

use hub_server::{AdminRequest, EmbeddedHub, GcOptions, TokenRole};
use hub_xet::wire::CasRoute;
use serde_json::json;

use super::desk::{Cas, Prepared, add, noise, place};
use crate::support::{ADA, WIM, builder, get, open, post, sha256};

fn fsck(hub: &EmbeddedHub, quick: bool) -> serde_json::Value {
    hub.administer(&AdminRequest::Fsck { quick }).unwrap()
}

#[tokio::test]
async fn a_token_that_is_revoked_takes_those_of_xet_with_it() {
    let hub = builder().token("wim", "hf_wim_reads", TokenRole::Read).build().unwrap();
    let made = hub.administer(&AdminRequest::CreateToken {
        user: "ada".into(),
        name: "laptop".into(),
        role: TokenRole::Write,
        valid_for: None,
    });
    let secret = made.unwrap()["token"].as_str().unwrap().to_owned();
    let cas = Cas::with(&hub, "/api/models/ada/demo/xet-write-token/main", Some(&secret)).await;
    let empty = || hub_xet::shard::ShardBuilder::new().finish();
    assert_eq!(cas.post(CasRoute::ShardsV1, empty()).await.status, 200);
    hub.administer(&AdminRequest::RevokeToken { user: "ada".into(), name: "laptop".into() }).unwrap();
    assert_eq!(cas.post(CasRoute::ShardsV1, empty()).await.status, 401);
}

#[tokio::test]
async fn a_namespace_without_room_gets_no_more_files() {
    let hub = builder().build().unwrap();
    let content = noise(41, 300_000);
    let prepared = Prepared::new(&content);
    let theirs = "/api/models/analytical/open/xet-write-token/main";
    Cas::with(&hub, theirs, Some(WIM)).await.upload(&prepared).await;
    let cas = Cas::of(&hub, "ada/demo", "write").await;
    let quota = |bytes| {
        hub.administer(&AdminRequest::SetQuota { account: "ada".into(), bytes: Some(bytes) }).unwrap()
    };
    let set = quota(200_000);
    let used = set["used"].as_u64().unwrap_or_default();
    assert!(used < 200_000, "{set}");
    let last = cas.put_shard(prepared.shard()).await;
    assert_eq!((&last["type"], &last["retryable"]), (&json!("error"), &json!(false)), "{last}");
    assert_eq!(cas.post(CasRoute::ShardsV1, prepared.shard()).await.status, 413);
    let file = json!({"xetHash": prepared.hash(), "sha256": sha256(&content), "filename": "w.bin"});
    let body = json!({"target": {"type": "model", "name": "ada/demo"}, "files": [file]});
    let given = post("/api/models/analytical/open/lfs-files/duplicate", body).token(ADA).send(&hub).await;
    assert_eq!(given.status, 413);
    // What is named twice takes room once.
    quota(used + 320_000);
    let file = json!({"xetHash": prepared.hash(), "sha256": sha256(&content), "filename": "w.bin"});
    let body = json!({"target": {"type": "model", "name": "ada/demo"}, "files": [file, file]});
    let twice = post("/api/models/analytical/open/lfs-files/duplicate", body).token(ADA).send(&hub).await;
    assert_eq!(twice.json()["failed"], json!([]));
    hub.gc(GcOptions::new().grace(Duration::ZERO)).await.unwrap();
    quota(1);
    let token = get("/api/models/ada/demo/xet-write-token/main").token(ADA).send(&hub).await;
    assert_eq!(token.status, 413, "told before anything is sent");
    quota(10_000_000);
    assert_eq!(cas.put_shard(prepared.shard()).await["result"], json!(1));
}

#[tokio::test]
async fn fsck_finds_what_is_damaged_or_missing() {
    let dir = tempfile::tempdir().unwrap();
    let hub = open(dir.path());
    let prepared = add(&hub, "ada/demo", "w.bin", &noise(42, 300_000)).await;
    assert_eq!(fsck(&hub, false)["problems"], json!([]));
    let body = place(dir.path(), "xorbs", &prepared.xorb.hash(), "");
    let index = place(dir.path(), "xorbs", &prepared.xorb.hash(), ".idx");
    let terms = place(dir.path(), "files", &prepared.hash(), "");
    for (file, is_quick) in [(&body, false), (&index, true), (&terms, true)] {
        let right = std::fs::read(file).unwrap();
        let mut flipped = right.clone();
        flipped[60] ^= 1;
        std::fs::write(file, flipped).unwrap();
        let problems = fsck(&hub, !is_quick)["problems"].as_array().unwrap().len();
        assert_eq!(problems, usize::from(is_quick), "{file:?} by its size");
        assert_eq!(fsck(&hub, false)["problems"].as_array().unwrap().len(), 1, "{file:?}");
        std::fs::remove_file(file).unwrap();
        assert_eq!(fsck(&hub, true)["problems"].as_array().unwrap().len(), 1, "{file:?} is missing");
        std::fs::write(file, right).unwrap();
    }
    assert_eq!(fsck(&hub, false)["problems"], json!([]));
}
