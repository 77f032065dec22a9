//! To come.
use super::request::Request;
use crate::{Body, api_error::ApiError, body::Incoming, route::rights::Access};
use http::Response;
pub(super) async fn page(_r: &Request, _name: &str) -> Result<Response<Body>, ApiError> {
    Err(ApiError::nowhere())
}
