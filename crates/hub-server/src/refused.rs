//! Responses to requests that are refused before it is known what they ask for: for a browser a page, for everybody else as the API
//! has it.

use std::sync::Arc;
#[cfg(feature = "serve")]
use std::time::Instant;

use http::{Response, request::Parts};
#[cfg(feature = "serve")]
use hub_types::error_code::X_REQUEST_ID;

#[cfg(any(feature = "serve", not(feature = "page")))]
use crate::respond;
use crate::{Body, api_error::ApiError, context::Inner};
#[cfg(feature = "page")]
use crate::{base_url::base_url, page};

/// The response, whose id is `request_id`.
#[cfg(feature = "page")]
pub(crate) fn response(hub: &Arc<Inner>, parts: &Parts, request_id: &str, error: ApiError) -> Response<Body> {
    let base = base_url(parts, hub.public_url.as_deref());
    page::refusal((hub, &base), parts, request_id, error)
}

/// The response, whose id is `request_id`.
#[cfg(not(feature = "page"))]
pub(crate) fn response(_: &Arc<Inner>, _: &Parts, _: &str, error: ApiError) -> Response<Body> {
    respond::error(error)
}

/// The response to a request that the hub itself never sees; it is in the log as every other.
#[cfg(feature = "serve")]
pub(crate) fn logged(hub: &Arc<Inner>, parts: &Parts, error: ApiError, started: Instant) -> Response<Body> {
    let Ok(id) = respond::request_id(&parts.headers) else { return respond::error(error) };
    let told = id.to_str().unwrap_or_default();
    let mut response = response(hub, parts, told, error);
    respond::log((&parts.method, parts.uri.path()), response.status(), started, told);
    response.headers_mut().insert(X_REQUEST_ID, id);
    response
}
