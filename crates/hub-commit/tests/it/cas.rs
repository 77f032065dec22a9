//! The CAS of the Hub of these tests: it checks what it gets, and puts each registered file together.

use std::collections::HashMap;

use bytes::Bytes;
use http::{Method, Response};
use hub_transport::Body;
use hub_xet::MerkleHash;
use hub_xet::hash::{DedupKey, range_hash};
use hub_xet::shard::{FileBlock, Shard, ShardBuilder, ShardFooter, XorbBlock};
use hub_xet::wire::{CasRoute, ShardUploadEvent};
use hub_xet::xorb::{XorbIndex, XorbReader};
use serde_json::json;
use sha2::Digest;

use crate::hub::{ENDPOINT, Repo, hex, reply};

/// What the CAS has.
pub(crate) struct Cas {
    /// The instance: a part of its URL.
    pub(crate) id: u32,
    /// Knows the first version of the routes of shards only, and says so with this status.
    pub(crate) v1_only: Option<u16>,
    /// Tells who asks for a chunk where it is.
    pub(crate) answers: bool,
    /// Names the xorb that is missing.
    pub(crate) names_missing: bool,
    pub(crate) xorbs: HashMap<MerkleHash, (XorbIndex, Vec<Bytes>)>,
    pub(crate) shards: Vec<Shard>,
    /// Bytes of all xorbs that were accepted, and the length of the longest one.
    pub(crate) received: u64,
    pub(crate) longest: usize,
}

impl Cas {
    pub(crate) fn new() -> Self {
        Self {
            id: 1,
            v1_only: None,
            answers: false,
            names_missing: false,
            xorbs: HashMap::new(),
            shards: Vec::new(),
            received: 0,
            longest: 0,
        }
    }

    /// All is gone, as if it had never been there.
    pub(crate) fn lose_everything(&mut self) {
        self.xorbs.clear();
    }
}

pub(crate) fn token(repo: &Repo) -> Response<Body> {
    match &repo.cas {
        Some(cas) => {
            let cas_url = format!("{ENDPOINT}/_xet/{}", cas.id);
            reply(200, json!({"casUrl": cas_url, "accessToken": "cas-token", "exp": 9_000_000_000u64}))
        }
        None => reply(404, json!({"error": "no such URL"})),
    }
}

/// `path` is below `/_xet/`.
pub(crate) fn respond(repo: &mut Repo, method: &Method, path: &str, body: &Bytes) -> Response<Body> {
    let Some(cas) = &mut repo.cas else { panic!("no CAS") };
    let (id, path) = path.split_once('/').unwrap();
    assert_eq!(id, cas.id.to_string(), "another instance");
    match (method, CasRoute::parse(&format!("/{path}")).unwrap()) {
        (&Method::POST, CasRoute::Xorb(hash)) => match store(cas, hash, body) {
            Ok(was_inserted) => reply(200, json!({"was_inserted": was_inserted})),
            Err(error) => reply(400, json!({"error": error})),
        },
        (&Method::GET, CasRoute::Chunk(chunk)) => find(cas, &chunk),
        (&Method::POST, CasRoute::ShardsV2) => {
            if let Some(status) = cas.v1_only {
                return reply(status, json!({"error": "not here"}));
            }
            let events = match register(cas, body) {
                Ok(files) => {
                    repo.objects.extend(files);
                    [
                        ShardUploadEvent::Validating { verified: 1, total: 1 },
                        ShardUploadEvent::Result { result: Some(1) },
                    ]
                    .map(|event| event.to_line())
                    .concat()
                }
                Err(message) => ShardUploadEvent::Error { message, retryable: false }.to_line(),
            };
            let response = Response::builder().header("content-type", "application/x-ndjson");
            response.body(Body::bytes(events)).unwrap()
        }
        (&Method::POST, CasRoute::ShardsV1) => match register(cas, body) {
            Ok(files) => {
                repo.objects.extend(files);
                reply(200, json!({"result": 1}))
            }
            Err(error) => reply(400, json!({"error": error})),
        },
        other => panic!("{other:?}"),
    }
}

