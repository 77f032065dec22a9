//! [`SignedUrl`]: a URL that must not be in a log.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A URL whose query is a permission. `Debug` leaves the query out.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SignedUrl(String);

impl SignedUrl {
    /// The whole URL, with its signature.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for SignedUrl {
    fn from(url: T) -> Self {
        Self(url.into())
    }
}

impl fmt::Debug for SignedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.split_once(['?', '#']) {
            Some((before, _)) => write!(f, "{before:?}?…"),
            None => write!(f, "{:?}", self.0),
        }
    }
}
