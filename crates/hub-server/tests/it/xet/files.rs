//! From chunks to a file of a repository and back.

use hub_xet::wire::{CasRoute, ReconstructionV1};
use serde_json::{Value, json};

use super::desk::{Cas, Prepared, add, noise};
use crate::support::{ADA, builder, get, head, hub, path_of, post, sha256};

#[tokio::test]
async fn what_is_uploaded_in_chunks_is_downloaded_whole_and_in_ranges() {
    let hub = hub();
    // More than a xorb's worth of compressible and of random chunks.
    let content = [noise(1, 700_000), vec![7; 300_000], noise(2, 400_001)].concat();
    let prepared = add(&hub, "ada/demo", "w.bin", &content).await;
    let cas = Cas::with(&hub, "/api/models/ada/demo/xet-read-token/main", None).await;
    let size = content.len() as u64;
    for wanted in [0..size, 0..1, size - 1..size, 650_000..1_100_000, 131_071..131_073] {
        let expected = &content[wanted.start as usize..wanted.end as usize];
        assert!(cas.download(prepared.hash(), wanted.clone()).await == expected, "{wanted:?}");
    }
    let file = cas.get(CasRoute::ReconstructionV1(prepared.hash())).await.json();
    let first: ReconstructionV1 = serde_json::from_value(file).unwrap();
    assert_eq!(first.into_parts().unwrap().0.terms.len(), 1);
    let several = cas.path(CasRoute::Reconstructions);
    let several = format!("{several}?file_id={}&file_id={}", prepared.hash(), "0".repeat(64));
    let several = get(&several).token(&cas.token.access_token).send(&hub).await.json();
    assert_eq!(several["files"].as_object().unwrap().len(), 1);
    let size = head(&cas.path(CasRoute::File(prepared.hash()))).token(&cas.token.access_token);
    assert_eq!(size.send(&hub).await.header("content-length"), Some(content.len().to_string().as_str()));
}

#[tokio::test]
async fn a_range_is_cut_to_the_file_and_refused_behind_its_end() {
    let hub = hub();
    let prepared = add(&hub, "ada/demo", "w.bin", &noise(3, 500_000)).await;
    let cas = Cas::of(&hub, "ada/demo", "read").await;
    let route = CasRoute::ReconstructionV2(prepared.hash());
    let tail = cas.get_range(route, "bytes=499999-999999999").await.json();
    assert_eq!(tail["terms"].as_array().unwrap().len(), 1);
    assert!(tail["offset_into_first_range"].as_u64().unwrap() > 0);
    let behind = cas.get_range(route, "bytes=500000-500001").await;
    assert_eq!((behind.status.as_u16(), behind.header("content-range")), (416, Some("bytes */500000")));
}

#[tokio::test]
async fn a_token_is_in_the_headers_and_in_the_body() {
    let hub = hub();
    for right in ["read", "write"] {
        let response =
            get(&format!("/api/models/ada/demo/xet-{right}-token/main")).token(ADA).send(&hub).await;
        let body = response.json();
        assert_eq!(response.header("x-xet-cas-url"), body["casUrl"].as_str());
        assert_eq!(response.header("x-xet-access-token"), body["accessToken"].as_str());
        assert_eq!(response.header("x-xet-token-expiration"), Some(body["exp"].to_string().as_str()));
        assert!(body["casUrl"].as_str().unwrap().starts_with("http://localhost/_xet/"));
    }
    for (route, status, code) in [
        ("/api/models/ada/demo/xet-read-token/none", 404, Some("RevisionNotFound")),
        ("/api/models/ada/none/xet-read-token/main", 404, Some("RepoNotFound")),
        ("/api/models/ada/demo/xet-write-token/None?create_pr=1", 200, None),
        ("/api/models/ada/demo/xet-read-token/None", 200, None),
    ] {
        let response = get(route).token(ADA).send(&hub).await;
        assert_eq!((response.status.as_u16(), response.header("x-error-code")), (status, code), "{route}");
    }
}

