//! `POST /api/{models}/{id}/discussions` and what is done to a discussion or pull request.

use http::{Response, StatusCode};
use hub_types::{
    DiscussionStatus,
    discussion::{
        CommentRequest, CreateDiscussionRequest, CreateDiscussionResponse, EditCommentRequest,
        MAX_COMMENT_LENGTH, MergeRequest, StatusRequest, TITLE_LENGTH, TitleRequest,
    },
    route::{self, DiscussionAction},
};
use serde_json::json;

use super::{JSON_LIMIT, discussions::shown, read_json, repos::signature};
use crate::{
    Body,
    api_error::ApiError,
    body::{self, Incoming},
    context::{Context, Inner},
    respond,
    route::rights::Access,
    store::{Conflicts, EventRecord, Merged, NewDiscussion, NewPullRequest, Signature, reference},
};

/// Opens a discussion, or a pull request as a draft without changes.
pub(crate) async fn create(
    context: &Context,
    access: Access,
    body: &mut Incoming,
) -> Result<Response<Body>, ApiError> {
    let request: CreateDiscussionRequest = read_json(body, JSON_LIMIT).await?;
    let title = title(&request.title)?;
    if request.description.chars().count() > MAX_COMMENT_LENGTH {
        return Err(too_long("description"));
    }
    let author = access.user()?.user.name.clone();
    let repo = access.repo.repo.clone();
    let is_pull_request = request.pull_request;
    let number = context
        .blocking(move |hub| {
            let description = request.description;
            let mut new = NewDiscussion { title, description, author, pull_request: None };
            if !is_pull_request {
                return Ok(hub.store.open_discussion(&access.repo, &new)?);
            }
            let git = hub.store.git(&access.repo)?;
            let target = git.default_branch()?;
            let base = git.resolve(&target)?;
            new.pull_request = Some(NewPullRequest { target, base, draft: true });
            let make_ref = |full_name: &str| git.new_ref(full_name, base);
            Ok(hub.store.open_pull_request(&access.repo, &new, make_ref)?.0)
        })
        .await?;
    let url = context.absolute(&route::repo(&repo).discussion_page(number));
    respond::ok(&CreateDiscussionResponse::new(url, number, is_pull_request))
}

/// Changes a discussion or pull request.
pub(crate) async fn change(
    context: &Context,
    access: Access,
    number: u64,
    action: DiscussionAction,
    body: &mut Incoming,
) -> Result<Response<Body>, ApiError> {
    let user = access.user()?;
    let change =
        Change { author: user.user.name.clone(), signature: signature(user, context), access, number };
    let (key, status, event) = match action {
        DiscussionAction::Comment => {
            let request: CommentRequest = read_json(body, JSON_LIMIT).await?;
            let work = move |hub: &Inner| change.comment(hub, &request.comment);
            ("newMessage", StatusCode::CREATED, context.blocking(work).await?)
        }
        DiscussionAction::Title => {
            let request: TitleRequest = read_json(body, JSON_LIMIT).await?;
            let work = move |hub: &Inner| change.rename(hub, &request.title);
            ("newTitle", StatusCode::OK, context.blocking(work).await?)
        }
        DiscussionAction::Status => {
            let request: StatusRequest = read_json(body, JSON_LIMIT).await?;
            let work = move |hub: &Inner| change.set_status(hub, request);
            ("newStatus", StatusCode::OK, context.blocking(work).await?)
        }
        DiscussionAction::Merge => {
            // Clients send no body at all when there is no comment.
            let bytes = body::read_all(body, JSON_LIMIT).await?;
            let request: Option<MergeRequest> = match bytes.trim_ascii() {
                [] => None,
                json => serde_json::from_slice(json).map_err(|error| super::invalid_json(&error))?,
            };
            let comment = request.and_then(|request| request.comment);
            let work = move |hub: &Inner| change.merge(hub, comment);
            ("newStatus", StatusCode::OK, context.blocking(work).await?)
        }
        DiscussionAction::EditComment(id) => {
            let request: EditCommentRequest = read_json(body, JSON_LIMIT).await?;
            let work = move |hub: &Inner| change.edit_comment(hub, &id, &request.content);
            ("updatedComment", StatusCode::OK, context.blocking(work).await?)
        }
        DiscussionAction::HideComment(id) => {
            let work = move |hub: &Inner| change.hide_comment(hub, &id);
            ("updatedComment", StatusCode::OK, context.blocking(work).await?)
        }
    };
    Ok(respond::json(status, &json!({ key: event })))
}

/// Who changes what.
struct Change {
    access: Access,
    number: u64,
    author: String,
    signature: Signature,
}

type Changed = Result<hub_types::discussion::Event<serde_json::Value>, ApiError>;

