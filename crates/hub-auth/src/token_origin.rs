//! [`TokenOrigin`]: where a token came from.

use std::fmt;
use std::path::PathBuf;

/// Where a token came from. Holds names and paths, never the token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenOrigin {
    /// Given in the program, as the `token` argument of the Python client.
    Argument,
    /// The environment variable of this name.
    Env(String),
    /// The token file at this path.
    File(PathBuf),
    /// Anything else, in words that fit after "the token from".
    Other(String),
}

impl fmt::Display for TokenOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument => f.write_str("the token argument"),
            Self::Env(name) => write!(f, "the environment variable {name}"),
            Self::File(path) => write!(f, "the token file {}", path.display()),
            Self::Other(text) => f.write_str(text),
        }
    }
}
