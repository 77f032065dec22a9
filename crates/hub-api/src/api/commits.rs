//! The history of a revision.

use http::Request;
use hub_transport::{Body, Error, PagedEndpoint};
use hub_types::{GitCommitInfo, RepoRef, Revision};

use super::endpoint_at;
use crate::{Async, HfApi, Listing, Mode, args::of_a_revision, repo_arg::RepoArg};

/// The listing that [`HfApi::list_repo_commits`] makes.
pub type ListRepoCommitsListing<M = Async> = Listing<ListRepoCommits, M>;

/// `GET /api/{models}/{id}/commits/{rev}`
#[derive(Debug, Clone)]
pub struct ListRepoCommits {
    repo: RepoArg,
    revision: Option<String>,
}

impl ListRepoCommits {
    /// Those that lead to `revision`.
    pub(super) fn at(repo: &RepoRef, revision: &Revision) -> Self {
        Self { repo: repo.into(), revision: Some(revision.to_string()) }
    }
}

of_a_revision!(ListRepoCommits);

impl PagedEndpoint for ListRepoCommits {
    const NAME: &'static str = "list_repo_commits";
    type Item = GitCommitInfo;

    fn target(&self) -> String {
        self.repo.describe()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let (repo, revision) = endpoint_at(&self.repo, self.revision.as_deref())?;
        let revision = revision.unwrap_or_default();
        hub_endpoints::ListRepoCommits { repo, revision }.request()
    }
}

impl<M: Mode> HfApi<M> {
    /// The commits that lead to a revision, newest first. Python: `list_repo_commits`.
    ///
    /// # Errors
    /// `RepoNotFound`, `RevisionNotFound`.
    ///
    /// Endpoint: `GET /api/{models}/{id}/commits/{rev}`.
    pub fn list_repo_commits(&self, repo: impl Into<RepoArg>) -> ListRepoCommitsListing<M> {
        self.listing(ListRepoCommits { repo: self.arg(repo), revision: None })
    }
}
