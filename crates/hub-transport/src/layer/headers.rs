//! [`HeadersLayer`]: the headers that every call has.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, Request};
use hub_types::error_code::X_REQUEST_ID;
use tower::{Layer, Service};

use super::Inner;
use crate::clock::uuid;
use crate::{Body, BoxError, Origin, Rng};

/// Names a call for the server's operators; the Hub appends it to its own request id.
const TRACE_ID: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// Sets the user agent, an id for the call that all its attempts share (`X-Amzn-Trace-Id`), and headers of the caller.
/// A header that the request has already is left alone.
///
/// The caller's headers go to the endpoint only. They are marked sensitive, so that the redirect layer drops them with the
/// credentials when a redirect leaves the endpoint.
#[derive(Debug, Clone)]
pub struct HeadersLayer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    user_agent: HeaderValue,
    extra: HeaderMap,
    endpoint: Origin,
    rng: Arc<dyn Rng>,
}

impl HeadersLayer {
    /// With the user agent, and `extra` headers for requests to `endpoint`.
    #[must_use]
    pub fn new(user_agent: HeaderValue, mut extra: HeaderMap, endpoint: Origin, rng: Arc<dyn Rng>) -> Self {
        extra.values_mut().for_each(|value| value.set_sensitive(true));
        Self { shared: Arc::new(Shared { user_agent, extra, endpoint, rng }) }
    }
}

impl<S> Layer<S> for HeadersLayer {
    type Service = Headers<S>;

    fn layer(&self, inner: S) -> Headers<S> {
        Headers { inner, shared: Arc::clone(&self.shared) }
    }
}

/// See [`HeadersLayer`].
#[derive(Debug, Clone)]
pub struct Headers<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S: Inner> Service<Request<Body>> for Headers<S> {
    type Response = S::Response;
    type Error = BoxError;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let shared = &self.shared;
        let own = shared.endpoint.covers(request.uri());
        let headers = request.headers_mut();
        headers.entry(USER_AGENT).or_insert_with(|| shared.user_agent.clone());
        if !headers.contains_key(TRACE_ID) {
            let id = headers.get(X_REQUEST_ID).cloned();
            let id = id.or_else(|| HeaderValue::try_from(uuid(&*shared.rng)).ok());
            headers.extend(id.map(|id| (TRACE_ID, id)));
        }
        if own {
            for name in shared.extra.keys() {
                if !headers.contains_key(name) {
                    shared.extra.get_all(name).iter().for_each(|value| {
                        headers.append(name, value.clone());
                    });
                }
            }
        }
        self.inner.call(request)
    }
}
