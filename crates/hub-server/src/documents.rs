//! The listings of tags and metrics that a seed file brings along.

use std::{fs, path::Path};

use hub_types::{MetricInfo, RepoType, TagsByType};
use serde::de::DeserializeOwned;

use crate::{OpenError, TagFiles};

/// What the files of a seed say.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    models: Option<TagsByType>,
    datasets: Option<TagsByType>,
    /// Metrics; none unless there is a file.
    pub(crate) metrics: Vec<MetricInfo>,
}

impl Documents {
    pub(crate) fn load(files: &TagFiles) -> Result<Self, OpenError> {
        Ok(Self {
            models: files.models.as_deref().map(read).transpose()?,
            datasets: files.datasets.as_deref().map(read).transpose()?,
            metrics: files.metrics.as_deref().map(read).transpose()?.unwrap_or_default(),
        })
    }

    /// The tags of a kind, if there is a file with them.
    pub(crate) const fn tags(&self, repo_type: RepoType) -> Option<&TagsByType> {
        match repo_type {
            RepoType::Model => self.models.as_ref(),
            RepoType::Dataset => self.datasets.as_ref(),
            _ => None,
        }
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<T, OpenError> {
    let text = fs::read(path).map_err(|error| OpenError::io("read", path, error))?;
    serde_json::from_slice(&text)
        .map_err(|error| OpenError::Seed { origin: path.display().to_string(), reason: error.to_string() })
}
