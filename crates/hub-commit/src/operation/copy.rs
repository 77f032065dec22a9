//! [`CommitOperationCopy`]: a file that the Hub has already, put to another path without sending its content.

use hub_types::{RepoRef, Revision, SafeRelPath};

use crate::CommitError;
use crate::operation::path::{content_path, repo_path};

/// Copies a file of this repository or another one. Python: `CommitOperationCopy`.
///
/// A file in LFS is copied by its object and nothing of it is moved. Other files, which are small, are downloaded and sent as
/// part of the commit, from the commit that the branch led to when it was looked up and checked against their git ids; those of one commit fit
/// in [`CommitOptions::memory_budget`](crate::CommitOptions::memory_budget) together. Between repositories only files outside LFS can be
/// copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitOperationCopy {
    from: SafeRelPath,
    path: SafeRelPath,
    pub(crate) revision: Option<Revision>,
    pub(crate) repo: Option<RepoRef>,
    /// Set when the source was looked up and is in LFS.
    object: Option<LfsObject>,
}

/// The content of a file in LFS.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LfsObject {
    pub(crate) size: u64,
    pub(crate) sha256: [u8; 32],
}

impl CommitOperationCopy {
    /// Copies `src_path_in_repo` to `path_in_repo`, replacing what is there.
    ///
    /// ```
    /// use hub_commit::CommitOperationCopy;
    /// let copy = CommitOperationCopy::new("checkpoints/3/model.bin", "model.bin")?.src_revision("v1".parse()?);
    /// assert_eq!((copy.src_path_in_repo(), copy.path_in_repo()), ("checkpoints/3/model.bin", "model.bin"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`CommitError::InvalidOperation`] for a path that cannot be in a repository.
    pub fn new(src_path_in_repo: &str, path_in_repo: &str) -> Result<Self, CommitError> {
        let (from, path) = (repo_path(src_path_in_repo)?, content_path(path_in_repo)?);
        Ok(Self { from, path, revision: None, repo: None, object: None })
    }

    /// The revision that the file is taken from; that of the commit unless set, and `main` of another repository.
    /// Python: `src_revision`.
    #[must_use]
    pub fn src_revision(mut self, revision: Revision) -> Self {
        self.revision = Some(revision);
        self
    }

    /// The repository that the file is taken from; that of the commit unless set. Python: `src_repo_id`, `src_repo_type`.
    #[must_use]
    pub fn src_repo(mut self, repo: RepoRef) -> Self {
        self.repo = Some(repo);
        self
    }

    /// What is copied, from the root of its repository.
    pub fn src_path_in_repo(&self) -> &str {
        self.from.as_str()
    }

    /// Where the copy goes, from the root of the repository.
    pub fn path_in_repo(&self) -> &str {
        self.path.as_str()
    }

    /// The same copy of a source in LFS that was looked up.
    pub(crate) fn of_object(&self, object: LfsObject) -> Self {
        Self { object: Some(object), ..self.clone() }
    }

    /// The object of a source in LFS, once it was looked up.
    pub(crate) fn object(&self) -> Option<LfsObject> {
        self.object
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_cannot_be_in_a_repository_are_refused() {
        for (from, to) in
            [("", "a"), ("a", ""), ("../a", "b"), ("a", ".git/x"), ("a", ".cache/x"), ("a//b", "c")]
        {
            let refused = CommitOperationCopy::new(from, to);
            assert!(matches!(refused, Err(CommitError::InvalidOperation(_))), "{from:?} {to:?}");
        }
    }
}
