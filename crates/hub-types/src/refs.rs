//! Branches, tags, conversions and pull requests of a repository.

use serde::{Deserialize, Serialize};

use crate::{Extra, setters::setters};

/// All refs. Python: `GitRefs`. Endpoint: `GET /api/{models}/{id}/refs`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct GitRefs {
    /// Branches. Always there: a response without them is not a list of refs.
    pub branches: Vec<GitRefInfo>,
    /// Data that the Hub converted, such as `refs/convert/parquet`.
    #[serde(default, deserialize_with = "crate::lenient::list")]
    pub converts: Vec<GitRefInfo>,
    /// Tags. Always there.
    pub tags: Vec<GitRefInfo>,
    /// Refs of pull requests; only when asked for with `include_prs`.
    #[serde(
        default,
        deserialize_with = "crate::lenient::optional_list",
        skip_serializing_if = "Option::is_none"
    )]
    pub pull_requests: Option<Vec<GitRefInfo>>,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

impl GitRefs {
    /// Refs of a repository without conversions, and without pull requests as they were not asked for.
    pub fn new(branches: Vec<GitRefInfo>, tags: Vec<GitRefInfo>) -> Self {
        Self { branches, tags, converts: Vec::new(), pull_requests: None, extra: Extra::new() }
    }

    setters! {
        /// Data that the Hub converted. Default none.
        converts: Vec<GitRefInfo>,
        /// Refs of pull requests. Default left out, which means that they were not asked for.
        pull_requests: Option<Vec<GitRefInfo>>,
    }
}

/// One ref. Python: `GitRefInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct GitRefInfo {
    /// Short name: `main`.
    pub name: String,
    /// Full name: `refs/heads/main`.
    #[serde(rename = "ref")]
    pub reference: String,
    /// The commit it leads to, also for annotated tags.
    pub target_commit: String,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

impl GitRefInfo {
    /// The ref with the short name `name`, the full name `reference`, and the commit that it leads to.
    pub fn new(
        name: impl Into<String>,
        reference: impl Into<String>,
        target_commit: impl Into<String>,
    ) -> Self {
        let (name, reference, target_commit) = (name.into(), reference.into(), target_commit.into());
        Self { name, reference, target_commit, extra: Extra::new() }
    }
}
