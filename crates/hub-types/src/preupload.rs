//! `preupload`: the server decides which files go to LFS, which are ignored and which it already has.

use serde::{Deserialize, Serialize};

/// The most files that one `preupload` request may name. Clients send 256 at a time.
pub const MAX_FILES: usize = 1000;

/// The body of `POST /api/{models}/{id}/preupload/{rev}`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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

/// A file to be added.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreuploadFile {
    /// Where it goes in the repository.
    pub path: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its first 512 bytes in standard base64; empty for an empty file.
    #[serde(default)]
    pub sample: String,
}

/// The response to a [`PreuploadRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PreuploadResponse {
    /// One entry per file that was asked about, in the same order.
    pub files: Vec<PreuploadDecision>,
    /// The commit that `oid`s were read from.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub commit_oid: Option<String>,
}

/// What the server decided about one file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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

/// How the content of a file travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UploadMode {
    /// Inside the commit, in base64.
    Regular,
    /// Uploaded before the commit; the commit names its sha256.
    Lfs,
}
