//! [`AuthLayer`]: the token, bound to the origin of the endpoint.

use std::sync::Arc;
use std::task::{Context, Poll};

use futures_util::future::{Either, select};
use http::header::{AUTHORIZATION, HeaderValue};
use http::{Request, StatusCode};
use hub_auth::{AuthError, Cached, Runtime, Token, TokenRequest, TokenSource};
use hub_types::Message;
use tokio::time::Instant;
use tower::{Layer, Service, ServiceExt};

use super::{Inner, ResponseFuture, ResponseResult, copy_request, drain, take_ready};
use crate::options::{CallLog, CallToken, Deadline, UseToken, WithoutToken};
use crate::runtime::TokenRuntime;
use crate::{Body, BoxError, Clock, ErrorKind, Failure, Origin, TokenUse};

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
///
/// When the server refuses the token of a source (401), the source is asked once for another one, and if it gives one, the
/// request is sent once more, provided that its body exists a second time. A request that was refused was not carried out,
/// so that this is done for every [`RetryClass`](crate::RetryClass).
#[derive(Debug, Clone)]
pub struct AuthLayer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    endpoint: Origin,
    source: Arc<dyn TokenSource>,
    protected: bool,
    clock: Arc<dyn Clock>,
    runtime: Arc<dyn Runtime>,
}

impl AuthLayer {
    /// For the origin `endpoint`. `allow_http` lets the token go out in clear text; without it a plain `http` endpoint gets
    /// the token only on a loopback address. When tokens expire, `clock` says. What `source` gives is kept: see
    /// [`hub_auth::Cached`].
    #[must_use]
    pub fn new(
        endpoint: Origin,
        source: Arc<dyn TokenSource>,
        allow_http: bool,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let protected = allow_http || endpoint.is_protected();
        let runtime = Arc::new(TokenRuntime::new(Arc::clone(&clock)));
        let source = Cached::around(source);
        Self { shared: Arc::new(Shared { endpoint, source, protected, clock, runtime }) }
    }

    pub(crate) fn is_protected(&self) -> bool {
        self.shared.protected
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

/// A token that was attached, and the source that may give another one.
struct Attached {
    token: Token,
    source: Option<Arc<dyn TokenSource>>,
}

impl Shared {
    /// Whether the request is one that gets a token at all.
    fn applies(&self, request: &Request<Body>) -> bool {
        if !self.endpoint.covers(request.uri()) || request.headers().contains_key(AUTHORIZATION) {
            return false;
        }
        let without = request.extensions().get::<WithoutToken>().is_some();
        if without {
            log_of(request).record_token(TokenUse::Without);
        }
        !without
    }

    async fn attach(&self, request: &mut Request<Body>) -> Result<Option<Attached>, Failure> {
        let log = log_of(request);
        let own = request.extensions().get().map(|UseToken(token)| token.clone());
        let of_call = request.extensions().get().map(|CallToken(source)| Arc::clone(source));
        let end = request.extensions().get::<Deadline>().and_then(Deadline::end);
        let (token, source) = match own {
            Some(token) => (Some(token), None),
            None => {
                let source = of_call.unwrap_or_else(|| Arc::clone(&self.source));
                (self.ask(&source, None, end).await?, Some(source))
            }
        };
        let Some(token) = token else {
            log.record_token(TokenUse::Without);
            return Ok(None);
        };
        if !self.protected {
            log.record_token(TokenUse::Withheld(token.source().clone()));
            return Ok(None);
        }
        put(request, &token)?;
        Ok(Some(Attached { token, source }))
    }

    /// The token of the source, or none; never later than the call may end.
    async fn ask(
        &self,
        source: &Arc<dyn TokenSource>,
        refused: Option<Token>,
        end: Option<Instant>,
    ) -> Result<Option<Token>, Failure> {
        let question = TokenRequest::new(Arc::clone(&self.runtime));
        let question = refused.into_iter().fold(question, TokenRequest::after_refusal);
        let response = source.token(question);
        let response = match end {
            None => response.await,
            Some(end) => {
                let left = end.saturating_duration_since(self.clock.now());
                match select(response, self.clock.sleep(left)).await {
                    Either::Left((response, _)) => response,
                    Either::Right(_) => {
                        let message = "the token did not come before the time limit of the call";
                        return Err(Failure::not_sent(ErrorKind::Timeout, message).permanent());
                    }
                }
            }
        };
        Ok(response.map_err(unusable)?.into_token())
    }

    /// The token that takes the place of the refused one, if there is another one.
    async fn replace(&self, refused: Attached, end: Option<Instant>) -> Option<Token> {
        let source = refused.source?;
        let old = refused.token.clone();
        match self.ask(&source, Some(refused.token), end).await {
            Ok(token) => token.filter(|token| token.reveal() != old.reveal()),
            Err(failure) => {
                tracing::warn!(%failure, "the token was refused and no other one could be had");
                None
            }
        }
    }
}

fn log_of(request: &Request<Body>) -> CallLog {
    request.extensions().get::<CallLog>().cloned().unwrap_or_default()
}

fn unusable(error: AuthError) -> Failure {
    let message = format!("no request was sent because the token cannot be used: {error}");
    let failure = Failure::not_sent(ErrorKind::Auth, message).permanent();
    let failure = match error.is_unprotected() {
        true => {
            failure.with_hint(Message::from("use https, or allow it with ").and_argument("allow_http_token"))
        }
        false => failure,
    };
    failure.with_source(error)
}

fn put(request: &mut Request<Body>, token: &Token) -> Result<(), Failure> {
    let mut value = HeaderValue::try_from(format!("Bearer {}", token.reveal())).map_err(|error| {
        Failure::not_sent(ErrorKind::Auth, "the token cannot stand in a header, nothing was sent")
            .with_source(error)
            .permanent()
    })?;
    value.set_sensitive(true);
    log_of(request).record_token(TokenUse::With(token.source().clone()));
    request.headers_mut().insert(AUTHORIZATION, value);
    Ok(())
}

async fn run<S: Inner>(shared: Arc<Shared>, mut service: S, mut request: Request<Body>) -> ResponseResult {
    if !shared.applies(&request) {
        return service.call(request).await;
    }
    let attached = shared.attach(&mut request).await?;
    let Some(attached) = attached.filter(|attached| !attached.is_fixed()) else {
        return service.call(request).await;
    };
    let copy = copy_request(&request);
    let deadline = request.extensions().get::<Deadline>().cloned();
    let response = service.call(request).await?;
    if response.status() != StatusCode::UNAUTHORIZED {
        return Ok(response);
    }
    // Where the request cannot be sent again the source is asked all the same: the next one gets the new token.
    let token = shared.replace(attached, deadline.as_ref().and_then(Deadline::end)).await;
    let (Some(token), Some(mut request)) = (token, copy) else { return Ok(response) };
    if put(&mut request, &token).is_err() {
        return Ok(response);
    }
    log_of(&request).record_retry();
    tracing::debug!("the token was refused; sending again with another one");
    drain(&*shared.clock, response.into_body()).await;
    service.ready().await?.call(request).await
}

impl Attached {
    fn is_fixed(&self) -> bool {
        self.source.as_ref().is_none_or(|source| source.is_fixed())
    }
}

impl<S: Inner + Sync> Service<Request<Body>> for Auth<S> {
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
