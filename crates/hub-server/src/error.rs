//! Why an embedded Hub could not be opened, seeded or served.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::StoreError;

/// Why an embedded Hub could not be opened or seeded.
///
/// `Display` is one line that names the thing and what to do; the cause, where there is one, is the `source()`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of the data folder, or the seed file, cannot be read or written.
    #[error("cannot {action} {}", path.display())]
    Io {
        /// What was tried, as in "read".
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The file that signs URLs is damaged.
    #[error("{} is not a key: remove it to get a new one", path.display())]
    BadKeyFile {
        /// The file.
        path: PathBuf,
    },
    /// The token of the data folder's own user is not valid any more.
    #[error("the token in {} is not known to this data folder: remove the file to get a new one", path.display())]
    BadTokenFile {
        /// The file.
        path: PathBuf,
    },
    /// A seed file is not what it should be.
    #[error("the seed {origin} cannot be read: {reason}")]
    Seed {
        /// The file, or "text".
        origin: String,
        /// What is wrong, with the line.
        reason: String,
    },
    /// The seed names a repository that cannot exist.
    #[error("the repository {id:?} cannot be made: {reason}")]
    InvalidRepo {
        /// What was given.
        id: String,
        /// The rule that it breaks, or the missing owner.
        reason: String,
    },
    /// The public URL is not `http://` or `https://` with a host.
    #[error("{url:?} cannot be the public URL: {reason}")]
    InvalidPublicUrl {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
}

impl OpenError {
    /// Adds what was tried, and where, to an error of the operating system.
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { action, path: path.to_path_buf(), source }
    }
}
