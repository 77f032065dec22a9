//! [`CommitError`]: what stopped a commit, by stage.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use hub_transport::Error;

use crate::outcome_unknown::CommitOutcomeUnknown;

/// Why no commit was made, or why it is not known whether one was.
///
/// `Display` is one line without the source; `source()` leads on to the cause.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CommitError {
    /// An argument is wrong; nothing was sent. Python: `ValueError`.
    #[error("{0}")]
    InvalidOperation(String),
    /// A path would be a file and a folder at once; nothing was sent. Python: none, the server refuses the commit.
    #[error("{} cannot be a file: {} is below it in the same commit", shown(file), shown(inside))]
    PathClash {
        /// The path that is both.
        file: String,
        /// A file that is below it.
        inside: String,
    },
    /// Files that cannot be read, all in one error; before the first byte of any file was sent.
    #[error("{}", list_problems(.0))]
    Sources(Vec<SourceProblem>),
    /// A file is no longer what it was when the upload began; no commit was made.
    #[error(
        "{} changed while it was uploaded: no commit was made; try again when nothing writes to it",
        shown(path)
    )]
    SourceChanged {
        /// Path in the repository.
        path: String,
    },
    /// The server refuses the front matter of `README.md`; nothing was uploaded.
    #[error("the metadata at the top of README.md is refused: {message}")]
    ReadmeRejected {
        /// What is wrong with it, several reasons joined by `; `.
        message: String,
    },
    /// More LFS files than one commit may have; nothing was uploaded.
    #[error(
        "{count} files would go to LFS, one commit may have {}: split the upload into several commits",
        hub_types::commit::MAX_LFS_FILES
    )]
    TooManyLfsFiles {
        /// How many there are.
        count: usize,
    },
    /// The regular files of the commit are too large together; nothing was uploaded.
    #[error(
        "the regular files make a commit of {bytes} bytes, the limit is {}: split the upload into several commits, or \
         have large files tracked by LFS in .gitattributes",
        hub_types::commit::MAX_REGULAR_PAYLOAD
    )]
    PayloadTooLarge {
        /// Size of the commit's body in bytes, with base64.
        bytes: u64,
    },
    /// The server was asked how each file travels and did not say.
    #[error("the server did not say how the files are to be uploaded")]
    Preupload(#[source] Error),
    /// The server was asked where LFS files go and did not say.
    #[error("the server did not say where LFS files are to be uploaded")]
    LfsBatch(#[source] Error),
    /// The server refuses LFS files; nothing of them was uploaded.
    #[error("the server refuses {}", list_rejected(.0))]
    LfsRejected(Vec<RejectedObject>),
    /// A response about uploads contradicts itself or the request.
    #[error("the server's response about uploads cannot be used: {reason}")]
    MalformedUpload {
        /// What is wrong with it.
        reason: String,
    },
    /// The content of a file could not be sent; no commit was made.
    #[error("uploading {} failed", shown(path))]
    Upload {
        /// Path in the repository.
        path: String,
        /// The last attempt's error.
        source: Error,
    },
    /// The server did not confirm an uploaded file; no commit was made.
    #[error("the server did not confirm the upload of {}", shown(path))]
    VerifyFailed {
        /// Path in the repository.
        path: String,
        /// The last attempt's error.
        source: Error,
    },
    /// The server did not say where content goes by Xet; nothing was uploaded.
    #[error("the server gave no access to the store of its chunks")]
    XetToken(#[source] Error),
    /// Chunks of a file, and perhaps of those after it, could not be sent by Xet; no commit was made.
    #[error("uploading chunks of {} failed", shown(path))]
    XetContent {
        /// Path in the repository.
        path: String,
        /// The last attempt's error.
        source: Error,
    },
    /// The files whose chunks were sent by Xet could not be registered; no commit was made.
    #[error("the server did not register the uploaded files")]
    XetFiles(#[source] Error),
    /// The server has checked the files whose chunks were sent by Xet, and refuses them; no commit was made.
    #[error("the server refuses the uploaded files: {}", message.escape_debug())]
    XetRefused {
        /// The server's reason.
        message: String,
    },
    /// A file that is to be copied is not there, or could not be read; no commit was made.
    #[error("{} cannot be copied", shown(path))]
    Copy {
        /// The path that it is copied from.
        path: String,
        /// What the server said.
        source: Error,
    },
    /// The state of the branch could not be read; no commit was made.
    #[error("the state of revision {} could not be read", shown(revision))]
    Head {
        /// The revision.
        revision: String,
        /// What the server said.
        source: Error,
    },
    /// The server refused the commit.
    #[error("the commit was not made")]
    Commit(#[source] Error),
    /// The branch is not at the commit that the caller demanded; no commit was made.
    #[error(
        "the branch is not at {expected} but at {}: look at what changed, then use the new commit as parent",
        actual.as_deref().unwrap_or("another commit")
    )]
    ParentMismatch {
        /// The parent that was demanded.
        expected: String,
        /// Where the branch is, if it could be read.
        actual: Option<String>,
    },
    /// The branch moved under every attempt for as long as [`CommitOptions::contention_timeout`](crate::CommitOptions) says;
    /// no commit was made.
    #[error(
        "others commit to the branch all the time: gave up after {attempts} attempts in {} s, try again",
        waited.as_secs()
    )]
    Contended {
        /// How often the commit was tried.
        attempts: u32,
        /// For how long.
        waited: Duration,
    },
    /// No response said whether the commit was made, and its place in the history could not be read.
    #[error(transparent)]
    CommitOutcomeUnknown(Box<CommitOutcomeUnknown>),
    /// The notes that a large upload keeps beside its folder cannot be read or written.
    #[error("the notes about the upload at {} cannot be used", path.escape())]
    Journal {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another upload of the same folder is running.
    #[error("another upload of {} is running: wait until it has ended", folder.escape())]
    FolderBusy {
        /// The folder.
        folder: PathBuf,
    },
    /// The program is shutting down, or a thread of it failed.
    #[error("the upload was stopped: {0}")]
    Stopped(String),
}

impl CommitError {
    /// The transport's error, where one is behind it.
    pub fn as_transport(&self) -> Option<&Error> {
        match self {
            Self::Preupload(source)
            | Self::LfsBatch(source)
            | Self::XetToken(source)
            | Self::XetFiles(source)
            | Self::Commit(source)
            | Self::Upload { source, .. }
            | Self::XetContent { source, .. }
            | Self::VerifyFailed { source, .. }
            | Self::Copy { source, .. }
            | Self::Head { source, .. } => Some(source),
            Self::CommitOutcomeUnknown(unknown) => unknown.cause(),
            _ => None,
        }
    }

    /// True if the repository, revision or file does not exist, or not for this caller. What a storage of content says about an address
    /// that the server gave is none of these.
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::Upload { .. } | Self::VerifyFailed { .. } | Self::XetContent { .. } | Self::XetFiles(_) => {
                false
            }
            _ => self.as_transport().is_some_and(Error::is_not_found),
        }
    }

    /// True if the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::SourceChanged { .. } | Self::Contended { .. })
            || self.as_transport().is_some_and(Error::is_retryable)
    }

    /// The status of the response behind it, if one came.
    pub fn status(&self) -> Option<http::StatusCode> {
        self.as_transport().and_then(Error::status)
    }

    /// The server's name for the failed request, for its operators.
    pub fn request_id(&self) -> Option<&str> {
        self.as_transport().and_then(Error::request_id)
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::InvalidOperation(message.into())
    }

    /// An error of a format that is written here: what goes in is bounded, so this is a mistake of ours.
    pub(crate) fn of_format(error: hub_xet::XetError) -> Self {
        Self::Stopped(error.to_string())
    }

    pub(crate) fn malformed(reason: impl Into<String>) -> Self {
        Self::MalformedUpload { reason: reason.into() }
    }
}

