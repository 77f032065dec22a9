//! Locks of files, as the LFS protocol has them (git-lfs, `docs/api/locking.md`). The hub keeps them; git-lfs obeys them.

use http::{Response, StatusCode, request::Parts};
use hub_types::{SafeRelPath, lfs::MEDIA_TYPE, route::LockRoute};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{JSON_LIMIT, page_size, read_json, timestamp};
use crate::{
    Body,
    api_error::ApiError,
    body::Incoming,
    context::Context,
    respond,
    route::rights::Access,
    store::{FileLock, LockQuery, Locked, MOST_LOCKS},
};

/// Locks in a page, unless fewer are asked for.
const PAGE: usize = 100;
/// The longest path, in bytes.
const LONGEST_PATH: usize = 4096;

/// The wish to lock a path. The branch that may be named makes no difference: a path is locked on all of them.
#[derive(Debug, Deserialize)]
struct NewLock {
    path: String,
}

#[derive(Debug, Default, Deserialize)]
struct Verify {
    cursor: Option<String>,
    limit: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
struct Unlock {
    #[serde(default)]
    force: bool,
}

/// Answers what is asked of locks.
pub(crate) async fn response(
    context: &Context,
    access: Access,
    parts: &Parts,
    body: &mut Incoming,
    route: LockRoute,
) -> Result<Response<Body>, ApiError> {
    match route {
        LockRoute::All if parts.method == http::Method::POST => {
            lock(context, access, read_json(body, JSON_LIMIT).await?).await
        }
        LockRoute::All => list(context, access).await,
        LockRoute::Verify => verify(context, access, read_json(body, JSON_LIMIT).await?).await,
        LockRoute::Unlock(id) => unlock(context, access, id, read_json(body, JSON_LIMIT).await?).await,
    }
}

async fn lock(context: &Context, access: Access, new: NewLock) -> Result<Response<Body>, ApiError> {
    let path: SafeRelPath = new.path.parse()?;
    if path.as_str().len() > LONGEST_PATH {
        return Err(ApiError::bad_request(format!("a path has at most {LONGEST_PATH} bytes")));
    }
    let locked = context
        .blocking(move |hub| Ok(hub.store.lock_file(&access.repo, &access.user()?.user, path.as_str())?))
        .await?;
    match locked {
        Locked::Now(lock) => Ok(lfs_json(StatusCode::CREATED, &json!({"lock": describe(&lock)}))),
        Locked::Before(lock) => {
            let message = format!("{:?} is locked already, by {}", lock.path, lock.owner_name);
            Ok(lfs_json(StatusCode::CONFLICT, &json!({"lock": describe(&lock), "message": message})))
        }
        Locked::TooMany => {
            let message = format!("a repository has at most {MOST_LOCKS} locks: unlock some first");
            Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message))
        }
    }
}

async fn list(context: &Context, access: Access) -> Result<Response<Body>, ApiError> {
    let query = &context.query;
    let wanted = LockQuery {
        path: query.get("path").map(str::to_owned),
        id: query.get("id").map(number).transpose()?,
        after: query.get("cursor").map_or(Ok(0), number)?,
        limit: page_size(query, PAGE, PAGE)?,
    };
    let (locks, next) = page(context, access, wanted).await?;
    let locks: Vec<Value> = locks.iter().map(describe).collect();
    Ok(lfs_json(StatusCode::OK, &json!({"locks": locks, "next_cursor": next})))
}

/// The locks before a push: those of the caller, which may be pushed over, and those of others, which may not.
async fn verify(context: &Context, access: Access, asked: Verify) -> Result<Response<Body>, ApiError> {
    let after = asked.cursor.as_deref().filter(|text| !text.is_empty()).map_or(Ok(0), number)?;
    let limit = asked.limit.filter(|limit| *limit > 0).unwrap_or(PAGE).min(PAGE);
    let caller = access.user()?.user.key;
    let (locks, next) = page(context, access, LockQuery { after, limit, ..LockQuery::default() }).await?;
    let (ours, theirs): (Vec<_>, Vec<_>) = locks.iter().partition(|lock| lock.owner == caller);
    let describe_all = |locks: Vec<&FileLock>| -> Vec<Value> { locks.into_iter().map(describe).collect() };
    let (ours, theirs) = (describe_all(ours), describe_all(theirs));
    Ok(lfs_json(StatusCode::OK, &json!({"ours": ours, "theirs": theirs, "next_cursor": next})))
}

async fn unlock(
    context: &Context,
    access: Access,
    id: String,
    asked: Unlock,
) -> Result<Response<Body>, ApiError> {
    let id = number(&id)?;
    let caller = access.user()?.user.key;
    let done = context
        .blocking(move |hub| {
            Ok(hub.store.unlock_file(&access.repo, id, |lock| asked.force || lock.owner == caller)?)
        })
        .await?;
    match done {
        Some((lock, true)) => Ok(lfs_json(StatusCode::OK, &json!({"lock": describe(&lock)}))),
        Some((lock, false)) => {
            let message = format!("the lock is that of {}: unlock with --force", lock.owner_name);
            Err(ApiError::forbidden(message))
        }
        None => Err(ApiError::new(StatusCode::NOT_FOUND, "there is no such lock")),
    }
}

/// A page of locks, and where the next one begins.
async fn page(
    context: &Context,
    access: Access,
    mut query: LockQuery,
) -> Result<(Vec<FileLock>, Option<String>), ApiError> {
    let limit = query.limit;
    query.limit += 1;
    let mut locks = context.blocking(move |hub| Ok(hub.store.file_locks(&access.repo, &query)?)).await?;
    let more = locks.len() > limit;
    locks.truncate(limit);
    let next = locks.last().filter(|_| more).map(|lock| lock.id.to_string());
    Ok((locks, next))
}

fn number(text: &str) -> Result<i64, ApiError> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    number.ok_or_else(|| ApiError::bad_request(format!("{text:?} is no id of a lock")))
}

fn describe(lock: &FileLock) -> Value {
    json!({
        "id": lock.id.to_string(), "path": lock.path, "locked_at": timestamp(lock.locked_at),
        "owner": {"name": lock.owner_name},
    })
}

fn lfs_json(status: StatusCode, value: &Value) -> Response<Body> {
    respond::typed_json(status, MEDIA_TYPE, value)
}
