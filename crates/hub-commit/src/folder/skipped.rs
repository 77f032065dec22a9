//! [`Skipped`]: what an upload leaves out, and why.

use std::fmt;

use serde::Serialize;

/// Why something is not uploaded. In JSON: `reason` in snake case, with `pattern` beside it where one is the cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reason {
    /// One of `ignore_patterns` matches.
    IgnorePattern {
        /// The first one that does.
        pattern: String,
    },
    /// None of `allow_patterns` matches.
    NotAllowed,
    /// It is named `.git`: a repository of its own, or the pointer to one.
    Git,
    /// A folder `.cache/huggingface`: bookkeeping of the Hub's clients.
    HubCache,
    /// A symbolic link to a file, and links are to be skipped.
    FileLink,
    /// A symbolic link to a folder, and such links are not to be followed.
    FolderLink,
    /// A folder without any entry: a repository has no such thing.
    EmptyFolder,
    /// A rule of `.gitignore`, of the repository or of the same commit, says so.
    GitIgnore,
    /// The repository has this content at this path.
    Unchanged,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IgnorePattern { pattern } => return write!(f, "matches the pattern {pattern:?}"),
            Self::NotAllowed => "matches no pattern of those to upload",
            Self::Git => "belongs to git",
            Self::HubCache => "belongs to the cache",
            Self::FileLink => "symbolic link to a file",
            Self::FolderLink => "symbolic link to a folder",
            Self::EmptyFolder => "empty folder",
            Self::GitIgnore => "ignored by .gitignore",
            Self::Unchanged => "unchanged",
        })
    }
}

/// Something of a folder that is not uploaded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Skipped {
    /// Where it would be in the repository. A folder ends in `/`; what is not UTF-8 is replaced.
    pub path: String,
    /// Why.
    #[serde(flatten)]
    pub reason: Reason,
}

impl Skipped {
    pub(crate) fn new(path: String, reason: Reason) -> Self {
        Self { path, reason }
    }
}