impl Change {
    fn shown(&self, hub: &Inner, event: EventRecord) -> Changed {
        shown(hub, &self.access.repo, event)
    }

    fn comment(&self, hub: &Inner, text: &str) -> Changed {
        hub.store.current_discussion(&self.access.repo, self.number)?;
        self.shown(hub, hub.store.add_comment(&self.access.repo, self.number, &self.author, comment(text)?)?)
    }

    fn rename(&self, hub: &Inner, to: &str) -> Changed {
        hub.store.current_discussion(&self.access.repo, self.number)?;
        let title = title(to)?;
        self.shown(hub, hub.store.rename_discussion(&self.access.repo, self.number, &self.author, &title)?)
    }

    fn set_status(&self, hub: &Inner, request: StatusRequest) -> Changed {
        if !matches!(request.status, DiscussionStatus::Open | DiscussionStatus::Closed) {
            return Err(ApiError::bad_request(format!(
                "\"status\" must be \"open\" or \"closed\", not \"{}\"",
                request.status
            )));
        }
        hub.store.current_discussion(&self.access.repo, self.number)?;
        let text = request.comment.as_deref().map(comment).transpose()?;
        let event = hub.store.set_discussion_status(
            &self.access.repo,
            self.number,
            &self.author,
            request.status,
            text,
        )?;
        self.shown(hub, event)
    }

    fn merge(&self, hub: &Inner, text: Option<String>) -> Changed {
        let repo = &self.access.repo;
        let one = hub.store.current_discussion(repo, self.number)?;
        let Some(pull_request) = &one.pull_request else {
            return Err(ApiError::bad_request("This discussion is not a pull request"));
        };
        match one.status {
            DiscussionStatus::Open => {}
            DiscussionStatus::Merged => {
                return Err(ApiError::bad_request("This pull request is already merged"));
            }
            status => {
                return Err(ApiError::bad_request(format!(
                    "A pull request must be open to be merged, this one is: {status}"
                )));
            }
        }
        let text = text.as_deref().map(comment).transpose()?;
        let git = hub.store.git(repo)?;
        let message = format!("{} (#{})", one.title, self.number);
        let now = jiff::Timestamp::now();
        let merged =
            git.merge(&pull_request.target, &reference(self.number), &self.signature, now, &message)?;
        let (merge_commit, base) = match merged {
            Merged::Done { tip, base } => (tip, base),
            // Somebody has pushed the commits to the branch, or this hub ended before it could note the merge.
            Merged::Contained { head } if head != pull_request.base => (head, pull_request.base),
            Merged::Contained { .. } => {
                return Err(ApiError::bad_request("This pull request has no changes to merge"));
            }
            Merged::Conflicts(conflicts) => return Err(conflict(&conflicts)),
        };
        let event = hub.store.mark_merged(repo, self.number, &self.author, merge_commit, base, text)?;
        self.shown(hub, event)
    }

    fn edit_comment(&self, hub: &Inner, id: &str, text: &str) -> Changed {
        let repo = &self.access.repo;
        let text = comment(text)?;
        if hub.store.comment(repo, self.number, id)?.author != self.author {
            return Err(ApiError::forbidden("Only its author can edit a comment"));
        }
        self.shown(hub, hub.store.edit_comment(repo, self.number, id, &self.author, Some(text))?)
    }

    fn hide_comment(&self, hub: &Inner, id: &str) -> Changed {
        let repo = &self.access.repo;
        self.shown(hub, hub.store.edit_comment(repo, self.number, id, &self.author, None)?)
    }
}

fn title(text: &str) -> Result<String, ApiError> {
    let title = text.trim();
    if TITLE_LENGTH.contains(&title.chars().count()) && !title.contains(char::is_control) {
        return Ok(title.to_owned());
    }
    let (least, most) = TITLE_LENGTH.into_inner();
    Err(ApiError::bad_request(format!("A title is one line of {least} to {most} characters")))
}

fn comment(text: &str) -> Result<&str, ApiError> {
    match text.chars().count() {
        0 => Err(ApiError::bad_request("A comment must not be empty")),
        length if length > MAX_COMMENT_LENGTH => Err(too_long("comment")),
        _ => Ok(text),
    }
}

fn too_long(what: &str) -> ApiError {
    ApiError::bad_request(format!("A {what} has at most {MAX_COMMENT_LENGTH} characters"))
}

fn conflict(conflicts: &Conflicts) -> ApiError {
    let message = match conflicts {
        Conflicts::Paths(paths) => {
            format!("This pull request has conflicts with its branch in {}", paths.join(", "))
        }
        Conflicts::Unrelated => "This pull request has no commit in common with its branch".to_owned(),
    };
    ApiError::new(StatusCode::CONFLICT, message)
}
