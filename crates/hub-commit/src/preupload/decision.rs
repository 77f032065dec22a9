//! What is decided about each added file: how its content travels, and the limits of one commit. No I/O.

use std::sync::OnceLock;

use hub_types::base64::encoded_len;
use hub_types::commit::{MAX_LFS_FILES, MAX_REGULAR_PAYLOAD};
use hub_types::preupload::{PreuploadDecision, UploadMode};

use crate::CommitError;
use crate::hash::digest::Want;
use crate::inspect::Seen;

/// An added file. A commit may have hundreds of thousands: this is the one place that keeps what is known about each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Added {
    pub(crate) seen: Seen,
    /// What the server has decided.
    pub(crate) mode: UploadMode,
    /// What the repository has at this path: git blob id or sha256 in hexadecimal.
    pub(crate) remote: Option<Box<str>>,
    pub(crate) decision: Decision,
}

/// What becomes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Decision {
    /// The repository has this content at this path.
    Unchanged,
    /// In LFS.
    Lfs([u8; 32]),
    /// Sent inside the commit; the git id as soon as it is computed, by the first complete reading at the latest. Later readings
    /// must agree.
    Regular(OnceLock<[u8; 20]>),
}

impl From<Seen> for Added {
    /// A file about which nothing is decided.
    fn from(seen: Seen) -> Self {
        Self { seen, mode: UploadMode::Regular, remote: None, decision: Decision::Regular(OnceLock::new()) }
    }
}

impl Added {
    /// Notes what the server has decided. Whether the file is part of the commit at all.
    ///
    /// Empty files never go to LFS, whatever the server says: object stores refuse empty uploads.
    pub(crate) fn decide(&mut self, decision: &PreuploadDecision) -> bool {
        if self.seen.stamp.size > 0 {
            self.mode = decision.upload_mode;
        }
        self.remote = decision.oid.as_ref().map(|oid| oid.to_ascii_lowercase().into());
        !decision.should_ignore
    }

    /// The digest that has to be known before the commit, if any.
    pub(crate) fn digest(&self) -> Option<Want> {
        match self.mode {
            UploadMode::Lfs => Some(Want::Sha256),
            UploadMode::Regular => self.remote.is_some().then_some(Want::GitBlob),
        }
    }
}

/// Checks the limits of one commit.
pub(crate) fn check_limits(files: &[Added]) -> Result<(), CommitError> {
    let count = files.iter().filter(|file| file.mode == UploadMode::Lfs).count();
    if count > MAX_LFS_FILES {
        return Err(CommitError::TooManyLfsFiles { count });
    }
    let bytes = files
        .iter()
        .filter(|file| file.mode == UploadMode::Regular)
        .fold(0u64, |sum, file| sum.saturating_add(encoded_len(file.seen.stamp.size)));
    if bytes > MAX_REGULAR_PAYLOAD {
        return Err(CommitError::PayloadTooLarge { bytes });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Stamp;

    fn added(mode: UploadMode, size: u64) -> Added {
        let seen = Seen { operation: 0, stamp: Stamp::of_size(size) };
        Added { mode, ..seen.into() }
    }

    #[test]
    fn the_server_decides_except_about_empty_files() {
        let decision = |mode, ignore, oid: Option<&str>| {
            PreuploadDecision::new("a", mode).should_ignore(ignore).oid(oid.map(str::to_owned))
        };
        assert!(!added(UploadMode::Regular, 1).decide(&decision(UploadMode::Lfs, true, None)));
        let table = [
            (1, UploadMode::Lfs, None, UploadMode::Lfs, Some(Want::Sha256)),
            (0, UploadMode::Lfs, None, UploadMode::Regular, None),
            (1, UploadMode::Regular, None, UploadMode::Regular, None),
            (1, UploadMode::Regular, Some("AB"), UploadMode::Regular, Some(Want::GitBlob)),
        ];
        for (size, said, oid, mode, digest) in table {
            let mut file = added(UploadMode::Regular, size);
            assert!(file.decide(&decision(said, false, oid)));
            assert_eq!((file.mode, file.digest()), (mode, digest));
            assert_eq!(file.remote.as_deref(), oid.map(str::to_ascii_lowercase).as_deref());
        }
    }

    #[test]
    fn limits_count_lfs_files_and_encoded_bytes() {
        let many = vec![added(UploadMode::Lfs, 1); MAX_LFS_FILES];
        assert!(check_limits(&many).is_ok());
        let more = vec![added(UploadMode::Lfs, 1); MAX_LFS_FILES + 1];
        assert!(matches!(check_limits(&more), Err(CommitError::TooManyLfsFiles { count: 25_001 })));
        assert!(check_limits(&[added(UploadMode::Regular, 749_999_999)]).is_ok());
        let Err(CommitError::PayloadTooLarge { bytes }) =
            check_limits(&[added(UploadMode::Regular, 750_000_001)])
        else {
            panic!()
        };
        assert_eq!(bytes, 1_000_000_004);
        assert!(check_limits(&[added(UploadMode::Lfs, u64::MAX)]).is_ok());
    }
}
