//! Forms, and the operations of the API that they stand for.
//!
//! What a form does is done by the API: its operation reads what it needs from the table of rights, checks what it is given and
//! writes its line into the audit log. A page only says in a form what a program says in JSON.

use std::sync::Arc;

use http::{
    HeaderMap, HeaderValue, Method, Response, StatusCode, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use http_body_util::BodyExt;
use hub_types::query::Query;
use serde_json::Value;

use super::{request::Request, session, shown};
use crate::{
    Body,
    api_error::ApiError,
    body::{self, Incoming},
    context::{Context, LISTS},
    router,
};

/// Most bytes of a form. A text file that is edited is the longest.
pub(super) const LIMIT: usize = 4 << 20;
/// Most bytes of an answer that a page looks at.
const ANSWER: usize = 1 << 20;

/// The fields of a form that was sent from a page of this session.
///
/// # Errors
/// 403 for a form of another session, 413 for one that is too long, 400 for a field that is there twice.
pub(super) async fn read(request: &Request, body: &mut Incoming) -> Result<Query, ApiError> {
    let form = Query::parse(&body::read_all(body, LIMIT).await?);
    request.sent(&form);
    form.once_each(&[])?;
    session::must_carry(&request.form_token(), form.get("form_token"))?;
    Ok(form)
}

/// Has an operation of the API done in the name of the caller. `path` is what [`hub_types::route`] makes, with a query where it needs one.
///
/// # Errors
/// What the operation says.
pub(super) async fn call(
    request: &Request,
    method: Method,
    path: &str,
    json: &Value,
) -> Result<Value, ApiError> {
    let text = if json.is_null() { String::new() } else { json.to_string() };
    let body = body::text(text);
    call_with(request, method, path, "application/json", body).await
}

/// As [`call`], with a body of any type.
pub(super) async fn call_with(
    request: &Request,
    method: Method,
    path: &str,
    media_type: &'static str,
    mut body: Incoming,
) -> Result<Value, ApiError> {
    let uri: Uri = path.parse().map_err(|error: http::uri::InvalidUri| ApiError::internal(&error))?;
    let query = Query::parse(uri.query().unwrap_or_default().as_bytes());
    query.once_each(&LISTS)?;
    let mut parts = request.parts.clone();
    let mut headers = HeaderMap::new();
    if let Some(token) = parts.headers.get(AUTHORIZATION) {
        headers.insert(AUTHORIZATION, token.clone());
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    parts.headers = headers;
    parts.method = method;
    parts.uri = uri;
    let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
    let context = Context { query: Arc::new(query), head: false, ..request.context.clone() };
    let response = router::operation(context, parts, &mut body).await?;
    request.context.asked_for(method, path);
    read_answer(response).await
}

/// What a person can mend in a form that was sent: the status, and the words of the API.
///
/// # Errors
/// What nobody can mend there, as it is: it has a page of its own.
pub(super) fn problem(error: ApiError) -> Result<(StatusCode, String), ApiError> {
    let status = error.0.status;
    let can_be_mended = matches!(status.as_u16(), 400 | 404 | 409 | 412 | 413 | 422);
    match error.0.body.message() {
        Some(message) if can_be_mended => Ok((status, shown::sentence(message))),
        _ => Err(error),
    }
}

/// The JSON of an answer; null where it is something else.
async fn read_answer(response: Response<Body>) -> Result<Value, ApiError> {
    let limited = http_body_util::Limited::new(response.into_body(), ANSWER);
    let answer = limited.collect().await.map_err(|error| ApiError::internal(&*error))?;
    Ok(serde_json::from_slice(&answer.to_bytes()).unwrap_or(Value::Null))
}
