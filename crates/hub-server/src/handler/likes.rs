//! `POST` and `DELETE /api/{models}/{id}/like`, `GET .../likers` and `GET /api/users/{user}/likes`.

use http::{Response, StatusCode, request::Parts};
use hub_types::{Extra, Like, LikedRepo, Liker, route};
use serde_json::json;

use super::{avatar_url, done, next_url, timestamp, with_next};
use crate::{
    Body,
    api_error::ApiError,
    context::Context,
    respond,
    route::rights::{self, Access},
    store::StoredLike,
};

const DEFAULT_LIMIT: usize = 100;
const MAX_LIMIT: usize = 1000;

/// Notes that the caller likes the repository, or does not any more.
pub(crate) async fn set(context: &Context, access: Access, likes: bool) -> Result<Response<Body>, ApiError> {
    context
        .blocking(move |hub| {
            let user = &access.user()?.user;
            if likes {
                hub.store.like(user, &access.repo)?
            } else {
                hub.store.unlike(user, &access.repo)?
            }
            Ok(())
        })
        .await?;
    Ok(done())
}

/// Lists what a user likes, newest like first, without private repositories.
pub(crate) async fn of_user(
    context: &Context,
    parts: &Parts,
    user: String,
) -> Result<Response<Body>, ApiError> {
    let page = Page::of(context)?;
    let path = route::user_likes(&user);
    let headers = parts.headers.clone();
    let likes = context
        .blocking(move |hub| {
            rights::identify(&hub.store, &headers)?;
            let account = hub.store.find_account(&user)?.filter(|account| !account.is_org);
            let account = account
                .ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, format!("There is no user {user}")))?;
            Ok(hub.store.liked_by(&account, page.before, page.limit + 1)?)
        })
        .await?;
    page.response(context, &path, likes, |like| {
        let repo = LikedRepo::new(like.what.id.to_string(), like.what.repo_type.singular());
        Like::new(repo).created_at(timestamp(like.created_at))
    })
}

/// Lists who likes a repository, newest like first.
pub(crate) async fn of_repo(context: &Context, access: Access) -> Result<Response<Body>, ApiError> {
    let page = Page::of(context)?;
    let path = route::repo(&access.repo.repo).likers();
    let likes =
        context.blocking(move |hub| Ok(hub.store.likers(&access.repo, page.before, page.limit + 1)?)).await?;
    page.response(context, &path, likes, |like| {
        let user = like.what;
        Liker::new(&user.name)
            .fullname(user.fullname.unwrap_or(user.name))
            .avatar_url(avatar_url(user.key))
            .extra(Extra::from_iter([("type".to_owned(), json!("user"))]))
    })
}

/// Which part of a list is asked for.
#[derive(Clone, Copy)]
struct Page {
    before: Option<u64>,
    limit: usize,
}

impl Page {
    fn of(context: &Context) -> Result<Self, ApiError> {
        let limit = super::page_size(&context.query, DEFAULT_LIMIT, MAX_LIMIT)?;
        let cursor = |text: &str| {
            let key = u64::from_str_radix(text, 16).ok().filter(|_| text.len() == 24);
            key.ok_or_else(|| ApiError::bad_request("this cursor is not one that this hub gave"))
        };
        Ok(Self { before: context.query.get("cursor").map(cursor).transpose()?, limit })
    }

    /// The page, of which one entry more was looked up, and the URL of the next one.
    fn response<T, A: serde::Serialize>(
        self,
        context: &Context,
        path: &str,
        mut likes: Vec<StoredLike<T>>,
        describe: impl Fn(StoredLike<T>) -> A,
    ) -> Result<Response<Body>, ApiError> {
        let more = likes.len() > self.limit;
        likes.truncate(self.limit);
        let last = likes.last().map(|like| like.key).filter(|_| more);
        let response = respond::ok(&likes.into_iter().map(describe).collect::<Vec<_>>())?;
        Ok(match last {
            Some(key) => {
                let changed = [("cursor", format!("{key:024x}")), ("limit", self.limit.to_string())];
                with_next(response, &next_url(context, path, &changed))
            }
            None => response,
        })
    }
}
