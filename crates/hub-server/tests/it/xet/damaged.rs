//! Chunks that are damaged or lost on the disk.

use http::Method;
use hub_server::{AdminRequest, EmbeddedHub, restore_backup};
use hub_xet::{
    chunker::chunks,
    codec::{Compression, Encoder},
    recipe::{FetchPlan, RecipeBuilder},
    shard::{FileBlock, ShardBuilder, XorbBlock},
    wire::{CasRoute, ReconstructionV2},
    xorb::{Xorb, XorbBuilder},
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::desk::{Cas, Prepared, add, noise, place};
use crate::support::{
    ADA, Log, call, commit, damage, get, head, lfs_line, on_sqlite, open, path_of, pointer, post, sha256,
    upload,
};

async fn batch(hub: &EmbeddedHub, content: &[u8]) -> Value {
    let request = json!({
        "operation": "upload", "transfers": ["basic", "xet"], "hash_algo": "sha256",
        "objects": [{"oid": sha256(content), "size": content.len()}],
    });
    let response = post("/ada/demo.git/info/lfs/objects/batch", request).token(ADA).send(hub).await;
    response.json()["objects"][0].clone()
}

#[tokio::test]
async fn a_xorb_that_is_damaged_or_lost_is_not_there_until_it_comes_again() {
    let dir = tempfile::tempdir().unwrap();
    let hub = open(dir.path());
    let content = noise(61, 300_000);
    let prepared = add(&hub, "ada/demo", "w.bin", &content).await;
    let hash = prepared.xorb.hash();
    let cas = Cas::of(&hub, "ada/demo", "write").await;
    let first = chunks(&content).next().map(hub_xet::hash::chunk_hash).unwrap();
    for (end, how) in [("", "short"), ("", "lost"), (".idx", "lost")] {
        assert!(batch(&hub, &content).await.get("actions").is_none());
        assert_eq!(cas.get(CasRoute::Chunk(first)).await.status, 200);
        damage(&place(dir.path(), "xorbs", &hash, end), how);

        let size = head(&cas.path(CasRoute::Xorb(hash))).token(&cas.token.access_token).send(&hub).await;
        assert_eq!(size.status, 404, "{how}");
        assert_eq!(cas.get(CasRoute::Chunk(first)).await.status, 404, "{how}: nobody may count on it");
        let last = cas.put_shard(prepared.shard()).await;
        assert!(last["message"].as_str().unwrap().contains(&hash.to_string()), "{how}: {last}");
        assert!(batch(&hub, &content).await["actions"]["upload"].is_object(), "{how}");
        let copy = commit("ada/demo", &[lfs_line("copy.bin", &content)]).token(ADA).send(&hub).await;
        assert_eq!(copy.status, 400, "{how}");

        assert!(cas.put_xorb(&prepared.xorb).await, "{how}: it is taken");
        assert_eq!(cas.put_shard(prepared.shard()).await["type"], "result", "{how}");
        assert!(cas.download(prepared.hash(), 0..300_000).await == content, "{how}");
    }
    assert!(!cas.put_xorb(&prepared.xorb).await, "a whole one is not taken twice");
}

#[tokio::test]
async fn an_index_that_is_damaged_is_made_anew_with_its_xorb() {
    let dir = tempfile::tempdir().unwrap();
    let hub = open(dir.path());
    let content = noise(62, 300_000);
    let prepared = add(&hub, "ada/demo", "w.bin", &content).await;
    drop(hub);
    let index = place(dir.path(), "xorbs", &prepared.xorb.hash(), ".idx");
    std::fs::write(&index, "no index").unwrap();
    let hub = open(dir.path());
    let cas = Cas::of(&hub, "ada/demo", "write").await;
    assert_eq!(cas.get(CasRoute::ReconstructionV2(prepared.hash())).await.status, 500);
    cas.put_xorb(&prepared.xorb).await;
    assert!(cas.download(prepared.hash(), 0..300_000).await == content);
}

/// A file whose chunks are in two xorbs.
fn in_two(content: &[u8]) -> (FileBlock, [Xorb; 2]) {
    let mut encoder = Encoder::new(Compression::None);
    let (mut builders, mut recipe) = ([XorbBuilder::new(), XorbBuilder::new()], RecipeBuilder::new());
    for (at, data) in chunks(content).enumerate() {
        let chunk = encoder.encode(data).unwrap();
        let which = usize::from(at > 0);
        let number = builders[which].push(&chunk).unwrap();
        recipe.push(which, number, chunk.hash(), chunk.header().raw_len).unwrap();
    }
    let xorbs = builders.map(|mut builder| builder.take().unwrap());
    let recipe = recipe.finish().resolve(|&which: &usize| Some(xorbs[which].hash())).unwrap();
    (FileBlock::new(recipe, Some(Sha256::digest(content).into())), xorbs)
}

#[tokio::test]
async fn a_file_whose_xorb_is_lost_is_mended_by_other_xorbs_with_its_chunks() {
    let dir = tempfile::tempdir().unwrap();
    let hub = open(dir.path());
    let content = noise(63, 400_000);
    let prepared = add(&hub, "ada/demo", "w.bin", &content).await;
    damage(&place(dir.path(), "xorbs", &prepared.xorb.hash(), ""), "lost");
    let (file, xorbs) = in_two(&content);
    assert_eq!(file.hash, prepared.hash());
    let cas = Cas::of(&hub, "ada/demo", "write").await;
    let mut shard = ShardBuilder::new();
    shard.push_file(&file).unwrap();
    for xorb in &xorbs {
        cas.put_xorb(xorb).await;
        shard.push_xorb(&XorbBlock::from(xorb.index())).unwrap();
    }
    let done = cas.put_shard(shard.finish()).await;
    assert_eq!((&done["type"], &done["result"]), (&json!("result"), &json!(1)), "it was not there");
    assert!(cas.download(prepared.hash(), 0..400_000).await == content);
    // It consists of these by now, and not of the one that is lost.
    assert!(batch(&hub, &content).await.get("actions").is_none());
    commit("ada/demo", &[lfs_line("copy.bin", &content)]).token(ADA).send(&hub).await.json();
    assert_eq!(problems(&hub), json!([]));
}

fn problems(hub: &EmbeddedHub) -> Value {
    hub.administer(&AdminRequest::Fsck { quick: false }).unwrap()["problems"].clone()
}

#[tokio::test]
async fn a_file_that_is_lost_in_chunks_is_mended_by_lfs() {
    if !on_sqlite() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (data, copy) = (dir.path().join("data"), dir.path().join("copy"));
    let hub = open(&data);
    let content = noise(64, 300_000);
    let prepared = add(&hub, "ada/demo", "w.bin", &content).await;
    for (folder, hash) in [("xorbs", prepared.xorb.hash()), ("files", prepared.hash())] {
        let stored = place(&data, folder, &hash, "");
        let right = std::fs::read(&stored).unwrap();
        damage(&stored, "lost");
        assert_ne!(problems(&hub), json!([]), "{folder}");
        upload(&hub, "ada/demo", &content).await;
        let redirect = head("/ada/demo/resolve/main/w.bin").send(&hub).await;
        let target = path_of(redirect.header("location").unwrap());
        for response in [&redirect, &head(&target).send(&hub).await] {
            assert_eq!(response.header("x-linked-size"), Some("300000"));
            let of_xet = [response.header("x-xet-hash"), response.header("link")];
            assert_eq!(of_xet, [None, None], "not by the chunks that are lost");
        }
        assert!(get(&target).send(&hub).await.body == content);
        // It is lost for nobody.
        assert_eq!(problems(&hub), json!([]));
        let made = hub.administer(&AdminRequest::Backup { to: copy.clone() }).unwrap();
        assert_eq!(made["problems"], json!([]));
        let restored = dir.path().join("restored");
        assert_eq!(restore_backup(&copy, &restored, None).unwrap()["problems"], json!([]));
        for folder in [&copy, &restored] {
            std::fs::remove_dir_all(folder).unwrap();
        }
        std::fs::write(stored, right).unwrap();
        std::fs::remove_file(crate::damaged::place(&data, &content)).unwrap();
    }
}

#[tokio::test]
async fn a_file_that_is_lost_as_an_lfs_object_is_mended_by_xet() {
    let dir = tempfile::tempdir().unwrap();
    let hub = open(dir.path());
    let content = noise(68, 300_000);
    upload(&hub, "ada/demo", &content).await;
    commit("ada/demo", &[lfs_line("w.bin", &content)]).token(ADA).send(&hub).await.json();
    post("/api/models/ada/demo/duplicate", json!({"repository": "ada/copy"}))
        .token(ADA)
        .send(&hub)
        .await
        .json();
    damage(&crate::damaged::place(dir.path(), &content), "lost");
    let lost = json!([format!("large file {}: it is not there", sha256(&content))]);
    assert_eq!(problems(&hub), lost);
    let prepared = Prepared::new(&content);
    Cas::of(&hub, "ada/demo", "write").await.upload(&prepared).await;
    assert_eq!(problems(&hub), lost, "the copy has it in no other way");
    Cas::of(&hub, "ada/copy", "write").await.upload(&prepared).await;
    assert_eq!(problems(&hub), json!([]));
    let redirect = head("/ada/demo/resolve/main/w.bin").send(&hub).await;
    assert_eq!(redirect.header("x-xet-hash"), Some(prepared.hash().to_string().as_str()));
    assert!(get(&path_of(redirect.header("location").unwrap())).send(&hub).await.body == content);
}

#[tokio::test]
async fn chunks_that_cannot_be_sent_are_in_the_log_with_their_hash_repository_and_request() {
    let dir = tempfile::tempdir().unwrap();
    let hub = open(dir.path());
    let content = noise(65, 300_000);
    let prepared = add(&hub, "ada/demo", "w.bin", &content).await;
    let hash = prepared.xorb.hash();
    let cas = Cas::of(&hub, "ada/demo", "read").await;
    let found = cas.get(CasRoute::ReconstructionV2(prepared.hash())).await.json();
    let found: ReconstructionV2 = serde_json::from_value(found).unwrap();
    let (found, urls) = found.into_parts().unwrap();
    let fetch = &FetchPlan::new(&found, 0..300_000).unwrap().fetches[0];
    let url = path_of(urls.get(&fetch.xorb, &fetch.range).unwrap().as_str());
    let range = format!("bytes={}-{}", fetch.range.bytes.start, fetch.range.bytes.end - 1);
    damage(&place(dir.path(), "xorbs", &hash, ""), "short");

    let log = Log::listen();
    let part =
        call(Method::GET, &url).header("range", &range).header("x-request-id", "part").send(&hub).await;
    assert_eq!(part.status, 500, "{part:?}");
    let line = log.line(&["ERROR", "part", "model ada/demo", &hash.to_string()]);
    assert!(!line.contains("signature"), "{line}");

    // As one file it is put together while it is sent.
    let redirect = head("/ada/demo/resolve/main/w.bin").send(&hub).await;
    let whole = get(&path_of(redirect.header("location").unwrap())).header("x-request-id", "whole");
    let body = tower::ServiceExt::oneshot(hub.clone(), whole.request()).await.unwrap().into_body();
    assert!(http_body_util::BodyExt::collect(body).await.is_err());
    log.line(&["ERROR", "whole", "broke off", "ada/demo", &hash.to_string()]);
}

#[test]
fn a_push_leads_to_no_file_whose_chunks_are_lost() {
    let world = crate::git::World::new(crate::support::hub());
    world.clone(Some(ADA), "ada/demo", "clone");
    let (lost, kept) = (noise(66, 200_000), noise(67, 200_000));
    for (name, content) in [("lost.bin", &lost), ("kept.bin", &kept)] {
        let prepared = Prepared::new(content);
        world.runtime.block_on(async {
            Cas::of(&world.hub, "ada/demo", "write").await.upload(&prepared).await;
        });
        if name == "lost.bin" {
            damage(&place(world.hub.dir(), "xorbs", &prepared.xorb.hash(), ""), "lost");
        }
        let (oid, size) = (sha256(content), content.len());
        world.edit("clone", name, &pointer(&oid, size));
    }
    let said = world.fails("clone", &["push", "--quiet"]);
    assert!(said.contains("does not exist: \"lost.bin\"") && !said.contains("kept.bin"), "{said}");
}
