//! What is known of a file without fetching it: from the Hub, from the cache, and from its name alone.

use std::path::{Path, PathBuf};

use hub_download::{Cache, Cached, DownloadError, FileMetadata, metadata_at};
use hub_types::{SafeRelPath, route};

use crate::{Async, Call, Error, HfApi, Mode, Operation, args::of_a_revision, repo_arg::RepoArg};

/// The call that [`HfApi::get_hf_file_metadata`] makes.
pub type GetHfFileMetadataCall<M = Async> = Call<GetHfFileMetadata, M>;
/// The call that [`HfApi::hf_hub_url`] makes.
pub type HfHubUrlCall<M = Async> = Call<HfHubUrl, M>;
/// The call that [`HfApi::try_to_load_from_cache`] makes.
pub type TryToLoadFromCacheCall<M = Async> = Call<TryToLoadFromCache, M>;

/// `HEAD` of a file's URL
#[derive(Debug, Clone)]
pub struct GetHfFileMetadata {
    url: String,
}

impl Operation for GetHfFileMetadata {
    type Output = FileMetadata;

    async fn run(self, api: HfApi) -> Result<FileMetadata, Error> {
        Ok(metadata_at(api.transport()?, &self.url).await?)
    }
}

/// The URL of a file.
#[derive(Debug, Clone)]
pub struct HfHubUrl {
    repo: RepoArg,
    filename: String,
    subfolder: Option<String>,
    revision: Option<String>,
    endpoint: Option<String>,
}

impl<M: Mode> HfHubUrlCall<M> {
    /// A folder of the repository that the file is in; unless set, the file's name is its whole path. Python: `subfolder`.
    pub fn subfolder(self, folder: impl Into<String>) -> Self {
        self.edit(|operation| operation.subfolder = Some(folder.into()))
    }

    /// Another Hub than the client's. Python: `endpoint`.
    pub fn endpoint(self, url: impl Into<String>) -> Self {
        self.edit(|operation| operation.endpoint = Some(url.into()))
    }
}

impl Operation for HfHubUrl {
    type Output = String;

    async fn run(mut self, api: HfApi) -> Result<String, Error> {
        let path = match self.subfolder.as_deref().filter(|folder| !folder.is_empty()) {
            Some(folder) => format!("{folder}/{}", self.filename),
            None => self.filename,
        };
        let path: SafeRelPath = self.repo.take_path(path)?.parse()?;
        let (repo, revision) = self.repo.at_or_main(self.revision.as_deref())?;
        let endpoint: hub_transport::BaseUrl = match self.endpoint {
            Some(endpoint) => endpoint.parse()?,
            None => api.transport()?.endpoint().clone(),
        };
        let route = route::repo(&repo).resolve(&revision, path.as_str());
        Ok(endpoint.join(&route)?.to_string())
    }
}

/// Looks for a file in the cache.
#[derive(Debug, Clone)]
pub struct TryToLoadFromCache {
    repo: RepoArg,
    filename: String,
    revision: Option<String>,
    cache_dir: Option<PathBuf>,
}

impl<M: Mode> TryToLoadFromCacheCall<M> {
    /// The cache folder; unless set that of the client. Python: `cache_dir`.
    pub fn cache_dir(self, folder: impl AsRef<Path>) -> Self {
        self.edit(|operation| operation.cache_dir = Some(folder.as_ref().to_owned()))
    }
}

impl Operation for TryToLoadFromCache {
    type Output = Cached;

    async fn run(mut self, api: HfApi) -> Result<Cached, Error> {
        let path: SafeRelPath = self.repo.take_path(self.filename)?.parse()?;
        let (repo, revision) = self.repo.at_or_main(self.revision.as_deref())?;
        let Some(folder) = self.cache_dir.as_deref().or(api.cache_dir()) else { return Ok(Cached::Unknown) };
        let cache = Cache::new(folder);
        let found = tokio::task::spawn_blocking(move || cache.find(&repo, &revision, &path)).await;
        Ok(found.map_err(|_| DownloadError::Stopped)??)
    }
}

of_a_revision!(HfHubUrl, TryToLoadFromCache);

impl<M: Mode> HfApi<M> {
    /// Commit, etag, size and place of the file at a URL, as [`hf_hub_url`](Self::hf_hub_url) gives it, without
    /// fetching the file. Python: `get_hf_file_metadata`.
    ///
    /// The token is sent if the URL is on the client's own Hub, and to nobody else.
    ///
    /// # Errors
    /// `RepoNotFound`, `RevisionNotFound`, `EntryNotFound`, `GatedRepo`; [`DownloadError::Metadata`] when the response lacks
    /// commit, etag or size.
    ///
    /// Endpoint: `HEAD /{id}/resolve/{rev}/{path}`.
    pub fn get_hf_file_metadata(&self, url: impl Into<String>) -> GetHfFileMetadataCall<M> {
        self.call(GetHfFileMetadata { url: url.into() })
    }

    /// The URL that a file is downloaded from. Nothing is sent. Python: `hf_hub_url`.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), hub_api::Error> {
    /// # let hub = hub_server::EmbeddedHub::temporary().build().unwrap();
    /// # let api = hub_api::HfApi::builder().inner_service(hub).build()?;
    /// let url = api.hf_hub_url("ada/demo", "model.bin").subfolder("onnx").revision("v1").await?;
    /// assert_eq!(url, "https://huggingface.co/ada/demo/resolve/v1/onnx/model.bin");
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// When an id, a path, a revision or the endpoint cannot be one.
    pub fn hf_hub_url(&self, repo: impl Into<RepoArg>, filename: impl Into<String>) -> HfHubUrlCall<M> {
        let (repo, filename) = (self.arg(repo), filename.into());
        self.call(HfHubUrl { repo, filename, subfolder: None, revision: None, endpoint: None })
    }

    /// Where a file is in the cache, or whether the revision is known not to have it. Nothing is sent, and nothing is an
    /// response too: [`Cached::Unknown`]. Python: `try_to_load_from_cache`.
    ///
    /// # Errors
    /// When an id, a path or a revision cannot be one.
    pub fn try_to_load_from_cache(
        &self,
        repo: impl Into<RepoArg>,
        filename: impl Into<String>,
    ) -> TryToLoadFromCacheCall<M> {
        let (repo, filename) = (self.arg(repo), filename.into());
        self.call(TryToLoadFromCache { repo, filename, revision: None, cache_dir: None })
    }
}
