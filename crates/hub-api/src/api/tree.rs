//! Files and folders of a revision.

use std::time::Duration;

use futures_util::{TryStreamExt, future};
use http::Request;
use hub_endpoints::paths_info;
use hub_transport::{Body, Error, PagedEndpoint, Timeouts};
use hub_types::{RepoRef, Revision, SafeRelPath, TreeEntry};

use super::endpoint_at;
use crate::{Async, Call, HfApi, Listing, Mode, Operation, args::of_a_revision, repo_arg::RepoArg};

/// The call that [`HfApi::list_repo_files`] makes.
pub type ListRepoFilesCall<M = Async> = Call<ListRepoFiles, M>;
/// The listing that [`HfApi::list_repo_tree`] makes.
pub type ListRepoTreeListing<M = Async> = Listing<ListRepoTree, M>;
/// The call that [`HfApi::get_paths_info`] makes.
pub type GetPathsInfoCall<M = Async> = Call<GetPathsInfo, M>;

/// `GET /api/{models}/{id}/tree/{rev}/{path}`
#[derive(Debug, Clone)]
pub struct ListRepoTree {
    repo: RepoArg,
    revision: Option<String>,
    path: String,
    recursive: bool,
    expand: bool,
    timeout: Option<Duration>,
}

impl ListRepoTree {
    /// Every entry of a revision.
    pub(crate) fn whole(repo: &RepoRef, revision: &Revision) -> Self {
        Self {
            repo: repo.into(),
            revision: Some(revision.to_string()),
            path: String::new(),
            recursive: true,
            expand: false,
            timeout: None,
        }
    }
}

of_a_revision!(ListRepoTree);

impl PagedEndpoint for ListRepoTree {
    const NAME: &'static str = "list_repo_tree";
    type Item = TreeEntry;

    fn target(&self) -> String {
        self.repo.describe()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let mut repo = self.repo.clone();
        let path = repo.take_path(self.path.clone()).map_err(|error| Error::build(error.to_string()))?;
        let path = path.trim_matches('/').to_owned();
        if !path.is_empty() {
            path.parse::<SafeRelPath>().map_err(|error| Error::build(error.to_string()))?;
        }
        let (repo, revision) = endpoint_at(&repo, self.revision.as_deref())?;
        let revision = revision.unwrap_or_default();
        let (recursive, expand) = (self.recursive, self.expand);
        let tree = hub_endpoints::ListRepoTree {
            path,
            recursive,
            expand,
            ..hub_endpoints::ListRepoTree::whole(repo, revision)
        };
        let mut request = tree.request()?;
        if let Some(total) = self.timeout {
            request.extensions_mut().insert(Timeouts::new().total(total));
        }
        Ok(request)
    }
}

impl<M: Mode> ListRepoTreeListing<M> {
    /// The folder to list; the root unless set. Python: `path_in_repo`.
    pub fn path_in_repo(self, path: impl Into<String>) -> Self {
        self.edit(|operation| operation.path = path.into())
    }

    /// Whether the folders below are listed too. Off unless set. Python: `recursive`.
    pub fn recursive(self, yes: bool) -> Self {
        self.edit(|operation| operation.recursive = yes)
    }

    /// Whether each entry comes with its last commit. Off unless set; pages are smaller then. Python: `expand`.
    pub fn expand(self, yes: bool) -> Self {
        self.edit(|operation| operation.expand = yes)
    }
}

/// Names of all files of a revision.
#[derive(Debug, Clone)]
pub struct ListRepoFiles {
    repo: RepoArg,
    revision: Option<String>,
    timeout: Option<Duration>,
}

impl<M: Mode> ListRepoFilesCall<M> {
    /// How long each request may take in all; 180 seconds unless set. Python: `timeout`.
    pub fn timeout(self, total: Duration) -> Self {
        self.edit(|operation| operation.timeout = Some(total))
    }
}

of_a_revision!(ListRepoFiles);

impl Operation for ListRepoFiles {
    type Output = Vec<String>;

    async fn run(self, api: HfApi) -> Result<Vec<String>, crate::Error> {
        let (repo, revision) = self.repo.at_or_main(self.revision.as_deref())?;
        let tree = ListRepoTree { timeout: self.timeout, ..ListRepoTree::whole(&repo, &revision) };
        let files = api.transport()?.stream(tree, None);
        Ok(files
            .try_filter(|entry| future::ready(entry.is_file()))
            .map_ok(|entry| entry.path)
            .try_collect()
            .await?)
    }
}

/// `POST /api/{models}/{id}/paths-info/{rev}`, as often as the number of paths asks for
#[derive(Debug, Clone)]
pub struct GetPathsInfo {
    repo: RepoArg,
    revision: Option<String>,
    paths: Vec<String>,
    expand: bool,
}

of_a_revision!(GetPathsInfo);

impl<M: Mode> GetPathsInfoCall<M> {
    /// Whether each entry comes with its last commit. Off unless set. Python: `expand`.
    pub fn expand(self, yes: bool) -> Self {
        self.edit(|operation| operation.expand = yes)
    }
}

impl Operation for GetPathsInfo {
    type Output = Vec<TreeEntry>;

    async fn run(self, api: HfApi) -> Result<Vec<TreeEntry>, crate::Error> {
        let (repo, revision) = self.repo.at_or_main(self.revision.as_deref())?;
        for path in &self.paths {
            path.trim_end_matches('/').parse::<SafeRelPath>()?;
        }
        Ok(paths_info(api.transport()?, &repo, &revision, &self.paths, self.expand).await?)
    }
}

impl<M: Mode> HfApi<M> {
    /// The paths of all files of a revision, in the order of the server. Python: `list_repo_files`.
    ///
    /// # Errors
    /// `RepoNotFound`, `RevisionNotFound`.
    ///
    /// Endpoint: `GET /api/{models}/{id}/tree/{rev}?recursive=true`, all pages.
    pub fn list_repo_files(&self, repo: impl Into<RepoArg>) -> ListRepoFilesCall<M> {
        self.call(ListRepoFiles { repo: self.arg(repo), revision: None, timeout: None })
    }

    /// The entries of a folder: files and folders with ids and sizes. Python: `list_repo_tree`.
    ///
    /// # Errors
    /// `RepoNotFound`, `RevisionNotFound`, `EntryNotFound` when there is no such folder.
    ///
    /// Endpoint: `GET /api/{models}/{id}/tree/{rev}/{path}`.
    pub fn list_repo_tree(&self, repo: impl Into<RepoArg>) -> ListRepoTreeListing<M> {
        let (repo, path) = (self.arg(repo), String::new());
        self.listing(ListRepoTree {
            repo,
            revision: None,
            path,
            recursive: false,
            expand: false,
            timeout: None,
        })
    }

    /// The entries at given paths; paths that do not exist are left out. Python: `get_paths_info`.
    ///
    /// # Errors
    /// `RepoNotFound`, `RevisionNotFound`.
    ///
    /// Endpoint: `POST /api/{models}/{id}/paths-info/{rev}`, 500 paths a request.
    pub fn get_paths_info<S: Into<String>>(
        &self,
        repo: impl Into<RepoArg>,
        paths: impl IntoIterator<Item = S>,
    ) -> GetPathsInfoCall<M> {
        let paths = paths.into_iter().map(Into::into).collect();
        self.call(GetPathsInfo { repo: self.arg(repo), revision: None, paths, expand: false })
    }
}
