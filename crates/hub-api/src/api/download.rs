//! Downloading files.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use hub_download::{
    Cache, DownloadOptions, FileRequest, Parts, SnapshotRequest, Target, hf_hub_download, snapshot_download,
};
use hub_types::pattern;
use hub_types::{Message, RepoRef, Revision, SafeRelPath, progress::Progress};

use crate::{
    Async, Call, Error, HfApi, Mode, NetworkPolicy, Operation,
    args::{HasProgress, HasRepo, HasRevision},
    repo_arg::RepoArg,
};

/// The call that [`HfApi::hf_hub_download`] makes.
pub type HfHubDownloadCall<M = Async> = Call<HfHubDownload, M>;
/// The call that [`HfApi::snapshot_download`] makes.
pub type SnapshotDownloadCall<M = Async> = Call<SnapshotDownload, M>;

/// How many large files are downloaded at once unless the caller says otherwise.
const MAX_WORKERS: usize = 8;

/// What both downloads have: from where and to where.
#[derive(Clone)]
pub struct DownloadArgs {
    repo: RepoArg,
    revision: Option<String>,
    local_dir: Option<PathBuf>,
    cache_dir: Option<PathBuf>,
    etag_timeout: Option<Duration>,
    force: bool,
    local_files_only: bool,
    parts: Parts,
    progress: Option<Arc<dyn Progress>>,
}

impl fmt::Debug for DownloadArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DownloadArgs")
            .field("repo", &self.repo)
            .field("revision", &self.revision)
            .field("local_dir", &self.local_dir)
            .field("cache_dir", &self.cache_dir)
            .finish_non_exhaustive()
    }
}

impl DownloadArgs {
    fn new(repo: RepoArg) -> Self {
        Self {
            repo,
            revision: None,
            local_dir: None,
            cache_dir: None,
            etag_timeout: None,
            force: false,
            local_files_only: false,
            parts: Parts::new(),
            progress: None,
        }
    }

    fn target(&self, api: &HfApi) -> Result<Target, Error> {
        target(api, self.local_dir.as_deref(), self.cache_dir.as_deref())
    }

    /// The options, with what the client says where the call says nothing.
    fn options(&self, api: &HfApi) -> DownloadOptions {
        let timeouts = api.download_timeouts();
        let timeouts = self.etag_timeout.map_or(timeouts, |limit| timeouts.metadata(limit));
        let options = DownloadOptions::new().timeouts(timeouts).parts(self.parts).xet(api.xet());
        let options = options.shared_blobs(api.shared_blobs());
        let options = options.force_download(self.force).local_files_only(self.local_files_only);
        match &self.progress {
            Some(progress) => options.progress(Arc::clone(progress)),
            None => options,
        }
    }

    /// The repository and the revision that are wanted.
    fn wanted(&self, api: &HfApi, target: &Target) -> Result<(RepoRef, Revision), Error> {
        let (repo, revision) = self.repo.at_or_main(self.revision.as_deref())?;
        let revision = match target {
            Target::Cache(cache) if !self.force => preferred(api, cache, &repo, revision)?,
            _ => revision,
        };
        Ok((repo, revision))
    }
}

/// The commit that the cache has for a revision, if the client prefers its cache; else the revision.
pub(super) fn preferred(
    api: &HfApi,
    cache: &Cache,
    repo: &RepoRef,
    revision: Revision,
) -> Result<Revision, Error> {
    match api.network() {
        NetworkPolicy::PreferCache => Ok(cache.commit_of(repo, &revision)?.map_or(revision, Revision::from)),
        NetworkPolicy::Online | NetworkPolicy::Offline => Ok(revision),
    }
}

/// There is nowhere to look for what was downloaded.
pub(super) fn no_cache() -> Error {
    let text = Message::from("there is no home folder to keep a cache in: set HF_HOME, or ");
    Error::setup(text.and_argument("cache_dir").text(" or ").and_argument("local_dir"))
}

/// The cache where a call looks: its own, else that of the client.
pub(super) fn cache(
    api: &HfApi,
    cache_dir: Option<&Path>,
    local_files_only: bool,
) -> Result<Option<Cache>, Error> {
    match cache_dir.or(api.cache_dir()) {
        None if local_files_only => Err(no_cache()),
        folder => Ok(folder.map(Cache::new)),
    }
}

/// Where files are: in `local_dir`, else in `cache_dir`, else in the cache of the client.
pub(super) fn target(
    api: &HfApi,
    local_dir: Option<&Path>,
    cache_dir: Option<&Path>,
) -> Result<Target, Error> {
    if let Some(folder) = local_dir {
        return Ok(Target::Folder(folder.to_owned()));
    }
    let cache = cache_dir.or(api.cache_dir()).ok_or_else(no_cache)?;
    Ok(Target::Cache(Cache::new(cache)))
}

