//! To come.
use super::request::Request;
use crate::route::page::SettingChange;
use crate::{Body, api_error::ApiError, body::Incoming, route::rights::Access};
use http::Response;
pub(super) async fn page(_r: &Request, _a: Access) -> Result<Response<Body>, ApiError> {
    Err(ApiError::nowhere())
}
pub(super) async fn change(
    _r: &Request,
    _a: Access,
    _b: &mut Incoming,
    _c: SettingChange,
) -> Result<Response<Body>, ApiError> {
    Err(ApiError::nowhere())
}
