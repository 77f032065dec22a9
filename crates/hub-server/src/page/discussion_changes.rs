//! To come.
use super::request::Request;
use crate::route::page::DiscussionChange;
use crate::{Body, api_error::ApiError, body::Incoming, route::rights::Access};
use http::Response;
pub(super) async fn new_page(_r: &Request, _a: Access) -> Result<Response<Body>, ApiError> {
    Err(ApiError::nowhere())
}
pub(super) async fn create(_r: &Request, _a: Access, _b: &mut Incoming) -> Result<Response<Body>, ApiError> {
    Err(ApiError::nowhere())
}
pub(super) async fn change(
    _r: &Request,
    _a: Access,
    _b: &mut Incoming,
    _n: u64,
    _c: DiscussionChange,
) -> Result<Response<Body>, ApiError> {
    Err(ApiError::nowhere())
}
