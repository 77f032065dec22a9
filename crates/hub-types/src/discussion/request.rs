//! What is sent to change discussions, and what comes back.

use serde::{Deserialize, Serialize};

use super::DiscussionStatus;
use crate::{Extra, setters::setters};

/// Which kind to list: the parameter `type`. Python: `discussion_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DiscussionTypeFilter {
    /// Both.
    All,
    /// Discussions only.
    Discussion,
    /// Pull requests only.
    PullRequest,
}

impl DiscussionTypeFilter {
    /// The word of the query: `all`, `discussion`, `pull_request`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Discussion => "discussion",
            Self::PullRequest => "pull_request",
        }
    }
}

/// Which status to list: the parameter `status`. Python: `discussion_status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DiscussionStatusFilter {
    /// Any.
    All,
    /// Open ones and drafts.
    Open,
    /// Closed and merged ones.
    Closed,
}

impl DiscussionStatusFilter {
    /// The word of the query: `all`, `open`, `closed`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Open => "open",
            Self::Closed => "closed",
        }
    }
}

/// Body of `POST /api/{models}/{id}/discussions`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CreateDiscussionRequest {
    /// 3 to 200 characters.
    pub title: String,
    /// Text of the first comment, at most 65536 characters.
    #[serde(default)]
    pub description: String,
    /// Whether it is to be a pull request.
    #[serde(default)]
    pub pull_request: bool,
}

impl CreateDiscussionRequest {
    /// A discussion without a description.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), description: String::new(), pull_request: false }
    }

    setters! {
        /// Text of the first comment, at most 65536 characters. Default empty.
        description: String,
        /// Whether it is to be a pull request. Default false.
        pull_request: bool,
    }
}

/// Response to [`CreateDiscussionRequest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CreateDiscussionResponse {
    /// URL of its web page.
    pub url: String,
    /// Its number.
    pub num: u64,
    /// Whether it is a pull request.
    #[serde(default)]
    pub pull_request: bool,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

impl CreateDiscussionResponse {
    /// Describes what was made.
    pub fn new(url: impl Into<String>, num: u64, pull_request: bool) -> Self {
        Self { url: url.into(), num, pull_request, extra: Extra::new() }
    }
}

/// Body of `POST .../discussions/{num}/comment`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CommentRequest {
    /// Markdown, 1 to 65536 characters.
    pub comment: String,
}

impl CommentRequest {
    /// A comment with this text.
    pub fn new(comment: impl Into<String>) -> Self {
        Self { comment: comment.into() }
    }
}

/// Body of `POST .../discussions/{num}/title`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TitleRequest {
    /// 3 to 200 characters.
    pub title: String,
}

impl TitleRequest {
    /// A change to this title.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into() }
    }
}

/// Body of `POST .../discussions/{num}/status`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct StatusRequest {
    /// `open` or `closed`.
    pub status: DiscussionStatus,
    /// A comment that goes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl StatusRequest {
    /// A change to this status, without a comment.
    pub fn new(status: impl Into<DiscussionStatus>) -> Self {
        Self { status: status.into(), comment: None }
    }

    setters! {
        /// A comment that goes with it. Default none.
        comment: Option<String>,
    }
}

/// Body of `POST .../discussions/{num}/merge`. Without a comment no body is sent at all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct MergeRequest {
    /// A comment that goes with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
}

impl MergeRequest {
    /// A merge without a comment.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// A comment that goes with it. Default none.
        comment: Option<String>,
    }
}

/// Body of `POST .../discussions/{num}/comment/{comment}/edit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EditCommentRequest {
    /// Markdown, 1 to 65536 characters.
    pub content: String,
}

impl EditCommentRequest {
    /// A change to this text.
    pub fn new(content: impl Into<String>) -> Self {
        Self { content: content.into() }
    }
}
