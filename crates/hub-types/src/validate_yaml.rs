//! The check of a card's front matter before a commit.

use serde::{Deserialize, Serialize};

use crate::{error_code::ErrorItem, setters::setters};

/// The body of `POST /api/validate-yaml`. Servers also take it as a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ValidateYamlRequest {
    /// The whole text of `README.md`.
    pub content: String,
    /// `model`, `dataset` or `space`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repo_type: Option<String>,
}

impl ValidateYamlRequest {
    /// Asks about the card of a repository of unknown kind.
    pub fn new(content: impl Into<String>) -> Self {
        Self { content: content.into(), repo_type: None }
    }

    setters! {
        /// `model`, `dataset` or `space`. Default unknown.
        repo_type: Option<String>,
    }
}

/// The response: 200 with warnings, or 400 with errors.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ValidateYamlResponse {
    /// What makes the card unusable.
    #[serde(default, deserialize_with = "crate::lenient::list")]
    pub errors: Vec<ErrorItem>,
    /// What should be better.
    #[serde(default, deserialize_with = "crate::lenient::list")]
    pub warnings: Vec<ErrorItem>,
}

impl ValidateYamlResponse {
    /// A card about which there is nothing to say.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// What makes the card unusable. Default nothing.
        errors: Vec<ErrorItem>,
        /// What should be better. Default nothing.
        warnings: Vec<ErrorItem>,
    }
}
