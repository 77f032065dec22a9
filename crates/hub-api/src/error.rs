//! What can go wrong, with the questions that callers ask.

use std::{io, path::PathBuf};

use http::StatusCode;
use hub_auth::AuthError;
use hub_commit::CommitError;
use hub_transport::ErrorKind;
use hub_types::ParseError;

/// Why a call failed. Each variant says it on one line; `source()` leads to the cause.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument is not what it should be. Nothing was sent. Python: `ValueError`, `HFValidationError`.
    #[error(transparent)]
    Invalid(#[from] ParseError),
    /// Arguments do not fit together, or the client is set up wrongly. Nothing was sent.
    #[error("{0}")]
    Setup(String),
    /// The token store cannot be used, or a token is needed and there is none.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// One exchange with the server failed.
    #[error(transparent)]
    Transport(#[from] hub_transport::Error),
    /// A commit failed, or what comes before it.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// A file was downloaded but cannot be kept.
    #[error(transparent)]
    Download(#[from] DownloadError),
}

/// Why a download failed on this side of the connection.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DownloadError {
    /// The content is not what the server announced, twice. Nothing was published.
    #[error(
        "{path}: the content does not match its hash: expected {expected}, got {actual}; it was downloaded twice"
    )]
    HashMismatch {
        /// Path in the repository.
        path: String,
        /// What the server announced.
        expected: String,
        /// What came.
        actual: String,
    },
    /// The server sent more or fewer bytes than it announced.
    #[error("{path}: expected {expected} bytes, got {actual}")]
    SizeMismatch {
        /// Path in the repository.
        path: String,
        /// Bytes announced.
        expected: u64,
        /// Bytes received.
        actual: u64,
    },
    /// The answer lacks what a download needs. Python: `FileMetadataError`.
    #[error("{path}: the server's answer has no usable {header} header; is there a proxy that removes it?")]
    Metadata {
        /// Path in the repository.
        path: String,
        /// Name of the header.
        header: &'static str,
    },
    /// A file or folder on this machine cannot be used.
    #[error("cannot {action} {}", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// Which file or folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A symbolic link inside the target folder leads out of it.
    #[error("{} leads out of the folder that the download goes to; remove the link or choose another folder", .path.display())]
    LeavesFolder {
        /// The link.
        path: PathBuf,
    },
}

impl Error {
    pub(crate) fn setup(message: impl Into<String>) -> Self {
        Self::Setup(message.into())
    }

    /// The failed exchange, when one is the cause.
    pub fn transport(&self) -> Option<&hub_transport::Error> {
        match self {
            Self::Transport(error) => Some(error),
            Self::Commit(error) => error.as_transport(),
            _ => None,
        }
    }

    /// What kind of failure of an exchange it was.
    pub fn kind(&self) -> Option<ErrorKind> {
        self.transport().map(hub_transport::Error::kind)
    }

    /// Status code of the answer.
    pub fn status(&self) -> Option<StatusCode> {
        self.transport().and_then(hub_transport::Error::status)
    }

    /// Id of the failed request, for the people who run the server.
    pub fn request_id(&self) -> Option<&str> {
        self.transport().and_then(hub_transport::Error::request_id)
    }

    /// Whether the repository, the revision or the file does not exist, or is hidden from the caller.
    pub fn is_not_found(&self) -> bool {
        self.transport().is_some_and(hub_transport::Error::is_not_found)
    }

    /// Whether another try later may succeed.
    pub fn is_retryable(&self) -> bool {
        self.transport().is_some_and(hub_transport::Error::is_retryable)
    }

    /// Whether the input was wrong and nothing was sent.
    pub fn is_invalid_input(&self) -> bool {
        matches!(self, Self::Invalid(_) | Self::Setup(_)) || self.kind() == Some(ErrorKind::Build)
    }
}
