//! Points in time as the Hub writes them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A point in time in RFC 3339, kept as the server wrote it: `2024-05-06T07:08:09.000Z`.
///
/// The text is not checked and not changed, so nothing is lost on the way through; parse it with the date crate of your
/// choice. Two values are equal when their texts are, and ordered as their texts
/// are, which is the order in time where both have the form above, as all of the Hub have.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(String);

impl Timestamp {
    /// Keeps a text as a point in time.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text as the server wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for Timestamp {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Timestamp {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<Timestamp> for String {
    fn from(time: Timestamp) -> Self {
        time.0
    }
}

impl AsRef<str> for Timestamp {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
