//! The requests of an upload by Xet, as data. Their paths are relative to the CAS.

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::CONTENT_TYPE;
use http::response::Parts;
use hub_transport::{
    Body, CallInfo, Endpoint, Error, OneAttempt, RetryClass, Timeouts, Transfer, decode_json, get, post,
};
use hub_xet::MerkleHash;
use hub_xet::wire::{CasRoute, ShardUploadResponse, XorbUploadResponse};

const OCTETS: &str = "application/octet-stream";
/// How long the server may take to check a shard, and to say something about it: it may have to read all files of it.
const REGISTERING: Duration = Duration::from_secs(60 * 60);
const SILENT: Duration = Duration::from_secs(5 * 60);
/// How long a deduplication query may take: what it holds up could be sent meanwhile.
const ASKING: Duration = Duration::from_secs(10);

/// `POST /v1/xorbs/default/{hash}`
pub(super) struct PostXorb<'a> {
    pub(super) hash: MerkleHash,
    /// A body that can be cloned.
    pub(super) body: &'a (dyn Fn() -> Body + Send + Sync),
}

impl Endpoint for PostXorb<'_> {
    const NAME: &'static str = "xet_upload_xorb";
    type Output = XorbUploadResponse;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        format!("xorb {}", self.hash)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let request = post(CasRoute::Xorb(self.hash).to_string());
        request.header(CONTENT_TYPE, OCTETS).body((self.body)()).extension(Transfer).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<XorbUploadResponse, Error> {
        decode_json(head, &body)
    }
}

/// `POST /v1/shards`: without news while it is checked.
pub(super) struct PostShardV1(pub(super) Bytes);

impl Endpoint for PostShardV1 {
    const NAME: &'static str = "xet_upload_shard";
    type Output = ShardUploadResponse;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        String::new()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let limits = Timeouts::new().head(REGISTERING).total(REGISTERING);
        let request = post(CasRoute::ShardsV1.to_string()).header(CONTENT_TYPE, OCTETS);
        request.body(Body::bytes(self.0.clone())).extension(limits).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<ShardUploadResponse, Error> {
        decode_json(head, &body)
    }
}

/// `POST /v2/shards`: the response is a stream of events.
pub(super) fn post_shard_v2(shard: Bytes) -> Result<Request<Body>, Error> {
    let limits = Timeouts::new().head(SILENT).idle(SILENT).min_rate(0).total(REGISTERING);
    let request = post(CasRoute::ShardsV2.to_string()).header(CONTENT_TYPE, OCTETS);
    request.body(Body::bytes(shard)).extension(limits).finish()
}

/// The call of [`post_shard_v2`].
pub(super) fn shard_call() -> CallInfo {
    CallInfo::new("xet_upload_shard", "", RetryClass::Read)
}

/// `GET /v1/chunks/default/{hash}`: sent once, for nothing depends on it.
pub(super) fn get_chunk(chunk: MerkleHash) -> Result<Request<Body>, Error> {
    let limits = Timeouts::new().head(ASKING).idle(ASKING).total(ASKING);
    get(CasRoute::Chunk(chunk).to_string()).extension(limits).extension(OneAttempt).finish()
}

/// The call of [`get_chunk`].
pub(super) fn chunk_call(chunk: MerkleHash) -> CallInfo {
    CallInfo::new("xet_find_chunk", chunk.to_string(), RetryClass::Read)
}
