//! To come.
use super::request::Request;
use crate::{Body, api_error::ApiError, body::Incoming, route::rights::Access};
use http::Response;
pub(super) async fn set(_r: &Request, _a: Access, _b: &mut Incoming) -> Result<Response<Body>, ApiError> {
    Err(ApiError::nowhere())
}
