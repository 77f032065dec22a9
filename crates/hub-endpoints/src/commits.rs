//! The history of a revision.

use http::Request;
use hub_transport::{Body, Error, PagedEndpoint, get};
use hub_types::{GitCommitInfo, RepoRef, Revision, route};

/// `GET /api/{models}/{id}/commits/{rev}`, newest first. Python: `list_repo_commits`.
#[derive(Debug, Clone)]
pub struct ListRepoCommits {
    /// The repository.
    pub repo: RepoRef,
    /// Branch, tag or commit.
    pub revision: Revision,
}

impl PagedEndpoint for ListRepoCommits {
    const NAME: &'static str = "list_repo_commits";
    type Item = GitCommitInfo;

    fn target(&self) -> String {
        format!("{} at {}", self.repo, self.revision)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get(route::repo(&self.repo).commits(&self.revision)).finish()
    }
}
