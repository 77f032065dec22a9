//! What happens in a discussion.

use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{DiscussionAuthor, DiscussionStatus, author_name};
use crate::{Extra, Timestamp};

/// One event with its data. Python: `DiscussionEvent` and its subclasses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Event<D> {
    /// 24 hexadecimal digits.
    pub id: String,
    /// The word for what happened: `comment`, `status-change` and others. Python: `type`.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it happened.
    pub created_at: Timestamp,
    /// Who did it; `None` when the account was deleted.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub author: Option<DiscussionAuthor>,
    /// What it is about.
    pub data: D,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

impl<D> Event<D> {
    /// Describes what `author` did.
    pub fn new(
        id: impl Into<String>,
        kind: impl Into<String>,
        created_at: Timestamp,
        author: DiscussionAuthor,
        data: D,
    ) -> Self {
        let (id, kind, author) = (id.into(), kind.into(), Some(author));
        Self { id, kind, created_at, author, data, extra: Extra::new() }
    }

    /// Account name of the author; [`DELETED_AUTHOR`](super::DELETED_AUTHOR) when there is none. Python: `author`.
    pub fn author_name(&self) -> &str {
        author_name(self.author.as_ref())
    }
}

/// A comment. Python: `DiscussionComment`.
pub type DiscussionComment = Event<CommentData>;
/// Another status. Python: `DiscussionStatusChange`.
pub type DiscussionStatusChange = Event<StatusChangeData>;
/// Another title. Python: `DiscussionTitleChange`.
pub type DiscussionTitleChange = Event<TitleChangeData>;
/// A commit that was added to a pull request. Python: `DiscussionCommit`.
pub type DiscussionCommit = Event<CommitData>;

/// An event of a discussion, by its type.
///
/// An event of an unknown type, and one whose data is not what its type promises, is kept as it came.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum DiscussionEvent {
    /// `comment`
    Comment(Box<DiscussionComment>),
    /// `status-change`
    StatusChange(DiscussionStatusChange),
    /// `title-change`
    TitleChange(DiscussionTitleChange),
    /// `commit`
    Commit(DiscussionCommit),
    /// `pinning-change`
    PinningChange(Event<PinningData>),
    /// `locking-change`
    LockingChange(Event<LockingData>),
    /// `report-status-change`
    ReportStatusChange(Event<ReportStatusData>),
    /// `ref-deleted`: the ref of a pull request was removed, and with it what only it kept.
    RefDeleted(Event<Extra>),
    /// Anything else.
    Other(Event<Value>),
}

impl DiscussionEvent {
    /// The word for what happened: `comment`, `status-change` and others.
    pub fn kind(&self) -> &str {
        match self {
            Self::Comment(event) => &event.kind,
            Self::StatusChange(event) => &event.kind,
            Self::TitleChange(event) => &event.kind,
            Self::Commit(event) => &event.kind,
            Self::PinningChange(event) => &event.kind,
            Self::LockingChange(event) => &event.kind,
            Self::ReportStatusChange(event) => &event.kind,
            Self::RefDeleted(event) => &event.kind,
            Self::Other(event) => &event.kind,
        }
    }
}

impl<'de> Deserialize<'de> for DiscussionEvent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        fn typed<T: DeserializeOwned>(event: &Event<Value>) -> Option<Event<T>> {
            Some(Event {
                id: event.id.clone(),
                kind: event.kind.clone(),
                created_at: event.created_at.clone(),
                author: event.author.clone(),
                data: T::deserialize(&event.data).ok()?,
                extra: event.extra.clone(),
            })
        }
        let event = Event::<Value>::deserialize(deserializer)?;
        let known = match event.kind.as_str() {
            "comment" => typed(&event).map(|comment| Self::Comment(Box::new(comment))),
            "status-change" => typed(&event).map(Self::StatusChange),
            "title-change" => typed(&event).map(Self::TitleChange),
            "commit" => typed(&event).map(Self::Commit),
            "pinning-change" => typed(&event).map(Self::PinningChange),
            "locking-change" => typed(&event).map(Self::LockingChange),
            "report-status-change" => typed(&event).map(Self::ReportStatusChange),
            "ref-deleted" => typed(&event).map(Self::RefDeleted),
            _ => None,
        };
        Ok(known.unwrap_or(Self::Other(event)))
    }
}

/// One version of a comment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CommentVersion {
    /// Markdown as it was written; empty once the comment is hidden.
    pub raw: String,
    /// The same as HTML.
    #[serde(default, deserialize_with = "crate::lenient::or_default")]
    pub html: String,
    /// When it was written.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Who wrote it.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub author: Option<DiscussionAuthor>,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

impl CommentVersion {
    /// A version written by `author` at `at`.
    pub fn new(
        raw: impl Into<String>,
        html: impl Into<String>,
        at: Timestamp,
        author: DiscussionAuthor,
    ) -> Self {
        let (updated_at, author) = (Some(at), Some(author));
        Self { raw: raw.into(), html: html.into(), updated_at, author, extra: Extra::new() }
    }
}

/// What a comment says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CommentData {
    /// Whether it was changed after it was written.
    #[serde(default, deserialize_with = "crate::lenient::or_default")]
    pub edited: bool,
    /// Whether it was hidden. This is final.
    #[serde(default, deserialize_with = "crate::lenient::or_default")]
    pub hidden: bool,
    /// The text as it is now.
    pub latest: CommentVersion,
    /// How often it was changed, where the server says so.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub num_edits: Option<u64>,
    /// Earlier versions, oldest first, where the server says so. Python: `edit_history`.
    #[serde(
        default,
        deserialize_with = "crate::lenient::optional_list",
        skip_serializing_if = "Option::is_none"
    )]
    pub history: Option<Vec<CommentVersion>>,
    /// Everything else that the server sent, such as `reactions` and `editors`.
    #[serde(flatten)]
    pub extra: Extra,
}

