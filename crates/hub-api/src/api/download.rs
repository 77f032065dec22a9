//! Downloading files.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures_util::{StreamExt, TryStreamExt, stream};
use hub_commit::pattern::Filter;
use hub_types::{
    CommitHash, RepoInfo, RepoRef, Revision, SafeRelPath, TreeEntry,
    progress::{Event, Phase, Progress},
};

use super::{info::GetInfo, tree::ListRepoTree};
use crate::{
    Async, Call, Error, HfApi, Mode, Operation,
    args::{HasProgress, HasRepo, HasRevision},
    download::{ContentId, Fetch, LocalDir, fetch, file_metadata},
    repo_arg::{RepoArg, revision_or_main},
};

/// The call that [`HfApi::hf_hub_download`] makes.
pub type HfHubDownloadCall<M = Async> = Call<HfHubDownload, M>;
/// The call that [`HfApi::snapshot_download`] makes.
pub type SnapshotDownloadCall<M = Async> = Call<SnapshotDownload, M>;

/// How many files are downloaded at once unless the caller says otherwise.
const MAX_WORKERS: usize = 8;

/// What both downloads have: from where and to where.
#[derive(Clone)]
pub struct DownloadArgs {
    repo: RepoArg,
    revision: Option<String>,
    local_dir: Option<PathBuf>,
    force: bool,
    progress: Option<Arc<dyn Progress>>,
}

impl fmt::Debug for DownloadArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DownloadArgs")
            .field("repo", &self.repo)
            .field("revision", &self.revision)
            .field("local_dir", &self.local_dir)
            .finish_non_exhaustive()
    }
}

impl DownloadArgs {
    fn new(repo: RepoArg) -> Self {
        Self { repo, revision: None, local_dir: None, force: false, progress: None }
    }

    fn local_dir(&self) -> Result<&Path, Error> {
        self.local_dir.as_deref().ok_or_else(|| {
            Error::setup("say where the files go: set local_dir, or --local-dir on the command line")
        })
    }

    fn report(&self, event: &Event<'_>) {
        if let Some(progress) = &self.progress {
            progress.event(event);
        }
    }
}

/// A call that downloads.
pub trait HasDownload {
    #[doc(hidden)]
    fn download_mut(&mut self) -> &mut DownloadArgs;
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
    allow_patterns: Option<Vec<String>>,
    ignore_patterns: Vec<String>,
    max_workers: usize,
}

macro_rules! download {
    ($($operation:ty),*) => {
        $(
            impl HasDownload for $operation {
                fn download_mut(&mut self) -> &mut DownloadArgs {
                    &mut self.args
                }
            }
            impl HasRepo for $operation {
                fn repo_mut(&mut self) -> &mut RepoArg {
                    &mut self.args.repo
                }
            }
            impl HasRevision for $operation {
                fn revision_mut(&mut self) -> &mut Option<String> {
                    &mut self.args.revision
                }
            }
            impl HasProgress for $operation {
                fn progress_mut(&mut self) -> &mut Option<Arc<dyn Progress>> {
                    &mut self.args.progress
                }
            }
        )*
    };
}
download!(HfHubDownload, SnapshotDownload);

impl<O: HasDownload, M: Mode> Call<O, M> {
    /// The folder that files are written to, at their paths in the repository. Required. Python: `local_dir`.
    pub fn local_dir(self, folder: impl AsRef<Path>) -> Self {
        self.edit(|operation| operation.download_mut().local_dir = Some(folder.as_ref().to_owned()))
    }

    /// Whether files that are there already are fetched again. Off unless set. Python: `force_download`.
    pub fn force_download(self, force: bool) -> Self {
        self.edit(|operation| operation.download_mut().force = force)
    }
}

impl<M: Mode> SnapshotDownloadCall<M> {
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

    /// How many files are downloaded at once; 8 unless set, at least 1. Python: `max_workers`.
    pub fn max_workers(self, workers: usize) -> Self {
        self.edit(|operation| operation.max_workers = workers.max(1))
    }
}

/// A file of a commit that is wanted in a folder.
struct Wanted {
    repo: RepoRef,
    commit: CommitHash,
    path: SafeRelPath,
    size: u64,
    id: ContentId,
}

/// Brings one file into the folder, unless it is there.
async fn download(
    api: &HfApi,
    target: &LocalDir,
    wanted: Wanted,
    args: &DownloadArgs,
) -> Result<PathBuf, Error> {
    let Wanted { repo, commit, path, size, id } = wanted;
    let places = target.places(&path).await?;
    let _lock = places.lock().await?;
    if !args.force && places.is_current(&commit, &id).await? {
        let (path, total) = (path.as_str(), size);
        args.report(&Event::File { phase: Phase::Downloading, path, position: total, total });
        return Ok(places.file);
    }
    let partial = places.partial(&id);
    let (progress, commit_id, content) = (args.progress.clone(), commit.clone(), id.clone());
    let job = Fetch { repo, commit: commit_id, path, size, id: content, partial, progress };
    fetch(api.transport()?, &job).await?;
    places.publish(&job.partial, &commit, &id).await?;
    Ok(places.file)
}

