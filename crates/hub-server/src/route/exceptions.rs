//! What a request to a repository needs where method and path alone do not say it.
//!
//! The rows of the table are the strictest that can be; each exception here lowers one, for what the query, the body or the
//! author of a thing says. Without its exception a request would need too much, never too little. The one that raises a
//! row is the beginning of a push.

use http::HeaderMap;
use hub_types::{
    RepoRef, Revision,
    lfs::{BatchRequest, Operation},
    query::Query,
    route::{DiscussionAction, GitRoute, RepoRoute},
};

use super::{
    rights::{self, Access},
    table::Needs,
};
use crate::{api_error::ApiError, store::Store};

/// Lets a caller through to what `action` names, of which the table says `row`.
pub(crate) fn admit(
    store: &Store,
    headers: &HeaderMap,
    repo: &RepoRef,
    (action, row): (&RepoRoute, Needs),
    query: &Query,
) -> Result<Access, ApiError> {
    let admit = |needs| rights::admit(store, headers, repo, needs);
    match action {
        RepoRoute::Git(GitRoute::Refs) if query.get("service") == Some("git-receive-pack") => {
            admit(Needs::Write)
        }
        // Whether it is an upload is in the body: see `of_batch`.
        RepoRoute::LfsBatch => admit(Needs::Sight),
        RepoRoute::Discussion(number) => {
            let access = admit(Needs::Sight)?;
            // Clients ask for the changes of everything, and only pull requests have some.
            let has_no_changes =
                || store.discussion(&access.repo, *number).is_ok_and(|one| one.pull_request.is_none());
            if query.flag("diff") && !has_no_changes() {
                access.must(row)?;
            }
            Ok(access)
        }
        RepoRoute::Commit(revision)
        | RepoRoute::Preupload(revision)
        | RepoRoute::XetToken { write: true, revision } => {
            let create_pr = query.flag("create_pr");
            if !create_pr && revision.pull_request_number().is_none() {
                return admit(row);
            }
            let access = admit(Needs::Contribute)?;
            may_commit(store, &access, revision, create_pr)?;
            Ok(access)
        }
        RepoRoute::DiscussionAction(number, action) => {
            let discussion = |access: &Access| Ok(store.discussion(&access.repo, *number)?.author);
            let comment = |access: &Access, id: &str| Ok(store.comment(&access.repo, *number, id)?.author);
            match action {
                DiscussionAction::Title | DiscussionAction::Status => {
                    own_or(row, admit(Needs::Contribute)?, "change this discussion", discussion)
                }
                DiscussionAction::HideComment(id) | DiscussionAction::EditComment(id) => {
                    own_or(row, admit(Needs::Contribute)?, "change this comment", |access| {
                        comment(access, id)
                    })
                }
                DiscussionAction::Comment | DiscussionAction::Merge => admit(row),
            }
        }
        _ => admit(row),
    }
}

/// Lets through who may commit to a revision, or propose it as a new pull request.
pub(crate) fn may_commit(
    store: &Store,
    access: &Access,
    revision: &Revision,
    create_pr: bool,
) -> Result<(), ApiError> {
    match revision.pull_request_number() {
        _ if create_pr => access.must(Needs::Contribute),
        Some(number) => {
            access.must(Needs::Contribute)?;
            own_or(Needs::Write, access.clone(), "change this pull request", |access| {
                Ok(store.discussion(&access.repo, number).map_or_else(|_| String::new(), |one| one.author))
            })
            .map(drop)
        }
        None => access.must(Needs::Write),
    }
}

/// What the body of an LFS batch needs.
pub(crate) fn of_batch(request: &BatchRequest) -> Needs {
    match request.operation {
        Operation::Download => Needs::Files,
        Operation::Upload => Needs::Contribute,
    }
}

/// Lets through who made a thing, and who has what the row says.
fn own_or(
    row: Needs,
    access: Access,
    what: &str,
    author: impl FnOnce(&Access) -> Result<String, ApiError>,
) -> Result<Access, ApiError> {
    if author(&access)? != access.user()?.user.name && access.must(row).is_err() {
        return Err(ApiError::forbidden(format!("You don't have the rights to {what}")));
    }
    Ok(access)
}
