//! `GET /v1/chunks/{default}/{chunk}`: where a chunk is that the caller has.

use http::{Response, StatusCode};
use hub_xet::{MerkleHash, hash::DedupKey, shard::ShardFooter};

use crate::{
    Body,
    api_error::ApiError,
    context::{Context, Inner},
    respond,
    route::rights::Access,
    signed::{Purpose, now},
};

/// How long the key of answers stays the same, in seconds, and how long an answer may be used.
const WEEK: u64 = 7 * 24 * 3600;

/// Answers with a shard, or 404, which is the usual case.
///
/// Named is what the caller may read, of all repositories: who asks has the chunk, and must not learn that a private repository of
/// others has it too.
pub(super) async fn known(
    context: &Context,
    access: Access,
    chunk: MerkleHash,
) -> Result<Response<Body>, ApiError> {
    let namespaces = access.caller.iter().flat_map(|caller| {
        let orgs = caller.orgs.iter().map(|membership| &membership.org);
        std::iter::once(&caller.user).chain(orgs).map(|account| account.name.to_ascii_lowercase())
    });
    let namespaces = namespaces.collect();
    let created = now();
    let footer = ShardFooter { key: key(context.hub(), created), created, expires: created + WEEK };
    let answer = context.hub().store.xet().dedup_answer(chunk, namespaces, footer).await?;
    let answer = answer.ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "the chunk is not known"))?;
    Ok(respond::whole(StatusCode::OK, "application/octet-stream", answer))
}

/// The key of this week, under which answers hide the hashes of chunks.
fn key(hub: &Inner, time: u64) -> DedupKey {
    DedupKey::from_bytes(hub.signer.sign(Purpose::Dedup, &(time / WEEK).to_string()))
}
