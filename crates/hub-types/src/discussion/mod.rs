//! Discussions and pull requests: what the Hub answers, and what is sent to it.

mod event;
mod request;

use std::{convert::Infallible, fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{Extra, RepoRef, Revision, Timestamp, route};

pub use event::{
    CommentData, CommentVersion, CommitData, DiscussionComment, DiscussionCommit, DiscussionEvent,
    DiscussionStatusChange, DiscussionTitleChange, Event, LockingData, PinningData, ReportStatusData,
    StatusChangeData, TitleChangeData,
};
pub use request::{
    CommentRequest, CreateDiscussionRequest, CreateDiscussionResponse, DiscussionStatusFilter,
    DiscussionTypeFilter, EditCommentRequest, MergeRequest, StatusRequest, TitleRequest,
};

/// Lengths of a title that the Hub takes, in characters.
pub const TITLE_LENGTH: std::ops::RangeInclusive<usize> = 3..=200;
/// Most characters of a description or a comment.
pub const MAX_COMMENT_LENGTH: usize = 65_536;
/// The name of an author whose account was deleted. Python reports the same.
pub const DELETED_AUTHOR: &str = "deleted";

/// Where a discussion or pull request stands. Written and read as one word.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum DiscussionStatus {
    /// A pull request that cannot be merged before it is opened.
    Draft,
    /// Open.
    Open,
    /// Closed; it can be opened again.
    Closed,
    /// A pull request that was merged. This is final.
    Merged,
    /// A word that this version does not know.
    Other(String),
}

impl DiscussionStatus {
    /// The word of messages: `draft`, `open`, `closed`, `merged`.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Draft => "draft",
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Merged => "merged",
            Self::Other(word) => word,
        }
    }

    /// Whether the Hub lists it among the open ones; drafts are open, merged pull requests are closed.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Draft | Self::Open)
    }
}

impl From<String> for DiscussionStatus {
    fn from(word: String) -> Self {
        match word.as_str() {
            "draft" => Self::Draft,
            "open" => Self::Open,
            "closed" => Self::Closed,
            "merged" => Self::Merged,
            _ => Self::Other(word),
        }
    }
}

impl From<DiscussionStatus> for String {
    fn from(status: DiscussionStatus) -> Self {
        status.as_str().to_owned()
    }
}

impl From<&str> for DiscussionStatus {
    fn from(word: &str) -> Self {
        word.to_owned().into()
    }
}

impl FromStr for DiscussionStatus {
    type Err = Infallible;

    fn from_str(word: &str) -> Result<Self, Infallible> {
        Ok(word.into())
    }
}

impl fmt::Display for DiscussionStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who wrote something. Absent where the account was deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DiscussionAuthor {
    /// Account name.
    pub name: String,
    /// Everything else that the server sent, such as `fullname`, `type` and `avatarUrl`.
    #[serde(flatten)]
    pub extra: Extra,
}

impl DiscussionAuthor {
    /// An author of whom only the name is known.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), extra: Extra::new() }
    }
}

/// The repository that a discussion belongs to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DiscussionRepo {
    /// Its id: `ada/demo`. Python: `repo_id`.
    pub name: String,
    /// `model`, `dataset` or `space`. Python: `repo_type`.
    #[serde(rename = "type")]
    pub repo_type: String,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

/// A discussion or pull request. Python: `Discussion`. Endpoint: `GET /api/{models}/{id}/discussions`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Discussion {
    /// Counted from 1 in each repository, discussions and pull requests together.
    pub num: u64,
    /// The title.
    pub title: String,
    /// Where it stands.
    pub status: DiscussionStatus,
    /// Whether it is a pull request.
    pub is_pull_request: bool,
    /// When it was opened.
    pub created_at: Timestamp,
    /// Who opened it; `None` when the account was deleted.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub author: Option<DiscussionAuthor>,
    /// The repository.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub repo: Option<DiscussionRepo>,
    /// Whether it stands above the others.
    #[serde(default, deserialize_with = "crate::lenient::or_default")]
    pub pinned: bool,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

impl Discussion {
    /// Account name of the author; [`DELETED_AUTHOR`] when there is none. Python: `author`.
    pub fn author_name(&self) -> &str {
        author_name(self.author.as_ref())
    }

    /// The ref of a pull request: `refs/pr/3`; `None` for discussions. Python: `git_reference`.
    pub fn git_reference(&self) -> Option<Revision> {
        self.is_pull_request.then(|| Revision::pull_request(self.num))
    }

    /// The URL of its web page. Python: `url`.
    pub fn url(&self, endpoint: &str, repo: &RepoRef) -> String {
        format!("{}{}", endpoint.trim_end_matches('/'), route::repo(repo).discussion_page(self.num))
    }
}

fn author_name(author: Option<&DiscussionAuthor>) -> &str {
    author.map_or(DELETED_AUTHOR, |author| &author.name)
}

/// One page of discussions. Endpoint: `GET /api/{models}/{id}/discussions?p=N`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DiscussionPage<T = Discussion> {
    /// The discussions of this page, newest first.
    pub discussions: Vec<T>,
    /// How many discussions match in all.
    pub count: u64,
    /// How many come before this page.
    pub start: u64,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

impl<T> DiscussionPage<T> {
    /// Whether another page follows.
    pub fn has_next(&self) -> bool {
        !self.discussions.is_empty() && self.start.saturating_add(self.discussions.len() as u64) < self.count
    }
}

