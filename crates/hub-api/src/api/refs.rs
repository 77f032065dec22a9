//! Branches, tags and other refs.

use bytes::Bytes;
use http::{Request, response::Parts};
use hub_transport::{Body, Endpoint, Error, RetryClass, decode_json, get};
use hub_types::{GitRefs, RepoRef, route};

use super::endpoint_repo;
use crate::{Async, Call, HfApi, Mode, args::HasRepo, repo_arg::RepoArg};

/// The call that [`HfApi::list_repo_refs`] makes.
pub type ListRefsCall<M = Async> = Call<ListRefs, M>;

/// `GET /api/{models}/{id}/refs`
#[derive(Debug, Clone)]
pub struct ListRefs {
    repo: RepoArg,
    pull_requests: bool,
}

impl ListRefs {
    /// Without pull requests.
    pub(super) fn of(repo: &RepoRef) -> Self {
        Self { repo: repo.into(), pull_requests: false }
    }
}

impl HasRepo for ListRefs {
    fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
        &mut self.repo
    }
}

impl Endpoint for ListRefs {
    const NAME: &'static str = "list_repo_refs";
    type Output = GitRefs;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        self.repo.describe()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let repo = endpoint_repo(&self.repo)?;
        get(route::repo(&repo).refs()).opt("include_prs", self.pull_requests.then_some(1)).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<GitRefs, Error> {
        decode_json(head, &body)
    }
}

impl<M: Mode> ListRefsCall<M> {
    /// Whether refs of pull requests are listed too. Off unless set. Python: `include_pull_requests`.
    pub fn include_pull_requests(self, include: bool) -> Self {
        self.edit(|operation| operation.pull_requests = include)
    }
}

impl<M: Mode> HfApi<M> {
    /// The branches, tags and conversions of a repository. Python: `list_repo_refs`.
    ///
    /// # Errors
    /// `RepoNotFound` when there is no such repository, or the caller may not see it.
    ///
    /// Endpoint: `GET /api/{models}/{id}/refs`.
    pub fn list_repo_refs(&self, repo: impl Into<RepoArg>) -> ListRefsCall<M> {
        self.call(ListRefs { repo: self.arg(repo), pull_requests: false })
    }
}
