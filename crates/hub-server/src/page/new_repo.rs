//! To come.
use super::request::Request;
use crate::{Body, api_error::ApiError, body::Incoming, route::rights::Access};
use http::Response;
pub(super) fn page(_r: &Request) -> Result<Response<Body>, ApiError> {
    Err(ApiError::nowhere())
}
pub(super) async fn create(_r: &Request, _b: &mut Incoming) -> Result<Response<Body>, ApiError> {
    Err(ApiError::nowhere())
}
