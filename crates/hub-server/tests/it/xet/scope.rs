//! Who gets at what: tokens of the store are for one repository.

use hub_server::TokenRole;
use hub_types::{RepoRef, RepoType};
use hub_xet::{hash::MerkleHash, shard::Shard, wire::CasRoute};
use serde_json::json;

use super::desk::{Cas, Prepared, add, noise};
use crate::support::{ADA, ADA_READS, BOB, WIM, builder, call, get, hub, path_of, post};

const WRITE: &str = "/api/models/ada/demo/xet-write-token/main";

#[tokio::test]
async fn a_file_of_another_repository_is_not_found() {
    let hub = hub();
    let prepared = add(&hub, "ada/demo", "w.bin", &noise(21, 300_000)).await;
    let cas = Cas::of(&hub, "analytical/open", "read").await;
    for route in [CasRoute::ReconstructionV2(prepared.hash()), CasRoute::ReconstructionV1(prepared.hash())] {
        assert_eq!(cas.get(route).await.status, 404);
    }
    // Who has the data has the range hashes, and may register the file from chunks that are there already.
    let cas = Cas::with(&hub, "/api/models/analytical/open/xet-write-token/main", Some(WIM)).await;
    assert_eq!(cas.put_shard(prepared.shard()).await["result"], json!(1));
    assert_eq!(cas.get(CasRoute::ReconstructionV2(prepared.hash())).await.status, 200);
}

#[tokio::test]
async fn tokens_are_refused_for_what_they_were_not_given_for() {
    let hub = hub();
    let prepared = Prepared::new(&noise(22, 100_000));
    let reads = Cas::of(&hub, "ada/demo", "read").await;
    assert_eq!(reads.post(CasRoute::ShardsV1, prepared.shard()).await.status, 403);
    assert_eq!(reads.post(CasRoute::Xorb(prepared.xorb.hash()), prepared.xorb.to_vec()).await.status, 403);
    let path = reads.path(CasRoute::ShardsV1);
    for token in ["", ADA, "xet_", "xet_e30.00"] {
        assert_eq!(post(&path, json!({})).token(token).send(&hub).await.status, 401, "{token}");
    }
    assert_eq!(post(&path, json!({})).send(&hub).await.status, 401);
    for (token, status) in [(None, 401), (Some(ADA_READS), 403), (Some(BOB), 403)] {
        assert_eq!(get(WRITE).maybe_token(token).send(&hub).await.status, status);
    }
    // A token of Xet is none of the Hub's.
    let of_the_hub = get("/api/whoami-v2").token(&reads.token.access_token).send(&hub).await;
    assert_eq!(of_the_hub.status, 401);
}

#[tokio::test]
async fn a_token_that_has_expired_is_401_and_a_url_403() {
    let hub = builder().build().unwrap();
    let prepared = add(&hub, "ada/demo", "w.bin", &noise(23, 100_000)).await;
    hub.fault(hub_server::Fault::expire_links());
    let old = Cas::of(&hub, "ada/demo", "read").await;
    let route = CasRoute::ReconstructionV2(prepared.hash());
    let refused = old.get(route).await;
    assert_eq!(refused.status, 401);
    assert!(refused.error().2.contains("expired"));
    let cas = Cas::of(&hub, "ada/demo", "read").await;
    hub.fault(hub_server::Fault::expire_links());
    let found = cas.get(route).await.json();
    let fetch = &found["xorbs"][prepared.xorb.hash().to_string()][0];
    let url = path_of(fetch["url"].as_str().unwrap());
    let last = fetch["ranges"][0]["bytes"]["end"].as_u64().unwrap();
    let response = get(&url).header("range", &format!("bytes=0-{last}")).send(&hub).await;
    assert_eq!(response.status, 403);
}

