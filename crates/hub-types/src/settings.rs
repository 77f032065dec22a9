//! Messages that change what a repository is called and who sees it.

use serde::{Deserialize, Serialize};

use crate::{Extra, Gated, RepoId, RepoType, setters::setters};

/// The body of `PUT /api/{models}/{id}/settings`, and its response: what was changed. Python: `update_repo_settings`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RepoSettings {
    /// Whether only its owners see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private: Option<bool>,
    /// `public`, `private`, or for Spaces `protected`; another way to say `private`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<String>,
    /// Whether access to the files must be asked for, and how requests are answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gated: Option<Gated>,
    /// Settings that are not modelled.
    #[serde(flatten)]
    pub extra: Extra,
}

impl RepoSettings {
    /// Changes nothing.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Whether only its owners see it. Default unchanged.
        private: Option<bool>,
        /// `public`, `private`, or for Spaces `protected`; another way to say `private`. Default unchanged.
        visibility: Option<String>,
        /// Whether access to the files must be asked for, and how requests are answered. Default unchanged.
        gated: Option<Gated>,
    }
}

/// The body of `POST /api/repos/move`. Python: `move_repo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MoveRepoRequest {
    /// What it is called: `namespace/name`.
    pub from_repo: RepoId,
    /// What it shall be called: `namespace/name`.
    pub to_repo: RepoId,
    /// Model, dataset or Space; servers take a missing one for a model.
    #[serde(default, rename = "type")]
    pub repo_type: RepoType,
}

impl MoveRepoRequest {
    /// Gives a repository another name.
    pub fn new(repo_type: RepoType, from_repo: RepoId, to_repo: RepoId) -> Self {
        Self { repo_type, from_repo, to_repo }
    }
}
