//! What the Hub knows of a repository: `model_info`, `dataset_info`, `space_info` and the items of listings.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    DatasetCardData, Extra, ModelCardData, RepoType, SpaceCardData, Timestamp, extra::open_struct,
    setters::setters, space::SpaceRuntime,
};

open_struct! {
    /// A model. Python: `ModelInfo`. Endpoint: `GET /api/models/{id}`.
    pub struct ModelInfo {
        [
            /// `namespace/name`.
            required id: String = "id"
        ]
        /// The Hub's internal id: 24 hexadecimal digits.
        internal_id: String = "_id",
        /// The same as `id`; older clients read only this one.
        model_id: String = "modelId",
        /// User or organisation that owns it.
        author: String = "author",
        /// Commit id of the revision that was asked for.
        sha: String = "sha",
        /// When the default branch last changed.
        last_modified: Timestamp = "lastModified",
        /// When the repository was made.
        created_at: Timestamp = "createdAt",
        /// Whether only its owners see it.
        private: bool = "private",
        /// Whether the Hub has switched it off.
        disabled: bool = "disabled",
        /// Whether access must be asked for.
        gated: Gated = "gated",
        /// Downloads in the last 30 days.
        downloads: u64 = "downloads",
        /// Downloads since it was made.
        downloads_all_time: u64 = "downloadsAllTime",
        /// How many users like it.
        likes: u64 = "likes",
        /// What the front page orders by.
        trending_score: f64 = "trendingScore",
        /// Tags, with those from the card.
        tags: Vec<String> = "tags",
        /// The task it is for.
        pipeline_tag: String = "pipeline_tag",
        /// The library it is for.
        library_name: String = "library_name",
        /// The token that stands for a blank in fill-mask models.
        mask_token: String = "mask_token",
        /// Every file, without folders.
        siblings: Vec<RepoFile> = "siblings",
        /// The front matter of the model card.
        card_data: ModelCardData = "cardData",
        /// What `config.json` says about the architecture.
        config: Value = "config",
        /// Parameter counts of its safetensors files.
        safetensors: SafeTensorsInfo = "safetensors",
        /// Results that the card states.
        model_index: Value = "model-index",
        /// Examples for the page's widget.
        widget_data: Value = "widgetData",
        /// The classes of the transformers library that load it.
        transformers_info: TransformersInfo = "transformersInfo",
        /// What the header of its GGUF file says.
        gguf: Value = "gguf",
        /// `warm` when a provider of inference serves it.
        inference: String = "inference",
        /// Which providers serve it, under which names.
        inference_provider_mapping: Value = "inferenceProviderMapping",
        /// How many models were made from it.
        children_model_count: u64 = "childrenModelCount",
        /// The resource group that it belongs to, of an organisation that has some.
        resource_group: Value = "resourceGroup",
        /// Result of the security scan; asked for with `securityStatus`.
        security_repo_status: Value = "securityRepoStatus",
        /// Ids of Spaces that use it.
        spaces: Vec<String> = "spaces",
        /// Bytes that the repository takes on the Hub.
        used_storage: u64 = "usedStorage",
    }
}

open_struct! {
    /// A dataset. Python: `DatasetInfo`. Endpoint: `GET /api/datasets/{id}`.
    pub struct DatasetInfo {
        [
            /// `namespace/name`.
            required id: String = "id"
        ]
        /// The Hub's internal id: 24 hexadecimal digits.
        internal_id: String = "_id",
        /// User or organisation that owns it.
        author: String = "author",
        /// Commit id of the revision that was asked for.
        sha: String = "sha",
        /// When the default branch last changed.
        last_modified: Timestamp = "lastModified",
        /// When the repository was made.
        created_at: Timestamp = "createdAt",
        /// Whether only its owners see it.
        private: bool = "private",
        /// Whether the Hub has switched it off.
        disabled: bool = "disabled",
        /// Whether access must be asked for.
        gated: Gated = "gated",
        /// Downloads in the last 30 days.
        downloads: u64 = "downloads",
        /// Downloads since it was made.
        downloads_all_time: u64 = "downloadsAllTime",
        /// How many users like it.
        likes: u64 = "likes",
        /// What the front page orders by.
        trending_score: f64 = "trendingScore",
        /// Tags, with those from the card.
        tags: Vec<String> = "tags",
        /// What the card says in a paragraph.
        description: String = "description",
        /// How to cite it.
        citation: String = "citation",
        /// Its id on Papers with Code.
        paperswithcode_id: String = "paperswithcode_id",
        /// Every file, without folders.
        siblings: Vec<RepoFile> = "siblings",
        /// The front matter of the dataset card.
        card_data: DatasetCardData = "cardData",
        /// Bytes that the repository takes on the Hub.
        used_storage: u64 = "usedStorage",
    }
}

