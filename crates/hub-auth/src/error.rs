//! [`AuthError`]: what went wrong with a token or its file, and what to do. Never holds a token.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::token_origin::TokenOrigin;

/// The longest accepted token, in bytes. Hub tokens have 37; OIDC tokens a few thousand.
pub const MAX_TOKEN_LEN: usize = 16 * 1024;

/// Why a token could not be read, used or stored.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuthError {
    /// There was text, but it is not a token.
    #[error(transparent)]
    Invalid(#[from] InvalidToken),
    /// A token is needed and none is stored (`LocalTokenNotFoundError` in Python).
    #[error("a token is required but none was found: run `hub auth login`, or set HF_TOKEN")]
    Required,
    /// The place of the token file is unknown.
    #[error(
        "cannot tell where the token file is, because there is no home folder: set HF_HOME or HF_TOKEN_PATH"
    )]
    NoHome,
    /// The token file, or its folder, could not be read or changed.
    #[error("cannot {action} {}: {}", path.display(), advice(source))]
    File {
        /// What was being done: "read the token file", say.
        action: &'static str,
        /// The file or folder concerned.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The file of named tokens is not one that the official command line could read; it was left alone.
    #[error(
        "line {line} of {} does not belong into a file of tokens: correct the file, or move it away and log in again",
        path.display()
    )]
    StoredTokens {
        /// The file.
        path: PathBuf,
        /// Number of the line, from 1; the first one when it is the whole file that is wrong.
        line: usize,
    },
    /// No token of this name is stored.
    #[error("no token is stored under the name {name:?}: see `hub auth list`")]
    NoSuchName {
        /// The name that was asked for.
        name: String,
    },
    /// A token cannot be stored under this name.
    #[error(
        "a token cannot be stored under the name {name:?}: it is empty, has control characters or is DEFAULT"
    )]
    BadName {
        /// The name that was given.
        name: String,
    },
    /// git could not be started, or it failed, or no helper keeps its credentials.
    #[error("cannot {action}: {reason}")]
    Git {
        /// What was being done: "give the token to git", say.
        action: &'static str,
        /// Why it did not work and what to do.
        reason: String,
    },
    /// A source gave a token whose time is over; it is not sent.
    #[error("{origin} gave a token that has expired: log in again, or check the clock of this machine")]
    Expired {
        /// Where the token came from.
        origin: String,
    },
    /// A token can be had only by sending a secret, and everyone on the way to the server could read it. Nothing was sent.
    #[error("{what} is asked for with a secret, which is not sent over plain http")]
    Unprotected {
        /// What would have been asked for: "a new access token".
        what: &'static str,
    },
    /// A source of tokens failed in its own way: see [`AuthError::other`] and [`AuthError::failed`].
    #[error("{message}")]
    Source {
        /// What the source says: what it tried, what went wrong, what to do.
        message: String,
        /// The cause.
        source: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// One failure, told to all calls that waited for the same token.
    #[error(transparent)]
    Shared(Arc<AuthError>),
}

impl AuthError {
    /// The failure of a source: what it tried, what went wrong, what to do. The text is shown to people as it is; a
    /// token must not stand in it.
    pub fn other(message: impl Into<String>) -> Self {
        Self::Source { message: message.into(), source: None }
    }

    /// Whether it is [`AuthError::Unprotected`].
    #[must_use]
    pub fn is_unprotected(&self) -> bool {
        match self {
            Self::Shared(error) => error.is_unprotected(),
            error => matches!(error, Self::Unprotected { .. }),
        }
    }

    /// The failure of a source with its cause, which is kept.
    pub fn failed(
        message: impl Into<String>,
        cause: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Source { message: message.into(), source: Some(cause.into()) }
    }
}

fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::PermissionDenied => {
            "give your user access to it, or set HF_TOKEN_PATH to another file"
        }
        io::ErrorKind::ReadOnlyFilesystem => {
            "the file system is read-only; set HF_TOKEN_PATH to another file"
        }
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "free some disk space and try again",
        io::ErrorKind::IsADirectory | io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => {
            "a file is needed in folders; move what is in the way, or set HF_TOKEN_PATH to another file"
        }
        _ => "check the path, or set HF_TOKEN_PATH to another file",
    }
}

/// Text that is not a token: where it came from and what is wrong with it, without the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidToken {
    origin: TokenOrigin,
    fault: TokenFault,
}

impl InvalidToken {
    pub(crate) fn new(origin: TokenOrigin, fault: TokenFault) -> Self {
        Self { origin, fault }
    }

    /// Where the text came from.
    #[must_use]
    pub fn origin(&self) -> &TokenOrigin {
        &self.origin
    }

    /// What is wrong with it.
    #[must_use]
    pub fn fault(&self) -> &TokenFault {
        &self.fault
    }
}

impl fmt::Display for InvalidToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let advice = match self.fault {
            TokenFault::Quoted => {
                "remove the quotes: what reads an .env file does that, and nothing else does"
            }
            _ => "copy the token again from the Hub's settings page",
        };
        write!(f, "{} does not hold a usable token: {}; {advice}", self.origin, self.fault)
    }
}

impl std::error::Error for InvalidToken {}

/// What is wrong with text that should be a token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenFault {
    /// Nothing but white space.
    Empty,
    /// A character that cannot stand in a token: a control character, a space, or one outside ASCII.
    Character {
        /// How many characters stand before it, after cleaning.
        position: usize,
    },
    /// It begins or ends with a quotation mark, as values in an `.env` file do.
    Quoted,
    /// Longer than [`MAX_TOKEN_LEN`].
    TooLong,
    /// Not UTF-8.
    NotUtf8,
}

impl fmt::Display for TokenFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::Character { position } => {
                write!(f, "character {} is not a visible ASCII character", position + 1)
            }
            Self::Quoted => f.write_str("it is in quotes"),
            Self::TooLong => write!(f, "it is longer than {MAX_TOKEN_LEN} bytes"),
            Self::NotUtf8 => f.write_str("it is not text"),
        }
    }
}
