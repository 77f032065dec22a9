//! What can go wrong with a download.

use std::{io, path::PathBuf};

use hub_types::{ParseError, weights::WeightsError};

/// Why a download failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DownloadError {
    /// A name is not what it should be; a server's as well as a caller's. Nothing was written.
    #[error(transparent)]
    Invalid(#[from] ParseError),
    /// A request to the server failed, and nothing on this machine could stand in for it.
    #[error(transparent)]
    Transport(#[from] hub_transport::Error),
    /// The file is not on this machine, and it was not looked for elsewhere. Python: `LocalEntryNotFoundError`.
    #[error(
        "{what} is not in the cache at {}, and the Hub was not asked: {reason}; download it once while the Hub can be reached, or set another cache folder",
        .cache.display()
    )]
    LocalEntryNotFound {
        /// What was wanted: `model ada/demo a.txt at main`.
        what: String,
        /// The cache folder.
        cache: PathBuf,
        /// Why the Hub was not asked.
        reason: &'static str,
    },
    /// The Hub could not be reached, and the file is not on this machine either. Python: `LocalEntryNotFoundError`.
    #[error("{what} is not in the cache at {} and the Hub cannot be asked", .cache.display())]
    Unreachable {
        /// What was wanted.
        what: String,
        /// The cache folder.
        cache: PathBuf,
        /// Why the Hub cannot be asked.
        source: hub_transport::Error,
    },
    /// Files of the revision are missing on this machine, and the Hub was not asked for them or did not give them. Python:
    /// `IncompleteSnapshotError`.
    #[error(
        "{what} is incomplete in {}: {} is missing, and {reason}; download it again while the Hub can be reached",
        .folder.display(),
        named(.missing)
    )]
    IncompleteSnapshot {
        /// What was wanted: `model ada/demo at main`.
        what: String,
        /// The folder that has the other files.
        folder: PathBuf,
        /// Paths in the repository.
        missing: Vec<String>,
        /// Why they were not fetched.
        reason: &'static str,
        /// What the Hub said, if it was asked.
        source: Option<hub_transport::Error>,
    },
    /// The revision has no such files. Nothing was fetched. Python: `EntryNotFoundError`.
    #[error("{} does not exist in {what}", named(.missing))]
    NotInRevision {
        /// What was searched: `model ada/demo at main`.
        what: String,
        /// The names as they were given.
        missing: Vec<String>,
    },
    /// No listing of the files of a commit is kept. Python: `CachedRepoTreeNotFoundError`.
    #[error(
        "no listing of {what} is kept in {}; download the whole of it once, and it will be",
        .folder.display()
    )]
    NoListing {
        /// What was wanted: `model ada/demo at main`.
        what: String,
        /// Where it was looked for.
        folder: PathBuf,
    },
    /// Nobody can tell which commit a branch or tag leads to: the Hub was not asked or could not be, and the cache does not know.
    /// Python: `RevisionResolutionError`.
    #[error("which commit {what} is cannot be told: the cache at {} does not know, and {reason}", .cache.display())]
    Unresolved {
        /// What was wanted: `model ada/demo at main`.
        what: String,
        /// The cache folder.
        cache: PathBuf,
        /// Why the Hub did not tell.
        reason: &'static str,
        /// What came of asking the Hub, if it was.
        source: Option<hub_transport::Error>,
    },
    /// The content is not what the server announced, twice. Nothing was published.
    #[error(
        "{path}: the content does not match its hash: expected {expected}, got {actual}; it was downloaded twice"
    )]
    HashMismatch {
        /// Path in the repository.
        path: String,
        /// What the server announced.
        expected: String,
        /// What came.
        actual: String,
    },
    /// A file that was read as a stream is not what the server announced.
    #[error(
        "{path}: what was read does not match its hash: expected {expected}, got {actual}; throw it away and read again"
    )]
    ReadMismatch {
        /// Path in the repository.
        path: String,
        /// What the server announced.
        expected: String,
        /// What came.
        actual: String,
    },
    /// The server sent other bytes than those that were asked for.
    #[error("{path}: {reason}; is there a proxy that changes responses?")]
    WrongResponse {
        /// Path in the repository.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The server sent more or fewer bytes than it announced.
    #[error("{path}: expected {expected} bytes, got {actual}")]
    SizeMismatch {
        /// Path in the repository.
        path: String,
        /// Bytes announced.
        expected: u64,
        /// Bytes received.
        actual: u64,
    },
    /// The response lacks what a download needs. Python: `FileMetadataError`.
    #[error("{path}: the server's response has no usable {header} header; is there a proxy that removes it?")]
    Metadata {
        /// Path in the repository.
        path: String,
        /// Name of the header.
        header: &'static str,
    },
    /// A file is not one of weights, or not one that can be read. Python: `SafetensorsParsingError`.
    #[error("{path} cannot be read as a file of weights")]
    Weights {
        /// Path in the repository, or on this machine.
        path: String,
        /// What is wrong with it.
        source: WeightsError,
    },
    /// A repository or folder has no weights in safetensors. Python: `NotASafetensorsRepoError`.
    #[error(
        "{what} has neither model.safetensors nor model.safetensors.index.json; name a file if its weights are elsewhere"
    )]
    NotASafetensorsRepo {
        /// The repository and its revision, or the folder.
        what: String,
    },
    /// Weights have no tensor of this name.
    #[error("{what} has no tensor {name:?}")]
    NoSuchTensor {
        /// The file, or the repository.
        what: String,
        /// The name that was given.
        name: String,
    },
    /// A file or folder on this machine cannot be used.
    #[error("cannot {action} {}", .path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// Which file or folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The disk has no room for what is to be written. What was there before is still there.
    #[error("{} has room for {free} bytes and {need} are needed; make room or choose another folder", .folder.display())]
    DiskFull {
        /// The folder that is written to.
        folder: PathBuf,
        /// Bytes still to be written.
        need: u64,
        /// Bytes that fit.
        free: u64,
    },
    /// This file system does not tell two names of the repository apart. Nothing was written.
    #[error(
        "{one} and {other} would be one file in {}: its file system sees no difference between their letters; choose another folder, or download one of them alone",
        .folder.display()
    )]
    Collision {
        /// One path in the repository.
        one: String,
        /// The other.
        other: String,
        /// The folder that they were to go to.
        folder: PathBuf,
    },
    /// The repository has no commit at this revision.
    #[error("{repo} has no commit at {revision}; nothing was uploaded to it yet")]
    NoCommit {
        /// The repository: `model ada/demo`.
        repo: String,
        /// The revision that was asked for.
        revision: String,
    },
    /// A symbolic link inside the target folder leads out of it.
    #[error("{} leads out of the folder that the download goes to; remove the link or choose another folder", .path.display())]
    LeavesFolder {
        /// The link.
        path: PathBuf,
    },
    /// A file that was not downloaded stands where the repository has a folder.
    #[error("{} is in the way: the repository has a folder there; move the file, or choose another folder", .path.display())]
    InTheWay {
        /// The file.
        path: PathBuf,
    },
    /// The runtime ends, or a disk task panicked; its message is on stderr.
    #[error("a disk task ended before its work was done")]
    Stopped,
}

impl DownloadError {
    /// The failed request, when one is the cause.
    pub fn as_transport(&self) -> Option<&hub_transport::Error> {
        match self {
            Self::Transport(error)
            | Self::Unreachable { source: error, .. }
            | Self::IncompleteSnapshot { source: Some(error), .. }
            | Self::Unresolved { source: Some(error), .. } => Some(error),
            _ => None,
        }
    }
}

/// The first of the paths, and how many more there are.
fn named(paths: &[String]) -> String {
    match paths {
        [] => "a file".to_owned(),
        [one] => one.clone(),
        [one, rest @ ..] => format!("{one} (and {} more)", rest.len()),
    }
}
