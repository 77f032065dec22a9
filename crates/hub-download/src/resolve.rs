//! The commit that a branch or tag leads to.

use std::fmt;

use hub_endpoints::Head;
use hub_transport::{CallInfo, Endpoint as _, Error, Timeouts, Transport};
use hub_types::{CommitHash, RepoRef, Revision};

use crate::disk::blocking;
use crate::setters::setters;
use crate::stand_in::is_unreachable;
use crate::{Cache, DownloadError};

/// A revision whose commit is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResolveRequest {
    /// The repository.
    pub repo: RepoRef,
    /// Branch, tag or commit.
    pub revision: Revision,
    /// Where it is noted, and looked up when the Hub cannot be asked.
    pub cache: Option<Cache>,
    /// Whether the Hub is never asked.
    pub local_files_only: bool,
}

/// A revision with the commit that it led to when it was asked for. Python: `ResolvedRevision`.
///
/// Its text is the name that was asked for; `Into<String>` and `Into<Revision>` give the commit, so that whatever takes a revision is
/// bound to it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResolvedRevision {
    /// The repository that the commit is of.
    pub repo: RepoRef,
    /// What was asked for. Python: `initial`.
    pub initial: Revision,
    /// The commit. Python: `resolved`.
    pub commit: CommitHash,
}

impl ResolvedRevision {
    /// A commit of a repository, that nothing else was asked for.
    pub fn of(repo: RepoRef, commit: CommitHash) -> Self {
        Self { repo, initial: commit.clone().into(), commit }
    }
}

impl ResolveRequest {
    /// The branch `main`, without a cache.
    pub fn new(repo: RepoRef) -> Self {
        Self { repo, revision: Revision::main(), cache: None, local_files_only: false }
    }

    setters! {
        /// Branch, tag or commit. Default `main`.
        revision: Revision,
        /// Where the commit is noted, and looked up when the Hub cannot be asked. Default nowhere.
        cache: impl Into<Option<Cache>>,
        /// Whether the Hub is never asked. Default false. Python: `local_files_only`.
        local_files_only: bool,
    }

    fn found(self, commit: CommitHash) -> ResolvedRevision {
        ResolvedRevision { repo: self.repo, initial: self.revision, commit }
    }
}

/// Asks which commit a revision is, so that all that follows is of one commit. Python: `resolve_revision`.
///
/// A full commit id is itself, and nothing is sent. What the Hub says is noted in the cache, where downloads look too; when the Hub
/// cannot be asked, the note answers.
///
/// # Errors
/// `RepoNotFound`, `RevisionNotFound` and what else a Hub says; [`DownloadError::Unresolved`] when it cannot be asked, or must not be,
/// and the cache does not know.
///
/// Endpoint: info.
pub async fn resolve_revision(
    transport: &Transport,
    wanted: ResolveRequest,
) -> Result<ResolvedRevision, DownloadError> {
    if let Some(commit) = wanted.revision.as_commit() {
        return Ok(wanted.found(commit));
    }
    let failed = if wanted.local_files_only {
        None
    } else {
        match ask(transport, &wanted.repo, &wanted.revision, None).await {
            Ok(commit) => {
                wanted.note(&commit).await;
                return Ok(wanted.found(commit));
            }
            Err(DownloadError::Transport(error)) if is_unreachable(&error) => Some(error),
            Err(error) => return Err(error),
        }
    };
    if let Some(commit) = wanted.noted().await? {
        return Ok(wanted.found(commit));
    }
    let what = format!("{} at {}", wanted.repo, wanted.revision);
    match (failed, wanted.cache) {
        // Without a cache it is the request alone that failed.
        (Some(error), None) => Err(error.into()),
        (source, cache) => {
            let reason = match &source {
                Some(_) => "the Hub cannot be asked",
                None => "only local files were asked for",
            };
            let cache = cache.map(|cache| cache.root().to_owned()).unwrap_or_default();
            Err(DownloadError::Unresolved { what, cache, reason, source })
        }
    }
}

/// The commit that the Hub says. With `limits` it is asked for once and within them.
pub(crate) async fn ask(
    transport: &Transport,
    repo: &RepoRef,
    revision: &Revision,
    limits: Option<Timeouts>,
) -> Result<CommitHash, DownloadError> {
    let endpoint = Head { once_within: limits, ..Head::new(repo, revision) };
    let head = transport.send(&endpoint).await?;
    let sha = head
        .sha
        .ok_or_else(|| DownloadError::NoCommit { repo: repo.to_string(), revision: revision.to_string() })?;
    sha.parse().map_err(|error| {
        let error = Error::decode("the revision leads to what is no commit", error);
        error.in_call(&CallInfo::new(Head::NAME, endpoint.target(), endpoint.class())).into()
    })
}

impl ResolveRequest {
    async fn noted(&self) -> Result<Option<CommitHash>, DownloadError> {
        let Some(cache) = self.cache.clone() else { return Ok(None) };
        let (repo, revision) = (self.repo.clone(), self.revision.clone());
        blocking(move || cache.commit_of(&repo, &revision)).await
    }

    /// That it cannot be noted is no failure: a cache may be read only.
    async fn note(&self, commit: &CommitHash) {
        let Some(cache) = self.cache.clone() else { return };
        let (repo, revision, commit) = (self.repo.clone(), self.revision.clone(), commit.clone());
        let noted = blocking(move || {
            cache.make_folders(&repo, &commit)?;
            cache.note_commit(&repo, &revision, &commit)
        });
        if let Err(error) = noted.await {
            tracing::debug!(%error, "which commit a revision is is not noted in the cache");
        }
    }
}

impl fmt::Display for ResolvedRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.initial.fmt(f)
    }
}

impl From<&ResolvedRevision> for Revision {
    fn from(resolved: &ResolvedRevision) -> Self {
        resolved.commit.clone().into()
    }
}

impl From<&ResolvedRevision> for String {
    fn from(resolved: &ResolvedRevision) -> Self {
        (&resolved.commit).into()
    }
}

impl From<ResolvedRevision> for String {
    fn from(resolved: ResolvedRevision) -> Self {
        resolved.commit.into()
    }
}
