//! [`CommitOutcomeUnknown`]: a commit that was sent and never answered, as data.

use std::collections::BTreeMap;
use std::fmt;

use hub_transport::Error;
use hub_types::{ParentCommit, RepoId, RepoRef, RepoType, Revision};
use serde::{Deserialize, Serialize};

/// A commit that was sent and never answered. It can be stored and settled later with [`reconcile_commit`](crate::reconcile_commit), also by another
/// process.
#[derive(Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CommitOutcomeUnknown {
    /// Kind of the repository.
    pub repo_type: RepoType,
    /// The repository.
    pub repo_id: RepoId,
    /// The branch.
    pub revision: Revision,
    /// The commit that the branch was at before.
    pub parent: Option<ParentCommit>,
    /// Whether the commit named its parent, so that it cannot be made once the branch has moved.
    pub pinned: bool,
    /// Whether a pull request was to be opened.
    pub create_pr: bool,
    /// First line of the message.
    pub message: String,
    /// The rest of the message.
    pub description: String,
    /// Who committed, where known.
    pub author: Option<String>,
    /// The server's time shortly before, as `YYYY-MM-DDTHH:MM:SS`, where known.
    pub server_time: Option<String>,
    /// The server's name for the last request, for its operators.
    pub request_id: Option<String>,
    /// What the commit leaves at each path that it touches.
    pub fingerprint: BTreeMap<String, Expected>,
    /// Names the call, so that a commit of another call with the same message and files is not taken for its own.
    #[serde(default)]
    pub(crate) call: String,
    #[serde(skip)]
    pub(crate) cause: Option<Error>,
}

/// What a commit leaves at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Expected {
    /// Nothing.
    Absent,
    /// A file with this content: sha256 for LFS files, git blob id for others.
    File {
        /// The id in hexadecimal.
        oid: String,
        /// Size in bytes.
        size: u64,
    },
    /// A file whose content the server may add to.
    Present,
}

impl CommitOutcomeUnknown {
    /// The repository.
    pub fn repo(&self) -> RepoRef {
        RepoRef::new(self.repo_type, self.repo_id.clone())
    }

    /// The error that hid the outcome. Not kept when the value is stored.
    pub fn cause(&self) -> Option<&Error> {
        self.cause.as_ref()
    }
}

impl fmt::Display for CommitOutcomeUnknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "it is not known whether the commit to {} at {} was made: look at its history, or settle it later with \
             reconcile_commit",
            self.repo(),
            self.revision
        )
    }
}

impl std::error::Error for CommitOutcomeUnknown {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref().map(|cause| cause as _)
    }
}