#[tokio::test]
async fn a_url_of_bytes_is_for_its_ranges_and_unchanged() {
    let hub = hub();
    let prepared = add(&hub, "ada/demo", "w.bin", &noise(24, 500_000)).await;
    let cas = Cas::of(&hub, "ada/demo", "read").await;
    let found = cas.get_range(CasRoute::ReconstructionV2(prepared.hash()), "bytes=0-10").await.json();
    let fetch = &found["xorbs"][prepared.xorb.hash().to_string()][0];
    let url = path_of(fetch["url"].as_str().unwrap());
    let last = fetch["ranges"][0]["bytes"]["end"].as_u64().unwrap();
    let right = format!("bytes=0-{last}");
    let ask = async |url: &str, range: &str| get(url).header("range", range).send(&hub).await.status.as_u16();
    assert_eq!(ask(&url, &right).await, 206);
    for range in
        [format!("bytes=0-{}", last + 1), "bytes=0-".to_owned(), "bytes=0-0".to_owned(), String::new()]
    {
        assert_eq!(ask(&url, &range).await, 403, "{range}");
    }
    assert_eq!(get(&url).send(&hub).await.status, 403, "all of it");
    let other = MerkleHash::ZERO.to_string();
    for (from, to) in [
        (prepared.xorb.hash().to_string(), other),
        (format!("ranges=0-{last}"), format!("ranges=0-{}", last + 1)),
        ("expires=".to_owned(), "expires=9".to_owned()),
        ("signature=".to_owned(), "signature=0".to_owned()),
        ("for=everybody".to_owned(), "for=members".to_owned()),
    ] {
        let changed = url.replacen(&from, &to, 1);
        assert_ne!(changed, url);
        assert_eq!(ask(&changed, &right).await, 403, "{changed}");
    }
    let demo = RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap());
    hub.disable(&demo, true).unwrap();
    assert_eq!(ask(&url, &right).await, 403);
    assert_eq!(cas.get(CasRoute::ReconstructionV2(prepared.hash())).await.status, 403);
}

#[tokio::test]
async fn a_right_that_is_lost_is_lost_for_tokens_that_were_given_before() {
    let hub = hub();
    let prepared = add(&hub, "ada/demo", "w.bin", &noise(25, 100_000)).await;
    let anonymous = Cas::with(&hub, "/api/models/ada/demo/xet-read-token/main", None).await;
    let route = CasRoute::ReconstructionV2(prepared.hash());
    assert_eq!(anonymous.get(route).await.status, 200);
    let settings = call(http::Method::PUT, "/api/models/ada/demo/settings").body(r#"{"private":true}"#);
    settings.token(ADA).send(&hub).await.json();
    assert_eq!(anonymous.get(route).await.status, 404);
    assert_eq!(Cas::of(&hub, "ada/demo", "read").await.get(route).await.status, 200);
}

#[tokio::test]
async fn a_chunk_is_known_to_those_who_may_read_a_file_with_it() {
    let hub = builder().token("wim", "hf_wim_reads", TokenRole::Read).build().unwrap();
    let content = noise(26, 400_000);
    let prepared = Prepared::new(&content);
    let closed = "/api/models/analytical/closed/xet-write-token/main";
    Cas::with(&hub, closed, Some(WIM)).await.upload(&prepared).await;
    let first = prepared.xorb.index().chunk(0).unwrap().hash;
    let inner = prepared.xorb.index().chunk(1).unwrap().hash;
    assert!(!inner.is_global_dedup_candidate());

    let member = Cas::with(&hub, "/api/models/ada/demo/xet-read-token/main", Some("hf_wim_reads")).await;
    let answer = member.get(CasRoute::Chunk(first)).await;
    assert_eq!(answer.status, 200);
    let shard = Shard::parse(&answer.body).unwrap();
    let footer = shard.footer.unwrap();
    assert!(footer.expires > footer.created);
    let listed: Vec<_> = shard.xorbs[0].chunks.iter().map(|chunk| chunk.hash).collect();
    let hidden: Vec<_> = prepared.xorb.index().chunks().map(|chunk| footer.key.hide(&chunk.hash)).collect();
    assert_eq!((shard.xorbs.len(), shard.xorbs[0].hash, listed), (1, prepared.xorb.hash(), hidden));
    assert_eq!(member.get(CasRoute::Chunk(inner)).await.status, 404, "not one that is asked about");

    for token in [None, Some(BOB), Some(ADA)] {
        let cas = Cas::with(&hub, "/api/models/ada/demo/xet-read-token/main", token).await;
        assert_eq!(cas.get(CasRoute::Chunk(first)).await.status, 404, "{token:?}");
    }
}
