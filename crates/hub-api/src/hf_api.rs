//! The client.

use std::{
    fmt,
    marker::PhantomData,
    path::{Path, PathBuf},
    sync::Arc,
};

use hub_commit::{CommitOptions, XetCompression};
use hub_download::DownloadTimeouts;
use hub_endpoints::XetPolicy;
use hub_transport::Transport;

use crate::{Async, Error, Mode, NetworkPolicy};

/// The client of a Hub. Python: `HfApi`.
///
/// Cheap to clone; all clones share connections, the retry budget and settings. `HfApi` is asynchronous; a
/// [`BlockingHfApi`] has the same methods and runs calls with `.send()`.
///
/// ```
/// # use hub_api::HfApi;
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let hub = hub_server::EmbeddedHub::temporary().token("ada", "hf_ada", hub_server::TokenRole::Write).build()?;
/// # let api = HfApi::builder().endpoint("http://hub.local").token("hf_ada").inner_service(hub).inner_is_private().build()?;
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
    settings: Settings,
}

/// Folder of what uploads know of chunks, inside that of Xet, which other clients have for theirs too.
const XET_INDEX: &str = "hub-xorbs";

/// What is no matter of the transport.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) cache_dir: Option<PathBuf>,
    pub(crate) network: NetworkPolicy,
    pub(crate) download_timeouts: DownloadTimeouts,
    pub(crate) xet: XetPolicy,
    /// Whether each repository of a cache keeps what comes by Xet for itself.
    pub(crate) separate_blobs: bool,
    pub(crate) assets_dir: Option<PathBuf>,
    pub(crate) xet_cache: Option<PathBuf>,
    pub(crate) xet_compression: XetCompression,
}

impl HfApi {
    /// A client over a finished transport, without a cache: see [`HfApi::builder_over`].
    pub fn from_transport(transport: Transport) -> Self {
        Self::with_settings(transport, Settings::default())
    }

    /// A client whose calls all say why they cannot be made.
    pub(crate) fn unusable(reason: String) -> Self {
        let inner = Inner { transport: Err(reason), settings: Settings::default() };
        Self { inner: Arc::new(inner), mode: PhantomData }
    }

    pub(crate) fn with_settings(transport: Transport, settings: Settings) -> Self {
        let inner = Inner { transport: Ok(transport), settings };
        Self { inner: Arc::new(inner), mode: PhantomData }
    }
}

impl<M: Mode> HfApi<M> {
    /// The same client over another transport, or one whose calls all say why there is none.
    pub(crate) fn over(&self, transport: Result<Transport, String>) -> Self {
        let inner = Inner { transport, settings: self.inner.settings.clone() };
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
        self.inner.settings.cache_dir.as_deref()
    }

    /// Whether this client asks the Hub.
    pub fn network(&self) -> NetworkPolicy {
        self.inner.settings.network
    }

    /// How long downloads of this client wait for a server that says nothing: what
    /// [`etag_timeout`](crate::HfApiBuilder::etag_timeout) and [`download_timeout`](crate::HfApiBuilder::download_timeout) have
    /// set. For downloads that no method makes.
    pub fn download_timeouts(&self) -> DownloadTimeouts {
        self.inner.settings.download_timeouts
    }

    /// These options with what the client says about Xet.
    pub(crate) fn with_xet(&self, options: CommitOptions) -> CommitOptions {
        let Settings { xet, xet_cache, xet_compression, .. } = &self.inner.settings;
        let options = options.xet(*xet).xet_compression(*xet_compression);
        match xet_cache {
            Some(folder) => options.xet_index(folder.join(XET_INDEX)),
            None => options,
        }
    }

    /// Whether large files of this client travel by Xet.
    pub(crate) fn xet(&self) -> XetPolicy {
        self.inner.settings.xet
    }

    /// Whether a cache of this client keeps what comes by Xet once for all repositories.
    pub(crate) fn shared_blobs(&self) -> bool {
        !self.inner.settings.separate_blobs
    }

    /// The folder in which libraries keep what they make of downloads, unless a call says otherwise.
    pub fn assets_dir(&self) -> Option<&Path> {
        self.inner.settings.assets_dir.as_deref()
    }

    /// The hosts that requests of this client and its clones were sent to, as `host` or `host:port`, in alphabetical order.
    /// See [`strict_origin`](crate::HfApiBuilder::strict_origin).
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
