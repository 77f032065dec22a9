//! Messages that make and delete repositories.

use serde::{Deserialize, Serialize};

use crate::{Extra, RepoId, RepoType, setters::setters, space::NewSpace};

/// The body of `POST /api/repos/create`. Python: `create_repo`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CreateRepoRequest {
    /// The part of the id after the slash.
    pub name: String,
    /// The part before the slash; none means the caller's own namespace.
    #[serde(default)]
    pub organization: Option<String>,
    /// Model, dataset or Space; none means a model.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub repo_type: Option<RepoType>,
    /// Whether only its owners see it; none means the account's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private: Option<bool>,
    /// `public`, `private` or `protected`; not together with `private`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<String>,
    /// What runs a Space: `gradio`, `docker`, `static`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sdk: Option<String>,
    /// The Space that a new one begins as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<RepoId>,
    /// Size in bytes from which LFS uploads go in parts; understood by test servers.
    #[serde(default, rename = "lfsmultipartthresh", skip_serializing_if = "Option::is_none")]
    pub lfs_multipart_threshold: Option<u64>,
    /// What a Space is given.
    #[serde(flatten)]
    pub space: NewSpace,
    /// Fields that are not modelled.
    #[serde(flatten)]
    pub extra: Extra,
}

impl CreateRepoRequest {
    /// Asks for the repository `id` of kind `repo_type`, with everything else left to the server.
    pub fn new(repo_type: RepoType, id: &RepoId) -> Self {
        Self {
            name: id.name().to_owned(),
            organization: id.namespace().map(str::to_owned),
            repo_type: Some(repo_type),
            private: None,
            visibility: None,
            sdk: None,
            template: None,
            lfs_multipart_threshold: None,
            space: NewSpace::new(),
            extra: Extra::new(),
        }
    }

    setters! {
        /// Whether only its owners see it. Default the account's.
        private: Option<bool>,
        /// `public`, `private` or `protected`; not together with `private`. Default left out.
        visibility: Option<String>,
        /// What runs a Space: `gradio`, `docker`, `static`. Default left out.
        sdk: Option<String>,
        /// The Space that a new one begins as. Default none.
        template: Option<RepoId>,
        /// Size in bytes from which LFS uploads go in parts. Default the server's.
        lfs_multipart_threshold: Option<u64>,
        /// What a Space is given. Default nothing.
        space: NewSpace,
    }
}

/// The response to a [`CreateRepoRequest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CreateRepoResponse {
    /// Web page of the new repository, absolute.
    pub url: String,
    /// `namespace/name`.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The Hub's internal id.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl CreateRepoResponse {
    /// A new repository with this web page.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: url.into(), name: None, id: None }
    }

    setters! {
        /// `namespace/name`. Default left out.
        name: Option<String>,
        /// The Hub's internal id. Default left out.
        id: Option<String>,
    }
}

/// The body of `DELETE /api/repos/delete`. Python: `delete_repo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeleteRepoRequest {
    /// The part of the id after the slash.
    pub name: String,
    /// The part before the slash; none means the caller's own namespace.
    #[serde(default)]
    pub organization: Option<String>,
    /// Model, dataset or Space; none means a model.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub repo_type: Option<RepoType>,
}

impl DeleteRepoRequest {
    /// Names the repository to delete.
    pub fn new(repo_type: RepoType, id: &RepoId) -> Self {
        Self {
            name: id.name().to_owned(),
            organization: id.namespace().map(str::to_owned),
            repo_type: Some(repo_type),
        }
    }
}
