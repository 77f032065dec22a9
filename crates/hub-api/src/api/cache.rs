//! What the cache knows without a file: commits of branches, listings; and a place for what libraries make of downloads.

use std::path::{Path, PathBuf};

use hub_download::{
    Cache, DownloadError, ResolveRequest, ResolvedRevision, cached_assets_path, resolve_revision,
};
use hub_types::TreeEntry;

use crate::{
    Async, Call, Error, HfApi, Mode, Operation, api::download, args::of_a_revision, repo_arg::RepoArg,
};

/// The call that [`HfApi::resolve_revision`] makes.
pub type ResolveRevisionCall<M = Async> = Call<ResolveRevision, M>;
/// The call that [`HfApi::get_cached_repo_tree`] makes.
pub type GetCachedRepoTreeCall<M = Async> = Call<GetCachedRepoTree, M>;
/// The call that [`HfApi::cached_assets_path`] makes.
pub type CachedAssetsPathCall<M = Async> = Call<CachedAssetsPath, M>;

/// A revision whose commit is wanted.
#[derive(Debug, Clone)]
pub struct ResolveRevision {
    repo: RepoArg,
    revision: Option<String>,
    resolved: Option<ResolvedRevision>,
    cache_dir: Option<PathBuf>,
    local_files_only: bool,
}

impl<M: Mode> ResolveRevisionCall<M> {
    /// What an earlier call gave, instead of a name: of the same repository it is the result, and nothing is sent; of another one, the
    /// name that was asked for then is asked for again.
    pub fn resolved(self, revision: &ResolvedRevision) -> Self {
        let revision = revision.clone();
        self.edit(|operation| operation.resolved = Some(revision))
    }

    /// The cache folder; unless set that of the client. Python: `cache_dir`.
    pub fn cache_dir(self, folder: impl AsRef<Path>) -> Self {
        self.edit(|operation| operation.cache_dir = Some(folder.as_ref().to_owned()))
    }

    /// Whether the Hub is never asked: only what the cache notes counts. Off unless set. Python: `local_files_only`.
    pub fn local_files_only(self, yes: bool) -> Self {
        self.edit(|operation| operation.local_files_only = yes)
    }
}

impl Operation for ResolveRevision {
    type Output = ResolvedRevision;

    async fn run(self, api: HfApi) -> Result<ResolvedRevision, Error> {
        let (repo, named) = self.repo.at_or_main(self.revision.as_deref())?;
        let revision = match self.resolved {
            Some(resolved) if resolved.repo == repo => return Ok(resolved),
            Some(resolved) => resolved.initial,
            None => named,
        };
        let cache = download::cache(&api, self.cache_dir.as_deref(), self.local_files_only)?;
        let revision = match &cache {
            Some(cache) if !self.local_files_only => {
                let known = download::preferred(&api, cache, &repo, revision.clone())?;
                if let Some(commit) = known.as_commit() {
                    let mut found = ResolvedRevision::of(repo, commit);
                    found.initial = revision;
                    return Ok(found);
                }
                revision
            }
            _ => revision,
        };
        let wanted = ResolveRequest::new(repo).revision(revision).cache(cache);
        let wanted = wanted.local_files_only(self.local_files_only);
        Ok(resolve_revision(api.transport()?, wanted).await?)
    }
}

/// The files of a commit, as they were listed when it was downloaded.
#[derive(Debug, Clone)]
pub struct GetCachedRepoTree {
    repo: RepoArg,
    revision: Option<String>,
    cache_dir: Option<PathBuf>,
    local_dir: Option<PathBuf>,
}

impl<M: Mode> GetCachedRepoTreeCall<M> {
    /// The cache folder; unless set that of the client. Python: `cache_dir`.
    pub fn cache_dir(self, folder: impl AsRef<Path>) -> Self {
        self.edit(|operation| operation.cache_dir = Some(folder.as_ref().to_owned()))
    }

    /// The folder that the files were downloaded to, if not the cache. Which commit a branch or tag is the cache says all the same.
    /// Python: `local_dir`.
    pub fn local_dir(self, folder: impl AsRef<Path>) -> Self {
        self.edit(|operation| operation.local_dir = Some(folder.as_ref().to_owned()))
    }
}

impl Operation for GetCachedRepoTree {
    type Output = Vec<TreeEntry>;

    async fn run(self, api: HfApi) -> Result<Vec<TreeEntry>, Error> {
        let (repo, revision) = self.repo.at_or_main(self.revision.as_deref())?;
        let cache = self.cache_dir.as_deref().or(api.cache_dir()).map(Cache::new);
        let target = download::target(&api, self.local_dir.as_deref(), self.cache_dir.as_deref())?;
        let listed = move || target.listed_files(&repo, &revision, cache.as_ref());
        Ok(tokio::task::spawn_blocking(listed).await.map_err(|_| DownloadError::Stopped)??)
    }
}

