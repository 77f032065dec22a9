//! The kinds of repository, and a repository named whole.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{ParseError, RepoId};

/// The kind of a repository. Models are the default everywhere, as in Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum RepoType {
    /// A model: `ada/demo`, web URL `https://huggingface.co/ada/demo`.
    #[default]
    Model,
    /// A dataset: web URL `https://huggingface.co/datasets/ada/demo`.
    Dataset,
    /// A Space (an application): web URL `https://huggingface.co/spaces/ada/demo`.
    Space,
}

impl RepoType {
    /// All kinds, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::Model, Self::Dataset, Self::Space];

    /// The singular word of JSON bodies and arguments: `model`, `dataset`, `space`.
    pub const fn singular(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Dataset => "dataset",
            Self::Space => "space",
        }
    }

    /// The plural word of API paths: `models`, `datasets`, `spaces`.
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Model => "models",
            Self::Dataset => "datasets",
            Self::Space => "spaces",
        }
    }

    /// What stands before the id in web, git and file URLs: nothing, `datasets/` or `spaces/`.
    pub const fn url_prefix(self) -> &'static str {
        match self {
            Self::Model => "",
            Self::Dataset => "datasets/",
            Self::Space => "spaces/",
        }
    }

    /// The kind that a plural or singular word names.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| word == kind.singular() || word == kind.plural())
    }

    /// Whether a plural or singular word names a kind that the Hub has and this version does not know. Unless it is refused,
    /// `hf://buckets/a/b` is a model.
    pub(crate) fn is_unsupported(word: &str) -> bool {
        matches!(word, "kernel" | "kernels" | "bucket" | "buckets")
    }
}

impl fmt::Display for RepoType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.singular())
    }
}

impl FromStr for RepoType {
    type Err = ParseError;

    /// Takes the singular word only, as the Python argument `repo_type` does.
    fn from_str(text: &str) -> Result<Self, ParseError> {
        Self::ALL.into_iter().find(|kind| text == kind.singular()).ok_or_else(|| {
            ParseError::new("repository type", text, "it must be one of model, dataset, space")
        })
    }
}

/// A repository named whole: its kind and its id.
///
/// It is read from the path of its page, with or without `models/` for a model, and is in JSON what the Hub has in its messages.
///
/// ```
/// use hub_types::{RepoRef, RepoType};
/// let repo: RepoRef = "datasets/ada/demo".parse()?;
/// assert_eq!((repo.repo_type, repo.id.as_str()), (RepoType::Dataset, "ada/demo"));
/// assert_eq!("ada/demo".parse::<RepoRef>()?, "models/ada/demo".parse()?);
/// assert_eq!(serde_json::to_string(&repo)?, r#"{"type":"dataset","name":"ada/demo"}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RepoRef {
    /// Model, dataset or Space.
    #[serde(rename = "type")]
    pub repo_type: RepoType,
    /// `namespace/name`, or `name` alone.
    #[serde(rename = "name")]
    pub id: RepoId,
}

impl RepoRef {
    /// Names a repository by kind and id.
    pub const fn new(repo_type: RepoType, id: RepoId) -> Self {
        Self { repo_type, id }
    }

    /// The path of its web page on the Hub: `/ada/demo`, `/datasets/ada/demo`.
    pub fn web_path(&self) -> String {
        format!("/{}{}", self.repo_type.url_prefix(), self.id)
    }
}

impl FromStr for RepoRef {
    type Err = ParseError;

    /// # Errors
    /// When what is left without the word for a kind is not a [`RepoId`].
    fn from_str(text: &str) -> Result<Self, ParseError> {
        let (repo_type, id) = match text.split_once('/') {
            Some(("models", id)) => (RepoType::Model, id),
            Some(("datasets", id)) => (RepoType::Dataset, id),
            Some(("spaces", id)) => (RepoType::Space, id),
            _ => (RepoType::Model, text),
        };
        Ok(Self::new(repo_type, id.parse()?))
    }
}

impl fmt::Display for RepoRef {
    /// Reads as in a sentence: `model ada/demo`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.repo_type, self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_singular_word_is_an_argument() {
        assert_eq!("dataset".parse::<RepoType>(), Ok(RepoType::Dataset));
        for wrong in ["datasets", "Model", "", "kernel"] {
            assert!(wrong.parse::<RepoType>().is_err(), "{wrong}");
        }
    }
}
