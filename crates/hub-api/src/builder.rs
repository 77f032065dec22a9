//! How a client is made.

use std::{path::PathBuf, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use hub_auth::{Anonymous, HfFolder, Token, TokenSource};
use hub_download::DownloadTimeouts;
use hub_transport::{Body, BoxError, HubService, RetryConfig, Timeouts, Transport, TransportBuilder};
use tower::{Layer, Service};

use crate::{Async, Blocking, BlockingHfApi, Config, Error, HfApi, NetworkPolicy};

/// Collects the settings of a client. Made by [`HfApi::builder`] and [`HfApi::builder_from_env`].
#[must_use = "a builder does nothing until it is built"]
pub struct HfApiBuilder {
    transport: TransportBuilder,
    library_name: Option<String>,
    library_version: Option<String>,
    cache_dir: Option<PathBuf>,
    network: NetworkPolicy,
    download_timeouts: DownloadTimeouts,
    problem: Option<Error>,
}

impl HfApiBuilder {
    pub(crate) fn new() -> Self {
        Self {
            transport: Transport::builder(&Config::default().endpoint),
            library_name: None,
            library_version: None,
            cache_dir: None,
            network: NetworkPolicy::Online,
            download_timeouts: DownloadTimeouts::default(),
            problem: None,
        }
    }

    pub(crate) fn from_env(config: &Config) -> Self {
        let builder = Self::new().endpoint(&config.endpoint).network(config.network);
        let builder = match &config.user_agent_origin {
            Some(origin) => builder.user_agent(format!("origin/{origin}")),
            None => builder,
        };
        #[cfg(feature = "hyper")]
        let builder = builder.network_from_env();
        let mut builder = builder.token_source(HfFolder::from_env());
        builder.cache_dir.clone_from(&config.cache_dir);
        builder.download_timeouts = config.download_timeouts;
        builder
    }

    /// Proxies, and certificates to trust, from the variables that Python programs and curl read.
    #[cfg(feature = "hyper")]
    fn network_from_env(mut self) -> Self {
        match hub_transport::Proxies::from_vars(crate::config::variable) {
            Ok(proxies) => self.transport = self.transport.proxies(proxies),
            Err(error) => self.problem = Some(error.into()),
        }
        #[cfg(feature = "rustls")]
        match hub_transport::Tls::from_vars(crate::config::variable) {
            Ok(tls) => self.transport = self.transport.tls(tls),
            Err(error) => self.problem = Some(error.into()),
        }
        self
    }

    fn map(mut self, change: impl FnOnce(TransportBuilder) -> TransportBuilder) -> Self {
        self.transport = change(self.transport);
        self
    }

    /// Where the Hub is, for example `https://huggingface.co` or `http://127.0.0.1:8080`. May have a path.
    pub fn endpoint(self, url: &str) -> Self {
        self.map(|transport| transport.endpoint(url))
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
        self.map(|transport| transport.token_source(Arc::new(source)))
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
        self.map(|transport| transport.user_agent(part))
    }

    /// The caller's service in place of the network: a proxy, a recorder, an embedded Hub. The stack stays around it. What it
    /// must and must not do stands at [`TransportBuilder::leaf`].
    pub fn leaf<S, B>(self, service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError> + 'static,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.map(|transport| transport.leaf(service))
    }

    /// States that what the service given with [`leaf`](Self::leaf) carries is protected otherwise: it is in this process, or a
    /// network of its own encrypts it. Then it gets the token for an endpoint with plain `http` too.
    pub fn inner_is_private(self) -> Self {
        self.map(TransportBuilder::inner_is_private)
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
        self.map(|transport| transport.layer(layer))
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
        self.map(|transport| transport.attempt_layer(layer))
    }

    /// How failed requests are repeated.
    pub fn retry(self, config: RetryConfig) -> Self {
        self.map(|transport| transport.retry(config))
    }

    /// Time limits for all requests, as far as they state none of their own. A limit for the whole that is set here ends
    /// transfers and listings too.
    pub fn timeouts(self, timeouts: Timeouts) -> Self {
        self.map(|transport| transport.timeouts(timeouts))
    }

    /// Time limits for requests that carry file contents; those of [`timeouts`](Self::timeouts) where these say nothing.
    pub fn transfer_timeouts(self, timeouts: Timeouts) -> Self {
        self.map(|transport| transport.transfer_timeouts(timeouts))
    }

    /// How long a download waits for the Hub to say what a file or revision is, where what is kept can stand in for its answer.
    /// Default 10 s; from the environment, what `HF_HUB_ETAG_TIMEOUT` says. Python: `etag_timeout`.
    pub fn etag_timeout(mut self, limit: Duration) -> Self {
        self.download_timeouts.metadata = limit;
        self
    }

    /// How long the content of a file may take to begin to arrive, and then stand still, before the transfer is continued over
    /// another connection. Default: what [`transfer_timeouts`](Self::transfer_timeouts) says, else 10 s; from the
    /// environment, what `HF_HUB_DOWNLOAD_TIMEOUT` says.
    pub fn download_timeout(mut self, limit: Duration) -> Self {
        self.download_timeouts.content = Some(limit);
        self
    }

    /// Whether the Hub is asked. Default [`NetworkPolicy::Online`]; from the environment, what `HF_HUB_OFFLINE` says.
    pub fn network(mut self, policy: NetworkPolicy) -> Self {
        self.network = policy;
        self.map(|transport| transport.offline(policy == NetworkPolicy::Offline))
    }

    /// Contacts nothing but the endpoint and these hosts: `host`, `host:port` or `*.domain`. Default: any host.
    ///
    /// Large files of the public Hub come from storage hosts, where the endpoint redirects to. A redirect or an upload
    /// address that leads to a host that is not listed is [`ErrorKind::HostNotAllowed`](crate::ErrorKind::HostNotAllowed),
    /// before anything is sent there. [`HfApi::contacted_hosts`] tells which hosts a program needs.
    pub fn strict_origin<H: Into<String>>(self, hosts: impl IntoIterator<Item = H>) -> Self {
        self.map(|transport| transport.strict_origin(hosts))
    }

    /// The most bytes a second that uploads and downloads of this client may take together, in both directions. Default
    /// 0: no limit. Calls that carry no file contents never wait.
    pub fn max_bandwidth(self, bytes_per_second: u64) -> Self {
        self.map(|transport| transport.max_bandwidth(bytes_per_second))
    }

    /// Makes an asynchronous client.
    ///
    /// # Errors
    /// When the endpoint is not an absolute http or https URL, the token cannot be sent, or there is no leaf.
    pub fn build(self) -> Result<HfApi<Async>, Error> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let transport = match self.library_name {
            Some(name) => self.transport.library(name, self.library_version),
            None => self.transport,
        };
        Ok(HfApi::with_cache(transport.build()?, self.cache_dir, self.network, self.download_timeouts))
    }

    /// Makes a blocking client.
    ///
    /// # Errors
    /// As for [`HfApiBuilder::build`].
    pub fn build_blocking(self) -> Result<BlockingHfApi, Error> {
        Ok(self.build()?.into_mode::<Blocking>())
    }
}
