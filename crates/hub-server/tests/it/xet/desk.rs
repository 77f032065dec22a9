//! An uploader in small: cuts content into chunks and sends them as a client would.

use std::path::{Path, PathBuf};

use http::Method;
use hub_server::EmbeddedHub;
use hub_xet::{
    MerkleHash,
    chunker::chunks,
    codec::{Compression, Encoder},
    recipe::{FetchPlan, RecipeBuilder},
    shard::{FileBlock, ShardBuilder, XorbBlock},
    wire::{CasRoute, ReconstructionV2, XetToken},
    xorb::{RecordReader, Xorb, XorbBuilder},
};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::{ADA, Received, call, commit, get, lfs_line, path_of};

/// Bytes that do not repeat, different for each seed.
pub(crate) fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    };
    std::iter::repeat_with(&mut next).flatten().take(len).collect()
}

/// A file with one xorb that has all its chunks.
pub(crate) struct Prepared {
    pub(crate) xorb: Xorb,
    pub(crate) file: FileBlock,
}

impl Prepared {
    pub(crate) fn new(content: &[u8]) -> Self {
        let mut encoder = Encoder::new(Compression::Smallest);
        let (mut builder, mut recipe) = (XorbBuilder::new(), RecipeBuilder::new());
        for data in chunks(content) {
            let chunk = encoder.encode(data).unwrap();
            let number = builder.push(&chunk).unwrap();
            recipe.push((), number, chunk.hash(), chunk.header().raw_len).unwrap();
        }
        let xorb = builder.take().unwrap();
        let recipe = recipe.finish().resolve(|()| Some(xorb.hash())).unwrap();
        let sha256 = Sha256::digest(content).into();
        Self { file: FileBlock::new(recipe, Some(sha256)), xorb }
    }

    pub(crate) fn hash(&self) -> MerkleHash {
        self.file.hash
    }

    /// The shard with the file and its xorb.
    pub(crate) fn shard(&self) -> Vec<u8> {
        let mut shard = ShardBuilder::new();
        shard.push_file(&self.file).unwrap();
        shard.push_xorb(&XorbBlock::from(self.xorb.index())).unwrap();
        shard.finish()
    }
}

/// A token and what is done with it.
pub(crate) struct Cas<'h> {
    hub: &'h EmbeddedHub,
    pub(crate) token: XetToken,
}

impl<'h> Cas<'h> {
    /// A token of ada's for a model.
    pub(crate) async fn of(hub: &'h EmbeddedHub, repo: &str, right: &str) -> Self {
        Self::with(hub, &format!("/api/models/{repo}/xet-{right}-token/main"), Some(ADA)).await
    }

    pub(crate) async fn with(hub: &'h EmbeddedHub, route: &str, token: Option<&str>) -> Self {
        let response = get(route).maybe_token(token).send(hub).await;
        let token: XetToken = serde_json::from_value(response.json()).unwrap();
        Self { hub, token }
    }

    pub(crate) fn path(&self, route: CasRoute) -> String {
        format!("{}{route}", path_of(&self.token.cas_url))
    }

    pub(crate) async fn get(&self, route: CasRoute) -> Received {
        get(&self.path(route)).token(&self.token.access_token).send(self.hub).await
    }

    pub(crate) async fn get_range(&self, route: CasRoute, range: &str) -> Received {
        let call = get(&self.path(route)).token(&self.token.access_token);
        call.header("range", range).send(self.hub).await
    }

    pub(crate) async fn post(&self, route: CasRoute, body: Vec<u8>) -> Received {
        let call = call(Method::POST, &self.path(route)).token(&self.token.access_token);
        call.body(body).send(self.hub).await
    }

    pub(crate) async fn put_xorb(&self, xorb: &Xorb) -> bool {
        let response = self.post(CasRoute::Xorb(xorb.hash()), xorb.to_vec()).await.json();
        response["was_inserted"].as_bool().unwrap()
    }

    /// The last event of a shard's upload.
    pub(crate) async fn put_shard(&self, shard: Vec<u8>) -> Value {
        let response = self.post(CasRoute::ShardsV2, shard).await;
        assert_eq!(response.status, 200, "{response:?}");
        assert_eq!(response.header("content-type"), Some("application/x-ndjson"));
        let text = String::from_utf8(response.body.to_vec()).unwrap();
        serde_json::from_str(text.lines().last().unwrap()).unwrap()
    }

    pub(crate) async fn upload(&self, prepared: &Prepared) {
        self.put_xorb(&prepared.xorb).await;
        let last = self.put_shard(prepared.shard()).await;
        assert_eq!((&last["type"], &last["result"]), (&"result".into(), &1.into()), "{last}");
    }

    /// The bytes of a file, fetched as a client does.
    pub(crate) async fn download(&self, file: MerkleHash, wanted: std::ops::Range<u64>) -> Vec<u8> {
        let range = format!("bytes={}-{}", wanted.start, wanted.end - 1);
        let response = self.get_range(CasRoute::ReconstructionV2(file), &range).await;
        let response: ReconstructionV2 = serde_json::from_value(response.json()).unwrap();
        let (found, urls) = response.into_parts().unwrap();
        let mut content = vec![0; (wanted.end - wanted.start) as usize];
        for fetch in FetchPlan::new(&found, wanted.clone()).unwrap().fetches {
            let url = path_of(urls.get(&fetch.xorb, &fetch.range).unwrap().as_str());
            let bytes = &fetch.range.bytes;
            let part = get(&url).header("range", &format!("bytes={}-{}", bytes.start, bytes.end - 1));
            let part = part.send(self.hub).await;
            assert_eq!(part.status, 206, "{part:?}");
            let (mut input, mut records, mut placement) =
                (part.body.as_ref(), RecordReader::new(), fetch.placement());
            while let Some(record) = records.next_record(&mut input).unwrap() {
                for placed in placement.place(record.data).unwrap() {
                    let begin = (placed.position - wanted.start) as usize;
                    content[begin..begin + placed.data.len()].copy_from_slice(placed.data);
                }
            }
            placement.finish().unwrap();
        }
        content
    }
}

/// Where the store of a data folder keeps something: `xorbs`, with `.idx` for their indexes, or `files`.
pub(crate) fn place(data: &Path, folder: &str, hash: &MerkleHash, end: &str) -> PathBuf {
    let name = hash.to_string();
    data.join("xet").join(folder).join(&name[..2]).join(format!("{name}{end}"))
}

/// Uploads content to a model by Xet and commits it under a path.
pub(crate) async fn add(hub: &EmbeddedHub, repo: &str, path: &str, content: &[u8]) -> Prepared {
    let prepared = Prepared::new(content);
    Cas::of(hub, repo, "write").await.upload(&prepared).await;
    let response = commit(repo, &[lfs_line(path, content)]).token(ADA).send(hub).await;
    assert_eq!(response.status, 200, "{response:?}");
    prepared
}