/// A call that downloads.
pub trait HasDownload {
    #[doc(hidden)]
    fn download_mut(&mut self, _: crate::args::Seal) -> &mut DownloadArgs;
}

/// One file.
#[derive(Debug, Clone)]
pub struct HfHubDownload {
    args: DownloadArgs,
    filename: String,
}

/// All files of a revision, or those that match.
#[derive(Debug, Clone)]
pub struct SnapshotDownload {
    args: DownloadArgs,
    names: Vec<String>,
    allow_patterns: Option<Vec<String>>,
    ignore_patterns: Vec<String>,
    max_workers: usize,
}

macro_rules! download {
    ($($operation:ty),*) => {
        $(
            impl HasDownload for $operation {
                fn download_mut(&mut self, _: crate::args::Seal) -> &mut DownloadArgs {
                    &mut self.args
                }
            }
            impl HasRepo for $operation {
                fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
                    &mut self.args.repo
                }
            }
            impl HasRevision for $operation {
                fn revision_mut(&mut self, _: crate::args::Seal) -> &mut Option<String> {
                    &mut self.args.revision
                }
            }
            impl HasProgress for $operation {
                fn progress_mut(&mut self, _: crate::args::Seal) -> &mut Option<Arc<dyn Progress>> {
                    &mut self.args.progress
                }
            }
        )*
    };
}
download!(HfHubDownload, SnapshotDownload);

impl<O: HasDownload, M: Mode> Call<O, M> {
    /// A folder that files are written to, at their paths in the repository, instead of the cache. Python: `local_dir`.
    pub fn local_dir(self, folder: impl AsRef<Path>) -> Self {
        self.edit(|operation| {
            operation.download_mut(crate::args::Seal).local_dir = Some(folder.as_ref().to_owned())
        })
    }

    /// The cache folder; unless set that of the client, see [`HfApiBuilder::cache_dir`](crate::HfApiBuilder::cache_dir).
    /// Python: `cache_dir`.
    pub fn cache_dir(self, folder: impl AsRef<Path>) -> Self {
        self.edit(|operation| {
            operation.download_mut(crate::args::Seal).cache_dir = Some(folder.as_ref().to_owned())
        })
    }

    /// Whether the Hub is never asked: only what is on this machine counts. Off unless set. Python: `local_files_only`.
    pub fn local_files_only(self, yes: bool) -> Self {
        self.edit(|operation| operation.download_mut(crate::args::Seal).local_files_only = yes)
    }

    /// Whether files that are there already are fetched again. Off unless set. Python: `force_download`.
    pub fn force_download(self, force: bool) -> Self {
        self.edit(|operation| operation.download_mut(crate::args::Seal).force = force)
    }

    /// How long the Hub may take to say what a file or revision is, where what is kept can stand in for its response; unless set
    /// that of the client, see [`HfApiBuilder::etag_timeout`](crate::HfApiBuilder::etag_timeout). Python: `etag_timeout`, which
    /// `HF_HUB_ETAG_TIMEOUT` overrules there; here the call has the last word.
    pub fn etag_timeout(self, limit: Duration) -> Self {
        self.edit(|operation| operation.download_mut(crate::args::Seal).etag_timeout = Some(limit))
    }

    /// How a large file comes over several connections: up to eight, in parts of 16 MiB, where that is faster, unless set.
    pub fn parts(self, parts: Parts) -> Self {
        self.edit(|operation| operation.download_mut(crate::args::Seal).parts = parts)
    }
}

impl<M: Mode> SnapshotDownloadCall<M> {
    /// These files, and all files of those folders whose names end in `/`; all unless set. They are names and no patterns, and each has
    /// to be there: otherwise nothing is downloaded, and the error names those that are not. Patterns choose among them.
    pub fn names<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        let names = names.into_iter().map(Into::into).collect();
        self.edit(|operation| operation.names = names)
    }

    /// Only files that match one of the patterns are downloaded; all unless set. Python: `allow_patterns`.
    pub fn allow_patterns<S: Into<String>>(self, patterns: impl IntoIterator<Item = S>) -> Self {
        let patterns = patterns.into_iter().map(Into::into).collect();
        self.edit(|operation| operation.allow_patterns = Some(patterns))
    }

    /// Files that match one of the patterns are left out. Python: `ignore_patterns`.
    pub fn ignore_patterns<S: Into<String>>(self, patterns: impl IntoIterator<Item = S>) -> Self {
        let patterns = patterns.into_iter().map(Into::into).collect();
        self.edit(|operation| operation.ignore_patterns = patterns)
    }

    /// How many large files are downloaded at once; 8 unless set, at least 1. Beside them four times as many small ones are
    /// under way, which mostly wait for a response; with 1, one file after the other. Python: `max_workers`.
    pub fn max_workers(self, workers: usize) -> Self {
        self.edit(|operation| operation.max_workers = workers.max(1))
    }
}

