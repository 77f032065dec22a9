//! Messages that make branches and tags, and that shorten a history.

use serde::{Deserialize, Serialize};

/// The body of `POST /api/{models}/{id}/branch/{branch}`. Python: `create_branch`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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

/// The body of `POST /api/{models}/{id}/tag/{rev}`; the revision to tag is in the path. Python: `create_tag`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateTagRequest {
    /// Name of the tag.
    pub tag: String,
    /// Text of an annotated tag; none makes a lightweight one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// The body of `POST /api/{models}/{id}/super-squash/{branch}`. Python: `super_squash_history`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuperSquashRequest {
    /// Message of the one commit that remains.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// The response to a [`SuperSquashRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SuperSquashResponse {
    /// Id of the one commit that remains.
    pub commit_id: String,
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(value: &bool) -> bool {
    !value
}