/// A file that cannot be uploaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SourceProblem {
    /// It does not exist (any more).
    #[error("{} does not exist", path.escape())]
    Gone {
        /// The file.
        path: PathBuf,
    },
    /// It is a folder, a named pipe, a device or a socket.
    #[error("{} is not a regular file", path.escape())]
    NotRegular {
        /// The file.
        path: PathBuf,
    },
    /// Its name is not UTF-8 and so has no spelling in a repository.
    #[error("the name of {} is not UTF-8: rename it", path.escape())]
    NonUtf8Path {
        /// The file.
        path: PathBuf,
    },
    /// A repository cannot have a file of its name.
    #[error("{}: {reason}", path.escape())]
    Name {
        /// The file.
        path: PathBuf,
        /// What is wrong with the name.
        reason: String,
    },
    /// It is a symbolic link, and these are to be refused.
    #[error("{} is a symbolic link", path.escape())]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// A symbolic link leads back to a folder that contains it.
    #[error("the symbolic link {} leads back to a folder above it", path.escape())]
    Loop {
        /// The link.
        path: PathBuf,
    },
    /// The system does not let it be read.
    #[error("{} cannot be read: {source}", path.escape())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl SourceProblem {
    /// The problem that an error of the system stands for.
    pub(crate) fn from_io(path: PathBuf, error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Gone { path },
            io::ErrorKind::InvalidInput | io::ErrorKind::IsADirectory => Self::NotRegular { path },
            _ => Self::Unreadable { path, source: error },
        }
    }
}

/// An LFS object that the server refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RejectedObject {
    /// Path in the repository.
    pub path: String,
    /// The server's code, an HTTP status.
    pub code: u16,
    /// The server's reason.
    pub message: String,
}

/// Most entries that one line lists.
const LISTED: usize = 20;

fn list_problems(problems: &[SourceProblem]) -> String {
    match problems {
        [one] => one.to_string(),
        many => {
            format!("{} files cannot be uploaded: {}", many.len(), join(many.iter().map(ToString::to_string)))
        }
    }
}

fn list_rejected(objects: &[RejectedObject]) -> String {
    join(objects.iter().map(|object| {
        format!("{} ({}: {})", shown(&object.path), object.code, object.message.escape_debug())
    }))
}

fn join(items: impl ExactSizeIterator<Item = String>) -> String {
    let more = items.len().saturating_sub(LISTED);
    let mut line = items.take(LISTED).collect::<Vec<_>>().join("; ");
    if more > 0 {
        line.push_str(&format!("; and {more} more"));
    }
    line
}

/// A text in quotes, with control characters escaped.
pub(crate) fn shown(text: &str) -> String {
    format!("{text:?}")
}

trait Escape {
    fn escape(&self) -> String;
}

impl Escape for PathBuf {
    /// The path in quotes; what is not UTF-8 and control characters are escaped.
    fn escape(&self) -> String {
        format!("{self:?}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_lists_all_files_up_to_a_limit() {
        let problem = |n: usize| SourceProblem::Gone { path: format!("f{n}\n").into() };
        assert_eq!(CommitError::Sources(vec![problem(1)]).to_string(), r#""f1\n" does not exist"#);
        let text = CommitError::Sources((0..25).map(problem).collect()).to_string();
        assert!(
            text.starts_with("25 files cannot be uploaded: ") && text.ends_with("; and 5 more"),
            "{text}"
        );
        assert!(!text.contains('\n'));
    }
}
