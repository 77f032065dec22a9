//! How a client is made.

use std::{path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{
    Request, Response,
    header::{HeaderName, HeaderValue},
};
use hub_auth::{Anonymous, HfFolder, Token, TokenSource};
use hub_commit::XetCompression;
use hub_download::DownloadTimeouts;
use hub_endpoints::XetPolicy;
use hub_transport::{Body, BoxError, Clock, HubService, RetryConfig, Timeouts, Transport, TransportBuilder};
use tower::{Layer, Service};

use crate::hf_api::Settings;
use crate::{Async, Blocking, BlockingHfApi, Config, Error, HfApi, NetworkPolicy, OidcExchange, config};

type SourceOver = Box<dyn FnOnce(&Transport) -> Arc<dyn TokenSource> + Send>;

/// Collects the settings of a client. Made by [`HfApi::builder`], [`HfApi::builder_from_env`] and [`HfApi::builder_over`].
///
/// What is about requests and connections is set on a [`TransportBuilder`]; the usual settings have a method here, and
/// [`HfApiBuilder::transport`] and [`HfApiBuilder::map_transport`] reach all of them.
#[must_use = "a builder does nothing until it is built"]
pub struct HfApiBuilder {
    base: Base,
    token: Option<SourceOver>,
    library_name: Option<String>,
    library_version: Option<String>,
    cache_dir: Option<PathBuf>,
    network: NetworkPolicy,
    download_timeouts: DownloadTimeouts,
    xet: XetPolicy,
    shared_blobs: bool,
    assets_dir: Option<PathBuf>,
    xet_cache: Option<PathBuf>,
    xet_compression: XetCompression,
    problem: Option<Error>,
    /// What is wrong with variables, by the setting that they stand for: of no matter once the program sets that itself.
    variables: Vec<(&'static str, Error)>,
}

/// What requests will go through.
enum Base {
    Settings(Box<TransportBuilder>),
    Finished(Transport),
}

impl HfApiBuilder {
    pub(crate) fn new() -> Self {
        Self::with(Base::Settings(Box::new(Transport::builder(&Config::default().endpoint))))
    }

    pub(crate) fn over(transport: Transport) -> Self {
        Self::with(Base::Finished(transport))
    }

    fn with(base: Base) -> Self {
        Self {
            base,
            token: None,
            library_name: None,
            library_version: None,
            cache_dir: None,
            network: NetworkPolicy::Online,
            download_timeouts: DownloadTimeouts::default(),
            xet: XetPolicy::default(),
            shared_blobs: true,
            assets_dir: None,
            xet_cache: None,
            xet_compression: XetCompression::Always,
            problem: None,
            variables: Vec::new(),
        }
    }

    pub(crate) fn from_env(config: &Config) -> Self {
        let builder = Self::new().endpoint(&config.endpoint).network(config.network);
        let builder = match &config.user_agent_origin {
            Some(origin) => builder.user_agent(format!("origin/{origin}")),
            None => builder,
        };
        #[cfg(feature = "hyper")]
        let builder = builder.network_from_vars(config::variable);
        let mut builder = builder.token_from_env();
        builder.cache_dir.clone_from(&config.cache_dir);
        builder.download_timeouts = config.download_timeouts;
        builder.xet = config.xet;
        builder.shared_blobs = config.shared_blobs;
        builder.assets_dir.clone_from(&config.assets_dir);
        builder.xet_cache.clone_from(&config.xet_cache);
        builder
    }

    /// The token of a trusted publisher where `HF_OIDC_RESOURCE` is set, and otherwise that of the user.
    fn token_from_env(mut self) -> Self {
        self.token =
            Some(Box::new(|transport| match OidcExchange::from_lookup(transport, config::variable) {
                Some(exchange) => Arc::new(exchange),
                None => Arc::new(HfFolder::from_env()),
            }));
        self
    }

    /// Proxies, and certificates to trust, from the variables that Python programs and curl read.
    #[cfg(feature = "hyper")]
    fn network_from_vars(mut self, get: impl Fn(&str) -> Option<String>) -> Self {
        match hub_transport::Proxies::from_vars(&get) {
            Ok(proxies) => self = self.proxies(proxies),
            Err(error) => self.variables.push(("proxies", error.into())),
        }
        #[cfg(feature = "rustls")]
        match hub_transport::Tls::from_vars(&get) {
            Ok(tls) => self = self.tls(tls),
            Err(error) => self.variables.push(("tls", error.into())),
        }
        self
    }

    /// Everything about requests and connections at once, in place of what was set for it before: endpoint, proxies,
    /// certificates, headers, time limits, the inner service. Later calls of this builder change it further. Its token
    /// source counts unless this builder names one.
    pub fn transport(mut self, transport: TransportBuilder) -> Self {
        self.base = Base::Settings(Box::new(transport));
        self.variables.clear();
        self
    }

    /// Changes what is set about requests and connections: any setting that [`TransportBuilder`] has.
    ///
    /// ```
    /// # use hub_api::HfApi;
    /// let api = HfApi::builder().map_transport(|transport| transport.header("x-team", "a")).build()?;
    /// # Ok::<(), hub_api::Error>(())
    /// ```
    pub fn map_transport(self, change: impl FnOnce(TransportBuilder) -> TransportBuilder) -> Self {
        self.map("map_transport", change)
    }

    fn map(mut self, name: &'static str, change: impl FnOnce(TransportBuilder) -> TransportBuilder) -> Self {
        self.variables.retain(|(setting, _)| *setting != name && name != "inner service");
        self.base = match self.base {
            Base::Settings(transport) => Base::Settings(Box::new(change(*transport))),
            Base::Finished(transport) => {
                let problem = "is a setting of the transport, and the client is made over a finished one";
                let problem = Error::setup(format!("`{name}` {problem}: set it there"));
                self.problem.get_or_insert(problem);
                Base::Finished(transport)
            }
        };
        self
    }

    /// Where the Hub is, for example `https://huggingface.co` or `http://127.0.0.1:8080`. May have a path.
    pub fn endpoint(self, url: &str) -> Self {
        self.map("endpoint", |transport| transport.endpoint(url))
    }

    /// The folder that downloads are kept in. From the environment, the one that the Python client uses; without it none,
    /// so that a download needs a folder of its own.
    pub fn cache_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.cache_dir = Some(folder.into());
        self
    }

    /// The token to use. Python: `token="hf_..."`.
    pub fn token(mut self, token: &str) -> Self {
        match Token::new(token) {
            Ok(token) => self.token_source(token),
            Err(error) => {
                self.problem.get_or_insert(error.into());
                self
            }
        }
    }

    /// Sends no token, whatever the environment says. Python: `token=False`.
    pub fn no_token(self) -> Self {
        self.token_source(Anonymous)
    }

    /// Where each request's token comes from.
    pub fn token_source(self, source: impl TokenSource + 'static) -> Self {
        let source: Arc<dyn TokenSource> = Arc::new(source);
        self.token_source_over(move |_| source)
    }

    /// Where each request's token comes from, for a source that has to ask a server. It is made with a transport that has
    /// all settings of this client and sends no token.
    pub fn token_source_over<S: TokenSource + 'static>(
        mut self,
        make: impl FnOnce(&Transport) -> S + Send + 'static,
    ) -> Self {
        self.token = Some(Box::new(move |transport| Arc::new(make(transport))));
        self
    }

    /// Sends the token also to an endpoint with plain `http` on another machine. Off by default: everyone on the way can
    /// read it. An endpoint on this machine needs no such permission.
    pub fn allow_http_token(self, yes: bool) -> Self {
        self.map("allow_http_token", |transport| transport.allow_http_token(yes))
    }

    /// A header for every request to the endpoint that does not have it already.
    pub fn header<N, V>(self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName>,
        V: TryInto<HeaderValue>,
    {
        self.map("header", |transport| transport.header(name, value))
    }

    /// Name and version of the program or library that uses the client: the first part of the user-agent.
    pub fn library(self, name: &str, version: &str) -> Self {
        self.library_name(name).library_version(version)
    }

    /// Name of the program or library that uses the client: the first part of the user-agent. Python: `library_name`.
    pub fn library_name(mut self, name: impl Into<String>) -> Self {
        self.library_name = Some(name.into());
        self
    }

    /// Version that goes with [`library_name`](Self::library_name); not sent without it. Python: `library_version`.
    pub fn library_version(mut self, version: impl Into<String>) -> Self {
        self.library_version = Some(version.into());
        self
    }

    /// A further part of the user-agent, such as `task/eval`.
    pub fn user_agent(self, part: impl Into<String>) -> Self {
        self.map("user_agent", |transport| transport.user_agent(part))
    }

    /// The caller's service in place of the network: a proxy, a recorder, an embedded Hub. The stack stays around it. What it
    /// must and must not do stands at [`TransportBuilder::inner_service`].
    pub fn inner_service<S, B>(self, service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError> + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.map("inner service", |transport| transport.inner_service(service))
    }

    /// States that what the service given with [`inner_service`](Self::inner_service) carries is protected otherwise: it is in this process, or a
    /// network of its own encrypts it. Then it gets the token for an endpoint with plain `http` too.
    pub fn inner_is_private(self) -> Self {
        self.map("inner_is_private", TransportBuilder::inner_is_private)
    }

    /// The caller's layer around the whole stack: it sees each call once. The first one added is the outermost.
    pub fn layer<L, B>(self, layer: L) -> Self
    where
        L: Layer<HubService> + Send + 'static,
        L::Service: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request<Body>>>::Future: Send + 'static,
        <L::Service as Service<Request<Body>>>::Error: Into<BoxError> + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.map("layer", |transport| transport.layer(layer))
    }

    /// The caller's layer around each attempt, below redirects, retries and auth: it sees the token.
    pub fn attempt_layer<L, B>(self, layer: L) -> Self
    where
        L: Layer<HubService> + Send + 'static,
        L::Service: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request<Body>>>::Future: Send + 'static,
        <L::Service as Service<Request<Body>>>::Error: Into<BoxError> + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.map("attempt_layer", |transport| transport.attempt_layer(layer))
    }

    /// How failed requests are repeated.
    pub fn retry(self, config: RetryConfig) -> Self {
        self.map("retry", |transport| transport.retry(config))
    }

    /// Time limits for all requests, as far as they state none of their own. A limit for the whole that is set here ends
    /// transfers and listings too.
    pub fn timeouts(self, timeouts: Timeouts) -> Self {
        self.map("timeouts", |transport| transport.timeouts(timeouts))
    }

    /// Time limits for requests that carry file contents; those of [`timeouts`](Self::timeouts) where these say nothing.
    pub fn transfer_timeouts(self, timeouts: Timeouts) -> Self {
        self.map("transfer_timeouts", |transport| transport.transfer_timeouts(timeouts))
    }

    /// How long a download waits for the Hub to say what a file or revision is, where what is kept can stand in for its response.
    /// Default 10 s; from the environment, what `HF_HUB_ETAG_TIMEOUT` says. Python: `etag_timeout`.
    pub fn etag_timeout(mut self, limit: Duration) -> Self {
        self.download_timeouts = self.download_timeouts.metadata(limit);
        self
    }

    /// How long the content of a file may take to begin to arrive, and then stand still, before the transfer is continued over
    /// another connection. Default: what [`transfer_timeouts`](Self::transfer_timeouts) says, else 10 s; from the
    /// environment, what `HF_HUB_DOWNLOAD_TIMEOUT` says.
    pub fn download_timeout(mut self, limit: Duration) -> Self {
        self.download_timeouts = self.download_timeouts.content(limit);
        self
    }

    /// Whether the Hub is asked. Default [`NetworkPolicy::Online`]; from the environment, what `HF_HUB_OFFLINE` says.
    pub fn network(mut self, policy: NetworkPolicy) -> Self {
        self.network = policy;
        self
    }

    /// Whether large files travel by Xet, which moves only what the other side has not. Default [`XetPolicy::Auto`]; from the environment,
    /// [`XetPolicy::Never`] with `HF_HUB_DISABLE_XET`.
    pub fn xet(mut self, policy: XetPolicy) -> Self {
        self.xet = policy;
        self
    }

    /// Whether a cache keeps what comes by Xet once for all its repositories, as versions 2.x of the Python client do. Default true, and
    /// false with [`XetPolicy::Never`]; from the environment, false with `HF_HUB_DISABLE_SHARED_BLOBS`. What is shared already is read
    /// and deleted all the same.
    pub fn shared_blobs(mut self, yes: bool) -> Self {
        self.shared_blobs = yes;
        self
    }

    /// The folder in which libraries keep what they make of downloads, for [`HfApi::cached_assets_path`]. From the environment:
    /// `HF_ASSETS_CACHE`, else `assets` in `HF_HOME`, else in `~/.cache/huggingface`. Default none.
    pub fn assets_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.assets_dir = Some(folder.into());
        self
    }

    /// The folder in which uploads by Xet keep what they know of the chunks that a Hub has, so that a new version of a file costs what
    /// has changed. From the environment: `HF_XET_CACHE`, else `xet` in `HF_HOME`, else in `~/.cache/huggingface`. Without a folder
    /// nothing is kept between uploads.
    pub fn xet_cache(mut self, folder: impl Into<PathBuf>) -> Self {
        self.xet_cache = Some(folder.into());
        self
    }

    /// Whether chunks that are sent by Xet are compressed. Default always; [`XetCompression::Adaptive`] where the network is faster than
    /// that.
    pub fn xet_compression(mut self, compression: XetCompression) -> Self {
        self.xet_compression = compression;
        self
    }

    /// Contacts nothing but the endpoint and these hosts: `host`, `host:port` or `*.domain`. Default: any host.
    ///
    /// Large files of the public Hub come from storage hosts, where the endpoint redirects to. A redirect or an upload
    /// URL that leads to a host that is not listed is [`ErrorKind::HostNotAllowed`](crate::ErrorKind::HostNotAllowed),
    /// before anything is sent there. [`HfApi::contacted_hosts`] tells which hosts a program needs.
    pub fn strict_origin<H: Into<String>>(self, hosts: impl IntoIterator<Item = H>) -> Self {
        self.map("strict_origin", |transport| transport.strict_origin(hosts))
    }

    /// The most bytes a second that uploads and downloads of this client may take together, in both directions. Default
    /// 0: no limit. Calls that carry no file contents never wait.
    pub fn max_bandwidth(self, bytes_per_second: u64) -> Self {
        self.map("max_bandwidth", |transport| transport.max_bandwidth(bytes_per_second))
    }

    /// How many requests may be waiting for the head of their response at once, at least 1. Default: no limit.
    pub fn concurrency_limit(self, requests: usize) -> Self {
        self.map("concurrency_limit", |transport| transport.concurrency_limit(requests))
    }

    /// The clock of all waits, and of the end of tokens. Default: that of the runtime.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        self.map("clock", |transport| transport.clock(clock))
    }

    /// Makes an asynchronous client.
    ///
    /// # Errors
    /// When the endpoint is not an absolute http or https URL, the token cannot be sent, or there is no inner service.
    pub fn build(self) -> Result<HfApi<Async>, Error> {
        if let Some(problem) = self.problem.or(self.variables.into_iter().next().map(|(_, problem)| problem))
        {
            return Err(problem);
        }
        let transport = match self.base {
            Base::Settings(transport) => {
                let transport = match self.library_name {
                    Some(name) => transport.library(name, self.library_version),
                    None => *transport,
                };
                let transport = match self.network {
                    NetworkPolicy::Offline => transport.offline(true),
                    _ => transport,
                };
                transport.build()?
            }
            Base::Finished(_) if self.library_name.is_some() => {
                return Err(Error::setup(
                    "`library_name` is part of the user-agent, which a finished transport has already",
                ));
            }
            Base::Finished(transport) if self.network == NetworkPolicy::Offline => transport.refusing(),
            Base::Finished(transport) => transport,
        };
        let transport = match self.token {
            Some(make) => {
                let source = make(&transport.with_token_source(Arc::new(Anonymous)));
                transport.with_token_source(source)
            }
            None => transport,
        };
        let settings = Settings {
            cache_dir: self.cache_dir,
            network: self.network,
            download_timeouts: self.download_timeouts,
            xet: self.xet,
            separate_blobs: !self.shared_blobs,
            assets_dir: self.assets_dir,
            xet_cache: self.xet_cache,
            xet_compression: self.xet_compression,
        };
        Ok(HfApi::with_settings(transport, settings))
    }

    /// Makes a blocking client.
    ///
    /// # Errors
    /// As for [`HfApiBuilder::build`].
    pub fn build_blocking(self) -> Result<BlockingHfApi, Error> {
        Ok(self.build()?.into_mode::<Blocking>())
    }
}

