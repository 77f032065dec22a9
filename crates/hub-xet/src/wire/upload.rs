//! Responses to uploads, and copies between repositories.

use serde::{Deserialize, Serialize};

use crate::MerkleHash;

/// The response to a xorb (section 9.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct XorbUploadResponse {
    /// Whether it was new. Both are success.
    pub was_inserted: bool,
}

/// The response of the first version to a shard (section 9.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardUploadResponse {
    /// 0: it existed; 1: it is registered. Both are success.
    #[serde(default)]
    pub result: u32,
}

/// The body of `POST /api/{type}s/{source}/lfs-files/duplicate` (section 8).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DuplicateRequest {
    /// The repository that gets the files.
    pub target: DuplicateTarget,
    /// The files.
    pub files: Vec<DuplicateFile>,
}

/// A repository of a [`DuplicateRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DuplicateTarget {
    /// `model`, `dataset`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// Its id, such as `ada/demo`.
    pub name: String,
}

/// A file of a [`DuplicateRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DuplicateFile {
    /// Its Xet hash.
    pub xet_hash: MerkleHash,
    /// Its sha256 in the usual form.
    pub sha256: String,
    /// Its path.
    pub filename: String,
}

/// The response to a [`DuplicateRequest`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct DuplicateResponse {
    /// What could not be copied; empty: everything was.
    #[serde(default)]
    pub failed: Vec<serde_json::Value>,
}
