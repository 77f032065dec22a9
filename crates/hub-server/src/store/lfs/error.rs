//! [`LfsError`]: why large content was not taken.

use super::super::StoreError;
use crate::BoxError;

/// Why large content was not taken.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum LfsError {
    /// The bytes are not the ones that were announced; nothing was kept.
    #[error("the content does not match: {reason}")]
    Mismatch {
        /// Which of size and sha256 differs, and how.
        reason: String,
    },
    /// No multipart upload has this id (any more): it is older than 24 hours, or the server was restarted.
    #[error("this multipart upload is not known, ask for a new one")]
    UnknownUpload,
    /// A part has a number, size or ETag that the upload does not have.
    #[error("part {number} does not fit: {reason}")]
    InvalidPart {
        /// Counted from 1.
        number: u32,
        /// What is wrong.
        reason: String,
    },
    /// The sender failed in the middle.
    #[error("the upload broke off")]
    Body(#[source] BoxError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
