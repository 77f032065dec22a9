//! The ways to change a discussion or pull request.

use hub_transport::{Error, RetryClass};
use hub_types::{
    DiscussionComment, DiscussionEvent, DiscussionStatus, DiscussionStatusChange, DiscussionTitleChange,
    DiscussionWithDetails,
    discussion::{CommentRequest, EditCommentRequest, MergeRequest, StatusRequest, TitleRequest},
    route::DiscussionAction,
};
use serde_json::Value;

use super::{
    change::Change,
    checked_comment, checked_title, optional_comment,
    settle::{Own, Seen},
};

fn json(body: &impl serde::Serialize) -> Result<Option<Value>, Error> {
    serde_json::to_value(body)
        .map(Some)
        .map_err(|error| Error::build("the change cannot be written as JSON").with_source(error))
}

fn status_change(details: &DiscussionWithDetails, to: &DiscussionStatus) -> Option<DiscussionStatusChange> {
    details.events.iter().rev().find_map(|event| match event {
        DiscussionEvent::StatusChange(change) if change.data.status == *to => Some(change.clone()),
        _ => None,
    })
}

/// Writes a comment.
#[derive(Debug, Clone)]
pub struct Comment {
    pub(super) text: String,
}

impl Change for Comment {
    const NAME: &'static str = "comment_discussion";
    const KEY: Option<&'static str> = Some("newMessage");
    type Event = DiscussionComment;

    fn class(&self) -> RetryClass {
        RetryClass::Append
    }

    fn action(&self) -> DiscussionAction {
        DiscussionAction::Comment
    }

    fn body(&self) -> Result<Option<Value>, Error> {
        json(&CommentRequest::new(checked_comment(&self.text)?))
    }

    fn done(&self, details: &DiscussionWithDetails, own: &Own) -> Seen<DiscussionComment> {
        own_comment(details, own, &self.text)
    }

    fn claim(comment: &DiscussionComment) -> Option<String> {
        Some(comment_claim(comment))
    }
}

fn comment_claim(comment: &DiscussionComment) -> String {
    format!("comment {}", comment.id)
}

fn own_comment(details: &DiscussionWithDetails, own: &Own, text: &str) -> Seen<DiscussionComment> {
    let alike = details.comments().filter(|comment| comment.content() == text);
    Seen::only(alike.map(|comment| {
        let claim = comment_claim(comment);
        (own.wrote(comment.author_name(), &comment.created_at, &claim), claim, comment.clone())
    }))
}

fn if_seen<T>(event: Option<T>) -> Seen<T> {
    event.map_or(Seen::Nothing, Seen::Done)
}

/// Gives a comment another text.
#[derive(Debug, Clone)]
pub struct EditComment {
    pub(super) id: String,
    pub(super) text: String,
}

impl Change for EditComment {
    const NAME: &'static str = "edit_discussion_comment";
    const KEY: Option<&'static str> = Some("updatedComment");
    type Event = DiscussionComment;

    fn class(&self) -> RetryClass {
        RetryClass::Ambiguous
    }

    fn action(&self) -> DiscussionAction {
        DiscussionAction::EditComment(self.id.clone())
    }

    fn body(&self) -> Result<Option<Value>, Error> {
        checked_id(&self.id)?;
        json(&EditCommentRequest::new(checked_comment(&self.text)?))
    }

    fn done(&self, details: &DiscussionWithDetails, _: &Own) -> Seen<DiscussionComment> {
        if_seen(details.comment(&self.id).filter(|comment| comment.content() == self.text).cloned())
    }

    fn claim(_: &DiscussionComment) -> Option<String> {
        None
    }
}

/// Hides a comment for good.
#[derive(Debug, Clone)]
pub struct HideComment {
    pub(super) id: String,
}

impl Change for HideComment {
    const NAME: &'static str = "hide_discussion_comment";
    const KEY: Option<&'static str> = Some("updatedComment");
    type Event = DiscussionComment;

    fn class(&self) -> RetryClass {
        RetryClass::Ambiguous
    }

    fn action(&self) -> DiscussionAction {
        DiscussionAction::HideComment(self.id.clone())
    }

    fn body(&self) -> Result<Option<Value>, Error> {
        checked_id(&self.id)?;
        tracing::warn!(comment = %self.id, "hiding a comment cannot be undone");
        Ok(None)
    }

    fn done(&self, details: &DiscussionWithDetails, _: &Own) -> Seen<DiscussionComment> {
        if_seen(details.comment(&self.id).filter(|comment| comment.data.hidden).cloned())
    }

    fn claim(_: &DiscussionComment) -> Option<String> {
        None
    }
}

fn checked_id(id: &str) -> Result<(), Error> {
    match id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        true => Err(Error::build(format!("{id:?} is not the id of a comment"))),
        false => Ok(()),
    }
}

