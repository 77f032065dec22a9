//! What can go wrong, with the questions that callers ask.

use std::time::Duration;

use http::StatusCode;
use hub_auth::AuthError;
use hub_commit::CommitError;
use hub_download::DownloadError;
use hub_transport::ErrorKind;
use hub_types::{Message, ParseError, card::CardError};

/// Why a call failed. Each variant says it on one line; `source()` leads to the cause.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An argument is not what it should be. Nothing was sent. Python: `ValueError`, `HFValidationError`.
    #[error(transparent)]
    Invalid(#[from] ParseError),
    /// Arguments do not fit together, or the client is set up wrongly. Nothing was sent.
    #[error("{0}")]
    Setup(Message),
    /// The token store cannot be used, or a token is needed and there is none.
    #[error(transparent)]
    Auth(#[from] AuthError),
    /// A request to the server failed.
    #[error(transparent)]
    Transport(#[from] hub_transport::Error),
    /// A commit failed, or what comes before it.
    #[error(transparent)]
    Commit(#[from] CommitError),
    /// A card cannot be used, or cannot be changed as it was asked for.
    #[error("{what} cannot be used")]
    Card {
        /// Which card.
        what: String,
        /// What is wrong with it, in words for its author.
        source: CardError,
    },
    /// A download failed on this side of the connection.
    #[error(transparent)]
    Download(DownloadError),
}

impl From<DownloadError> for Error {
    /// Wrong names and failed requests are what they are everywhere else.
    fn from(error: DownloadError) -> Self {
        match error {
            DownloadError::Invalid(error) => Self::Invalid(error),
            DownloadError::Transport(error) => Self::Transport(error),
            error => Self::Download(error),
        }
    }
}

impl Error {
    pub(crate) fn setup(message: impl Into<Message>) -> Self {
        Self::Setup(message.into())
    }

    /// The failed request, when one is the cause.
    pub fn transport(&self) -> Option<&hub_transport::Error> {
        match self {
            Self::Transport(error) => Some(error),
            Self::Commit(error) => error.as_transport(),
            Self::Download(error) => error.as_transport(),
            _ => None,
        }
    }

    /// What kind of failure of a request it was.
    pub fn kind(&self) -> Option<ErrorKind> {
        self.transport().map(hub_transport::Error::kind)
    }

    /// Status code of the response.
    pub fn status(&self) -> Option<StatusCode> {
        self.transport().and_then(hub_transport::Error::status)
    }

    /// Id of the failed request, for the people who run the server.
    pub fn request_id(&self) -> Option<&str> {
        self.transport().and_then(hub_transport::Error::request_id)
    }

    /// Whether the repository, the revision or the file does not exist, is hidden from the caller, or is not on this machine
    /// where nothing else was asked.
    pub fn is_not_found(&self) -> bool {
        match self {
            Self::Download(
                DownloadError::LocalEntryNotFound { .. }
                | DownloadError::IncompleteSnapshot { source: None, .. }
                | DownloadError::NoCommit { .. }
                | DownloadError::NotASafetensorsRepo { .. }
                | DownloadError::NoSuchTensor { .. },
            ) => true,
            Self::Commit(error) => error.is_not_found(),
            _ => self.transport().is_some_and(hub_transport::Error::is_not_found),
        }
    }

    /// Whether something is in the way: it exists already, or others have changed it in between.
    pub fn is_conflict(&self) -> bool {
        match self {
            Self::Commit(
                CommitError::ParentMismatch { .. }
                | CommitError::Contended { .. }
                | CommitError::FolderBusy { .. },
            ) => true,
            _ => matches!(self.kind(), Some(ErrorKind::Conflict | ErrorKind::PreconditionFailed)),
        }
    }

    /// Whether another try later may succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Commit(error) => error.is_retryable(),
            _ => self.transport().is_some_and(hub_transport::Error::is_retryable),
        }
    }

    /// How long the server asked to wait before the next request.
    pub fn retry_after(&self) -> Option<Duration> {
        self.transport().and_then(hub_transport::Error::retry_after)
    }

    /// Whether the call may have been carried out although no response said so.
    pub fn maybe_processed(&self) -> bool {
        match self {
            Self::Commit(CommitError::CommitOutcomeUnknown(_)) => true,
            _ => self.transport().is_some_and(hub_transport::Error::maybe_processed),
        }
    }

    /// Whether the input was wrong and nothing was sent; files to upload that are not there or cannot be read, too.
    pub fn is_invalid_input(&self) -> bool {
        match self {
            Self::Invalid(_) | Self::Setup(_) => true,
            Self::Commit(
                CommitError::InvalidOperation(_) | CommitError::PathClash { .. } | CommitError::Sources(_),
            ) => true,
            _ => self.kind() == Some(ErrorKind::Build),
        }
    }
}
