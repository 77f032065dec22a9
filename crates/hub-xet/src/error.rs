//! The one error of this crate: bytes or values that are not what the protocol allows.

/// Says what was read and what is wrong with it. `Display` is one line and quotes no foreign text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum XetError {
    /// A value or record breaks a rule of the protocol.
    #[error("invalid {what}: {reason}")]
    Invalid {
        /// What was read, such as `"chunk record"`.
        what: &'static str,
        /// The rule that it breaks.
        reason: &'static str,
    },
    /// The data ends in the middle of something.
    #[error("{what} is cut off")]
    Truncated {
        /// What was being read.
        what: &'static str,
    },
    /// A size or count is over its limit. Also what a builder says when it has no room left.
    #[error("{what} is {size}, the limit is {limit}")]
    TooLarge {
        /// What was measured, such as `"xorb chunks"`.
        what: &'static str,
        /// What it is, in the unit of the limit.
        size: u64,
        /// What it may be at most.
        limit: u64,
    },
    /// A hash or length is not the one that was promised.
    #[error("{what} is {actual}, expected {expected}")]
    Mismatch {
        /// What was compared, such as `"file hash"`.
        what: &'static str,
        /// What was promised.
        expected: String,
        /// What was found.
        actual: String,
    },
    /// A version or scheme that this crate does not know.
    #[error("unknown {what} {value}")]
    Unsupported {
        /// What was read, such as `"compression scheme"`.
        what: &'static str,
        /// Its number.
        value: u64,
    },
    /// Something is referred to that is not there, such as a xorb.
    #[error("{what} {name} is not known")]
    Missing {
        /// What it should be.
        what: &'static str,
        /// Its hash or number.
        name: String,
    },
    /// A wanted range of a file begins at or after its end: status 416 of the protocol.
    #[error("the range begins at {start}, the file has {size} bytes")]
    OutOfRange {
        /// First byte that was wanted.
        start: u64,
        /// Size of the file in bytes.
        size: u64,
    },
}

impl XetError {
    pub(crate) fn invalid(what: &'static str, reason: &'static str) -> Self {
        Self::Invalid { what, reason }
    }

    pub(crate) fn mismatch(what: &'static str, expected: impl ToString, actual: impl ToString) -> Self {
        Self::Mismatch { what, expected: expected.to_string(), actual: actual.to_string() }
    }

    pub(crate) fn missing(what: &'static str, name: impl ToString) -> Self {
        Self::Missing { what, name: name.to_string() }
    }
}

/// Refuses a `size` over its `limit`.
pub(crate) fn at_most(what: &'static str, size: u64, limit: u64) -> Result<(), XetError> {
    if size > limit { Err(XetError::TooLarge { what, size, limit }) } else { Ok(()) }
}
