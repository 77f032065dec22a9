//! [`CommitOperationDelete`]: a file or folder that is removed.

use hub_types::SafeRelPath;

use crate::CommitError;
use crate::operation::path::repo_path;

/// Whether a deletion means a file or a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IsFolder {
    /// A file.
    File,
    /// A folder, with everything in it.
    Folder,
    /// A folder if the path ends in `/`, a file otherwise.
    #[default]
    Auto,
}

/// Deletes a file or a folder. Python: `CommitOperationDelete`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitOperationDelete {
    path: SafeRelPath,
    folder: bool,
}

impl CommitOperationDelete {
    /// Deletes `path_in_repo`; a trailing `/` is dropped after `is_folder` was decided.
    ///
    /// # Errors
    /// [`CommitError::InvalidOperation`] for a path that cannot be in a repository.
    pub fn new(path_in_repo: &str, is_folder: IsFolder) -> Result<Self, CommitError> {
        let folder = match is_folder {
            IsFolder::File => false,
            IsFolder::Folder => true,
            IsFolder::Auto => path_in_repo.ends_with('/'),
        };
        let path = repo_path(path_in_repo.strip_suffix('/').unwrap_or(path_in_repo))?;
        Ok(Self { path, folder })
    }

    /// What is deleted, without a trailing `/`.
    pub fn path_in_repo(&self) -> &str {
        self.path.as_str()
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.folder
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trailing_slash_makes_an_automatic_deletion_a_folder() {
        let table = [
            ("a", IsFolder::Auto, false),
            ("a/", IsFolder::Auto, true),
            ("a", IsFolder::Folder, true),
            ("a/", IsFolder::File, false),
        ];
        for (path, is_folder, expected) in table {
            let delete = CommitOperationDelete::new(path, is_folder).unwrap();
            assert_eq!((delete.path_in_repo(), delete.is_folder()), ("a", expected));
        }
    }
}