#[tokio::test]
async fn entries_and_resolve_say_the_xet_hash() {
    let hub = hub();
    let content = noise(4, 300_000);
    let prepared = add(&hub, "ada/demo", "w.bin", &content).await;
    let hash = prepared.hash().to_string();
    let tree = get("/api/models/ada/demo/tree/main").send(&hub).await.json();
    let entry = |entries: &Value| {
        entries.as_array().unwrap().iter().find(|entry| entry["path"] == "w.bin").unwrap().clone()
    };
    assert_eq!(entry(&tree)["xetHash"], json!(hash));
    let paths = post("/api/models/ada/demo/paths-info/main", json!({"paths": ["w.bin"]})).send(&hub).await;
    assert_eq!(entry(&paths.json())["xetHash"], json!(hash));

    let redirect = head("/ada/demo/resolve/main/w.bin").send(&hub).await;
    let behind = head(&path_of(redirect.header("location").unwrap())).send(&hub).await;
    assert_eq!((redirect.status.as_u16(), behind.status.as_u16()), (302, 200));
    let commit = redirect.header("x-repo-commit").unwrap();
    // Python reads the last response when it stays on the same host, and the first one otherwise.
    for response in [&redirect, &behind] {
        assert_eq!(response.header("x-xet-hash"), Some(hash.as_str()));
        let (token, terms) = response.header("link").unwrap().split_once(", ").unwrap();
        let expected =
            format!("<http://localhost/api/models/ada/demo/xet-read-token/{commit}>; rel=\"xet-auth\"");
        assert_eq!(token, expected);
        let begin = terms.starts_with("<http://localhost/_xet/");
        let end = format!("/v1/reconstructions/{hash}>; rel=\"xet-reconstruction-info\"");
        assert!(begin && terms.ends_with(&end), "{terms}");
        assert_eq!(response.header("x-linked-size"), Some("300000"));
        assert_eq!(response.header("x-linked-etag"), Some(format!("\"{}\"", sha256(&content)).as_str()));
        assert_eq!(response.header("x-repo-commit"), Some(commit));
    }
}

#[tokio::test]
async fn who_cannot_see_the_headers_of_a_redirect_gets_them_as_json() {
    let hub = hub();
    let content = noise(6, 200_000);
    let hash = add(&hub, "ada/demo", "w.bin", &content).await.hash().to_string();
    let accept = "application/vnd.xet-fileinfo+json, */*";
    let uri = "/ada/demo/resolve/main/w.bin";
    let response = get(uri).header("accept", accept).header("range", "bytes=0-0").send(&hub).await;
    assert_eq!(response.status, 200);
    assert_eq!(response.header("content-type"), Some("application/vnd.xet-fileinfo+json"));
    assert_eq!(response.header("x-xet-hash"), Some(hash.as_str()));
    let info = response.json();
    assert_eq!((&info["hash"], &info["size"]), (&json!(hash), &json!(200_000)));
    assert_eq!(info["etag"], json!(format!("\"{}\"", sha256(&content))));
    let token = get(&path_of(info["refreshUrl"].as_str().unwrap())).send(&hub).await;
    assert_eq!(token.status, 200);
    let token = token.json()["accessToken"].as_str().unwrap().to_owned();
    let terms = get(&path_of(info["reconstructionUrl"].as_str().unwrap())).token(&token).send(&hub).await;
    assert_eq!(terms.status, 200);
    // A file that is not in chunks has nothing of the kind.
    let plain = get("/ada/demo/resolve/main/.gitattributes").header("accept", accept).send(&hub).await;
    assert_eq!((plain.status.as_u16(), plain.header("x-xet-hash")), (200, None));
    assert_ne!(plain.header("content-type"), Some("application/vnd.xet-fileinfo+json"));
}

