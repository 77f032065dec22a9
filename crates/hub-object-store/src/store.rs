//! The store, and the trait by which data engines know it.

use std::{fmt, ops::Range, sync::Arc, sync::PoisonError, sync::RwLock};

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use hub_api::{HfApi, HfUri, RepoRef, Revision};
use object_store::{
    CopyOptions, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, path::Path,
};

use crate::{
    error::{at, other},
    names,
    pin::Pin,
};

/// A repository of the Hub as an object store. See the [crate](crate) for what the methods do there.
///
/// Clones share the commit that they show, and take turns when they write.
#[derive(Debug, Clone)]
pub struct HubObjectStore {
    pub(crate) shared: Arc<Shared>,
    /// Whether each object has the time of its own last commit.
    pub(crate) dates: bool,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) api: HfApi,
    pub(crate) repo: RepoRef,
    /// What was opened: the branch that is written to, unless it is a commit.
    revision: Revision,
    pin: RwLock<Arc<Pin>>,
    /// Commits of this store wait for each other rather than for the Hub to refuse them.
    pub(crate) turn: tokio::sync::Mutex<()>,
}

impl HubObjectStore {
    /// Opens a repository: an address such as `hf://datasets/ada/nums@v1`, an id, or the URL of a page of the Hub. The store shows
    /// the commit that the revision leads to now.
    ///
    /// # Errors
    /// `NotFound` when there is no such repository or revision, `Generic` for an address that names a file or folder: see
    /// [`parse`](Self::parse).
    ///
    /// Endpoint: `GET /api/{models}/{id}/commits/{rev}`.
    pub async fn open(api: &HfApi, repo: impl AsRef<str>) -> Result<Self> {
        match Self::parse(api, repo.as_ref()).await? {
            (store, root) if root.is_root() => Ok(store),
            (_, path) => Err(other(format!(
                "{} names {path} in a repository: HubObjectStore::parse gives both",
                repo.as_ref()
            ))),
        }
    }

    /// Opens the repository of an address, and gives the path in it that the address names; the root if it names none. As
    /// `object_store::parse_url` does for other stores.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    pub async fn parse(api: &HfApi, address: &str) -> Result<(Self, Path)> {
        let endpoint = api.endpoint().map_err(other)?;
        let uri = match HfUri::parse_if_address(address, &endpoint).map_err(other)? {
            Some(uri) => uri,
            None => address.parse().and_then(HfUri::new).map_err(other)?,
        };
        let path = uri.path().map(|path| names::location(path.as_str())).transpose()?;
        let revision = uri.revision().cloned();
        let store = Self::at(api, uri.repo().clone(), revision).await?;
        Ok((store, path.unwrap_or_default()))
    }

    /// Opens a repository at a revision; without one at its default branch.
    ///
    /// # Errors
    /// `NotFound` when there is no such repository or revision.
    ///
    /// Endpoint: `GET /api/{models}/{id}/commits/{rev}`.
    pub async fn at(api: &HfApi, repo: RepoRef, revision: Option<Revision>) -> Result<Self> {
        let revision = revision.unwrap_or_default();
        let pin = Pin::look_up(api, &repo, revision.as_str()).await?;
        let (api, pin, turn) = (api.clone(), RwLock::new(Arc::new(pin)), tokio::sync::Mutex::default());
        Ok(Self { shared: Arc::new(Shared { api, repo, revision, pin, turn }), dates: false })
    }

    /// Whether each object has the time of the commit that changed it last, and not that of the commit that is shown. Off unless
    /// set; listings need more requests then, at 50 objects each.
    #[must_use]
    pub fn file_dates(mut self, yes: bool) -> Self {
        self.dates = yes;
        self
    }

    /// The repository.
    pub fn repo(&self) -> &RepoRef {
        &self.shared.repo
    }

    /// The commit that the store shows: 40 hexadecimal digits.
    pub fn commit(&self) -> String {
        self.shared.pin().commit.to_string()
    }

    /// Shows the commit that the branch leads to now, and says which one that is.
    ///
    /// # Errors
    /// `NotFound` when the repository or the branch is gone.
    ///
    /// Endpoint: `GET /api/{models}/{id}/commits/{rev}`.
    pub async fn refresh(&self) -> Result<String> {
        let pin = self.shared.look_up().await?;
        let commit = pin.commit.to_string();
        self.shared.show(pin);
        Ok(commit)
    }
}

impl Shared {
    pub(crate) fn pin(&self) -> Arc<Pin> {
        Arc::clone(&self.pin.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn show(&self, pin: Pin) -> Arc<Pin> {
        let pin = Arc::new(pin);
        *self.pin.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&pin);
        pin
    }

    /// The commit that the revision leads to now.
    pub(crate) async fn look_up(&self) -> Result<Pin> {
        Pin::look_up(&self.api, &self.repo, self.revision.as_str()).await
    }

    /// The branch that is written to; a commit is none.
    pub(crate) fn branch(&self) -> Result<&Revision> {
        let revision = &self.revision;
        if revision.as_commit().is_none() {
            return Ok(revision);
        }
        let reason = format!("the store was opened at the commit {revision}: to write, open a branch");
        Err(object_store::Error::NotSupported { source: reason.into() })
    }

    /// What went wrong with the whole repository.
    pub(crate) fn failed(&self, error: hub_api::Error) -> object_store::Error {
        at(self.repo.id.as_str(), error)
    }
}

impl fmt::Display for HubObjectStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { repo, .. } = &*self.shared;
        write!(f, "HubObjectStore(hf://{}/{}@{})", repo.repo_type.plural(), repo.id, self.commit())
    }
}

#[async_trait]
impl ObjectStore for HubObjectStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, opts: PutOptions) -> Result<PutResult> {
        self.put_file(location, Bytes::from(payload).into(), opts).await
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.begin_multipart(location, opts)
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.read(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<Bytes>> {
        self.read_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.clone().delete_all(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.clone().list_all(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.list_folder(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.copy_file(from, to, options).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.rename_file(from, to, options).await
    }
}
