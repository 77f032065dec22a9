//! The client.

use std::{
    fmt,
    marker::PhantomData,
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use hub_download::DownloadTimeouts;
use hub_transport::Transport;

use crate::{Async, Call, Config, Error, HfApiBuilder, Listing, Mode, NetworkPolicy};

/// The client of a Hub. Python: `HfApi`.
///
/// Cheap to clone; all clones share connections, the retry budget and settings. `HfApi` is asynchronous; a
/// [`BlockingHfApi`] has the same methods and runs calls with `.send()`.
///
/// ```
/// # use hub_api::HfApi;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let hub = hub_local::LocalHub::temporary().token("ada", "hf_ada", hub_local::TokenRole::Write).build()?;
/// # let api = HfApi::builder().endpoint("http://hub.local").token("hf_ada").leaf(hub).inner_is_private().build()?;
/// let url = api.create_repo("ada/demo").exist_ok(true).await?;
/// let info = api.model_info("ada/demo").await?;
/// assert_eq!((url.repo_id().as_str(), info.author.as_deref()), ("ada/demo", Some("ada")));
/// # Ok(()) }
/// ```
pub struct HfApi<M: Mode = Async> {
    inner: Arc<Inner>,
    mode: PhantomData<M>,
}

/// [`HfApi`] whose calls block the thread.
pub type BlockingHfApi = HfApi<crate::Blocking>;

struct Inner {
    /// The transport, or why there is none: the shared client of the free functions reports that when it is used.
    transport: Result<Transport, String>,
    cache_dir: Option<PathBuf>,
    network: NetworkPolicy,
    download_timeouts: DownloadTimeouts,
}

impl HfApi {
    /// Starts a client for the public Hub without a token; reads nothing from the environment.
    pub fn builder() -> HfApiBuilder {
        HfApiBuilder::new()
    }

    /// Starts a client with what the environment says: endpoint, token store, offline mode, proxies.
    ///
    /// The variables are those of the Python client: see [`Config`] and [`hub_auth::HfFolder`].
    pub fn builder_from_env() -> HfApiBuilder {
        HfApiBuilder::from_env(&Config::from_env())
    }

    /// A client with what the environment says. Python: `HfApi()`.
    ///
    /// # Errors
    /// When a variable cannot be used, for example an `HF_ENDPOINT` that is not a URL.
    pub fn from_env() -> Result<Self, Error> {
        Self::builder_from_env().build()
    }

    /// Starts a client over a finished transport, for example a whole stack of the caller's: nothing is added to it. Cache,
    /// network policy and, where the stack adds tokens, the token can be set; to set anything else is an error.
    pub fn builder_over(transport: Transport) -> HfApiBuilder {
        HfApiBuilder::over(transport)
    }

    /// A client over a finished transport, without a cache: see [`HfApi::builder_over`].
    pub fn from_transport(transport: Transport) -> Self {
        Self::with_cache(transport, None, NetworkPolicy::Online, DownloadTimeouts::default())
    }

    pub(crate) fn with_cache(
        transport: Transport,
        cache_dir: Option<PathBuf>,
        network: NetworkPolicy,
        download_timeouts: DownloadTimeouts,
    ) -> Self {
        let inner = Inner { transport: Ok(transport), cache_dir, network, download_timeouts };
        Self { inner: Arc::new(inner), mode: PhantomData }
    }

    /// The client of the free functions, made from the environment when it is first used.
    pub(crate) fn shared() -> Self {
        static SHARED: OnceLock<HfApi> = OnceLock::new();
        SHARED
            .get_or_init(|| match Self::from_env() {
                Ok(api) => api,
                Err(error) => {
                    let transport = Err(error.to_string());
                    let inner = Inner {
                        transport,
                        cache_dir: None,
                        network: NetworkPolicy::Online,
                        download_timeouts: DownloadTimeouts::default(),
                    };
                    Self { inner: Arc::new(inner), mode: PhantomData }
                }
            })
            .clone()
    }
}

impl<M: Mode> HfApi<M> {
    /// The same client over another transport, or one whose calls all say why there is none.
    pub(crate) fn over(&self, transport: Result<Transport, String>) -> Self {
        let (cache_dir, network) = (self.inner.cache_dir.clone(), self.inner.network);
        let download_timeouts = self.inner.download_timeouts;
        let inner = Inner { transport, cache_dir, network, download_timeouts };
        Self { inner: Arc::new(inner), mode: PhantomData }
    }

    /// The transport below: for requests that no method makes.
    ///
    /// # Errors
    /// When the client is that of the free functions and the environment cannot be used.
    pub fn transport(&self) -> Result<&Transport, Error> {
        self.inner.transport.as_ref().map_err(|reason| Error::setup(reason.clone()))
    }

    /// The folder that downloads are kept in unless a call says otherwise.
    pub fn cache_dir(&self) -> Option<&Path> {
        self.inner.cache_dir.as_deref()
    }

    /// Whether this client asks the Hub.
    pub fn network(&self) -> NetworkPolicy {
        self.inner.network
    }

    /// How long downloads of this client wait for a server that says nothing.
    pub(crate) fn download_timeouts(&self) -> DownloadTimeouts {
        self.inner.download_timeouts
    }

    /// The hosts that requests of this client and its clones were sent to, as `host` or `host:port`, in alphabetical order.
    /// See [`strict_origin`](HfApiBuilder::strict_origin).
    pub fn contacted_hosts(&self) -> Vec<String> {
        self.inner.transport.as_ref().map(Transport::contacted_hosts).unwrap_or_default()
    }

    /// The Hub that this client talks to, without a trailing slash.
    ///
    /// # Errors
    /// When the client is that of the free functions and the environment names no usable endpoint.
    pub fn endpoint(&self) -> Result<String, Error> {
        Ok(self.transport()?.endpoint().to_string())
    }

    /// The same client with calls run in another way; connections and settings stay shared.
    pub(crate) fn into_mode<N: Mode>(self) -> HfApi<N> {
        HfApi { inner: self.inner, mode: PhantomData }
    }

    /// This client with blocking calls.
    pub fn blocking(&self) -> BlockingHfApi {
        self.clone().into_mode()
    }

    pub(crate) fn call<O>(&self, operation: O) -> Call<O, M> {
        Call::new(self.clone(), operation)
    }

    pub(crate) fn listing<O>(&self, operation: O) -> Listing<O, M> {
        Listing::new(self.clone(), operation)
    }
}

impl<M: Mode> Clone for HfApi<M> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner), mode: PhantomData }
    }
}

impl<M: Mode> fmt::Debug for HfApi<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint = self.endpoint().unwrap_or_default();
        f.debug_struct("HfApi").field("endpoint", &endpoint).finish_non_exhaustive()
    }
}
