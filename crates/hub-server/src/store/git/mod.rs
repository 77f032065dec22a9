//! A git repository of the store: what is read from it, and how a commit gets into it.

mod attributes;
mod blob;
mod collect;
mod create;
mod diff;
mod history;
mod inventory;
mod known;
mod log;
mod look_back;
mod merge;
mod object;
mod open;
mod open_repos;
mod pack;
mod parting;
#[cfg(feature = "page")]
mod path_log;
mod quarantine;
mod ration;
mod reach;
mod read;
mod ref_edit;
mod refs;
mod refs_known;
mod repack;
mod repo;
mod resolve;
mod slots;
mod stage;
#[cfg(test)]
mod tests;
mod tree_edit;
mod tree_page;

use hub_types::{ParentCommit, lfs::Pointer};
use jiff::Timestamp;

#[cfg(feature = "testing")]
pub(crate) use attributes::with_lfs_path;
pub(crate) use attributes::{Attributes, IgnoreRules};
pub(super) use collect::{Collected, Keep};
pub(super) use create::{create, is_new};
#[cfg(feature = "page")]
pub(crate) use diff::DiffLimits;
#[cfg(feature = "page")]
pub(crate) use look_back::LookBack;
pub(crate) use merge::{Conflicts, Merged};
pub(super) use open_repos::OpenRepos;
pub(crate) use read::Content;
pub(crate) use ref_edit::NewRef;
pub(crate) use repack::Repack;
pub(super) use repo::RefWatcher;
pub(crate) use repo::{GitRepo, PushGuard};
pub(crate) use stage::Stage;

/// The id of a git object: `Display` and `FromStr` are 40 hexadecimal digits.
pub(crate) use gix::ObjectId;

/// The id of a commit.
pub(crate) type CommitId = ObjectId;

/// A branch, tag or other ref.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefInfo {
    /// As in `refs/heads/main`.
    pub(crate) full_name: String,
    /// The commit it leads to, also for annotated tags.
    pub(crate) target_commit: CommitId,
}

/// What an entry of a tree is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum EntryKind {
    /// A file, executable or not.
    File,
    /// A folder.
    Directory,
    /// A symbolic link or a submodule.
    Other,
}

/// A file or folder at a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// From the root, without a leading or trailing slash.
    pub(crate) path: String,
    /// File, folder or neither.
    pub(crate) kind: EntryKind,
    /// Id of the git object: for an LFS file that of the pointer.
    pub(crate) oid: ObjectId,
    /// Bytes of the content: for an LFS file those of the object it points to; 0 for folders.
    pub(crate) size: u64,
    /// The pointer, for an LFS file.
    pub(crate) lfs: Option<Pointer>,
    /// Bytes of the pointer file, for an LFS file.
    pub(crate) pointer_size: Option<u64>,
}

/// A commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CommitRecord {
    /// Its id.
    pub(crate) id: CommitId,
    /// First line of the message.
    pub(crate) title: String,
    /// The message below the title, without the blank line; may be empty.
    pub(crate) message: String,
    /// Name of the author.
    pub(crate) author: String,
    /// E-mail address of the author.
    pub(crate) email: String,
    /// When it was committed, to the second.
    pub(crate) time: Timestamp,
    /// Its parents.
    pub(crate) parents: Vec<CommitId>,
}

/// Who made a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Signature {
    /// Name.
    pub(crate) name: String,
    /// E-mail address.
    pub(crate) email: String,
}

/// Where a commit goes.
#[derive(Debug, Clone)]
pub(crate) enum CommitTarget {
    /// On top of a branch.
    Branch {
        /// As in `refs/heads/main`, or `refs/pr/1`.
        full_name: String,
        /// The tip that the caller has seen; any tip when left out.
        expected_parent: Option<ParentCommit>,
        /// Begin the branch with a commit that has no parent, when the branch does not exist.
        create: bool,
    },
    /// On a ref that does not exist yet.
    NewRef {
        /// As in `refs/pr/1`.
        full_name: String,
        /// The parent.
        base: CommitId,
    },
}

impl CommitTarget {
    /// The ref that moves.
    fn full_name(&self) -> &str {
        match self {
            Self::Branch { full_name, .. } | Self::NewRef { full_name, .. } => full_name,
        }
    }
}

/// One step of a commit.
#[derive(Debug, Clone)]
pub(crate) enum Change {
    /// Writes a file; the blob comes from [`Stage::write_blob`] or is in the repository.
    Put {
        /// Where.
        path: String,
        /// What.
        blob: ObjectId,
    },
    /// Removes a folder with all that is in it.
    DeleteFolder {
        /// Which, with or without a trailing slash.
        path: String,
    },
    /// Removes whatever is there.
    DeleteEntry {
        /// What.
        path: String,
    },
}

/// A commit to be made.
#[derive(Debug, Clone)]
pub(crate) struct CommitPlan {
    /// Where it goes.
    pub(crate) target: CommitTarget,
    /// What it changes, applied in order.
    pub(crate) changes: Vec<Change>,
    /// Paths that must match a `filter=lfs` rule: missing rules are added to `.gitattributes` in the same commit.
    pub(crate) lfs_paths: Vec<String>,
    /// Oids of the LFS objects that the files lead to.
    pub(crate) lfs_objects: Vec<String>,
    /// Author and committer.
    pub(crate) author: Signature,
    /// When.
    pub(crate) time: Timestamp,
    /// Title, blank line, text.
    pub(crate) message: String,
}
