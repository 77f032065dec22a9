//! Which weights are wanted.

use hub_types::{RepoRef, Revision, SafeRelPath, weights::WeightsError};

use crate::setters::setters;
use crate::{Cache, DownloadError, DownloadTimeouts, ReadRequest};

/// The weights of a repository.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct WeightsRequest {
    /// The repository.
    pub repo: RepoRef,
    /// Branch, tag or commit; `None` for the default branch.
    pub revision: Option<Revision>,
    /// Where files may have been kept. It is only read.
    pub cache: Option<Cache>,
    /// Whether the Hub is never asked. Python: `local_files_only`.
    pub local_files_only: bool,
    /// How long to wait for a server that says nothing.
    pub timeouts: DownloadTimeouts,
}

impl WeightsRequest {
    /// Those of the default branch, which are not looked for in a cache.
    pub fn new(repo: RepoRef) -> Self {
        let timeouts = DownloadTimeouts::new();
        Self { repo, revision: None, cache: None, local_files_only: false, timeouts }
    }

    setters! {
        /// Branch, tag or commit. Default the default branch.
        revision: impl Into<Option<Revision>>,
        /// Where files may have been kept; it is only read. Default nowhere.
        cache: impl Into<Option<Cache>>,
        /// Whether the Hub is never asked. Default false. Python: `local_files_only`.
        local_files_only: bool,
        /// How long to wait for a server that says nothing. Default what [`DownloadTimeouts::new`] says.
        timeouts: DownloadTimeouts,
    }

    /// One of the files.
    pub fn file(&self, path: SafeRelPath) -> ReadRequest {
        ReadRequest::new(self.repo.clone(), path)
            .revision(self.revision.clone().unwrap_or_default())
            .cache(self.cache.clone())
            .local_files_only(self.local_files_only)
            .timeouts(self.timeouts)
    }

    /// The same at a commit.
    pub(super) fn at(&self, revision: Revision) -> Self {
        Self { revision: Some(revision), ..self.clone() }
    }

    /// The repository and its revision, for people.
    pub(super) fn describe(&self) -> String {
        format!("{} at {}", self.repo, self.revision.clone().unwrap_or_default())
    }
}

/// What is wrong with the file at `path`.
pub(super) fn wrong(path: impl ToString) -> impl Fn(WeightsError) -> DownloadError {
    let path = path.to_string();
    move |source| DownloadError::Weights { path: path.clone(), source }
}