impl CommentData {
    /// A comment that was just written.
    pub fn new(latest: CommentVersion) -> Self {
        let (num_edits, history) = (Some(0), Some(Vec::new()));
        Self { edited: false, hidden: false, latest, num_edits, history, extra: Extra::new() }
    }
}

impl DiscussionComment {
    /// Markdown as it was written; empty once the comment is hidden. Python: `content`.
    pub fn content(&self) -> &str {
        &self.data.latest.raw
    }

    /// The text as HTML. Python: `rendered`.
    pub fn rendered(&self) -> &str {
        &self.data.latest.html
    }

    /// When the text became what it is now. Python: `last_edited_at`.
    pub fn last_edited_at(&self) -> Option<&Timestamp> {
        self.data.latest.updated_at.as_ref()
    }

    /// Who made the text what it is now. Python: `last_edited_by`.
    pub fn last_edited_by(&self) -> &str {
        author_name(self.data.latest.author.as_ref())
    }

    /// How often it was changed. Python: `number_of_edits`.
    pub fn number_of_edits(&self) -> u64 {
        let history = || self.data.history.as_ref().map_or(0, |versions| versions.len() as u64);
        self.data.num_edits.unwrap_or_else(history)
    }
}

/// What a change of status is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StatusChangeData {
    /// The status from then on. Python: `new_status`.
    pub status: DiscussionStatus,
    /// Everything else that the server sent, such as `reason`.
    #[serde(flatten)]
    pub extra: Extra,
}

impl StatusChangeData {
    /// A change to `status`.
    pub fn new(status: DiscussionStatus) -> Self {
        Self { status, extra: Extra::new() }
    }
}

/// What a change of the title is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TitleChangeData {
    /// The title before. Python: `old_title`.
    pub from: String,
    /// The title from then on. Python: `new_title`.
    pub to: String,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

impl TitleChangeData {
    /// A change of the title `from` one `to` another.
    pub fn new(from: impl Into<String>, to: impl Into<String>) -> Self {
        Self { from: from.into(), to: to.into(), extra: Extra::new() }
    }
}

/// A commit of a pull request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CommitData {
    /// First line of its message. Python: `summary`.
    pub subject: String,
    /// Its id.
    pub oid: String,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

impl CommitData {
    /// The commit `oid`, whose message begins with the line `subject`.
    pub fn new(subject: impl Into<String>, oid: impl Into<String>) -> Self {
        Self { subject: subject.into(), oid: oid.into(), extra: Extra::new() }
    }
}

/// Whether a discussion stands above the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PinningData {
    /// It does from then on.
    pub pinned: bool,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Whether a discussion takes comments.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LockingData {
    /// It takes none from then on.
    pub locked: bool,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

/// Whether a discussion is a report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReportStatusData {
    /// It is one from then on.
    pub report: bool,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(kind: &str, data: Value) -> (Value, DiscussionEvent) {
        let wire =
            json!({"id": "64", "type": kind, "createdAt": "x", "author": {"name": "ada"}, "data": data});
        let read = serde_json::from_value(wire.clone()).unwrap();
        (wire, read)
    }

    #[test]
    fn every_type_of_event_is_read_as_its_own_and_written_back() {
        use DiscussionEvent as E;
        type Is = fn(&DiscussionEvent) -> bool;
        let comment = json!({"edited": false, "hidden": false, "latest": {"raw": "a", "html": "<p>a</p>"}, "numEdits": 0});
        let table: [(&str, Value, Is); 10] = [
            ("comment", comment, |e| matches!(e, E::Comment(_))),
            ("status-change", json!({"status": "closed", "reason": "r"}), |e| {
                matches!(e, E::StatusChange(_))
            }),
            ("title-change", json!({"from": "a", "to": "b"}), |e| matches!(e, E::TitleChange(_))),
            ("commit", json!({"subject": "s", "oid": "aa"}), |e| matches!(e, E::Commit(_))),
            ("pinning-change", json!({"pinned": true}), |e| matches!(e, E::PinningChange(_))),
            ("locking-change", json!({"locked": true}), |e| matches!(e, E::LockingChange(_))),
            ("report-status-change", json!({"report": true}), |e| matches!(e, E::ReportStatusChange(_))),
            ("ref-deleted", json!({}), |e| matches!(e, E::RefDeleted(_))),
            ("moved-to-the-moon", json!([1]), |e| matches!(e, E::Other(_))),
            ("commit", json!({"oid": 7}), |e| matches!(e, E::Other(_))),
        ];
        for (kind, data, is) in table {
            let (wire, read) = event(kind, data);
            assert!(is(&read), "{read:?}");
            assert_eq!(read.kind(), kind);
            assert_eq!(serde_json::to_value(&read).unwrap(), wire);
        }
    }

    #[test]
    fn edits_are_counted_by_the_server_or_from_the_history() {
        let version = json!({"raw": "a", "html": ""});
        for (data, edits) in [
            (json!({"latest": version, "numEdits": 2}), 2),
            (json!({"latest": version, "history": [version, version, version]}), 3),
            (json!({"latest": version}), 0),
        ] {
            let (_, DiscussionEvent::Comment(comment)) = event("comment", data) else { panic!("no comment") };
            assert_eq!(comment.number_of_edits(), edits);
            assert_eq!((comment.content(), comment.last_edited_by()), ("a", "deleted"));
        }
    }
}
