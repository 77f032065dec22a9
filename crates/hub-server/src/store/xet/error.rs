//! [`XetFault`]: why a xorb or a shard was not taken.

use hub_xet::XetError;

use super::super::{LfsError, StoreError};
use crate::BoxError;
use crate::store::database::SqlError;

/// Why a xorb or a shard was not taken. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum XetFault {
    /// It breaks a rule of the protocol, or is not what it says.
    #[error(transparent)]
    Invalid(#[from] XetError),
    /// It has more bytes than one may have.
    #[error("it has more than {limit} bytes")]
    TooLarge {
        /// The most.
        limit: u64,
    },
    /// The sender failed in the middle.
    #[error("the upload broke off")]
    Body(#[source] BoxError),
    /// What was there when it began is not there any more, or nobody waits for the result: the same upload may succeed.
    #[error("the upload was given up, try again")]
    Gone,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl XetFault {
    /// What is wrong with a file or a xorb of a shard.
    pub(super) fn mismatch(what: &'static str, expected: impl ToString, actual: impl ToString) -> Self {
        Self::Invalid(XetError::Mismatch { what, expected: expected.to_string(), actual: actual.to_string() })
    }

    pub(super) fn invalid(what: &'static str, reason: &'static str) -> Self {
        Self::Invalid(XetError::Invalid { what, reason })
    }

    pub(super) fn missing_xorb(hash: &hub_xet::MerkleHash) -> Self {
        Self::Invalid(XetError::Missing { what: "xorb", name: hash.to_string() })
    }
}

/// What stops the reading of a body; whoever limits it says by how much.
impl From<LfsError> for XetFault {
    fn from(error: LfsError) -> Self {
        match error {
            LfsError::Body(source) => Self::Body(source),
            LfsError::Store(error) => Self::Store(error),
            // The only other thing that a body can do is not to end.
            _ => Self::TooLarge { limit: 0 },
        }
    }
}

impl From<SqlError> for XetFault {
    fn from(error: SqlError) -> Self {
        Self::Store(error.into())
    }
}

impl From<object_store::Error> for XetFault {
    fn from(error: object_store::Error) -> Self {
        Self::Store(error.into())
    }
}