/// Gives another title.
#[derive(Debug, Clone)]
pub struct Rename {
    pub(super) title: String,
}

impl Change for Rename {
    const NAME: &'static str = "rename_discussion";
    const KEY: Option<&'static str> = Some("newTitle");
    type Event = DiscussionTitleChange;

    fn class(&self) -> RetryClass {
        RetryClass::Ambiguous
    }

    fn action(&self) -> DiscussionAction {
        DiscussionAction::Title
    }

    fn body(&self) -> Result<Option<Value>, Error> {
        json(&TitleRequest::new(checked_title(&self.title)?))
    }

    fn done(&self, details: &DiscussionWithDetails, _: &Own) -> Seen<DiscussionTitleChange> {
        if details.discussion.title.trim() != self.title.trim() {
            return Seen::Nothing;
        }
        if_seen(details.events.iter().rev().find_map(|event| match event {
            DiscussionEvent::TitleChange(change) if change.data.to.trim() == self.title.trim() => {
                Some(change.clone())
            }
            _ => None,
        }))
    }

    fn claim(_: &DiscussionTitleChange) -> Option<String> {
        None
    }
}

/// Opens or closes.
#[derive(Debug, Clone)]
pub struct ChangeStatus {
    pub(super) status: DiscussionStatus,
    pub(super) comment: Option<String>,
}

impl Change for ChangeStatus {
    const NAME: &'static str = "change_discussion_status";
    const KEY: Option<&'static str> = Some("newStatus");
    type Event = DiscussionStatusChange;

    /// A comment is written again each time.
    fn class(&self) -> RetryClass {
        match optional_comment(self.comment.as_deref()) {
            Ok(None) => RetryClass::Ambiguous,
            _ => RetryClass::Append,
        }
    }

    fn action(&self) -> DiscussionAction {
        DiscussionAction::Status
    }

    fn body(&self) -> Result<Option<Value>, Error> {
        if !matches!(self.status, DiscussionStatus::Open | DiscussionStatus::Closed) {
            return Err(Error::build(format!(
                "the new status of a discussion is \"open\" or \"closed\", not {:?}",
                self.status.as_str()
            )));
        }
        let comment = optional_comment(self.comment.as_deref())?;
        json(&StatusRequest::new(self.status.clone()).comment(comment))
    }

    fn done(&self, details: &DiscussionWithDetails, own: &Own) -> Seen<DiscussionStatusChange> {
        let Some(change) = status_change(details, &self.status) else { return Seen::Nothing };
        if details.discussion.status != self.status {
            return Seen::Nothing;
        }
        let Some(text) = self.comment.as_deref().map(str::trim).filter(|text| !text.is_empty()) else {
            return Seen::Done(change);
        };
        // Where the server keeps the comment with the change, there is no event of its own.
        if change.data.extra.get("reason").and_then(Value::as_str) == Some(text) {
            let claim = status_claim(&change);
            let written = own.wrote(change.author_name(), &change.created_at, &claim);
            return Seen::only([(written, claim, change)]);
        }
        match own_comment(details, own, text) {
            Seen::Done(_) => Seen::Done(change),
            Seen::Perhaps(name) => Seen::Perhaps(name),
            Seen::Nothing => Seen::Nothing,
        }
    }

    fn claim(change: &DiscussionStatusChange) -> Option<String> {
        Some(status_claim(change))
    }
}

fn status_claim(change: &DiscussionStatusChange) -> String {
    format!("status change {}", change.id)
}

/// Merges a pull request.
#[derive(Debug, Clone)]
pub struct Merge {
    pub(super) comment: Option<String>,
}

impl Change for Merge {
    const NAME: &'static str = "merge_pull_request";
    const KEY: Option<&'static str> = None;
    type Event = DiscussionStatusChange;

    fn class(&self) -> RetryClass {
        RetryClass::Ambiguous
    }

    fn action(&self) -> DiscussionAction {
        DiscussionAction::Merge
    }

    fn body(&self) -> Result<Option<Value>, Error> {
        match optional_comment(self.comment.as_deref())? {
            Some(comment) => json(&MergeRequest::new().comment(comment)),
            None => Ok(None),
        }
    }

    fn done(&self, details: &DiscussionWithDetails, _: &Own) -> Seen<DiscussionStatusChange> {
        let merged = DiscussionStatus::Merged;
        let is_merged = details.discussion.status == merged;
        if_seen(is_merged.then(|| status_change(details, &merged)).flatten())
    }

    fn claim(_: &DiscussionStatusChange) -> Option<String> {
        None
    }

    /// The server may still be at work.
    fn is_repeatable(&self) -> bool {
        false
    }
}
