//! [`TransportBuilder`]: the standard stack, and the extension points into it.

use std::fmt;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Request, Response};
use hub_auth::{Anonymous, TokenSource};
use tower::limit::GlobalConcurrencyLimitLayer;
use tower::{Layer, Service};

use crate::layer::{
    AttemptTimeoutLayer, AuthLayer, Bandwidth, BandwidthLayer, BaseUriLayer, DecompressLayer, HeadersLayer,
    Hosts, HostsLayer, OfflineLayer, RedirectLayer, RetryLayer, TraceLayer,
};
use crate::retry::{RetryBudget, RetryConfig};
use crate::shared::Shared;
use crate::timeouts::Settings;
use crate::{
    BaseUrl, Body, BoxError, Claims, Clock, Error, HubService, Origin, Rng, SystemRng, Timeouts, TokioClock,
    Transport, Turns, erase, user_agent,
};

type Wrap = Box<dyn FnOnce(HubService) -> HubService + Send>;

/// Puts a [`Transport`] together. Mistakes are kept and returned by [`TransportBuilder::build`].
#[must_use = "a builder does nothing until it is built"]
pub struct TransportBuilder {
    endpoint: Result<BaseUrl, Error>,
    token_source: Arc<dyn TokenSource>,
    allow_http_token: bool,
    inner_is_private: bool,
    library: Option<(String, Option<String>)>,
    user_agent: Vec<String>,
    headers: HeaderMap,
    error: Option<Error>,
    retry: RetryConfig,
    timeouts: Settings,
    offline: bool,
    allowed_hosts: Option<Vec<String>>,
    max_bandwidth: u64,
    inner_service: Option<HubService>,
    #[cfg(feature = "hyper")]
    hyper: crate::network::HyperServiceBuilder,
    layers: Vec<Wrap>,
    attempt_layers: Vec<Wrap>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

impl Transport {
    /// Starts a transport to `endpoint`, such as [`DEFAULT_ENDPOINT`](crate::DEFAULT_ENDPOINT).
    pub fn builder(endpoint: &str) -> TransportBuilder {
        TransportBuilder::new(endpoint)
    }
}

impl TransportBuilder {
    pub(crate) fn new(endpoint: &str) -> Self {
        Self {
            endpoint: endpoint.parse(),
            token_source: Arc::new(Anonymous),
            allow_http_token: false,
            inner_is_private: false,
            library: None,
            user_agent: Vec::new(),
            headers: HeaderMap::new(),
            error: None,
            retry: RetryConfig::default(),
            timeouts: Settings::default(),
            offline: false,
            allowed_hosts: None,
            max_bandwidth: 0,
            inner_service: None,
            #[cfg(feature = "hyper")]
            hyper: crate::network::HyperService::builder(),
            layers: Vec::new(),
            attempt_layers: Vec::new(),
            clock: Arc::new(TokioClock),
            rng: Arc::new(SystemRng::new()),
        }
    }

    /// Another endpoint than the one the builder was made with.
    pub fn endpoint(mut self, endpoint: &str) -> Self {
        self.endpoint = endpoint.parse();
        self
    }

    /// Where the token comes from. Default: no token. What it gives is kept until it expires or is refused, unless the
    /// source wants to be asked for each attempt: see [`TokenSource`].
    pub fn token_source(mut self, source: Arc<dyn TokenSource>) -> Self {
        self.token_source = source;
        self
    }

    /// Sends the token to an endpoint with plain `http` that is not on this machine. Off by default: everyone on the way
    /// can read it.
    pub fn allow_http_token(mut self, yes: bool) -> Self {
        self.allow_http_token = yes;
        self
    }

    /// Name and version of the program or library that calls, for the user agent.
    pub fn library(mut self, name: impl Into<String>, version: impl Into<Option<String>>) -> Self {
        self.library = Some((name.into(), version.into()));
        self
    }

    /// More for the user agent, such as `dataset/1.2`. May be called repeatedly; repetitions are left out.
    pub fn user_agent(mut self, parts: impl Into<String>) -> Self {
        self.user_agent.push(parts.into());
        self
    }

    /// A header for every request to the endpoint that does not have it already.
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        match (name.try_into(), value.try_into()) {
            (Ok(name), Ok(value)) => {
                self.headers.append(name, value);
            }
            _ => self.fail(Error::build("a header of the client holds characters that cannot be sent")),
        }
        self
    }

    /// How often and how late requests are sent again.
    pub fn retry(mut self, retry: RetryConfig) -> Self {
        self.retry = retry;
        self
    }