impl HfHubDownload {
    /// Whether the Hub is never asked.
    pub(super) const fn is_local(&self) -> bool {
        self.args.local_files_only
    }

    pub(super) fn request(self, api: &HfApi) -> Result<FileRequest, Error> {
        let mut args = self.args;
        let path = args.repo.take_path(self.filename)?.parse::<SafeRelPath>()?;
        let target = args.target(api)?;
        let (repo, revision) = args.wanted(api, &target)?;
        let wanted = FileRequest::new(repo, path, target);
        Ok(wanted.revision(revision).options(args.options(api)))
    }
}

impl Operation for HfHubDownload {
    type Output = PathBuf;

    async fn run(self, api: HfApi) -> Result<PathBuf, Error> {
        let wanted = self.request(&api)?;
        Ok(hf_hub_download(api.transport()?, wanted).await?)
    }
}

impl SnapshotDownload {
    /// Whether the Hub is never asked.
    pub(super) const fn is_local(&self) -> bool {
        self.args.local_files_only
    }

    pub(super) fn request(self, api: &HfApi) -> Result<SnapshotRequest, Error> {
        let mut args = self.args;
        let folder = args.repo.take_path(String::new())?;
        let target = args.target(api)?;
        let (repo, revision) = args.wanted(api, &target)?;
        let filter = pattern::Filter::new(self.allow_patterns.as_deref(), &self.ignore_patterns);
        let mut names = self.names;
        if !folder.is_empty() {
            names.push(format!("{folder}/"));
        }
        Ok(SnapshotRequest::new(repo, target)
            .revision(revision)
            .names(&names)?
            .filter(move |path| filter.takes(path))
            .workers(self.max_workers)
            .options(args.options(api)))
    }
}

impl Operation for SnapshotDownload {
    type Output = PathBuf;

    async fn run(self, api: HfApi) -> Result<PathBuf, Error> {
        let wanted = self.request(&api)?;
        Ok(snapshot_download(api.transport()?, wanted).await?)
    }
}

impl<M: Mode> HfApi<M> {
    /// Downloads one file into the cache, or into a [`local_dir`](Call::local_dir), and returns its path. Python:
    /// `hf_hub_download`.
    ///
    /// The cache is the one that Python programs use, in the same layout; a file that either has fetched is not fetched
    /// again. When the Hub cannot be asked or refuses, the file comes from the cache if it is there, and a warning says so. It is checked against the hash that the server announces, continued where
    /// an earlier download was interrupted, and appears only when it is complete. A file that is there with the right
    /// content is not fetched again.
    ///
    /// # Errors
    /// `RepoNotFound`, `RevisionNotFound`, `EntryNotFound`, `GatedRepo`; [`Error::Download`] when the content is wrong
    /// or cannot be written, or the Hub cannot be asked and the file is not here.
    ///
    /// Endpoint: `HEAD` and `GET /{id}/resolve/{rev}/{path}`.
    pub fn hf_hub_download(
        &self,
        repo: impl Into<RepoArg>,
        filename: impl Into<String>,
    ) -> HfHubDownloadCall<M> {
        self.call(HfHubDownload { args: DownloadArgs::new(self.arg(repo)), filename: filename.into() })
    }

    /// Downloads all files of a revision into the cache, or into a [`local_dir`](Call::local_dir), and returns the folder
    /// that has them. Python: `snapshot_download`. For an address with a path, those of that folder, or that file.
    ///
    /// Files come from one commit, also when the branch moves meanwhile. Otherwise as for
    /// [`hf_hub_download`](Self::hf_hub_download).
    ///
    /// # Errors
    /// As for [`hf_hub_download`](Self::hf_hub_download). A path that could lead out of the folder fails the whole
    /// download before anything is written.
    ///
    /// Endpoints: info, tree, and `GET /{id}/resolve/{commit}/{path}` for each file.
    pub fn snapshot_download(&self, repo: impl Into<RepoArg>) -> SnapshotDownloadCall<M> {
        self.call(SnapshotDownload {
            args: DownloadArgs::new(self.arg(repo)),
            names: Vec::new(),
            allow_patterns: None,
            ignore_patterns: Vec::new(),
            max_workers: MAX_WORKERS,
        })
    }
}
