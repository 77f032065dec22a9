//! Answers: JSON, and errors exactly as the Hub writes them.

use std::time::Instant;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Method, Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE},
};
use hub_types::error_code::{X_ERROR_CODE, X_ERROR_MESSAGE, X_REQUEST_ID};
use serde::Serialize;

use crate::{
    Body,
    api_error::{ApiError, Failure, header_text},
    store::random_hex,
};

/// What went wrong inside the hub, as an extension of the response, until it is in the log.
#[derive(Debug, Clone)]
pub(crate) struct Cause(pub(crate) String);

/// The response on the wire.
pub(crate) fn error(error: ApiError) -> Response<Body> {
    let Failure { status, code, body, headers: more, cause } = *error.0;
    let message = body.message().unwrap_or_default();
    let mut response = json(status, &body);
    let headers = response.headers_mut();
    headers.insert(X_ERROR_MESSAGE, header_text(&message));
    if let Some(code) = &code {
        headers.insert(X_ERROR_CODE, header_text(code.as_str()));
    }
    headers.extend(more);
    if let Some(cause) = cause {
        response.extensions_mut().insert(Cause(cause));
    }
    response
}

/// A response in JSON.
pub(crate) fn json<T: Serialize>(status: StatusCode, value: &T) -> Response<Body> {
    typed_json(status, "application/json; charset=utf-8", value)
}

/// A response in JSON with 200.
pub(crate) fn ok<T: Serialize>(value: &T) -> Result<Response<Body>, ApiError> {
    Ok(json(StatusCode::OK, value))
}

/// A response in JSON under another media type.
pub(crate) fn typed_json<T: Serialize>(
    status: StatusCode,
    media_type: &'static str,
    value: &T,
) -> Response<Body> {
    match serde_json::to_vec(value) {
        Ok(body) => whole(status, media_type, body),
        Err(error) => self::error(ApiError::internal(&error)),
    }
}

/// A response that is in memory.
pub(crate) fn whole(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    let body = body.into();
    let length = body.len();
    let mut response = Response::new(Body::bytes(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    response
}

/// 200 for `HEAD`, with the length of what it is about.
pub(crate) fn length_alone(length: u64) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    response
}

/// The id of the response: the caller's `X-Request-Id`, else its `X-Amzn-Trace-Id`, else a new one.
///
/// Python compares the response's id with the one it sent.
pub(crate) fn request_id(headers: &HeaderMap) -> Result<HeaderValue, ApiError> {
    for name in [X_REQUEST_ID, "x-amzn-trace-id"] {
        if let Some(value) = headers.get(name)
            && (1..=200).contains(&value.len())
            && value.to_str().is_ok()
        {
            return Ok(value.clone());
        }
    }
    Ok(header_text(&random_hex::<16>()?))
}

/// Says in the log that a request was answered.
pub(crate) fn log((method, path): (&Method, &str), status: StatusCode, started: Instant, request_id: &str) {
    let ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let status = status.as_u16();
    tracing::info!(%method, path, status, ms, request_id, "request");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_printable_ascii_whatever_the_message() {
        assert_eq!(header_text("naïve\nline"), "na?ve?line");
    }

    #[test]
    fn the_request_id_is_the_callers_when_it_sent_one() {
        let mut headers = HeaderMap::new();
        assert_eq!(request_id(&headers).unwrap().len(), 32);
        headers.insert("x-amzn-trace-id", HeaderValue::from_static("trace"));
        assert_eq!(request_id(&headers).unwrap(), "trace");
        headers.insert("x-request-id", HeaderValue::from_static("mine"));
        assert_eq!(request_id(&headers).unwrap(), "mine");
    }
}
