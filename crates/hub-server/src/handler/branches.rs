//! `POST` and `DELETE /api/{models}/{id}/branch/{branch}`, and `POST .../super-squash/{branch}`.

use http::{Response, StatusCode};
use hub_types::{CreateBranchRequest, ErrorCode, Revision, SuperSquashRequest, SuperSquashResponse};
use jiff::Timestamp;

use super::{done, read_json_or_nothing, repos::signature};
use crate::{
    Body,
    api_error::ApiError,
    body::Incoming,
    context::Context,
    respond,
    route::rights::Access,
    store::{NewRef, StoreError},
};

const HEADS: &str = "refs/heads/";
/// The longest message of a squashed history, in characters.
const MAX_MESSAGE: usize = 500;

/// Makes a branch at a revision.
pub(crate) async fn create(
    context: &Context,
    access: Access,
    body: &mut Incoming,
    branch: Revision,
) -> Result<Response<Body>, ApiError> {
    let request: CreateBranchRequest = read_json_or_nothing(body).await?;
    let full_name = new_name(HEADS, "branch", branch.as_str())?;
    let author = signature(access.user()?, context);
    if request.empty_branch && request.starting_point.is_some() {
        return Err(ApiError::bad_request("\"emptyBranch\" and \"startingPoint\" exclude each other"));
    }
    if let Some(start) = &request.starting_point {
        context.details(serde_json::json!({"startingPoint": start}));
    }
    context
        .blocking(move |hub| {
            let git = hub.store.git(&access.repo)?;
            let new = if request.empty_branch {
                NewRef::Empty { author, time: Timestamp::now(), message: "initial commit".to_owned() }
            } else {
                let start = request.starting_point.map_or_else(|| git.default_branch(), Ok)?;
                NewRef::Commit(git.resolve(&start)?)
            };
            git.create_ref(&full_name, new, request.overwrite)
                .map_err(|error| ref_error(error, "branch", branch.as_str()))
        })
        .await?;
    Ok(done())
}

/// Removes a branch, but not the default one.
pub(crate) async fn delete(
    context: &Context,
    access: Access,
    branch: Revision,
) -> Result<Response<Body>, ApiError> {
    let full_name = full_name(HEADS, "branch", branch.as_str())?;
    context
        .blocking(move |hub| {
            let git = hub.store.git(&access.repo)?;
            if full_name == git.default_branch()? {
                return Err(ApiError::forbidden(format!("Cannot delete {full_name}")));
            }
            git.delete_ref(&full_name).map_err(gone)
        })
        .await?;
    Ok(done())
}

/// Replaces the history of a branch by one commit.
pub(crate) async fn squash(
    context: &Context,
    access: Access,
    body: &mut Incoming,
    branch: Revision,
) -> Result<Response<Body>, ApiError> {
    let request: SuperSquashRequest = read_json_or_nothing(body).await?;
    let full_name = match branch.as_str() {
        // Pull requests and what the Hub converts have histories too.
        named if named.starts_with("refs/pr/") || named.starts_with("refs/convert/") => named.to_owned(),
        name => full_name(HEADS, "branch", name)?,
    };
    let author = signature(access.user()?, context);
    let message = request.message.filter(|message| !message.trim().is_empty());
    let message = message.unwrap_or_else(|| format!("Super-squash branch '{branch}'"));
    if message.chars().count() > MAX_MESSAGE {
        return Err(ApiError::bad_request(format!("\"message\" may have at most {MAX_MESSAGE} characters")));
    }
    let commit = context
        .blocking(move |hub| {
            let git = hub.store.git(&access.repo)?;
            Ok(git.squash(&full_name, &author, Timestamp::now(), &message)?)
        })
        .await?;
    respond::ok(&SuperSquashResponse::new(commit.to_string()))
}

/// As [`full_name`], of one that is to be made: git and clients take `@` for `HEAD`, and 40 hexadecimal digits for a commit.
pub(super) fn new_name(prefix: &str, what: &str, name: &str) -> Result<String, ApiError> {
    let is_like_a_commit = name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    if name == "@" || is_like_a_commit {
        let message = format!("Invalid reference for a {what}: {name} stands for a commit");
        return Err(ApiError::bad_request(message));
    }
    full_name(prefix, what, name)
}

/// The full name of a branch or tag that may be made and removed by name.
pub(super) fn full_name(prefix: &str, what: &str, name: &str) -> Result<String, ApiError> {
    if name.starts_with("refs/") || name == "HEAD" || name.starts_with('-') {
        return Err(invalid(what, name));
    }
    Ok(format!("{prefix}{name}"))
}

/// What the store says about a ref that is to be removed.
pub(super) fn gone(error: StoreError) -> ApiError {
    match error {
        StoreError::RevisionNotFound { .. } => {
            ApiError::new(StatusCode::NOT_FOUND, "Reference does not exist")
                .with_code(ErrorCode::RevisionNotFound)
        }
        other => other.into(),
    }
}

/// What the store says about a ref, as the Hub says it.
pub(super) fn ref_error(error: StoreError, what: &str, name: &str) -> ApiError {
    match error {
        StoreError::RefExists { .. } => ApiError::new(StatusCode::CONFLICT, "Reference already exists"),
        StoreError::InvalidRef { reason, .. } => {
            ApiError::bad_request(format!("Invalid reference for a {what}: {name}: {reason}"))
        }
        other => other.into(),
    }
}

fn invalid(what: &str, name: &str) -> ApiError {
    ApiError::bad_request(format!("Invalid reference for a {what}: {name}"))
}
