//! Messages that make branches and tags, and that shorten a history.

use serde::{Deserialize, Serialize};

use crate::setters::setters;

/// The body of `POST /api/{models}/{id}/branch/{branch}`. Python: `create_branch`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CreateBranchRequest {
    /// The revision that the branch begins at; none means the default branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub starting_point: Option<String>,
    /// Whether the branch begins with a commit without files and without a parent.
    #[serde(default, skip_serializing_if = "is_false")]
    pub empty_branch: bool,
    /// Whether a branch that is there already is moved.
    #[serde(default, skip_serializing_if = "is_false")]
    pub overwrite: bool,
}

impl CreateBranchRequest {
    /// A new branch at the default branch.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// The revision that the branch begins at. Default the default branch.
        starting_point: Option<String>,
        /// Whether the branch begins with a commit without files and without a parent. Default false.
        empty_branch: bool,
        /// Whether a branch that is there already is moved. Default false.
        overwrite: bool,
    }
}

/// The body of `POST /api/{models}/{id}/tag/{rev}`; the revision to tag is in the path. Python: `create_tag`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreateTagRequest {
    /// Name of the tag.
    pub tag: String,
    /// Text of an annotated tag; none makes a lightweight one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl CreateTagRequest {
    /// A lightweight tag.
    pub fn new(tag: impl Into<String>) -> Self {
        Self { tag: tag.into(), message: None }
    }

    setters! {
        /// Text of an annotated tag. Default none, which makes a lightweight one.
        message: Option<String>,
    }
}

/// The body of `POST /api/{models}/{id}/super-squash/{branch}`. Python: `super_squash_history`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SuperSquashRequest {
    /// Message of the one commit that remains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl SuperSquashRequest {
    /// Leaves the message to the server.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Message of the one commit that remains. Default the server's.
        message: Option<String>,
    }
}

/// The response to a [`SuperSquashRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SuperSquashResponse {
    /// Id of the one commit that remains.
    pub commit_id: String,
}

impl SuperSquashResponse {
    /// Names the one commit that remains.
    pub fn new(commit_id: impl Into<String>) -> Self {
        Self { commit_id: commit_id.into() }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(value: &bool) -> bool {
    !value
}
