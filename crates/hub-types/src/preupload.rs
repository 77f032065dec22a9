//! `preupload`: the server decides which files go to LFS, which are ignored and which it already has.

use serde::{Deserialize, Serialize};

use crate::setters::setters;

/// The most files that one `preupload` request may name. Clients send 256 at a time.
pub const MAX_FILES: usize = 1000;

/// The body of `POST /api/{models}/{id}/preupload/{rev}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PreuploadRequest {
    /// The files to be added.
    pub files: Vec<PreuploadFile>,
    /// The text of a root `.gitignore` that is part of the same commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_ignore: Option<String>,
    /// The text of a root `.gitattributes` that is part of the same commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_attributes: Option<String>,
}

impl PreuploadRequest {
    /// Asks about `files`.
    pub fn new(files: Vec<PreuploadFile>) -> Self {
        Self { files, git_ignore: None, git_attributes: None }
    }

    setters! {
        /// The text of a root `.gitignore` that is part of the same commit. Default none.
        git_ignore: Option<String>,
        /// The text of a root `.gitattributes` that is part of the same commit. Default none.
        git_attributes: Option<String>,
    }
}

/// A file to be added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct PreuploadFile {
    /// Where it goes in the repository.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its first 512 bytes in standard base64; empty for an empty file.
    #[serde(default)]
    pub sample: String,
}

impl PreuploadFile {
    /// A file of `size` bytes of which nothing is shown.
    pub fn new(path: impl Into<String>, size: u64) -> Self {
        Self { path: path.into(), size, sample: String::new() }
    }

    setters! {
        /// Its first 512 bytes in standard base64. Default empty.
        sample: String,
    }
}

/// The response to a [`PreuploadRequest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PreuploadResponse {
    /// One entry per file that was asked about, in the same order.
    pub files: Vec<PreuploadDecision>,
    /// The commit that `oid`s were read from.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub commit_oid: Option<String>,
}

impl PreuploadResponse {
    /// What was decided about the files, in the order of the request.
    pub fn new(files: Vec<PreuploadDecision>) -> Self {
        Self { files, commit_oid: None }
    }

    setters! {
        /// The commit that the `oid`s of the files were read from. Default left out.
        commit_oid: Option<String>,
    }
}

/// What the server decided about one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PreuploadDecision {
    /// The path that was asked about.
    pub path: String,
    /// How the content travels.
    pub upload_mode: UploadMode,
    /// Whether a `.gitignore` rule matches: the client leaves such files out.
    #[serde(default, deserialize_with = "crate::lenient::or_default")]
    pub should_ignore: bool,
    /// What is there now, if the path exists: the git blob id of a regular file, the sha256 of an LFS file.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub oid: Option<String>,
}

impl PreuploadDecision {
    /// A file that is not ignored, at a path where nothing is.
    pub fn new(path: impl Into<String>, upload_mode: UploadMode) -> Self {
        Self { path: path.into(), upload_mode, should_ignore: false, oid: None }
    }

    setters! {
        /// Whether a `.gitignore` rule matches. Default false.
        should_ignore: bool,
        /// What is there now: the git blob id of a regular file, the sha256 of an LFS file. Default nothing.
        oid: Option<String>,
    }
}

/// How the content of a file travels.
///
/// Exhaustive on purpose: a client that does not know a way to send a file must not compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UploadMode {
    /// Inside the commit, in base64.
    Regular,
    /// Uploaded before the commit; the commit names its sha256.
    Lfs,
}
