//! `POST` and `HEAD /v1/xorbs/default/{xorb}`.

use http::{Response, StatusCode, header::CONTENT_LENGTH, request::Parts};
use hub_xet::{MerkleHash, wire::XorbUploadResponse};

use crate::{
    Body,
    api_error::ApiError,
    body::{self, Incoming},
    context::Context,
    respond,
    store::{XetFault, XetStore},
};

/// Takes a xorb.
pub(super) async fn put(
    context: &Context,
    parts: &Parts,
    body: &mut Incoming,
    xorb: MerkleHash,
) -> Result<Response<Body>, ApiError> {
    let length = parts.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length > XetStore::MAX_XORB) {
        return Err(XetFault::TooLarge { limit: XetStore::MAX_XORB }.into());
    }
    let was_inserted = context.hub().store.xet().put_xorb(xorb, body::data_stream(body)).await?;
    respond::ok(&XorbUploadResponse { was_inserted })
}

/// Says whether a xorb is there.
pub(super) async fn size(context: &Context, xorb: MerkleHash) -> Result<Response<Body>, ApiError> {
    let size = context.hub().store.xet().whole_xorb(&xorb).await?;
    size.map(respond::length_alone)
        .ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "the xorb does not exist"))
}
