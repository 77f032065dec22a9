//! [`WeightsError`]: bytes that are not the head of a file of weights.

/// Why bytes are not the head of a file of weights. Python: `SafetensorsParsingError`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WeightsError {
    /// The head goes on behind the bytes that were given.
    #[error("its head takes {needed} bytes or more, and only {given} are here")]
    Truncated {
        /// So many bytes from the beginning of the file are needed, at least.
        needed: u64,
        /// So many were given.
        given: u64,
    },
    /// A part of it is longer than any that is read.
    #[error("{what} is {size} long, and more than {most} is not read")]
    TooLarge {
        /// Which part.
        what: &'static str,
        /// How long it says that it is.
        size: u64,
        /// The most that is read.
        most: u64,
    },
    /// It has more of something than is read.
    #[error("it has {count} {what}, and more than {most} are not read")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there are, or more.
        count: u64,
        /// The most that are read.
        most: u64,
    },
    /// It says something that cannot be.
    #[error("{0}")]
    Broken(String),
}

impl WeightsError {
    pub(crate) fn broken(reason: impl Into<String>) -> Self {
        Self::Broken(reason.into())
    }
}
