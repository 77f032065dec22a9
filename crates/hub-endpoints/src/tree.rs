//! The entries of a folder.

use http::Request;
use hub_transport::{Body, Error, PagedEndpoint, Timeouts, get};
use hub_types::{RepoRef, Revision, TreeEntry, route};

/// `GET /api/{models}/{id}/tree/{rev}/{path}`. Python: `list_repo_tree`.
#[derive(Debug, Clone)]
pub struct ListRepoTree {
    /// The repository.
    pub repo: RepoRef,
    /// Branch, tag or commit.
    pub revision: Revision,
    /// The folder; empty for the root.
    pub path: String,
    /// Whether the folders below are listed too.
    pub recursive: bool,
    /// Whether each entry comes with its last commit.
    pub expand: bool,
    /// With limits each page is asked for once and within them.
    pub once_within: Option<Timeouts>,
}

impl ListRepoTree {
    /// Every entry of a revision.
    #[must_use]
    pub fn whole(repo: RepoRef, revision: Revision) -> Self {
        Self { repo, revision, path: String::new(), recursive: true, expand: false, once_within: None }
    }
}

impl PagedEndpoint for ListRepoTree {
    const NAME: &'static str = "list_repo_tree";
    type Item = TreeEntry;

    fn target(&self) -> String {
        format!("{} at {}", self.repo, self.revision)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get(route::repo(&self.repo).tree(&self.revision, self.path.trim_matches('/')))
            .query("recursive", self.recursive)
            .query("expand", self.expand)
            .once_within(self.once_within)
            .finish()
    }
}
