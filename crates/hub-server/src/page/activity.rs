//! To come.
use super::request::Request;
use crate::{Body, api_error::ApiError, body::Incoming, route::rights::Access};
use http::Response;
pub(super) async fn of_hub(_r: &Request) -> Result<Response<Body>, ApiError> {
    Err(ApiError::nowhere())
}
pub(super) async fn of_repo(_r: &Request, _a: Access) -> Result<Response<Body>, ApiError> {
    Err(ApiError::nowhere())
}