fn store(cas: &mut Cas, hash: MerkleHash, body: &Bytes) -> Result<bool, String> {
    let (mut reader, mut chunks) = (XorbReader::new(), Vec::new());
    let mut input: &[u8] = body;
    while let Some(chunk) = reader.next_chunk(&mut input).map_err(|error| error.to_string())? {
        chunks.push(Bytes::copy_from_slice(chunk.data));
    }
    let index = reader.finish(&hash).map_err(|error| error.to_string())?;
    cas.received += body.len() as u64;
    cas.longest = cas.longest.max(body.len());
    Ok(cas.xorbs.insert(hash, (index, chunks)).is_none())
}

fn find(cas: &Cas, chunk: &MerkleHash) -> Response<Body> {
    let found = cas.xorbs.values().find(|(index, _)| index.chunks().any(|known| known.hash == *chunk));
    let Some((index, _)) = found.filter(|_| cas.answers) else {
        return reply(404, json!({"error": "nobody has it"}));
    };
    let key = DedupKey::from_bytes([7; 32]);
    let mut answer = ShardBuilder::new();
    answer.push_xorb(&XorbBlock::from(index).hidden(&key)).unwrap();
    let footer = ShardFooter { key, created: 0, expires: u64::MAX };
    Response::builder().body(Body::bytes(answer.finish_with(&footer))).unwrap()
}

/// The files by their sha256.
fn register(cas: &mut Cas, body: &Bytes) -> Result<Vec<(String, Bytes)>, String> {
    let shard = Shard::parse(body).map_err(|error| error.to_string())?;
    if shard.footer.is_some() {
        return Err("a footer".to_owned());
    }
    for block in &shard.xorbs {
        let (index, _) = cas.xorbs.get(&block.hash).ok_or("a listed xorb is not there")?;
        if XorbBlock::from(index).chunks != block.chunks {
            return Err("a listed xorb has other chunks".to_owned());
        }
    }
    let files = shard.files.iter().map(|file| rebuild(cas, file)).collect::<Result<_, _>>()?;
    cas.shards.push(shard);
    Ok(files)
}

fn rebuild(cas: &Cas, file: &FileBlock) -> Result<(String, Bytes), String> {
    let mut content = Vec::new();
    let mut tree = hub_xet::merkle::MerkleBuilder::new();
    if file.verification.len() != file.terms.len() {
        return Err("no verification".to_owned());
    }
    for (term, verification) in file.terms.iter().zip(&file.verification) {
        let (index, chunks) = cas.xorbs.get(&term.xorb).ok_or_else(|| match cas.names_missing {
            true => format!("xorb {} is not known", term.xorb),
            false => "a xorb is not known".to_owned(),
        })?;
        let range = term.chunks.start as usize..term.chunks.end as usize;
        let chunks = chunks.get(range.clone()).ok_or("a range is outside of its xorb")?;
        let hashes: Vec<MerkleHash> =
            index.chunks().skip(range.start).take(range.len()).map(|chunk| chunk.hash).collect();
        if range_hash(&hashes) != *verification {
            return Err("a range hash is wrong".to_owned());
        }
        if chunks.iter().map(Bytes::len).sum::<usize>() != term.raw_len as usize {
            return Err("a term has another length".to_owned());
        }
        for (chunk, hash) in chunks.iter().zip(hashes) {
            tree.push(hash, chunk.len() as u64);
            content.extend_from_slice(chunk);
        }
    }
    let digest: [u8; 32] = sha2::Sha256::digest(&content).into();
    if tree.file_hash() != file.hash || Some(digest) != file.sha256 {
        return Err("the file is another one".to_owned());
    }
    Ok((hex(&digest), content.into()))
}

/// Content in which nothing repeats, another for each `seed`.
pub(crate) fn random(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0xd134_2543_de82_ef95);
    let mut content = Vec::with_capacity(len + 8);
    while content.len() < len {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = state;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        content.extend((word ^ (word >> 31)).to_le_bytes());
    }
    content.truncate(len);
    content
}
