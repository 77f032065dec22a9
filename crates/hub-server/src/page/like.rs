//! Liking a repository, and not liking it any more.

use http::{Method, Response};
use hub_types::route;
use serde_json::Value;

use super::{form, request::Request};
use crate::{Body, api_error::ApiError, body::Incoming, route::rights::Access};

pub(super) async fn set(
    request: &Request,
    access: Access,
    body: &mut Incoming,
) -> Result<Response<Body>, ApiError> {
    let form = form::read(request, body).await?;
    let method = match form.get("like") {
        Some("yes") => Method::POST,
        Some("no") => Method::DELETE,
        _ => return Err(ApiError::bad_request("\"like\" must be \"yes\" or \"no\"")),
    };
    let routes = route::repo(&access.repo.repo);
    form::call(request, method, &routes.like(), &Value::Null).await?;
    Ok(request.see(&routes.page()))
}
