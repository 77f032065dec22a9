//! Entries of the history.

use serde::{Deserialize, Serialize};

use crate::{Extra, Timestamp, setters::setters};

/// One commit of `GET /api/{models}/{id}/commits/{rev}`. Python: `GitCommitInfo`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GitCommitInfo {
    /// Id of the commit.
    pub id: String,
    /// First line of the message.
    pub title: String,
    /// The rest of the message.
    #[serde(default, deserialize_with = "crate::lenient::or_default")]
    pub message: String,
    /// Who made it.
    #[serde(default, deserialize_with = "crate::lenient::list")]
    pub authors: Vec<CommitAuthor>,
    /// When.
    pub date: Timestamp,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

impl GitCommitInfo {
    /// A commit whose message is one line, without authors.
    pub fn new(id: impl Into<String>, title: impl Into<String>, date: Timestamp) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            date,
            message: String::new(),
            authors: Vec::new(),
            extra: Extra::new(),
        }
    }

    setters! {
        /// The rest of the message. Default empty.
        message: String,
        /// Who made it. Default nobody.
        authors: Vec<CommitAuthor>,
        /// Fields that are not modelled. Default none.
        extra: Extra,
    }
}

/// An author in the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CommitAuthor {
    /// User name on the Hub, or the name in git where the e-mail address is unknown.
    pub user: String,
    /// URL of a picture.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

impl CommitAuthor {
    /// An author without a picture.
    pub fn new(user: impl Into<String>) -> Self {
        Self { user: user.into(), avatar: None, extra: Extra::new() }
    }
}
