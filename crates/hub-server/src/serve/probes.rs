//! What those who run the server ask: whether it lives, whether it can work, and how much it does.

use std::net::IpAddr;

use http::{
    HeaderMap, HeaderValue, Method, Response, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, FORWARDED},
    request::Parts,
};

use super::{
    metrics::{self, Metrics},
    oversight::Oversight,
};
use crate::{Body, EmbeddedHub, api_error::ApiError, reserved::PROBES, respond, store::with_causes};

/// What the responses are about.
#[derive(Clone, Copy)]
pub(super) struct Probed<'s> {
    pub(super) hub: &'s EmbeddedHub,
    pub(super) metrics: &'s Metrics,
    pub(super) oversight: &'s Oversight,
}

/// Answers `/healthz`, `/readyz` and `/metrics`; `None` for every other path.
pub(super) async fn response(server: Probed<'_>, peer: IpAddr, parts: &Parts) -> Option<Response<Body>> {
    let path = parts.uri.path().strip_prefix('/').filter(|path| PROBES.contains(path))?;
    if !matches!(parts.method, Method::GET | Method::HEAD) {
        return Some(respond::error(ApiError::method_not_allowed("GET, HEAD")));
    }
    Some(match path {
        "healthz" => text(StatusCode::OK, "text/plain; charset=utf-8", "ok\n".to_owned()),
        "readyz" if !server.oversight.is_whole() => {
            tracing::error!("the hub is not ready: changes are missing in its audit log");
            not_ready()
        }
        "readyz" => ready(server.hub.clone()).await,
        _ if !is_local(peer, &parts.headers) => {
            respond::error(ApiError::forbidden("metrics are for programs on this machine"))
        }
        _ => text(StatusCode::OK, metrics::MEDIA_TYPE, server.metrics.text(server.hub.load())),
    })
}

async fn ready(hub: EmbeddedHub) -> Response<Body> {
    let checked = tokio::task::spawn_blocking(move || hub.store().check()).await;
    let error = match checked {
        Ok(Ok(())) => return text(StatusCode::OK, "text/plain; charset=utf-8", "ok\n".to_owned()),
        Ok(Err(error)) => with_causes(&error),
        Err(error) => with_causes(&error),
    };
    tracing::error!(error, "the hub is not ready");
    not_ready()
}

fn not_ready() -> Response<Body> {
    let said = "not ready: see the log\n".to_owned();
    text(StatusCode::SERVICE_UNAVAILABLE, "text/plain; charset=utf-8", said)
}

/// Whether the caller is on this machine, and does not speak for somebody else.
fn is_local(peer: IpAddr, headers: &HeaderMap) -> bool {
    let forwarded = headers.contains_key(FORWARDED)
        || headers.keys().any(|name| name.as_str().starts_with("x-forwarded-"));
    peer.to_canonical().is_loopback() && !forwarded
}

fn text(status: StatusCode, media_type: &'static str, text: String) -> Response<Body> {
    let mut response = Response::new(Body::bytes(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
