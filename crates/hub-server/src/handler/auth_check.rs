//! `GET /api/{models}/{id}/auth-check[/write]`.

use http::Response;
use serde_json::json;

use crate::{Body, api_error::ApiError, respond};

/// Says that the caller may do what it asked about: whoever may not has not come here.
pub(crate) fn response() -> Result<Response<Body>, ApiError> {
    respond::ok(&json!({}))
}
