//! To come.
use super::request::Request;
use crate::{Body, api_error::ApiError, body::Incoming, route::rights::Access};
use http::Response;
use hub_types::Revision;
pub(super) async fn page(
    _r: &Request,
    _a: Access,
    _v: Revision,
    _p: String,
) -> Result<Response<Body>, ApiError> {
    Err(ApiError::nowhere())
}
pub(super) async fn commit(
    _r: &Request,
    _a: Access,
    _b: &mut Incoming,
    _v: Revision,
    _p: String,
) -> Result<Response<Body>, ApiError> {
    Err(ApiError::nowhere())
}
pub(super) async fn delete_page(
    _r: &Request,
    _a: Access,
    _v: Revision,
    _p: String,
) -> Result<Response<Body>, ApiError> {
    Err(ApiError::nowhere())
}
pub(super) async fn delete(
    _r: &Request,
    _a: Access,
    _b: &mut Incoming,
    _v: Revision,
    _p: String,
) -> Result<Response<Body>, ApiError> {
    Err(ApiError::nowhere())
}
