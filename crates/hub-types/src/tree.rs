//! Entries of a folder in a repository.

use serde::{Deserialize, Serialize};

use crate::{Extra, Timestamp, setters::setters};

/// Most entries in one page of a tree, and with `expand`.
pub const MAX_PAGE: usize = 1000;
/// Most entries in one page of a tree when `expand` is asked for.
pub const MAX_PAGE_EXPANDED: usize = 50;

/// A file or folder. Python: `RepoFile` and `RepoFolder` of today.
///
/// Endpoints: `GET /api/{models}/{id}/tree/{rev}/{path}` and `POST /api/{models}/{id}/paths-info/{rev}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TreeEntry {
    /// File, folder or something else.
    #[serde(rename = "type")]
    pub kind: EntryKind,
    /// Git id: of the blob (for LFS files the pointer's) or of the tree.
    pub oid: String,
    /// Size of the content in bytes, for LFS files that of the object; 0 for folders.
    #[serde(default, deserialize_with = "crate::lenient::nullable")]
    pub size: u64,
    /// Path from the root of the repository.
    pub path: String,
    /// The LFS object, for LFS files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lfs: Option<TreeLfs>,
    /// The commit that last changed it; asked for with `expand`.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub last_commit: Option<LastCommit>,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

impl TreeEntry {
    /// Describes an entry with nothing optional.
    pub fn new(kind: EntryKind, oid: impl Into<String>, size: u64, path: impl Into<String>) -> Self {
        let (oid, path) = (oid.into(), path.into());
        Self { kind, oid, size, path, lfs: None, last_commit: None, extra: Extra::new() }
    }

    /// Whether it is a file.
    pub fn is_file(&self) -> bool {
        self.kind == EntryKind::File
    }

    /// What identifies the content: sha256 for LFS files, the git blob id for others.
    pub fn content_id(&self) -> &str {
        self.lfs.as_ref().map_or(self.oid.as_str(), |lfs| lfs.oid.as_str())
    }
}

/// The kind of a [`TreeEntry`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum EntryKind {
    /// A file.
    File,
    /// A folder.
    Directory,
    /// Something else, such as a submodule; clients skip it.
    #[serde(untagged)]
    Other(String),
}

/// The LFS object of a [`TreeEntry`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TreeLfs {
    /// sha256 of the content. (In [`crate::RepoFile`] the same value is called `sha256`.)
    pub oid: String,
    /// Size of the content in bytes.
    pub size: u64,
    /// Size of the pointer file in bytes.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub pointer_size: Option<u64>,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

impl TreeLfs {
    /// An object of `size` bytes.
    pub fn new(oid: impl Into<String>, size: u64) -> Self {
        Self { oid: oid.into(), size, pointer_size: None, extra: Extra::new() }
    }

    setters! {
        /// Size of the pointer file in bytes. Default unknown.
        pointer_size: Option<u64>,
    }
}

/// The commit that last changed an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LastCommit {
    /// Id of the commit.
    pub id: String,
    /// First line of its message.
    pub title: String,
    /// When it was made.
    pub date: Timestamp,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

impl LastCommit {
    /// A commit of this time.
    pub fn new(id: impl Into<String>, title: impl Into<String>, date: Timestamp) -> Self {
        Self { id: id.into(), title: title.into(), date, extra: Extra::new() }
    }
}

/// The body of `POST /api/{models}/{id}/paths-info/{rev}`. Servers also take it as a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PathsInfoRequest {
    /// The paths, at most 2000; clients send 500 at a time. Unknown ones are left out of the response.
    pub paths: Vec<String>,
    /// Whether to add the last commit of each entry.
    #[serde(default)]
    pub expand: bool,
}

impl PathsInfoRequest {
    /// Asks about `paths`.
    pub fn new(paths: Vec<String>) -> Self {
        Self { paths, expand: false }
    }

    setters! {
        /// Whether to add the last commit of each entry. Default false.
        expand: bool,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_keep_what_this_version_does_not_know() {
        let json = r#"{"type":"file","oid":"66","size":5,"path":"w.bin","lfs":{"oid":"aa","size":5,"pointerSize":130},"xetHash":"bb"}"#;
        let entry: TreeEntry = serde_json::from_str(json).unwrap();
        assert_eq!(entry.content_id(), "aa");
        assert_eq!(serde_json::to_string(&entry).unwrap(), json);
    }

    #[test]
    fn a_submodule_is_neither_file_nor_folder() {
        let entry: TreeEntry = serde_json::from_str(r#"{"type":"unknown","oid":"1","path":"sub"}"#).unwrap();
        assert_eq!(entry.kind, EntryKind::Other("unknown".into()));
    }
}
