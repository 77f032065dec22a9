//! To come.
use super::request::Request;
use crate::{Body, api_error::ApiError, body::Incoming, route::rights::Access};
use http::Response;
use hub_types::Revision;
pub(super) async fn page(_r: &Request, _a: Access, _c: Revision) -> Result<Response<Body>, ApiError> {
    Err(ApiError::nowhere())
}
