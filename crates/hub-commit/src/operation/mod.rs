//! What a commit does: add files, delete files and folders, copy files.

mod add;
pub(crate) mod clash;
mod copy;
mod delete;
pub(crate) mod path;
pub(crate) mod warnings;

pub use self::add::CommitOperationAdd;
pub(crate) use self::add::Folder;
pub use self::copy::CommitOperationCopy;
pub(crate) use self::copy::LfsObject;
pub use self::delete::{CommitOperationDelete, IsFolder};

/// One step of a commit. Steps are applied in the order in which they are given.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum CommitOperation {
    /// Adds or replaces a file.
    Add(CommitOperationAdd),
    /// Deletes a file or folder.
    Delete(CommitOperationDelete),
    /// Copies a file that the Hub has.
    Copy(Box<CommitOperationCopy>),
}

impl CommitOperation {
    /// The path that it changes.
    pub fn path_in_repo(&self) -> &str {
        match self {
            Self::Add(add) => add.path_in_repo(),
            Self::Delete(delete) => delete.path_in_repo(),
            Self::Copy(copy) => copy.path_in_repo(),
        }
    }
}

impl From<CommitOperationAdd> for CommitOperation {
    fn from(add: CommitOperationAdd) -> Self {
        Self::Add(add)
    }
}

impl From<CommitOperationDelete> for CommitOperation {
    fn from(delete: CommitOperationDelete) -> Self {
        Self::Delete(delete)
    }
}

impl From<CommitOperationCopy> for CommitOperation {
    fn from(copy: CommitOperationCopy) -> Self {
        Self::Copy(Box::new(copy))
    }
}
