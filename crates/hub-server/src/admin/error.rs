//! Why something could not be done for those who run the Hub.

use serde::{Deserialize, Serialize};

use crate::{OpenError, StoreError, store::with_causes};

/// Why a request of those who run the Hub failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{message}")]
#[non_exhaustive]
pub struct AdminError {
    /// What kind of failure it is.
    pub kind: AdminErrorKind,
    /// What went wrong with its causes, and what to do.
    pub message: String,
}

/// Kinds of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AdminErrorKind {
    /// What was asked for cannot be.
    Invalid,
    /// What was named is not there.
    NotFound,
    /// It is there already, or in use.
    Conflict,
    /// The machine, or the data on it.
    Failed,
}

impl AdminError {
    pub(crate) fn new(kind: AdminErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(AdminErrorKind::Invalid, message)
    }

    /// A failure of the machine: what was tried, and why it did not work.
    pub(crate) fn failed(what: &str, error: &dyn std::error::Error) -> Self {
        Self::new(AdminErrorKind::Failed, format!("{what}: {}", with_causes(error)))
    }
}

impl From<StoreError> for AdminError {
    fn from(error: StoreError) -> Self {
        let kind = match &error {
            StoreError::AccountNotFound { .. }
            | StoreError::TokenNotFound { .. }
            | StoreError::RepoNotFound { .. } => AdminErrorKind::NotFound,
            StoreError::AccountExists { .. }
            | StoreError::AccountInUse { .. }
            | StoreError::TokenExists { .. }
            | StoreError::InUse { .. } => AdminErrorKind::Conflict,
            StoreError::InvalidAccount { .. }
            | StoreError::NotEmpty { .. }
            | StoreError::Nested { .. }
            | StoreError::NotAStore { .. }
            | StoreError::NotOwner { .. }
            | StoreError::DatabaseMissing { .. }
            | StoreError::SecretKeyMissing { .. }
            | StoreError::BadSecretKey { .. } => AdminErrorKind::Invalid,
            _ => AdminErrorKind::Failed,
        };
        Self::new(kind, with_causes(&error))
    }
}

impl From<OpenError> for AdminError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(error) => error.into(),
            error => Self::new(AdminErrorKind::Failed, with_causes(&error)),
        }
    }
}
