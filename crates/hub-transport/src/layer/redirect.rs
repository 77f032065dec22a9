//! [`RedirectLayer`]: follows redirects without taking credentials elsewhere.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{HOST, HeaderName};
use http::{HeaderMap, Request};
use tower::{Layer, Service, ServiceExt};

use super::target::Hop;
use super::{Inner, ResponseFuture, ResponseResult, copy_request, drain, take_ready};
use crate::options::{EffectiveUri, WithoutToken};
use crate::origin::same_origin;
use crate::{Body, BoxError, Clock, ErrorKind, Failure, Origin, RedirectMode};

/// Most redirects of one request.
pub const MAX_REDIRECTS: usize = 10;

/// Follows redirects by the request's [`RedirectMode`].
///
/// - 301, 302 and 303 are followed for `GET` and `HEAD`. For every other method they are an error: the method is never
///   changed.
/// - 307 and 308 repeat the request with its body at the same origin. To another origin they are followed for `GET`, `HEAD`
///   and a `PUT` that did not go to the endpoint (a signed upload).
/// - From `https` to `http`, to another scheme, to nowhere, and after [`MAX_REDIRECTS`]: an error.
/// - When a hop leaves the origin, credentials, cookies and headers marked sensitive are dropped and stay off for the rest of
///   the chain, also if it comes back.
///
/// The response carries [`EffectiveUri`]. Options in the extensions are kept on every hop.
#[derive(Debug, Clone)]
pub struct RedirectLayer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    endpoint: Origin,
    clock: Arc<dyn Clock>,
}

impl RedirectLayer {
    /// For the origin whose uploads may not leave it.
    #[must_use]
    pub fn new(endpoint: Origin, clock: Arc<dyn Clock>) -> Self {
        Self { shared: Arc::new(Shared { endpoint, clock }) }
    }
}

impl<S> Layer<S> for RedirectLayer {
    type Service = Redirect<S>;

    fn layer(&self, inner: S) -> Redirect<S> {
        Redirect { inner, shared: Arc::clone(&self.shared) }
    }
}

/// See [`RedirectLayer`].
#[derive(Debug, Clone)]
pub struct Redirect<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S: Inner + Sync> Service<Request<Body>> for Redirect<S> {
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> ResponseFuture {
        let service = take_ready(&mut self.inner);
        Box::pin(run(Arc::clone(&self.shared), service, request))
    }
}

async fn run<S: Inner>(shared: Arc<Shared>, mut service: S, mut request: Request<Body>) -> ResponseResult {
    let mode = request.extensions().get::<RedirectMode>().copied().unwrap_or_default();
    let mut redirects = 0;
    loop {
        let copy = copy_request(&request);
        let (method, uri) = (request.method().clone(), request.uri().clone());
        let mut response = service.call(request).await?;
        let status = response.status();
        let hop = Hop { mode, method: &method, uri: &uri, endpoint: &shared.endpoint };
        let Some(target) = hop.next(status, response.headers())? else {
            response.extensions_mut().insert(EffectiveUri(uri));
            return Ok(response);
        };
        let refuse = |why: &str| Failure::responded(status, ErrorKind::Redirect, why).permanent();
        if redirects == MAX_REDIRECTS {
            return Err(refuse("too many redirects (10); the server may redirect in a circle").into());
        }
        redirects += 1;
        let Some(mut next) = copy else {
            return Err(refuse("the server redirects, but the body can be sent only once").into());
        };
        if !same_origin(&uri, &target) {
            strip_credentials(next.headers_mut());
            next.extensions_mut().insert(WithoutToken);
        }
        next.headers_mut().remove(HOST);
        *next.uri_mut() = target;
        drain(&*shared.clock, response.into_body()).await;
        request = next;
        service.ready().await?;
    }
}

/// Drops what may identify the caller: known names, names that sound like it, and values marked sensitive.
fn strip_credentials(headers: &mut HeaderMap) {
    const PARTS: [&str; 6] = ["auth", "cookie", "token", "secret", "api-key", "credential"];
    let secret: Vec<HeaderName> = headers
        .iter()
        .filter(|(name, value)| value.is_sensitive() || PARTS.iter().any(|part| name.as_str().contains(part)))
        .map(|(name, _)| name.clone())
        .collect();
    for name in secret {
        headers.remove(name);
    }
}