#[cfg(feature = "hyper")]
impl HfApiBuilder {
    /// Which proxies are used. Default: none; from the environment, those of `HTTPS_PROXY` and the like.
    pub fn proxies(self, proxies: hub_transport::Proxies) -> Self {
        self.map("proxies", |transport| transport.proxies(proxies))
    }

    /// Which certificates are trusted. Default: those of the system; from the environment, those of `REQUESTS_CA_BUNDLE` or
    /// `CURL_CA_BUNDLE` where these are set.
    #[cfg(feature = "rustls")]
    pub fn tls(self, tls: hub_transport::Tls) -> Self {
        self.map("tls", |transport| transport.tls(tls))
    }

    /// How the URLs of a host are found. Default: the system's resolver.
    pub fn resolver(self, resolver: Arc<dyn hub_transport::Resolve>) -> Self {
        self.map("resolver", |transport| transport.resolver(resolver))
    }

    /// How a byte stream to a host and port is opened. Default: TCP.
    pub fn connector(self, connector: Arc<dyn hub_transport::Connect>) -> Self {
        self.map("connector", |transport| transport.connector(connector))
    }

    /// How long each step of connecting may take. Default 10 s.
    pub fn connect_timeout(self, limit: std::time::Duration) -> Self {
        self.map("connect_timeout", |transport| transport.connect_timeout(limit))
    }
}

#[cfg(all(test, feature = "rustls"))]
mod tests {
    use hub_transport::{Proxies, Tls, testing::Script};

    use super::*;

    #[test]
    fn a_wrong_variable_is_of_no_matter_where_the_program_sets_the_same() {
        let wrong = || HfApiBuilder::new().network_from_vars(|_| Some("/no/such:thing".to_owned()));
        assert!(wrong().build().is_err() && wrong().proxies(Proxies::none()).build().is_err());
        assert!(wrong().proxies(Proxies::none()).tls(Tls::system()).build().is_ok());
        assert!(wrong().transport(Transport::builder("https://hub.test")).build().is_ok());
        assert!(wrong().inner_service(Script::new([])).build().is_ok());
    }
}
