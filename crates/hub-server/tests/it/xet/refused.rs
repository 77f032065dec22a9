//! Uploads that are not what they say, and are not kept.

use hub_xet::{
    ChunkRange, MAX_XORB_CHUNKS, MerkleHash,
    codec::{Compression, Encoder},
    hash::chunk_hash,
    shard::{FileBlock, ShardBuilder, XorbBlock},
    wire::CasRoute,
};

use super::desk::{Cas, Prepared, noise};
use crate::support::{ADA, call, hub, lfs_line, sha256};

/// A record with this header and these stored bytes.
fn record(scheme: u8, raw_len: u32, stored: &[u8]) -> Vec<u8> {
    let [s0, s1, s2, _] = (stored.len() as u32).to_le_bytes();
    let [r0, r1, r2, _] = raw_len.to_le_bytes();
    [&[0, s0, s1, s2, scheme, r0, r1, r2], stored].concat()
}

#[tokio::test]
async fn a_xorb_that_is_not_what_its_name_says_or_breaks_a_limit_is_refused() {
    let hub = hub();
    let prepared = Prepared::new(&noise(31, 300_000));
    let (hash, body) = (prepared.xorb.hash(), prepared.xorb.to_vec());
    let cas = Cas::of(&hub, "ada/demo", "write").await;
    let bomb = Encoder::new(Compression::Smallest).encode(&[0; 128 * 1024]).unwrap().record()[8..].to_vec();
    let tiny = record(0, 1, b"a");
    let mut flipped = body.clone();
    flipped[5_000] ^= 1;
    for (what, body) in [
        ("another hash", Prepared::new(&noise(32, 300_000)).xorb.to_vec()),
        ("a flipped bit", flipped),
        ("a truncated record", body[..body.len() - 1].to_vec()),
        ("a missing record", body[..prepared.xorb.body()[0].len()].to_vec()),
        ("nothing", Vec::new()),
        ("scheme 3", record(3, 3, b"abc")),
        ("raw length 0", record(0, 0, b"")),
        ("raw length over the limit", record(1, 131_073, &bomb)),
        ("more than was announced", record(1, 100, &bomb)),
        ("8193 chunks", tiny.repeat(MAX_XORB_CHUNKS + 1)),
        ("rubbish behind", [body.as_slice(), b"X rubbish"].concat()),
    ] {
        let response = cas.post(CasRoute::Xorb(hash), body).await;
        assert_eq!(response.status, 400, "{what}: {response:?}");
    }
    let head =
        |hash| call(http::Method::HEAD, &cas.path(CasRoute::Xorb(hash))).token(&cas.token.access_token);
    assert_eq!(head(hash).send(&hub).await.status, 404, "nothing of them is kept");
    let incoming = hub.dir().join("xet/incoming");
    assert_eq!(std::fs::read_dir(incoming).unwrap().count(), 0);
    assert!(cas.put_xorb(&prepared.xorb).await, "the right one is taken afterwards");
}

#[tokio::test]
async fn a_body_over_the_limit_is_413_before_it_is_read() {
    let hub = hub();
    let cas = Cas::of(&hub, "ada/demo", "write").await;
    let path = cas.path(CasRoute::Xorb(MerkleHash::ZERO));
    let call = call(http::Method::POST, &path).token(&cas.token.access_token);
    let response = call.header("content-length", "99999999").send(&hub).await;
    assert_eq!(response.status, 413);
}

/// A shard that lies in one way.
fn shard(change: impl FnOnce(&mut FileBlock, &mut XorbBlock), prepared: &Prepared) -> Vec<u8> {
    let (mut file, mut xorb) = (prepared.file.clone(), XorbBlock::from(prepared.xorb.index()));
    change(&mut file, &mut xorb);
    let mut shard = ShardBuilder::new();
    shard.push_file(&file).unwrap();
    shard.push_xorb(&xorb).unwrap();
    shard.finish()
}

