//! Listing and describing discussions and pull requests.

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use http::{Request, response::Parts};
use hub_transport::{Body, Endpoint, Error, RetryClass, Transport, decode_json, get};
use hub_types::{
    Discussion, DiscussionWithDetails,
    discussion::{DiscussionPage, DiscussionStatusFilter, DiscussionTypeFilter},
    route,
};
use serde_json::Value;

use super::At;
use crate::{
    Async, Call, HfApi, Listing, Mode, Pages,
    api::endpoint_repo,
    args::HasRepo,
    listing::{Items, Source},
    repo_arg::RepoArg,
};

/// The listing that [`HfApi::get_repo_discussions`] makes.
pub type GetRepoDiscussionsListing<M = Async> = Listing<GetRepoDiscussions, M>;
/// The call that [`HfApi::get_discussion_details`] makes.
pub type GetDiscussionDetailsCall<M = Async> = Call<GetDiscussionDetails, M>;

/// `GET /api/{models}/{id}/discussions`, page by page.
#[derive(Debug, Clone)]
pub struct GetRepoDiscussions {
    repo: RepoArg,
    author: Option<String>,
    kind: Option<DiscussionTypeFilter>,
    status: Option<DiscussionStatusFilter>,
}

impl HasRepo for GetRepoDiscussions {
    fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
        &mut self.repo
    }
}

impl<M: Mode> GetRepoDiscussionsListing<M> {
    /// Only those that this user or organisation opened. Python: `author`.
    pub fn author(self, author: impl Into<String>) -> Self {
        self.edit(|operation| operation.author = Some(author.into()))
    }

    /// Discussions, pull requests, or both; both unless set. Python: `discussion_type`.
    pub fn discussion_type(self, kind: DiscussionTypeFilter) -> Self {
        self.edit(|operation| operation.kind = Some(kind))
    }

    /// Open ones, closed ones, or both; both unless set. Python: `discussion_status`.
    pub fn discussion_status(self, status: DiscussionStatusFilter) -> Self {
        self.edit(|operation| operation.status = Some(status))
    }
}

/// One page, by its number.
pub(super) struct Page<'l> {
    list: &'l GetRepoDiscussions,
    number: u64,
}

impl Endpoint for Page<'_> {
    const NAME: &'static str = "get_repo_discussions";
    type Output = DiscussionPage<Value>;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        self.list.repo.describe()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let repo = endpoint_repo(&self.list.repo)?;
        get(route::repo(&repo).discussions())
            .query("p", self.number)
            .opt("type", self.list.kind.map(DiscussionTypeFilter::as_str))
            .opt("status", self.list.status.map(DiscussionStatusFilter::as_str))
            .opt("author", self.list.author.as_deref())
            .finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<DiscussionPage<Value>, Error> {
        decode_json(head, &body)
    }
}

impl GetRepoDiscussions {
    pub(super) fn page(&self, number: u64) -> Page<'_> {
        Page { list: self, number }
    }
}

impl Source for GetRepoDiscussions {
    type Item = Discussion;

    fn items(self, transport: &Transport, limit: Option<usize>) -> Items<Discussion> {
        self.pages(transport, limit).map_ok(stream::iter).try_flatten().boxed()
    }

    fn pages(self, transport: &Transport, limit: Option<usize>) -> Pages<Discussion> {
        let left = limit.unwrap_or(usize::MAX);
        let state = (transport.clone(), self, Some(0).filter(|_| left > 0), left);
        let pages = stream::try_unfold(state, |(transport, list, number, left)| async move {
            let Some(number) = number else { return Ok::<_, crate::Error>(None) };
            let page = transport.send(&list.page(number)).await?;
            let has_next = page.has_next();
            let items: Vec<_> = page.discussions.into_iter().take(left).map(decoded).collect();
            let left = left - items.len();
            let next = Some(number + 1).filter(|_| has_next && left > 0);
            Ok(Some((items, (transport, list, next, left))))
        });
        pages.boxed()
    }
}

/// One that does not fit leaves the others.
pub(super) fn decoded(item: Value) -> Result<Discussion, crate::Error> {
    let number = item.get("num").map(ToString::to_string).unwrap_or_default();
    serde_json::from_value(item).map_err(|error| {
        Error::decode(format!("discussion {number} of the listing is not what was expected"), error).into()
    })
}

/// `GET /api/{models}/{id}/discussions/{num}?diff=1`
#[derive(Debug, Clone)]
pub struct GetDiscussionDetails {
    pub(super) at: At,
}

impl HasRepo for GetDiscussionDetails {
    fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
        &mut self.at.repo
    }
}

impl Endpoint for GetDiscussionDetails {
    const NAME: &'static str = "get_discussion_details";
    type Output = DiscussionWithDetails;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        self.at.describe()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let (repo, num) = self.at.get()?;
        get(route::repo(&repo).discussion(num)).query("diff", 1).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<DiscussionWithDetails, Error> {
        decode_json(head, &body)
    }
}

/// The discussions of a repository.
pub(super) fn newest(repo: &RepoArg, kind: DiscussionTypeFilter) -> GetRepoDiscussions {
    GetRepoDiscussions { repo: repo.clone(), author: None, kind: Some(kind), status: None }
}

impl<M: Mode> HfApi<M> {
    /// The discussions and pull requests of a repository, newest first. Python: `get_repo_discussions`.
    ///
    /// # Errors
    /// `RepoNotFound`.
    ///
    /// Endpoint: `GET /api/{models}/{id}/discussions`.
    pub fn get_repo_discussions(&self, repo: impl Into<RepoArg>) -> GetRepoDiscussionsListing<M> {
        self.listing(GetRepoDiscussions { repo: self.arg(repo), author: None, kind: None, status: None })
    }

    /// One discussion or pull request with all that happened in it, and for a pull request its diff and its conflicts.
    /// Python: `get_discussion_details`.
    ///
    /// # Errors
    /// `RepoNotFound`; `NotFound` for a number that the repository does not have. The number 0 is refused before anything
    /// is sent.
    ///
    /// Endpoint: `GET /api/{models}/{id}/discussions/{num}?diff=1`.
    pub fn get_discussion_details(
        &self,
        repo: impl Into<RepoArg>,
        discussion_num: u64,
    ) -> GetDiscussionDetailsCall<M> {
        self.call(GetDiscussionDetails { at: At { repo: self.arg(repo), num: discussion_num } })
    }
}