    /// Time limits of all requests, as far as they carry none of their own. A limit for the whole that is set here ends
    /// transfers and listings too.
    pub fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts.all = timeouts;
        self
    }

    /// Time limits of requests that carry file contents; those of [`TransportBuilder::timeouts`] where these say nothing.
    pub fn transfer_timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts.transfers = timeouts;
        self
    }

    /// Refuses every request.
    pub fn offline(mut self, yes: bool) -> Self {
        self.offline = yes;
        self
    }

    /// Contacts nothing but the endpoint and these hosts: `host`, `host:port` or `*.domain`. Default: any host. A redirect
    /// or an upload URL that leads elsewhere is [`ErrorKind::HostNotAllowed`](crate::ErrorKind::HostNotAllowed), before
    /// anything is sent there.
    pub fn strict_origin<H: Into<String>>(mut self, hosts: impl IntoIterator<Item = H>) -> Self {
        self.allowed_hosts = Some(hosts.into_iter().map(Into::into).collect());
        self
    }

    /// The most bytes a second that file contents may take, in both directions and over all clones of the transport
    /// together. Default 0: no limit. Other calls never wait, and neither do they count.
    pub fn max_bandwidth(mut self, bytes_per_second: u64) -> Self {
        self.max_bandwidth = bytes_per_second;
        self
    }

    /// Extension point 1: your service in place of the network, the inner service. The stack stays around it.
    ///
    /// The stack relies on this, and checks what can be checked:
    /// - it sends each request once. It repeats none and follows no redirect: a 3xx is its response, with the `Location`. If it
    ///   knows where a response comes from it says so with [`EffectiveUri`](crate::EffectiveUri) in the extensions of the
    ///   response; a response from elsewhere than the request was for is an error, [`ErrorKind::Redirect`](crate::ErrorKind::Redirect).
    /// - it hands bodies on as they are, in both directions. In particular it does not decompress.
    /// - it sends the token nowhere else, and shows it nowhere.
    /// - where it knows that nothing was sent (no URL, refused) its error is [`Failure::not_sent`](crate::Failure::not_sent).
    ///   Every other error counts as "may have been processed".
    ///
    /// To an endpoint with plain `http` on another machine it gets the token only after [`TransportBuilder::inner_is_private`].
    pub fn inner_service<S, B>(mut self, service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError> + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.inner_service = Some(erase(service));
        self
    }

    /// States that what the inner service carries ([`TransportBuilder::inner_service`]) is protected otherwise: it is in this process, or
    /// a network of its own encrypts it. Then it gets the token for an endpoint with plain `http` too.
    pub fn inner_is_private(mut self) -> Self {
        self.inner_is_private = true;
        self
    }

    /// Extension point 2: your layer around the whole stack. It sees each call once, with its relative URI. The first one added is the
    /// outermost.
    pub fn layer<L, B>(mut self, layer: L) -> Self
    where
        L: Layer<HubService> + Send + 'static,
        L::Service: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request<Body>>>::Future: Send + 'static,
        <L::Service as Service<Request<Body>>>::Error: Into<BoxError> + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.layers.push(Box::new(move |inner| erase(layer.layer(inner))));
        self
    }

    /// Extension point 2, inside: your layer around each attempt, below redirects, retries and auth. It sees the token. The first one
    /// added is the outermost.
    pub fn attempt_layer<L, B>(mut self, layer: L) -> Self
    where
        L: Layer<HubService> + Send + 'static,
        L::Service: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request<Body>>>::Future: Send + 'static,
        <L::Service as Service<Request<Body>>>::Error: Into<BoxError> + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.attempt_layers.push(Box::new(move |inner| erase(layer.layer(inner))));
        self
    }

    /// How many requests may be waiting for the head of their response at once, at least 1. Default: no limit. A request that
    /// waits to be sent again does not count.
    pub fn concurrency_limit(self, requests: usize) -> Self {
        // More than a semaphore can count is no limit.
        const MOST: usize = usize::MAX >> 3;
        self.attempt_layer(GlobalConcurrencyLimitLayer::new(requests.clamp(1, MOST)))
    }

    /// The clock of all waits and deadlines. Default [`TokioClock`].
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Where jitter and identifiers come from. Default [`SystemRng`].
    pub fn rng(mut self, rng: Arc<dyn Rng>) -> Self {
        self.rng = rng;
        self
    }

    /// The finished transport. Opens no connection and reads no file.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](crate::ErrorKind::Build): an endpoint or header that is not usable, or no inner service: with the feature
    /// `hyper` there is one, without it [`TransportBuilder::inner_service`] must give it.
    pub fn build(mut self) -> Result<Transport, Error> {
        if let Some(error) = self.error.take() {
            return Err(error);
        }
        let endpoint = std::mem::replace(&mut self.endpoint, Err(Error::build("")))?;
        let origin = endpoint.origin().clone();
        let user_agent = user_agent::header(self.library.as_ref(), &self.user_agent)?;
        let (clock, rng, timeouts) = (Arc::clone(&self.clock), Arc::clone(&self.rng), self.timeouts);
        let budget = Arc::new(RetryBudget::new(&self.retry));

        let hosts = match self.allowed_hosts.take() {
            Some(hosts) => {
                Hosts::only(hosts.into_iter().chain([format!("{}:{}", origin.host(), origin.port())]))?
            }
            None => Hosts::any(),
        };
        let checked = HostsLayer::new(hosts.clone());
        let trace = TraceLayer::new(origin.clone(), Arc::clone(&clock));
        let timeout =
            AttemptTimeoutLayer::new(timeouts.all, Arc::clone(&clock)).transfers(timeouts.transfers);
        let bandwidth = BandwidthLayer::new(Bandwidth::new(self.max_bandwidth, Arc::clone(&clock)));
        let source = Arc::clone(&self.token_source);
        let allow_http = self.inner_is_private || self.allow_http_token;
        let auth = AuthLayer::new(origin.clone(), source, allow_http, Arc::clone(&clock));
        let protected = auth.is_protected();
        let retry =
            RetryLayer::new(self.retry.clone(), Arc::clone(&budget), Arc::clone(&clock), Arc::clone(&rng));
        let redirect = RedirectLayer::new(origin.clone(), Arc::clone(&clock));
        let extra = std::mem::take(&mut self.headers);
        let headers = HeadersLayer::new(user_agent, extra, origin.clone(), Arc::clone(&rng));
        let base_uri = BaseUriLayer::new(endpoint.clone());
        let offline = OfflineLayer::new(self.offline);

        let retry_config = self.retry.clone();
        let (layers, attempt_layers) =
            (std::mem::take(&mut self.layers), std::mem::take(&mut self.attempt_layers));
        let inner_service = self.take_inner_service(&origin)?;
        let attempt = (auth, bandwidth, timeout, trace, checked);
        let whole = (offline, base_uri, headers, redirect, retry, DecompressLayer::new());
        let stack = if attempt_layers.is_empty() {
            erase((whole, attempt).layer(inner_service))
        } else {
            let (auth, bandwidth, timeout, trace, checked) = attempt;
            let inner =
                wrap(erase((bandwidth, timeout, trace, checked).layer(inner_service)), attempt_layers);
            erase((whole, auth).layer(inner))
        };
        let shared = Shared {
            endpoint,
            protected,
            clock,
            rng,
            timeouts,
            budget: Some(budget),
            hosts,
            warned: Mutex::default(),
            retry: retry_config,
            turns: Turns::default(),
            claims: Claims::default(),
        };
        Ok(Transport::new(wrap(stack, layers), shared))
    }

    fn take_inner_service(self, origin: &Origin) -> Result<HubService, Error> {
        if let Some(inner_service) = self.inner_service {
            return Ok(inner_service);
        }
        #[cfg(feature = "hyper")]
        return Ok(erase(self.hyper.clock(self.clock).http2_for(origin).build()));
        #[cfg(not(feature = "hyper"))]
        {
            let _ = origin;
            Err(Error::build("the transport has no inner service to send requests with").with_hint(
                "turn on the feature `hyper` of hub-transport, or give a service with `inner_service`",
            ))
        }
    }

    fn fail(&mut self, error: Error) {
        self.error.get_or_insert(error);
    }
}

