//! Who likes what.

use bytes::Bytes;
use futures_util::TryStreamExt;
use http::{Request, response::Parts};
use hub_transport::{Body, Endpoint, Error, PagedEndpoint, RetryClass, decode_done, delete, get, post};
use hub_types::{Like, Liker, UserLikes, route};

use super::{endpoint_repo, identity::GetWhoAmI};
use crate::{Async, Call, HfApi, Listing, Mode, Operation, args::HasRepo, repo_arg::RepoArg};

/// The call that [`HfApi::like`] makes.
pub type LikeCall<M = Async> = Call<SetLike<true>, M>;
/// The call that [`HfApi::unlike`] makes.
pub type UnlikeCall<M = Async> = Call<SetLike<false>, M>;
/// The call that [`HfApi::list_liked_repos`] makes.
pub type ListLikedReposCall<M = Async> = Call<ListLikedRepos, M>;
/// The listing that [`HfApi::list_repo_likers`] makes.
pub type ListRepoLikersListing<M = Async> = Listing<ListRepoLikers, M>;

/// `POST /api/{models}/{id}/like` with `LIKES`, else `DELETE`.
#[derive(Debug, Clone)]
pub struct SetLike<const LIKES: bool> {
    repo: RepoArg,
}

impl<const LIKES: bool> HasRepo for SetLike<LIKES> {
    fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
        &mut self.repo
    }
}

impl<const LIKES: bool> Endpoint for SetLike<LIKES> {
    const NAME: &'static str = if LIKES { "like" } else { "unlike" };
    type Output = ();

    fn class(&self) -> RetryClass {
        RetryClass::Set
    }

    fn target(&self) -> String {
        self.repo.describe()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let path = route::repo(&endpoint_repo(&self.repo)?).like();
        if LIKES { post(path).finish() } else { delete(path).finish() }
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<(), Error> {
        decode_done(head, &body).map(drop)
    }
}

/// Asks what a user likes.
#[derive(Debug, Clone, Default)]
pub struct ListLikedRepos {
    user: Option<String>,
}

impl<M: Mode> ListLikedReposCall<M> {
    /// Whose likes; those of the token's owner unless set. Python: `user`.
    pub fn user(self, user: impl Into<String>) -> Self {
        self.edit(|operation| operation.user = Some(user.into()))
    }
}

impl Operation for ListLikedRepos {
    type Output = UserLikes;

    async fn run(self, api: HfApi) -> Result<UserLikes, crate::Error> {
        let transport = api.transport()?;
        let user = match self.user {
            Some(user) if user.is_empty() => {
                return Err(crate::Error::setup("the name of the user is empty"));
            }
            Some(user) => user,
            None => {
                let me = transport.send(&GetWhoAmI).await?;
                if me.kind != "user" {
                    let problem = "the token belongs to no user: say whose likes are meant";
                    return Err(crate::Error::setup(problem));
                }
                me.name
            }
        };
        let likes: Vec<Like> = transport.stream(GetLikes { user: user.clone() }, None).try_collect().await?;
        Ok(UserLikes::new(user, likes))
    }
}

/// `GET /api/users/{user}/likes`
#[derive(Debug)]
struct GetLikes {
    user: String,
}

impl PagedEndpoint for GetLikes {
    const NAME: &'static str = "list_liked_repos";
    type Item = Like;

    fn target(&self) -> String {
        format!("user {}", self.user)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get(route::user_likes(&self.user)).finish()
    }
}

/// `GET /api/{models}/{id}/likers`
#[derive(Debug, Clone)]
pub struct ListRepoLikers {
    repo: RepoArg,
}

impl HasRepo for ListRepoLikers {
    fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
        &mut self.repo
    }
}

impl PagedEndpoint for ListRepoLikers {
    const NAME: &'static str = "list_repo_likers";
    type Item = Liker;

    fn target(&self) -> String {
        self.repo.describe()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get(route::repo(&endpoint_repo(&self.repo)?).likers()).finish()
    }
}

impl<M: Mode> HfApi<M> {
    /// Likes a repository; one that is liked already stays so. Python: `like`.
    ///
    /// The public Hub refuses likes that are made with a token.
    ///
    /// # Errors
    /// `RepoNotFound`, `Forbidden`.
    ///
    /// Endpoint: `POST /api/{models}/{id}/like`.
    pub fn like(&self, repo: impl Into<RepoArg>) -> LikeCall<M> {
        self.call(SetLike { repo: self.arg(repo) })
    }

    /// Takes a like back, if there is one. Python: `unlike`.
    ///
    /// # Errors
    /// `RepoNotFound`.
    ///
    /// Endpoint: `DELETE /api/{models}/{id}/like`.
    pub fn unlike(&self, repo: impl Into<RepoArg>) -> UnlikeCall<M> {
        self.call(SetLike { repo: self.arg(repo) })
    }

    /// The public repositories that [`user`](Call::user), or else the token's owner, likes. Python: `list_liked_repos`.
    ///
    /// # Errors
    /// `NotFound` when there is no such user; [`Error::Setup`](crate::Error::Setup) when the token is not that of a user.
    ///
    /// Endpoint: `GET /api/users/{user}/likes`.
    pub fn list_liked_repos(&self) -> ListLikedReposCall<M> {
        self.call(ListLikedRepos::default())
    }

    /// The users who like a repository. Python: `list_repo_likers`.
    ///
    /// # Errors
    /// `RepoNotFound`.
    ///
    /// Endpoint: `GET /api/{models}/{id}/likers`.
    pub fn list_repo_likers(&self, repo: impl Into<RepoArg>) -> ListRepoLikersListing<M> {
        self.listing(ListRepoLikers { repo: self.arg(repo) })
    }
}
