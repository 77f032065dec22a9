//! [`Transport`]: runs endpoints, opens streams, walks listings.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::response::Parts;
use http::{Method, Request, Response, StatusCode};
use hub_auth::{Cached, TokenSource};
use tower::{Layer, Service, ServiceExt};
use tracing::Instrument;

use crate::call::Call;
use crate::collect;
use crate::layer::{Hosts, OfflineLayer};
use crate::options::{CallToken, CollectBody, Compressible, EffectiveUri, OneAttempt};
use crate::shared::Shared;
use crate::timeouts::Settings;
use crate::{
    BaseUrl, Body, BoxError, CallInfo, Claims, Clock, DefaultTimeouts, Endpoint, Error, ErrorKind,
    HubService, Patience, RedirectMode, RetryClass, RetryConfig, Rng, SystemRng, Timeouts, TokioClock,
    Transfer, Turns, erase,
};

/// Most bytes of a successful response that [`Transport::send`] reads into memory.
pub const MAX_BODY: usize = 64 * 1024 * 1024;
/// Most bytes of a failed response that are read.
pub const MAX_ERROR_BODY: usize = 64 * 1024;

/// The client side of one Hub: a stack of services and what all calls share. Cheap to clone.
#[derive(Clone)]
pub struct Transport {
    service: HubService,
    pub(crate) shared: Arc<Shared>,
    /// In place of the token source of the stack.
    token: Option<CallToken>,
    /// For requests that have none of their own.
    pub(crate) patience: Option<Patience>,
}

