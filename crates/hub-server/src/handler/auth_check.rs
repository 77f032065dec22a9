//! `GET /api/{models}/{id}/auth-check[/write]`.

use http::Response;
use serde_json::json;

use crate::{
    Body,
    api_error::ApiError,
    respond,
    route::rights::{self, Access},
};

/// Says that the caller may do what it asked about, after the files were asked for too.
pub(crate) fn response(access: Access) -> Result<Response<Body>, ApiError> {
    rights::admit_to_files(access)?;
    respond::ok(&json!({}))
}
