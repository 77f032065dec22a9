//! Spaces that new ones can begin as.

use serde::{Deserialize, Serialize};

use crate::RepoId;

/// The response of `GET /api/spaces/templates`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpaceTemplates {
    /// All there are.
    #[serde(deserialize_with = "crate::lenient::list")]
    pub templates: Vec<SpaceTemplate>,
}

/// A Space that a new one can begin as. Python: `SpaceTemplate`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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