#[tokio::test]
async fn a_shard_that_lies_registers_nothing() {
    let hub = hub();
    let content = noise(33, 400_000);
    let prepared = Prepared::new(&content);
    let cas = Cas::of(&hub, "ada/demo", "write").await;
    let unknown = cas.put_shard(prepared.shard()).await;
    assert_eq!(unknown["type"], "error", "the xorb has not come");
    assert!(unknown["message"].as_str().unwrap().contains("xorb"), "{unknown}");
    cas.put_xorb(&prepared.xorb).await;
    let chunks = prepared.xorb.index().chunk_count();
    let wrong = chunk_hash(b"wrong");
    let lies: [(&str, Vec<u8>); 9] = [
        ("range hash", shard(|file, _| file.verification[0] = wrong, &prepared)),
        ("chunk end", shard(|file, _| file.terms[0].chunks = ChunkRange::new(0, chunks + 1), &prepared)),
        ("raw length", shard(|file, _| file.terms[0].raw_len += 1, &prepared)),
        ("xorb of a term", shard(|file, _| file.terms[0].xorb = wrong, &prepared)),
        ("file hash", shard(|file, _| file.hash = wrong, &prepared)),
        ("sha256", shard(|file, _| file.sha256 = Some([7; 32]), &prepared)),
        ("chunk hash", shard(|_, xorb| xorb.chunks[0].hash = wrong, &prepared)),
        ("number of chunks", shard(|_, xorb| xorb.chunks.truncate(1), &prepared)),
        ("xorb", shard(|_, xorb| xorb.hash = wrong, &prepared)),
    ];
    for (what, shard) in lies {
        let is_of_a_file = !matches!(what, "chunk hash" | "number of chunks" | "xorb");
        let response = cas.post(CasRoute::ShardsV1, shard.clone()).await;
        assert_eq!(response.status, 400, "{what}: {response:?}");
        let last = cas.put_shard(shard).await;
        assert_eq!((&last["type"], last["retryable"].as_bool()), (&"error".into(), Some(false)), "{what}");
        if is_of_a_file {
            assert_eq!(cas.get(CasRoute::ReconstructionV2(prepared.hash())).await.status, 404, "{what}");
        }
    }
    let line = [lfs_line("w.bin", &content)];
    let other = Cas::of(&hub, "ada/demo", "read").await;
    assert_eq!(other.get(CasRoute::ReconstructionV2(prepared.hash())).await.status, 404);
    assert_eq!(crate::support::commit("ada/demo", &line).token(ADA).send(&hub).await.status, 400);
    assert_eq!(cas.put_shard(prepared.shard()).await["result"], 1);
    assert_eq!(crate::support::commit("ada/demo", &line).token(ADA).send(&hub).await.status, 200);
}

#[tokio::test]
async fn a_shard_that_is_not_well_formed_is_400_at_once() {
    let hub = hub();
    let prepared = Prepared::new(&noise(34, 100_000));
    let cas = Cas::of(&hub, "ada/demo", "write").await;
    cas.put_xorb(&prepared.xorb).await;
    let right = prepared.shard();
    let with = |at: usize, byte: u8| {
        let mut changed = right.clone();
        changed[at] = byte;
        changed
    };
    let mut unverified = ShardBuilder::new();
    unverified.push_file(&FileBlock { verification: Vec::new(), ..prepared.file.clone() }).unwrap();
    let mut without_sha256 = ShardBuilder::new();
    without_sha256.push_file(&FileBlock { sha256: None, ..prepared.file.clone() }).unwrap();
    for (what, shard) in [
        ("tag", with(0, b'X')),
        ("version", with(32, 9)),
        ("count of terms", with(48 + 38, 0xFF)),
        ("no bookend", right[..right.len() - 48].to_vec()),
        ("cut off", right[..right.len() - 1].to_vec()),
        ("more behind", [right.as_slice(), &[0; 48]].concat()),
        ("no verification", unverified.finish()),
        ("no sha256", without_sha256.finish()),
        ("nothing", Vec::new()),
    ] {
        for route in [CasRoute::ShardsV1, CasRoute::ShardsV2] {
            let response = cas.post(route, shard.clone()).await;
            assert_eq!(response.status, 400, "{what}: {response:?}");
        }
    }
}

#[tokio::test]
async fn the_empty_file_is_registered_and_has_no_terms() {
    let hub = hub();
    let digest: [u8; 32] = sha2::Digest::finalize(<sha2::Sha256 as sha2::Digest>::new()).into();
    let empty = |sha256| FileBlock {
        hash: MerkleHash::ZERO,
        terms: Vec::new(),
        verification: Vec::new(),
        sha256: Some(sha256),
    };
    let cas = Cas::of(&hub, "ada/demo", "write").await;
    let shard = |sha256| {
        let mut shard = ShardBuilder::new();
        shard.push_file(&empty(sha256)).unwrap();
        shard.finish()
    };
    assert_eq!(cas.put_shard(shard([0; 32])).await["type"], "error");
    assert_eq!(cas.put_shard(shard(digest)).await["result"], 1);
    let found = cas.get_range(CasRoute::ReconstructionV2(MerkleHash::ZERO), "bytes=0-9").await.json();
    assert_eq!(found["terms"].as_array().unwrap().len(), 0);
    let commit = crate::support::commit("ada/demo", &[lfs_line("empty.bin", b"")]).token(ADA);
    assert_eq!(commit.send(&hub).await.status, 200);
    let redirect = crate::support::get("/ada/demo/resolve/main/empty.bin").send(&hub).await;
    let url = crate::support::path_of(redirect.header("location").unwrap());
    assert_eq!(crate::support::get(&url).send(&hub).await.body.len(), 0);
    assert_eq!(redirect.header("x-linked-etag"), Some(format!("\"{}\"", sha256(b"")).as_str()));
}