impl Operation for HfHubDownload {
    type Output = PathBuf;

    async fn run(self, api: HfApi) -> Result<PathBuf, Error> {
        let args = &self.args;
        let (repo, revision) = (args.repo.get()?, revision_or_main(args.revision.as_deref())?);
        let path: SafeRelPath = self.filename.parse()?;
        let root = args.local_dir()?;
        if let Some(commit) = revision.as_commit().filter(|_| !args.force && root.is_dir()) {
            let places = LocalDir::open(root).await?.places(&path).await?;
            if places.is_from(&commit).await? {
                return Ok(places.file);
            }
        }
        let metadata = file_metadata(api.transport()?, &repo, &revision, &path).await?;
        args.report(&Event::Started { files: 1, bytes: metadata.size });
        let target = LocalDir::open(root).await?;
        let wanted = Wanted { repo, commit: metadata.commit, path, size: metadata.size, id: metadata.id };
        let file = download(&api, &target, wanted, args).await?;
        args.report(&Event::Finished);
        Ok(file)
    }
}

impl SnapshotDownload {
    /// The files to fetch. Every path is checked before anything is written.
    fn choose(
        &self,
        repo: &RepoRef,
        commit: &CommitHash,
        tree: Vec<TreeEntry>,
    ) -> Result<Vec<Wanted>, Error> {
        let filter = Filter::new(self.allow_patterns.as_deref(), &self.ignore_patterns);
        tree.into_iter()
            .filter(|entry| entry.is_file() && filter.takes(&entry.path))
            .map(|entry| {
                let path: SafeRelPath = entry.path.parse()?;
                let id = ContentId::from_etag(entry.content_id());
                Ok(Wanted { repo: repo.clone(), commit: commit.clone(), path, size: entry.size, id })
            })
            .collect()
    }
}

impl Operation for SnapshotDownload {
    type Output = PathBuf;

    async fn run(self, api: HfApi) -> Result<PathBuf, Error> {
        let args = &self.args;
        let (repo, revision) = (args.repo.get()?, revision_or_main(args.revision.as_deref())?);
        let root = args.local_dir()?;
        let transport = api.transport()?;
        let commit = match revision.as_commit() {
            Some(commit) => commit,
            None => resolve(&api, &repo, &revision).await?,
        };
        let at: Revision = commit.to_string().parse()?;
        let tree: Vec<TreeEntry> =
            transport.stream(ListRepoTree::whole(&repo, &at), None).try_collect().await?;
        let wanted = self.choose(&repo, &commit, tree)?;
        let target = LocalDir::open(root).await?;
        for file in &wanted {
            file.path.under(target.root())?;
        }
        let bytes = wanted.iter().map(|file| file.size).sum();
        args.report(&Event::Started { files: wanted.len() as u64, bytes });
        stream::iter(wanted)
            .map(|file| download(&api, &target, file, args))
            .buffer_unordered(self.max_workers)
            .try_for_each(|_| async { Ok(()) })
            .await?;
        args.report(&Event::Finished);
        Ok(target.root().to_owned())
    }
}

/// The commit that a branch or tag leads to now.
async fn resolve(api: &HfApi, repo: &RepoRef, revision: &Revision) -> Result<CommitHash, Error> {
    let info = GetInfo::<RepoInfo>::at(repo, revision);
    let info = api.transport()?.send(&info).await?;
    let sha = info.sha().ok_or_else(|| Error::setup(format!("{repo} has no commit at {revision}")))?;
    Ok(sha.parse()?)
}

impl<M: Mode> HfApi<M> {
    /// Downloads one file into a folder and returns its path. Python: `hf_hub_download`.
    ///
    /// The file is at `local_dir/filename`. It is checked against the hash that the server announces, continued where
    /// an earlier download was interrupted, and appears only when it is complete. A file that is there with the right
    /// content is not fetched again.
    ///
    /// # Errors
    /// `RepoNotFound`, `RevisionNotFound`, `EntryNotFound`, `GatedRepo`; [`Error::Download`] when the content is wrong
    /// or cannot be written; [`Error::Setup`] without a [`local_dir`](Call::local_dir).
    ///
    /// Endpoint: `HEAD` and `GET /{id}/resolve/{rev}/{path}`.
    pub fn hf_hub_download(
        &self,
        repo: impl Into<RepoArg>,
        filename: impl Into<String>,
    ) -> HfHubDownloadCall<M> {
        self.call(HfHubDownload { args: DownloadArgs::new(repo.into()), filename: filename.into() })
    }

    /// Downloads all files of a revision into a folder and returns the folder. Python: `snapshot_download`.
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
            args: DownloadArgs::new(repo.into()),
            allow_patterns: None,
            ignore_patterns: Vec::new(),
            max_workers: MAX_WORKERS,
        })
    }
}
