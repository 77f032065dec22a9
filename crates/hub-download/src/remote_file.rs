//! [`RemoteFile`]: a file of a commit.

use hub_types::{CommitHash, RepoRef, SafeRelPath};
use hub_xet::MerkleHash;

use crate::ContentId;

/// A file of a commit, with all that is needed to fetch and check it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RemoteFile {
    /// The repository.
    pub repo: RepoRef,
    /// The commit, so that every part of the file comes from the same state.
    pub commit: CommitHash,
    /// Path in the repository.
    pub path: SafeRelPath,
    /// Size of the content in bytes.
    pub size: u64,
    /// What identifies the content.
    pub id: ContentId,
    /// Its Xet hash, if the Hub has the file by Xet.
    pub xet_hash: Option<MerkleHash>,
}

impl RemoteFile {
    /// The file at `path` of `commit`, whose content has `size` bytes and is known by `id`.
    pub fn new(repo: RepoRef, commit: CommitHash, path: SafeRelPath, size: u64, id: ContentId) -> Self {
        Self { repo, commit, path, size, id, xet_hash: None }
    }

    /// Its Xet hash, if the Hub has the file by Xet. Default none.
    #[must_use]
    pub fn xet_hash(self, xet_hash: Option<MerkleHash>) -> Self {
        Self { xet_hash, ..self }
    }

    /// Bytes of files together. What a server says of them need not have a sum.
    pub(crate) fn total<'f>(files: impl IntoIterator<Item = &'f Self>) -> u64 {
        files.into_iter().map(|file| file.size).fold(0, u64::saturating_add)
    }
}
