//! Spaces that new ones can begin as.

use serde::{Deserialize, Serialize};

use crate::{RepoId, setters::setters};

/// The response of `GET /api/spaces/templates`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SpaceTemplates {
    /// All there are.
    #[serde(deserialize_with = "crate::lenient::list")]
    pub templates: Vec<SpaceTemplate>,
}

impl SpaceTemplates {
    /// These templates.
    pub fn new(templates: Vec<SpaceTemplate>) -> Self {
        Self { templates }
    }
}

/// A Space that a new one can begin as. Python: `SpaceTemplate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SpaceTemplate {
    /// For people: `JupyterLab`.
    pub name: String,
    /// The Space: `SpacesExamples/jupyterlab`.
    pub repo_id: RepoId,
    /// What runs it: `gradio`, `docker`, `static`.
    pub sdk: String,
    /// Whether a Space that begins as this one is better private.
    pub preferred_private: bool,
}

impl SpaceTemplate {
    /// A template whose copies may be public.
    pub fn new(name: impl Into<String>, repo_id: RepoId, sdk: impl Into<String>) -> Self {
        Self { name: name.into(), repo_id, sdk: sdk.into(), preferred_private: false }
    }

    setters! {
        /// Whether a Space that begins as this one is better private. Default false.
        preferred_private: bool,
    }
}