open_struct! {
    /// A Space. Python: `SpaceInfo`. Endpoint: `GET /api/spaces/{id}`.
    pub struct SpaceInfo {
        [
            /// `namespace/name`.
            required id: String = "id"
        ]
        /// The Hub's internal id: 24 hexadecimal digits.
        internal_id: String = "_id",
        /// User or organisation that owns it.
        author: String = "author",
        /// Commit id of the revision that was asked for.
        sha: String = "sha",
        /// When the default branch last changed.
        last_modified: Timestamp = "lastModified",
        /// When the repository was made.
        created_at: Timestamp = "createdAt",
        /// Whether only its owners see it.
        private: bool = "private",
        /// Whether the Hub has switched it off.
        disabled: bool = "disabled",
        /// How many users like it.
        likes: u64 = "likes",
        /// What the front page orders by.
        trending_score: f64 = "trendingScore",
        /// Tags, with those from the card.
        tags: Vec<String> = "tags",
        /// Every file, without folders.
        siblings: Vec<RepoFile> = "siblings",
        /// The front matter of the README.
        card_data: SpaceCardData = "cardData",
        /// `gradio`, `docker`, `static` or what is new.
        sdk: String = "sdk",
        /// URL of the running application.
        host: String = "host",
        /// First part of that URL.
        subdomain: String = "subdomain",
        /// Stage, hardware and storage.
        runtime: SpaceRuntime = "runtime",
        /// Ids of models that it uses.
        models: Vec<String> = "models",
        /// Ids of datasets that it uses.
        datasets: Vec<String> = "datasets",
        /// Bytes that the repository takes on the Hub.
        used_storage: u64 = "usedStorage",
    }
}

open_struct! {
    /// Parameter counts of a model's safetensors files. Python: `SafeTensorsInfo`.
    pub struct SafeTensorsInfo {
        [
            /// Over all types.
            required total: u64 = "total"
        ]
        /// By type, such as `F32` or `BF16`.
        parameters: BTreeMap<String, u64> = "parameters",
    }
}

open_struct! {
    /// The classes of the transformers library that load a model. Python: `TransformersInfo`.
    pub struct TransformersInfo {
        [
            /// Such as `AutoModelForCausalLM`.
            required auto_model: String = "auto_model"
        ]
        /// The class of the repository's own code.
        custom_class: String = "custom_class",
        /// The task it is for.
        pipeline_tag: String = "pipeline_tag",
        /// Such as `AutoTokenizer`.
        processor: String = "processor",
    }
}

open_struct! {
    /// A file among [`ModelInfo::siblings`]. Python: `RepoFile` (0.12), `RepoSibling` (today).
    pub struct RepoFile {
        [
            /// Path from the root of the repository.
            required rfilename: String = "rfilename"
        ]
        /// Size of the content in bytes; asked for with `blobs`.
        size: u64 = "size",
        /// Git blob id, for LFS files that of the pointer; asked for with `blobs`.
        blob_id: String = "blobId",
        /// The LFS object, for LFS files; asked for with `blobs`.
        lfs: BlobLfsInfo = "lfs",
    }
}

/// The LFS object of a [`RepoFile`]. Python: `BlobLfsInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BlobLfsInfo {
    /// sha256 of the content.
    pub sha256: String,
    /// Size of the content in bytes.
    pub size: u64,
    /// Size of the pointer file in bytes.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub pointer_size: Option<u64>,
    /// Everything else that the server sent.
    #[serde(flatten)]
    pub extra: Extra,
}