#[tokio::test]
async fn a_hub_without_xet_says_nothing_of_it() {
    let dir = tempfile::tempdir().unwrap();
    let with = |xet| {
        let hub = hub_server::EmbeddedHub::open(dir.path()).xet(xet);
        hub.token("ada", ADA, hub_server::TokenRole::Write).repo("ada/demo").build().unwrap()
    };
    let content = noise(5, 200_000);
    let hub = with(true);
    add(&hub, "ada/demo", "w.bin", &content).await;
    let cas = Cas::of(&hub, "ada/demo", "read").await.path(CasRoute::ShardsV2);
    drop(hub);
    let hub = with(false);
    for route in ["/api/models/ada/demo/xet-read-token/main", "/api/models/ada/demo/xet-write-token/main"] {
        assert_eq!(get(route).token(ADA).send(&hub).await.status, 404);
    }
    assert_eq!(post(&cas, json!({})).token("xet_a.b").send(&hub).await.status, 404);
    let redirect = head("/ada/demo/resolve/main/w.bin").send(&hub).await;
    assert!(redirect.header("x-xet-hash").is_none() && redirect.header("link").is_none());
    let tree = get("/api/models/ada/demo/tree/main").send(&hub).await.json();
    assert!(tree.as_array().unwrap().iter().all(|entry| entry.get("xetHash").is_none()));
    let file = get(&path_of(redirect.header("location").unwrap())).send(&hub).await;
    assert!(file.body == content, "what came by Xet is sent as any other file");
}

#[tokio::test]
async fn what_was_registered_is_there_after_a_restart_under_the_same_url() {
    let dir = tempfile::tempdir().unwrap();
    let open = || {
        let hub = hub_server::EmbeddedHub::open(dir.path());
        hub.token("ada", ADA, hub_server::TokenRole::Write).repo("ada/demo").build().unwrap()
    };
    let content = noise(6, 400_000);
    let hub = open();
    let prepared = add(&hub, "ada/demo", "w.bin", &content).await;
    let before = Cas::of(&hub, "ada/demo", "read").await.token.cas_url;
    drop(hub);
    let hub = open();
    let cas = Cas::of(&hub, "ada/demo", "read").await;
    assert_eq!(cas.token.cas_url, before);
    assert!(cas.download(prepared.hash(), 0..400_000).await == content);
    let other = builder().build().unwrap();
    assert_ne!(Cas::of(&other, "ada/demo", "read").await.token.cas_url, before, "another folder");
}

#[tokio::test]
async fn the_same_xorb_is_new_once_however_often_it_comes_at_the_same_time() {
    let hub = hub();
    let prepared = Prepared::new(&noise(7, 500_000));
    let cas = Cas::of(&hub, "ada/demo", "write").await;
    let sent = futures_util::future::join_all((0..8).map(|_| cas.put_xorb(&prepared.xorb))).await;
    assert_eq!(sent.iter().filter(|inserted| **inserted).count(), 1);
    let path = cas.path(CasRoute::Xorb(prepared.xorb.hash()));
    let response = head(&path).token(&cas.token.access_token).send(&hub).await;
    let length = prepared.xorb.to_vec().len().to_string();
    assert_eq!((response.status.as_u16(), response.header("content-length")), (200, Some(length.as_str())));
    let first = cas.put_shard(prepared.shard()).await;
    assert_eq!((&first["result"], &cas.put_shard(prepared.shard()).await["result"]), (&json!(1), &json!(0)));
    let again = cas.post(CasRoute::ShardsV1, prepared.shard()).await.json();
    assert_eq!(again, json!({"result": 0}));
}

#[tokio::test]
async fn the_footer_of_older_clients_is_left_out() {
    let hub = hub();
    let prepared = Prepared::new(&noise(8, 300_000));
    let cas = Cas::of(&hub, "ada/demo", "write").await;
    let body = [prepared.xorb.to_vec(), prepared.xorb.index().to_footer()].concat();
    assert_eq!(cas.post(CasRoute::Xorb(prepared.xorb.hash()), body).await.status, 200);
    let size = head(&cas.path(CasRoute::Xorb(prepared.xorb.hash()))).token(&cas.token.access_token);
    let stored = prepared.xorb.index().stored_len().to_string();
    assert_eq!(size.send(&hub).await.header("content-length"), Some(stored.as_str()));
}
