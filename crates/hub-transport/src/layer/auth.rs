//! [`AuthLayer`]: the token, bound to the origin of the endpoint.

use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::{Either, Ready, ready};
use http::Request;
use http::header::{AUTHORIZATION, HeaderValue};
use hub_auth::TokenSource;
use tower::{Layer, Service};

use super::{Answer, Inner};
use crate::options::{CallLog, CallToken, UseToken, WithoutToken};
use crate::{Body, BoxError, ErrorKind, Failure, Origin, TokenUse};

/// Adds the token to requests for the origin of the endpoint, and to no other request.
///
/// It belongs inside the redirect layer, so that each hop is judged by its own URL, and inside the retry layer, so that the
/// token is asked for anew by each attempt. It adds nothing when
/// - the scheme, host or port is another one;
/// - a redirect chain has left its origin, even if it came back;
/// - the request has an `Authorization` header already;
/// - the endpoint is plain `http`, not on this machine, and this was not allowed explicitly.
///
/// A request that brings its own ([`UseToken`]) gets that one, under the same conditions.
#[derive(Debug, Clone)]
pub struct AuthLayer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    endpoint: Origin,
    source: Arc<dyn TokenSource>,
    protected: bool,
}

impl AuthLayer {
    /// For the origin `endpoint`. `allow_http` lets the token go out in clear text; without it a plain `http` endpoint gets
    /// the token only on a loopback address.
    #[must_use]
    pub fn new(endpoint: Origin, source: Arc<dyn TokenSource>, allow_http: bool) -> Self {
        let protected = allow_http || endpoint.is_https() || endpoint.is_loopback();
        Self { shared: Arc::new(Shared { endpoint, source, protected }) }
    }
}

impl<S> Layer<S> for AuthLayer {
    type Service = Auth<S>;

    fn layer(&self, inner: S) -> Auth<S> {
        Auth { inner, shared: Arc::clone(&self.shared) }
    }
}

/// See [`AuthLayer`].
#[derive(Debug, Clone)]
pub struct Auth<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl Shared {
    fn attach(&self, request: &mut Request<Body>) -> Result<(), Failure> {
        if !self.endpoint.covers(request.uri()) || request.headers().contains_key(AUTHORIZATION) {
            return Ok(());
        }
        let log = request.extensions().get::<CallLog>().cloned().unwrap_or_default();
        if request.extensions().get::<WithoutToken>().is_some() {
            log.record_token(TokenUse::Without);
            return Ok(());
        }
        let unusable = |source: BoxError| {
            Failure::not_sent(ErrorKind::Auth, "the token cannot be used, nothing was sent")
                .with_source(source)
                .permanent()
        };
        let source = request.extensions().get().map_or(&self.source, |CallToken(source)| source);
        let token = match request.extensions().get::<UseToken>() {
            Some(UseToken(token)) => Some(token.clone()),
            None => source.token().map_err(|error| unusable(error.into()))?,
        };
        let Some(token) = token else {
            log.record_token(TokenUse::Without);
            return Ok(());
        };
        if !self.protected {
            log.record_token(TokenUse::Without);
            log.record_token_withheld();
            return Ok(());
        }
        log.record_token(TokenUse::With(token.source().clone()));
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.reveal()))
            .map_err(|error| unusable(error.into()))?;
        value.set_sensitive(true);
        request.headers_mut().insert(AUTHORIZATION, value);
        Ok(())
    }
}

impl<S: Inner> Service<Request<Body>> for Auth<S> {
    type Response = S::Response;
    type Error = BoxError;
    type Future = Either<Ready<Answer>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        match self.shared.attach(&mut request) {
            Ok(()) => Either::Right(self.inner.call(request)),
            Err(failure) => Either::Left(ready(Err(failure.into()))),
        }
    }
}