impl BlobLfsInfo {
    /// An object of `size` bytes.
    pub fn new(sha256: impl Into<String>, size: u64) -> Self {
        Self { sha256: sha256.into(), size, pointer_size: None, extra: Extra::new() }
    }

    setters! {
        /// Size of the pointer file in bytes. Default unknown.
        pointer_size: Option<u64>,
    }
}

/// Whether access must be asked for. On the wire `false`, `"auto"` or `"manual"`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum Gated {
    /// `false`: open to everybody who sees it. `true` is kept as sent.
    Flag(bool),
    /// How requests are answered: `auto`, `manual`.
    Mode(String),
}

/// What `repo_info` returns: one of the three kinds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "made once per call and moved to the caller")]
pub enum RepoInfo {
    /// A model.
    Model(ModelInfo),
    /// A dataset.
    Dataset(DatasetInfo),
    /// A Space.
    Space(SpaceInfo),
}

macro_rules! common {
    ($(#[$meta:meta] $name:ident: $type:ty,)*) => {
        $(
            #[$meta]
            pub fn $name(&self) -> Option<&$type> {
                match self {
                    Self::Model(info) => info.$name.as_ref(),
                    Self::Dataset(info) => info.$name.as_ref(),
                    Self::Space(info) => info.$name.as_ref(),
                }
            }
        )*
    };
}

impl RepoInfo {
    /// `namespace/name`.
    pub fn id(&self) -> &str {
        match self {
            Self::Model(info) => &info.id,
            Self::Dataset(info) => &info.id,
            Self::Space(info) => &info.id,
        }
    }

    /// Which of the three it is.
    pub const fn repo_type(&self) -> RepoType {
        match self {
            Self::Model(_) => RepoType::Model,
            Self::Dataset(_) => RepoType::Dataset,
            Self::Space(_) => RepoType::Space,
        }
    }

    common! {
        #[doc = "Commit id of the revision that was asked for."] sha: String,
        #[doc = "User or organisation that owns it."] author: String,
        #[doc = "When the default branch last changed."] last_modified: Timestamp,
        #[doc = "When the repository was made."] created_at: Timestamp,
        #[doc = "Whether only its owners see it."] private: bool,
        #[doc = "How many users like it."] likes: u64,
        #[doc = "Tags, with those from the card."] tags: Vec<String>,
        #[doc = "Every file, without folders."] siblings: Vec<RepoFile>,
    }

    /// The front matter of the card as it is, with what its type does not model.
    pub fn card_data(&self) -> Option<Value> {
        let card = match self {
            Self::Model(info) => info.card_data.as_ref().map(serde_json::to_value),
            Self::Dataset(info) => info.card_data.as_ref().map(serde_json::to_value),
            Self::Space(info) => info.card_data.as_ref().map(serde_json::to_value),
        };
        card?.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_fields_and_odd_shapes_survive_the_round_trip() {
        let json = r#"{"id":"a/b","likes":"many","downloads":3,"gated":"auto","newField":{"x":[1]},"siblings":[{"rfilename":"f","lfs":{"sha256":"ab","size":1}}]}"#;
        let info: ModelInfo = serde_json::from_str(json).unwrap();
        assert_eq!(info.downloads, Some(3));
        assert_eq!(info.likes, None, "a text is not a number of likes");
        assert_eq!(info.gated, Some(Gated::Mode("auto".into())));
        let again = serde_json::to_value(&info).unwrap();
        assert_eq!(again, serde_json::from_str::<Value>(json).unwrap());
    }

    #[test]
    fn only_the_id_is_required() {
        assert_eq!(serde_json::from_str::<DatasetInfo>(r#"{"id":"a/b"}"#).unwrap(), DatasetInfo::new("a/b"));
        assert!(serde_json::from_str::<DatasetInfo>(r#"{"likes":1}"#).is_err());
    }

    #[test]
    fn null_is_an_absent_field() {
        let info: SpaceInfo = serde_json::from_str(r#"{"id":"a/b","sdk":null}"#).unwrap();
        assert_eq!(info.sdk, None);
    }
}
