//! One file: asked for, and brought where it belongs.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use hub_transport::{ErrorKind, Reporter, Transport};
use hub_types::{
    CommitHash, RepoRef, Revision, SafeRelPath,
    progress::{Event, Progress},
};

use crate::{Cache, Cached, ContentId, DownloadError, LocalDir, disk::blocking, file_metadata};

/// A file of a commit, with all that is needed to fetch and check it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteFile {
    /// The repository.
    pub repo: RepoRef,
    /// The commit, so that every part of the file comes from the same state.
    pub commit: CommitHash,
    /// Path in the repository.
    pub path: SafeRelPath,
    /// Size of the content in bytes.
    pub size: u64,
    /// What identifies the content.
    pub id: ContentId,
}

/// Where files go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Into the cache that programs share.
    Cache(Cache),
    /// Into a folder, at their paths in the repository. Python: `local_dir`.
    Folder(PathBuf),
}

/// One file that is wanted.
#[derive(Clone)]
pub struct FileRequest {
    /// The repository.
    pub repo: RepoRef,
    /// Branch, tag or commit.
    pub revision: Revision,
    /// Path in the repository.
    pub path: SafeRelPath,
    /// Where it goes.
    pub target: Target,
    /// Whether it is fetched although it is there already. Python: `force_download`.
    pub force: bool,
    /// Whether the Hub is never asked. Python: `local_files_only`.
    pub local_files_only: bool,
    /// Where progress is reported.
    pub progress: Option<Arc<dyn Progress>>,
}

impl fmt::Debug for FileRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileRequest")
            .field("repo", &self.repo)
            .field("revision", &self.revision)
            .field("path", &self.path)
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

/// Brings one file to its target and returns its place there. Python: `hf_hub_download`.
///
/// Nothing is asked when the revision is a full commit id and the file is there. When the Hub cannot be reached, the
/// cache answers with what the revision was when it was last asked.
///
/// # Errors
/// Every [`DownloadError`].
///
/// Endpoints: `HEAD` and `GET /{id}/resolve/{rev}/{path}`.
pub async fn hf_hub_download(transport: &Transport, wanted: FileRequest) -> Result<PathBuf, DownloadError> {
    if !wanted.force
        && wanted.revision.as_commit().is_some()
        && let Some(place) = wanted.find().await?
    {
        return Ok(place);
    }
    if wanted.local_files_only {
        let found = wanted.find().await?;
        return found.ok_or_else(|| wanted.not_here("only local files were asked for"));
    }
    let FileRequest { repo, revision, path, .. } = &wanted;
    let metadata = match file_metadata(transport, repo, revision, path).await {
        Ok(metadata) => metadata,
        Err(error) => return wanted.without_answer(error).await,
    };
    let reporter = Reporter::new(wanted.progress.clone());
    reporter.event(&Event::Started { files: 1, bytes: metadata.size });
    let file = RemoteFile {
        repo: repo.clone(),
        commit: metadata.commit,
        path: path.clone(),
        size: metadata.size,
        id: metadata.id,
    };
    let progress = reporter.sink();
    let place = match &wanted.target {
        Target::Cache(cache) => {
            cache.note_commit(repo, revision, &file.commit).await?;
            cache.keep(transport, file, wanted.force, progress).await?
        }
        Target::Folder(folder) => {
            LocalDir::open(folder).await?.keep(transport, file, wanted.force, progress).await?
        }
    };
    reporter.finish().await;
    Ok(place)
}

/// Whether an error says that the Hub could not be asked, so that an older answer may stand in.
pub fn is_unreachable(error: &hub_transport::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Offline
            | ErrorKind::Connect
            | ErrorKind::Proxy
            | ErrorKind::Timeout
            | ErrorKind::Interrupted
            | ErrorKind::Server
    )
}

impl FileRequest {
    fn describe(&self) -> String {
        format!("{} {} at {}", self.repo, self.path, self.revision)
    }

    fn folder(&self) -> &Path {
        match &self.target {
            Target::Cache(cache) => cache.root(),
            Target::Folder(folder) => folder,
        }
    }

    fn not_here(&self, reason: &'static str) -> DownloadError {
        DownloadError::LocalEntryNotFound { what: self.describe(), cache: self.folder().to_owned(), reason }
    }

    /// The file, if it is here.
    async fn find(&self) -> Result<Option<PathBuf>, DownloadError> {
        match &self.target {
            Target::Cache(cache) => {
                let (cache, wanted) = (cache.clone(), self.clone());
                let found =
                    blocking(move || cache.find(&wanted.repo, &wanted.revision, &wanted.path)).await?;
                Ok(match found {
                    Cached::File(place) => Some(place),
                    Cached::KnownMissing | Cached::Unknown => None,
                })
            }
            Target::Folder(folder) => match self.revision.as_commit() {
                Some(commit) if folder.is_dir() => {
                    LocalDir::open(folder).await?.find(&commit, &self.path).await
                }
                // What is there may be of any commit; it is what the caller asked for all the same.
                None if self.local_files_only => {
                    let place = self.path.under(folder)?;
                    Ok(place.is_file().then_some(place))
                }
                _ => Ok(None),
            },
        }
    }

    /// The Hub gave no metadata: notes a file that does not exist, and looks here where the Hub could not be asked.
    async fn without_answer(self, error: DownloadError) -> Result<PathBuf, DownloadError> {
        let Some(failed) = error.as_transport() else { return Err(error) };
        if failed.kind() == ErrorKind::EntryNotFound
            && let Target::Cache(cache) = &self.target
            && let Some(commit) =
                failed.context().repo_commit.as_deref().and_then(|commit| commit.parse().ok())
        {
            cache.note_commit(&self.repo, &self.revision, &commit).await?;
            cache.note_missing(&self.repo, &commit, &self.path).await?;
        }
        if self.force || !is_unreachable(failed) {
            return Err(error);
        }
        match (self.find().await?, error) {
            (Some(place), error) => {
                tracing::warn!(%error, "the Hub cannot be asked; {} comes from the cache", self.describe());
                Ok(place)
            }
            (None, DownloadError::Transport(source)) => {
                let (what, cache) = (self.describe(), self.folder().to_owned());
                Err(DownloadError::Unreachable { what, cache, source })
            }
            (None, error) => Err(error),
        }
    }
}
