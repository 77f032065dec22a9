//! What came by Xet, for those who do not know it.

use http::Method;
use hub_xet::wire::CasRoute;
use serde_json::json;

use super::desk::{Cas, add, noise};
use crate::support::{ADA, BOB, batch, call, commit, get, hub, lfs_line, path_of, post, sha256, upload};

#[tokio::test]
async fn plain_downloads_get_the_file_and_its_ranges() {
    let hub = hub();
    let content = [noise(11, 900_000), vec![0; 700_000], noise(12, 50_000)].concat();
    add(&hub, "ada/demo", "w.bin", &content).await;
    let redirect = get("/ada/demo/resolve/main/w.bin").send(&hub).await;
    let url = path_of(redirect.header("location").unwrap());
    let whole = get(&url).send(&hub).await;
    assert_eq!((whole.status.as_u16(), whole.body == content), (200, true));
    assert_eq!(whole.header("etag"), Some(format!("\"{}\"", sha256(&content)).as_str()));
    for (range, expected) in [
        ("bytes=0-0", 0..1),
        ("bytes=899999-900000", 899_999..900_001),
        ("bytes=1649990-", 1_649_990..1_650_000),
        ("bytes=-5", 1_649_995..1_650_000),
        ("bytes=70000-1600000", 70_000..1_600_001),
    ] {
        let part = get(&url).header("range", range).send(&hub).await;
        assert_eq!((part.status.as_u16(), part.body == content[expected]), (206, true), "{range}");
    }
    assert_eq!(get(&url).header("range", "bytes=1650000-").send(&hub).await.status, 416);
}

#[tokio::test]
async fn an_lfs_batch_knows_what_came_by_xet_and_the_other_way_round() {
    let hub = hub();
    let content = noise(13, 300_000);
    add(&hub, "ada/demo", "w.bin", &content).await;
    let known = batch(&hub, ADA, "ada/demo", "upload", &content).await;
    assert!(known.get("actions").is_none(), "it is there");
    let object = batch(&hub, ADA, "ada/demo", "download", &content).await;
    let url = path_of(object["actions"]["download"]["href"].as_str().unwrap());
    assert!(get(&url).send(&hub).await.body == content);

    let plain = b"uploaded by LFS".to_vec();
    upload(&hub, "ada/demo", &plain).await;
    commit("ada/demo", &[lfs_line("plain.bin", &plain)]).token(ADA).send(&hub).await.json();
    let redirect = get("/ada/demo/resolve/main/plain.bin").send(&hub).await;
    assert!(redirect.header("x-xet-hash").is_none());
}

#[tokio::test]
async fn a_batch_with_xet_among_its_transfers_names_the_store() {
    let hub = hub();
    let object = json!({"oid": sha256(b"new"), "size": 3});
    let ask = |token: &'static str, transfers: &[&str]| {
        let body = json!({"operation": "upload", "transfers": transfers, "objects": [object], "ref": {"name": "refs/heads/main"}});
        post("/ada/demo.git/info/lfs/objects/batch", body).token(token)
    };
    let response = ask(ADA, &["multipart", "basic", "xet"]).send(&hub).await.json();
    assert_eq!(response["transfer"], "xet");
    let action = &response["objects"][0]["actions"]["upload"];
    let refresh = path_of(action["href"].as_str().unwrap());
    assert_eq!(refresh, "/api/models/ada/demo/xet-write-token/main");
    let fresh = get(&refresh).token(ADA).send(&hub).await;
    assert_eq!(action["header"]["x-xet-cas-url"].as_str(), fresh.header("x-xet-cas-url"));
    let token = action["header"]["x-xet-access-token"].as_str().unwrap();
    let path = format!("{}{}", path_of(fresh.header("x-xet-cas-url").unwrap()), CasRoute::ShardsV1);
    let empty = hub_xet::shard::ShardBuilder::new().finish();
    let shard = || call(Method::POST, &path).body(empty.clone());
    assert_eq!(shard().token(token).send(&hub).await.status, 200);

    let theirs = ask(BOB, &["xet"]).send(&hub).await.json();
    let action = &theirs["objects"][0]["actions"]["upload"];
    assert!(action["href"].as_str().unwrap().ends_with("?create_pr=1"), "who cannot write proposes");
    let token = action["header"]["x-xet-access-token"].as_str().unwrap();
    assert_eq!(shard().token(token).send(&hub).await.status, 200);
    assert_eq!(ask(ADA, &["basic"]).send(&hub).await.json()["transfer"], "basic");
}

#[tokio::test]
async fn copies_keep_their_files() {
    let hub = hub();
    let content = noise(14, 300_000);
    let prepared = add(&hub, "ada/demo", "w.bin", &content).await;
    let copy = json!({"repository": "ada/copy"});
    post("/api/models/ada/demo/duplicate", copy).token(ADA).send(&hub).await.json();
    let cas = Cas::of(&hub, "ada/copy", "read").await;
    assert!(cas.download(prepared.hash(), 0..300_000).await == content);

    // As the official client copies files from one repository to another.
    let hash = prepared.hash().to_string();
    let file = json!({"xetHash": hash, "sha256": sha256(&content), "filename": "w.bin"});
    let unknown = json!({"xetHash": hash, "sha256": sha256(b"x"), "filename": "x.bin"});
    let body = json!({"target": {"type": "dataset", "name": "ada/nums"}, "files": [file, unknown]});
    let response = post("/api/models/ada/demo/lfs-files/duplicate", body).token(ADA).send(&hub).await.json();
    let failed = response["failed"].as_array().unwrap();
    assert_eq!((failed.len(), &failed[0]["sha256"]), (1, &json!(sha256(b"x"))));
    assert!(failed[0]["error"].is_string());
    let object = batch(&hub, ADA, "datasets/ada/nums", "download", &content).await;
    assert!(object["actions"]["download"].is_object());

    let deleted = json!({"name": "demo", "organization": "ada"});
    call(Method::DELETE, "/api/repos/delete").token(ADA).body(deleted.to_string()).send(&hub).await;
    assert!(
        cas.download(prepared.hash(), 0..300_000).await == content,
        "the copy does not need the original"
    );
}