/// A folder for what a library makes of downloads.
#[derive(Debug, Clone)]
pub struct CachedAssetsPath {
    library_name: String,
    namespace: String,
    subfolder: String,
    assets_dir: Option<PathBuf>,
}

impl<M: Mode> CachedAssetsPathCall<M> {
    /// What the files belong to, such as a repository; `default` unless set. Python: `namespace`.
    pub fn namespace(self, name: impl Into<String>) -> Self {
        self.edit(|operation| operation.namespace = name.into())
    }

    /// The folder in it; `default` unless set. Python: `subfolder`.
    pub fn subfolder(self, name: impl Into<String>) -> Self {
        self.edit(|operation| operation.subfolder = name.into())
    }

    /// The folder of all assets; unless set that of the client, see
    /// [`HfApiBuilder::assets_dir`](crate::HfApiBuilder::assets_dir). Python: `assets_dir`.
    pub fn assets_dir(self, folder: impl AsRef<Path>) -> Self {
        self.edit(|operation| operation.assets_dir = Some(folder.as_ref().to_owned()))
    }
}

impl Operation for CachedAssetsPath {
    type Output = PathBuf;

    async fn run(self, api: HfApi) -> Result<PathBuf, Error> {
        let assets = self.assets_dir.or_else(|| api.assets_dir().map(Path::to_owned)).ok_or_else(|| {
            Error::setup(
                "there is no home folder to keep assets in: set HF_HOME, or name one with `assets_dir`",
            )
        })?;
        let make = move || cached_assets_path(&assets, &self.library_name, &self.namespace, &self.subfolder);
        Ok(tokio::task::spawn_blocking(make).await.map_err(|_| DownloadError::Stopped)??)
    }
}

of_a_revision!(ResolveRevision, GetCachedRepoTree);

impl<M: Mode> HfApi<M> {
    /// The commit that a branch or tag leads to, so that several downloads are of one state. Python: `resolve_revision`.
    ///
    /// A full commit id is itself, and nothing is sent. What the Hub says is noted in the cache; when it cannot be asked, the note
    /// answers. What a method takes as a revision, it takes from the result:
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let hub = hub_server::EmbeddedHub::temporary().token("ada", "hf_ada", hub_server::TokenRole::Write).repo("ada/demo").build()?;
    /// # let api = hub_api::HfApi::builder().endpoint("http://hub.local").token("hf_ada").inner_service(hub).inner_is_private().build()?;
    /// # let commit = api.upload_file(&b"{}"[..], "config.json", "ada/demo").await?.oid;
    /// let main = api.resolve_revision("ada/demo").await?;
    /// assert_eq!((main.to_string().as_str(), main.commit.as_str()), ("main", commit.as_str()));
    /// let text = api.read_file("ada/demo", "config.json").revision(&main).await?;
    /// # assert_eq!(text.size(), 2);
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `RepoNotFound`, `RevisionNotFound`; [`DownloadError::Unresolved`] when the Hub cannot be asked and the cache does not know.
    ///
    /// Endpoint: info.
    pub fn resolve_revision(&self, repo: impl Into<RepoArg>) -> ResolveRevisionCall<M> {
        let repo = self.arg(repo);
        self.call(ResolveRevision {
            repo,
            revision: None,
            resolved: None,
            cache_dir: None,
            local_files_only: false,
        })
    }

    /// The files of a revision as they were listed when all of it was downloaded. Nothing is sent. Python: `get_cached_repo_tree`.
    ///
    /// Each has its path, size and git id, that of its LFS object, and in `extra` the Xet hash as `xetHash`.
    ///
    /// # Errors
    /// [`DownloadError::NoListing`] when none is kept: only [`snapshot_download`](Self::snapshot_download) keeps one.
    pub fn get_cached_repo_tree(&self, repo: impl Into<RepoArg>) -> GetCachedRepoTreeCall<M> {
        let repo = self.arg(repo);
        self.call(GetCachedRepoTree { repo, revision: None, cache_dir: None, local_dir: None })
    }

    /// A folder, made if it is missing, in which a library keeps what it makes of downloads: `library/namespace/subfolder` in that of
    /// all assets. Nothing is sent. Python: `cached_assets_path`.
    ///
    /// # Errors
    /// When there is no folder of assets, a name is empty or leads elsewhere, or the folder cannot be made.
    pub fn cached_assets_path(&self, library_name: impl Into<String>) -> CachedAssetsPathCall<M> {
        let default = || "default".to_owned();
        self.call(CachedAssetsPath {
            library_name: library_name.into(),
            namespace: default(),
            subfolder: default(),
            assets_dir: None,
        })
    }
}