impl Transport {
    /// A transport over a complete stack of your own. Nothing is added to it: no base URI, no token, no retries
    /// of a request that failed.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`] if `endpoint` is not usable.
    pub fn from_service<S, B>(service: S, endpoint: &str) -> Result<Self, Error>
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError> + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let endpoint: BaseUrl = endpoint.parse()?;
        let shared = Shared {
            protected: endpoint.origin().is_protected(),
            endpoint,
            clock: Arc::new(TokioClock),
            rng: Arc::new(SystemRng::new()),
            timeouts: Settings::default(),
            budget: None,
            hosts: Hosts::any(),
            warned: Mutex::default(),
            retry: RetryConfig::default(),
            turns: Turns::default(),
            claims: Claims::default(),
        };
        Ok(Self::new(erase(service), shared))
    }

    pub(crate) fn new(service: HubService, shared: Shared) -> Self {
        Self { service, shared: Arc::new(shared), token: None, patience: None }
    }

    /// The same transport with another source of tokens, for the calls that go through it. Connections, the retry budget
    /// and settings stay shared. A stack from [`Transport::from_service`] without [`AuthLayer`](crate::layer::AuthLayer)
    /// adds no token either way.
    #[must_use]
    pub fn with_token_source(&self, source: Arc<dyn TokenSource>) -> Self {
        Self { token: Some(CallToken(Cached::around(source))), ..self.clone() }
    }

    /// The same transport for longer work that consists of many requests: waits that a server asks for do not count to the
    /// time of each, and are told to whoever watches. See [`Patience`].
    #[must_use]
    pub fn with_patience(&self, patience: Patience) -> Self {
        Self { patience: Some(patience), ..self.clone() }
    }

    /// The same transport that refuses every request.
    #[must_use]
    pub fn refusing(&self) -> Self {
        Self { service: erase(OfflineLayer::new(true).layer(self.service())), ..self.clone() }
    }

    /// The endpoint that relative requests go to.
    #[must_use]
    pub fn endpoint(&self) -> &BaseUrl {
        &self.shared.endpoint
    }

    /// Whether the token, and whatever else is secret, may go to the endpoint: it is `https` or on this machine, or plain
    /// `http` was allowed with [`TransportBuilder::allow_http_token`](crate::TransportBuilder::allow_http_token) or [`TransportBuilder::inner_is_private`](crate::TransportBuilder::inner_is_private). A request that
    /// carries a secret otherwise than as its token, such as one for a token, is for its sender to hold back. Of a stack from
    /// [`Transport::from_service`] only the endpoint is known.
    #[must_use]
    pub fn is_protected(&self) -> bool {
        self.shared.protected
    }

    /// The clock that all waits and deadlines use.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.shared.clock
    }

    /// Where jitter and identifiers come from.
    #[must_use]
    pub fn rng(&self) -> &Arc<dyn Rng> {
        &self.shared.rng
    }

    /// How often and how late requests are sent again: the default for a stack from [`Transport::from_service`].
    #[must_use]
    pub fn retry_config(&self) -> &RetryConfig {
        &self.shared.retry
    }

    /// How long to wait before the retry after attempt number `attempt` (from 1): anything from no time to a limit that doubles,
    /// as the stack itself waits.
    #[must_use]
    pub fn backoff(&self, attempt: u32) -> Duration {
        self.shared.retry.backoff(attempt, &*self.shared.rng)
    }

    /// Takes one retry out of the budget that all calls share; false if there is none left. For callers that repeat a call by
    /// themselves once they know that it may be repeated. A stack from [`Transport::from_service`] has no budget and always may.
    #[must_use]
    pub fn may_repeat(&self) -> bool {
        self.shared.budget.as_ref().is_none_or(|budget| budget.withdraw(self.shared.clock.now()))
    }

    /// Where calls of this client wait for each other.
    #[must_use]
    pub fn turns(&self) -> &Turns {
        &self.shared.turns
    }

    /// What calls of this client have made.
    #[must_use]
    pub fn claims(&self) -> &Claims {
        &self.shared.claims
    }

    /// The hosts that requests of this transport and its clones were sent to; see [`Hosts::contacted`]. A transport from
    /// [`Transport::from_service`] knows of none.
    #[must_use]
    pub fn contacted_hosts(&self) -> Vec<String> {
        self.shared.hosts.contacted()
    }

    /// The stack itself, for a request that is neither an endpoint nor a call.
    #[must_use]
    pub fn service(&self) -> HubService {
        self.service.clone()
    }

    /// Sends the request, reads the whole response and decodes it.
    ///
    /// Reading is part of what is retried, and so is, once and for calls that may be repeated, a success that cannot be decoded.
    /// For every other class that is the end: the request may have been carried out ([`Error::maybe_processed`]).
    /// Responses are read up to 64 MiB.
    ///
    /// # Errors
    ///
    /// Every [`ErrorKind`]; the error names the operation and its target.
    pub async fn send<E: Endpoint>(&self, endpoint: &E) -> Result<E::Output, Error> {
        let info = CallInfo::new(E::NAME, endpoint.target(), endpoint.class());
        let mut call = Call::start(&self.shared, info);
        let span = call.span();
        let decode = |head: &Parts, body| endpoint.decode(head, body);
        async move { Ok(self.decoded(&mut call, || endpoint.request(), decode).await?.1) }
            .instrument(span)
            .await
    }

    /// Sends what `make` gives until it is decoded: one time, and once more where that may be repeated.
    pub(crate) async fn decoded<T>(
        &self,
        call: &mut Call,
        make: impl Fn() -> Result<Request<Body>, Error>,
        decode: impl Fn(&Parts, Bytes) -> Result<T, Error>,
    ) -> Result<(Parts, T), Error> {
        let mut again = call.info().class.is_repeatable();
        loop {
            let request = make().map_err(|error| call.error(error))?;
            again &= request.extensions().get::<OneAttempt>().is_none();
            let (head, body) = self.read(call, request).await?;
            match decode(&head, body) {
                Ok(output) => return Ok((head, output)),
                Err(error) if again && error.kind() == ErrorKind::Decode && self.may_repeat() => {
                    tracing::debug!(error = %error, "the response cannot be decoded; asking again");
                    again = false;
                    call.log().record_retry();
                }
                Err(error) => {
                    // A success that cannot be read says neither that it was done nor that it was not.
                    call.log().record_maybe_processed();
                    return Err(call.answered(error, &head));
                }
            }
        }
    }

    /// Sends a request and returns the response as soon as its head is there; the body streams.
    ///
    /// Answers other than 2xx are errors, except 304, and except a 3xx when the request's [`RedirectMode`] is not
    /// [`RedirectMode::Follow`]. There is no limit on the total time unless the request carries [`Timeouts`] with one. An
    /// error while the body is read becomes an [`Error`] with [`Error::body`].
    ///
    /// # Errors
    ///
    /// Every [`ErrorKind`] but [`ErrorKind::Decode`].
    pub async fn open(&self, call: CallInfo, mut request: Request<Body>) -> Result<Response<Body>, Error> {
        let mut call = Call::start(&self.shared, call);
        let span = call.span();
        let defaults = request.extensions_mut().get_or_insert_default::<DefaultTimeouts>();
        defaults.0 = defaults.0.over(Timeouts::new().no_total());
        async move { self.head_of(&mut call, request).await }.instrument(span).await
    }

    /// A request and its whole response.
    async fn read(&self, call: &mut Call, mut request: Request<Body>) -> Result<(Parts, Bytes), Error> {
        request.extensions_mut().insert(CollectBody { limit: MAX_BODY });
        // The content of files is read as it is.
        if call.info().class == RetryClass::Read && request.extensions().get::<Transfer>().is_none() {
            request.extensions_mut().insert(Compressible);
        }
        let (head, body) = self.head_of(call, request).await?.into_parts();
        match collect::collect(body, MAX_BODY).await {
            Ok(Some(bytes)) => Ok((head, bytes)),
            Ok(None) => {
                Err(call
                    .answered(Error::new(ErrorKind::TooLarge, "the response is larger than 64 MiB"), &head))
            }
            Err(error) => {
                call.log().record_maybe_processed();
                Err(call.answered(Error::body(error), &head))
            }
        }
    }

    /// A request up to the head of its response; failed responses become errors.
    async fn head_of(&self, call: &mut Call, mut request: Request<Body>) -> Result<Response<Body>, Error> {
        call.set_request(request.method().clone(), request.uri().clone());
        let mode = request.extensions().get::<RedirectMode>().copied().unwrap_or_default();
        let extensions = request.extensions_mut();
        if let Some(patience) = &self.patience {
            extensions.get_or_insert_with(|| patience.clone());
        }
        let (limits, set) = self.shared.timeouts.limits(extensions);
        let patient = !set && extensions.get::<Patience>().is_some();
        if let Some(deadline) = call.deadline(limits.total, patient) {
            extensions.insert(deadline);
        }
        extensions.insert(call.info().clone());
        extensions.insert(call.log().clone());
        if let Some(token) = &self.token {
            extensions.insert(token.clone());
        }
        let response = match self.service.clone().oneshot(request).await {
            Ok(response) => response,
            Err(error) => return Err(call.failed(error)),
        };
        if let Some(EffectiveUri(uri)) = response.extensions().get() {
            call.set_uri(uri.clone());
        }
        self.warn(response.headers());
        let status = response.status();
        let stopped = status.is_redirection() && mode != RedirectMode::Follow;
        if status.is_success() || status == StatusCode::NOT_MODIFIED || stopped {
            return Ok(response);
        }
        let (head, body) = response.into_parts();
        // What was readable of the reason is worth more than the error that ended it.
        let body = match call.method() {
            Some(&Method::HEAD) => Bytes::new(),
            _ => collect::beginning(body, MAX_ERROR_BODY).await,
        };
        Err(call.refused(&head, &body))
    }

    /// Reports `X-HF-Warning: topic; message` once for each topic.
    fn warn(&self, headers: &http::HeaderMap) {
        for value in headers.get_all("x-hf-warning") {
            let text = crate::redact::clean(&String::from_utf8_lossy(value.as_bytes()), 500);
            let (topic, message) = text.split_once(';').unwrap_or(("", &text));
            let mut warned = self.shared.warned.lock().unwrap_or_else(PoisonError::into_inner);
            if warned.len() < 100 && warned.insert(topic.to_owned()) {
                tracing::warn!(topic, "the Hub warns: {}", message.trim());
            }
        }
    }
}

impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transport").field("endpoint", &self.shared.endpoint.as_str()).finish_non_exhaustive()
    }
}