/// The files that a pull request and its target branch both changed in ways that do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum FilesWithConflicts {
    /// Their paths; none means that it can be merged.
    Paths(Vec<String>),
    /// `true`: there are some, but the Hub does not say which.
    Unknown(bool),
}

/// Which commits a pull request is about.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PullRequestChanges {
    /// Full name of the branch that it is meant for: `refs/heads/main`.
    pub base: String,
    /// The commit that brought it into the branch; `None` until it is merged.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub merge_commit_id: Option<String>,
    /// The newest commit of `refs/pr/N`.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub head_commit_id: Option<String>,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

impl PullRequestChanges {
    /// Changes meant for the branch `base`, a full name such as `refs/heads/main`.
    pub fn new(base: impl Into<String>) -> Self {
        Self { base: base.into(), merge_commit_id: None, head_commit_id: None, extra: Extra::new() }
    }
}

/// A discussion or pull request with all that happened in it. Python: `DiscussionWithDetails`. Endpoint:
/// `GET /api/{models}/{id}/discussions/{num}?diff=1`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DiscussionWithDetails {
    /// What the list shows too, and everything that is not modelled here.
    #[serde(flatten)]
    pub discussion: Discussion,
    /// What happened, oldest first; the first is the opening comment.
    #[serde(deserialize_with = "crate::lenient::list")]
    pub events: Vec<DiscussionEvent>,
    /// Whether nobody may comment any more.
    #[serde(default, deserialize_with = "crate::lenient::or_default")]
    pub locked: bool,
    /// Pull requests only: what does not fit together with the branch. Python: `conflicting_files`.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub files_with_conflicts: Option<FilesWithConflicts>,
    /// Pull requests only: branch and commits.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub changes: Option<PullRequestChanges>,
    /// Pull requests only: the changes as a unified diff, as git writes it.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

impl DiscussionWithDetails {
    /// Full name of the branch that a pull request is meant for: `refs/heads/main`. Python: `target_branch`.
    pub fn target_branch(&self) -> Option<&str> {
        self.changes.as_ref().map(|changes| changes.base.as_str())
    }

    /// The commit that brought a pull request into its branch. Python: `merge_commit_oid`.
    pub fn merge_commit_oid(&self) -> Option<&str> {
        self.changes.as_ref()?.merge_commit_id.as_deref()
    }

    /// The comment with this id.
    pub fn comment(&self, id: &str) -> Option<&DiscussionComment> {
        self.comments().find(|comment| comment.id == id)
    }

    /// All comments, oldest first; the first is the description.
    pub fn comments(&self) -> impl DoubleEndedIterator<Item = &DiscussionComment> {
        self.events.iter().filter_map(|event| match event {
            DiscussionEvent::Comment(comment) => Some(comment.as_ref()),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_listed_discussion_is_read_and_written_back() {
        let wire = json!({
            "num": 2, "title": "Fix typo", "status": "draft", "isPullRequest": true,
            "createdAt": "2024-05-06T07:08:09.000Z", "author": {"name": "ada", "isPro": false},
            "repo": {"name": "acme/mini", "type": "model"}, "pinned": false, "numComments": 1,
        });
        let read: Discussion = serde_json::from_value(wire.clone()).unwrap();
        assert_eq!((read.author_name(), read.status.clone()), ("ada", DiscussionStatus::Draft));
        assert_eq!(read.git_reference().unwrap().as_str(), "refs/pr/2");
        assert_eq!(read.extra["numComments"], 1);
        assert_eq!(serde_json::to_value(&read).unwrap(), wire);
        let repo: RepoRef = RepoRef::new(crate::RepoType::Dataset, "acme/mini".parse().unwrap());
        assert_eq!(read.url("https://hub.test/", &repo), "https://hub.test/datasets/acme/mini/discussions/2");
    }

    #[test]
    fn a_missing_author_is_called_deleted_and_an_unknown_status_is_kept() {
        let wire =
            json!({"num": 1, "title": "t", "status": "frozen", "isPullRequest": false, "createdAt": "x"});
        let read: Discussion = serde_json::from_value(wire).unwrap();
        assert_eq!((read.author_name(), read.status.as_str()), ("deleted", "frozen"));
        assert_eq!((read.status.is_open(), read.git_reference()), (false, None));
    }

    #[test]
    fn details_keep_what_they_do_not_know() {
        let wire = json!({
            "num": 2, "title": "t", "status": "merged", "isPullRequest": true, "createdAt": "x", "pinned": false,
            "collection": "discussions", "events": [], "locked": true, "filesWithConflicts": true,
            "changes": {"base": "refs/heads/main", "mergeCommitId": "aa", "refDeleted": true}, "diff": "",
        });
        let read: DiscussionWithDetails = serde_json::from_value(wire.clone()).unwrap();
        assert_eq!((read.target_branch(), read.merge_commit_oid()), (Some("refs/heads/main"), Some("aa")));
        assert_eq!(read.files_with_conflicts, Some(FilesWithConflicts::Unknown(true)));
        assert_eq!(serde_json::to_value(&read).unwrap(), wire);
    }

    #[test]
    fn a_page_without_discussions_is_the_last_whatever_its_count_says() {
        let page = |start, count, discussions: usize| {
            let one =
                json!({"num": 1, "title": "t", "status": "open", "isPullRequest": false, "createdAt": "x"});
            let wire = json!({"discussions": vec![one; discussions], "count": count, "start": start});
            serde_json::from_value::<DiscussionPage>(wire).unwrap().has_next()
        };
        assert_eq!([page(0, 3, 2), page(2, 3, 1), page(0, 3, 0)], [true, false, false]);
    }
}