#[cfg(feature = "hyper")]
impl TransportBuilder {
    /// Which proxies the default inner service uses. Default: none; see [`Proxies::from_vars`](crate::Proxies::from_vars).
    pub fn proxies(mut self, proxies: crate::Proxies) -> Self {
        self.hyper = self.hyper.proxies(proxies);
        self
    }

    /// Which certificates the default inner service trusts. Default: those of the system.
    #[cfg(feature = "rustls")]
    pub fn tls(mut self, tls: crate::Tls) -> Self {
        self.hyper = self.hyper.tls(tls);
        self
    }

    /// How the default inner service finds the URLs of a host. Default: the system's resolver.
    pub fn resolver(mut self, resolver: Arc<dyn crate::Resolve>) -> Self {
        self.hyper = self.hyper.resolver(resolver);
        self
    }

    /// How the default inner service opens a byte stream to a host and port. Default: TCP.
    pub fn connector(mut self, connector: Arc<dyn crate::Connect>) -> Self {
        self.hyper = self.hyper.connector(connector);
        self
    }

    /// How long the default inner service may take for each step of connecting. Default 10 s.
    pub fn connect_timeout(mut self, limit: std::time::Duration) -> Self {
        self.hyper = self.hyper.connect_timeout(limit);
        self
    }
}

fn wrap(service: HubService, layers: Vec<Wrap>) -> HubService {
    layers.into_iter().rev().fold(service, |inner, layer| layer(inner))
}

impl fmt::Debug for TransportBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TransportBuilder").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}
