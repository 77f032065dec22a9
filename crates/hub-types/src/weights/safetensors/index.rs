//! Weights in several files: the index that says where each tensor is, and all heads together.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{SafetensorsFileMetadata, TensorInfo, bounded, count_into};
use crate::{CommitHash, Extra, json_problem, weights::WeightsError};

/// `model.safetensors.index.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SafetensorsIndex {
    /// What is said of all files, such as `{"total_size": 15002}`.
    #[serde(default, deserialize_with = "bounded::extra")]
    pub metadata: Extra,
    /// The file of each tensor, by the tensor's name.
    #[serde(deserialize_with = "bounded::weight_map")]
    pub weight_map: BTreeMap<String, String>,
}

impl SafetensorsIndex {
    /// Reads the file.
    ///
    /// # Errors
    /// [`WeightsError::Broken`] for what is no index, has more than 524,288 tensors, or more than 65,536 values in its metadata.
    pub fn parse(json: &[u8]) -> Result<Self, WeightsError> {
        serde_json::from_slice(json).map_err(|error| {
            WeightsError::broken(format!("it is no index of shards: {}", json_problem(&error)))
        })
    }

    /// The files, each once, by name, which is their order.
    pub fn files(&self) -> BTreeSet<&str> {
        self.weight_map.values().map(String::as_str).collect()
    }
}

/// The index and all heads in one response: `GET /api/models/{id}/safetensors-metadata/{index file}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SafetensorsHeaders {
    /// The index.
    pub index: SafetensorsIndex,
    /// The head of each file, by its name.
    pub headers: BTreeMap<String, SafetensorsFileMetadata>,
}

/// The weights of a repository. Python: `SafetensorsRepoMetadata`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct SafetensorsRepoMetadata {
    /// What the index says of all files; empty where there is one file.
    pub metadata: Extra,
    /// Whether there is an index, and not only `model.safetensors`.
    pub sharded: bool,
    /// The file of each tensor, by the tensor's name.
    pub weight_map: BTreeMap<String, String>,
    /// The head of each file, by its name.
    pub files_metadata: BTreeMap<String, SafetensorsFileMetadata>,
    /// How many numbers there are of each dtype.
    pub parameter_count: BTreeMap<String, u64>,
    /// The commit that all of it is of; `None` for files of this machine.
    pub commit: Option<CommitHash>,
}

impl SafetensorsRepoMetadata {
    /// Weights in one file of this name.
    ///
    /// # Errors
    /// When there are more parameters than can be counted.
    pub fn of_file(name: impl Into<String>, file: SafetensorsFileMetadata) -> Result<Self, WeightsError> {
        let name = name.into();
        let weight_map = file.tensors.keys().map(|tensor| (tensor.clone(), name.clone())).collect();
        let files = BTreeMap::from([(name, file)]);
        Self::new(SafetensorsIndex { metadata: Extra::new(), weight_map }, files, false)
    }

    /// Weights in the files that an index names.
    ///
    /// # Errors
    /// When there are more parameters than can be counted.
    pub fn of_shards(
        index: SafetensorsIndex,
        files: BTreeMap<String, SafetensorsFileMetadata>,
    ) -> Result<Self, WeightsError> {
        Self::new(index, files, true)
    }

    fn new(
        index: SafetensorsIndex,
        files_metadata: BTreeMap<String, SafetensorsFileMetadata>,
        sharded: bool,
    ) -> Result<Self, WeightsError> {
        let mut parameter_count = BTreeMap::new();
        files_metadata.values().try_for_each(|file| count_into(&mut parameter_count, file))?;
        let SafetensorsIndex { metadata, weight_map } = index;
        Ok(Self { metadata, sharded, weight_map, files_metadata, parameter_count, commit: None })
    }

    /// The same weights, of this commit.
    #[must_use]
    pub fn commit(self, commit: impl Into<Option<CommitHash>>) -> Self {
        Self { commit: commit.into(), ..self }
    }

    /// All tensors that files have, each with its name and the name of its file.
    pub fn tensors(&self) -> impl Iterator<Item = (&str, &TensorInfo, &str)> {
        self.files_metadata.iter().flat_map(|(name, file)| {
            file.tensors.iter().map(move |(tensor, info)| (tensor.as_str(), info, name.as_str()))
        })
    }

    /// Bytes of all tensors.
    pub fn size(&self) -> u64 {
        self.files_metadata.values().map(SafetensorsFileMetadata::size).fold(0, u64::saturating_add)
    }
}
