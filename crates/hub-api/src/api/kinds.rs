//! What differs between models, datasets and Spaces in the calls that all three have.

use bytes::Bytes;
use http::response::Parts;
use hub_transport::{Error, decode_json};
use hub_types::{DatasetInfo, ModelInfo, RepoInfo, RepoType, SpaceInfo};
use serde::de::DeserializeOwned;

use super::filter::Emissions;

/// What an info call can return: each kind reads its own shape.
pub trait Info: Send + Sized + 'static {
    /// Python's name of the method.
    const METHOD: &'static str;

    fn read(repo_type: RepoType, head: &Parts, body: &Bytes) -> Result<Self, Error>;
}

impl Info for ModelInfo {
    const METHOD: &'static str = "model_info";

    fn read(_: RepoType, head: &Parts, body: &Bytes) -> Result<Self, Error> {
        decode_json(head, body)
    }
}

impl Info for DatasetInfo {
    const METHOD: &'static str = "dataset_info";

    fn read(_: RepoType, head: &Parts, body: &Bytes) -> Result<Self, Error> {
        decode_json(head, body)
    }
}

impl Info for SpaceInfo {
    const METHOD: &'static str = "space_info";

    fn read(_: RepoType, head: &Parts, body: &Bytes) -> Result<Self, Error> {
        decode_json(head, body)
    }
}

impl Info for RepoInfo {
    const METHOD: &'static str = "repo_info";

    fn read(repo_type: RepoType, head: &Parts, body: &Bytes) -> Result<Self, Error> {
        match repo_type {
            RepoType::Dataset => decode_json(head, body).map(Self::Dataset),
            RepoType::Space => decode_json(head, body).map(Self::Space),
            _ => decode_json(head, body).map(Self::Model),
        }
    }
}

/// Cannot be named outside of this crate, so that [`Listed`] cannot be implemented there.
pub trait Sealed {}

impl Sealed for ModelInfo {}
impl Sealed for DatasetInfo {}
impl Sealed for SpaceInfo {}

/// What a search lists: models, datasets or Spaces. For functions over all three; it cannot be implemented elsewhere.
pub trait Listed: Sealed + DeserializeOwned + Send + Sized + 'static {
    /// Python's name of the method.
    const METHOD: &'static str;
    /// The kind.
    const REPO_TYPE: RepoType;

    #[doc(hidden)]
    fn emits_within(&self, emissions: &Emissions) -> bool {
        let _ = emissions;
        true
    }
}

impl Listed for ModelInfo {
    const METHOD: &'static str = "list_models";
    const REPO_TYPE: RepoType = RepoType::Model;

    fn emits_within(&self, emissions: &Emissions) -> bool {
        emissions.hold(self.card_data.as_ref().map(|card| &card.extra))
    }
}

impl Listed for DatasetInfo {
    const METHOD: &'static str = "list_datasets";
    const REPO_TYPE: RepoType = RepoType::Dataset;
}

impl Listed for SpaceInfo {
    const METHOD: &'static str = "list_spaces";
    const REPO_TYPE: RepoType = RepoType::Space;
}

/// The id of what a search lists.
pub trait Identified: Listed {
    fn id(&self) -> &str;
}

impl Identified for ModelInfo {
    fn id(&self) -> &str {
        &self.id
    }
}

impl Identified for DatasetInfo {
    fn id(&self) -> &str {
        &self.id
    }
}
