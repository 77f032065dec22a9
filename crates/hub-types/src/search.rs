//! What searches take and give besides repositories: filters, tags by type, metrics.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::extra::open_struct;

/// What models are wanted, by meaning instead of by tag. Python: `ModelFilter` (0.12).
///
/// ```
/// use hub_types::search::ModelFilter;
/// let filter = ModelFilter::new().author("ada").task("text-classification").trained_dataset("glue");
/// assert_eq!(filter.tags(), ["text-classification", "dataset:glue"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "a filter is passed to list_models"]
pub struct ModelFilter {
    author: Option<String>,
    model_name: Option<String>,
    task: Vec<String>,
    trained_dataset: Vec<String>,
    library: Vec<String>,
    language: Vec<String>,
    tags: Vec<String>,
}

/// What datasets are wanted, by meaning instead of by tag. Python: `DatasetFilter` (0.12).
///
/// ```
/// use hub_types::search::DatasetFilter;
/// let filter = DatasetFilter::new().language("fr").language("de").task_ids("task_ids:parsing");
/// assert_eq!(filter.tags(), ["language:fr", "language:de", "task_ids:parsing"]);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[must_use = "a filter is passed to list_datasets"]
pub struct DatasetFilter {
    author: Option<String>,
    dataset_name: Option<String>,
    benchmark: Vec<String>,
    language_creators: Vec<String>,
    language: Vec<String>,
    multilinguality: Vec<String>,
    size_categories: Vec<String>,
    task_categories: Vec<String>,
    task_ids: Vec<String>,
}

/// Setters of the fields of a filter, which hold one value or several.
macro_rules! setters {
    ($( $(#[$meta:meta])* $name:ident: $field:ident, )*) => {
        $(
            $(#[$meta])*
            pub fn $name(mut self, value: impl Into<String>) -> Self {
                self.$field.extend([value.into()]);
                self
            }
        )*
    };
}

impl ModelFilter {
    /// A filter that every model passes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only models of this user or organisation.
    pub fn author(mut self, author: impl Into<String>) -> Self {
        self.author = Some(author.into());
        self
    }

    /// Only models whose id contains this.
    pub fn model_name(mut self, name: impl Into<String>) -> Self {
        self.model_name = Some(name.into());
        self
    }

    setters! {
        /// Adds a task that the models must be for, such as `fill-mask`.
        task: task,
        /// Adds a dataset that the models must be trained on, with or without `dataset:` before it.
        trained_dataset: trained_dataset,
        /// Adds a library that the models must be for, such as `pytorch`.
        library: library,
        /// Adds a language that the models must be for: its code, as in `en`.
        language: language,
        /// Adds a tag that the models must have.
        tag: tags,
    }

    /// The user or organisation that is asked for.
    pub fn wanted_author(&self) -> Option<&str> {
        self.author.as_deref()
    }

    /// The part of the id that is asked for.
    pub fn wanted_name(&self) -> Option<&str> {
        self.model_name.as_deref()
    }

    /// The tags that stand for the rest, in the order in which they are sent.
    pub fn tags(&self) -> Vec<String> {
        [
            self.task.clone(),
            prefixed("dataset", &self.trained_dataset),
            self.library.clone(),
            self.language.clone(),
            self.tags.clone(),
        ]
        .concat()
    }
}

impl DatasetFilter {
    /// A filter that every dataset passes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only datasets of this user or organisation.
    pub fn author(mut self, author: impl Into<String>) -> Self {
        self.author = Some(author.into());
        self
    }

    /// Only datasets whose id contains this.
    pub fn dataset_name(mut self, name: impl Into<String>) -> Self {
        self.dataset_name = Some(name.into());
        self
    }

    setters! {
        /// Adds a benchmark that the datasets must belong to.
        benchmark: benchmark,
        /// Adds how the language came to be, such as `crowdsourced`.
        language_creators: language_creators,
        /// Adds a language that the datasets must have: its code, as in `en`.
        language: language,
        /// Adds a kind of multilinguality, such as `monolingual`.
        multilinguality: multilinguality,
        /// Adds a class of size, such as `100K<n<1M`.
        size_categories: size_categories,
        /// Adds a task, such as `audio-classification`.
        task_categories: task_categories,
        /// Adds a task within its category, such as `named-entity-recognition`.
        task_ids: task_ids,
    }

    /// The user or organisation that is asked for.
    pub fn wanted_author(&self) -> Option<&str> {
        self.author.as_deref()
    }

    /// The part of the id that is asked for.
    pub fn wanted_name(&self) -> Option<&str> {
        self.dataset_name.as_deref()
    }

    /// The tags that stand for the rest, in the order in which they are sent.
    pub fn tags(&self) -> Vec<String> {
        [
            prefixed("benchmark", &self.benchmark),
            prefixed("language_creators", &self.language_creators),
            prefixed("language", &self.language),
            prefixed("multilinguality", &self.multilinguality),
            prefixed("size_categories", &self.size_categories),
            prefixed("task_categories", &self.task_categories),
            prefixed("task_ids", &self.task_ids),
        ]
        .concat()
    }
}

/// `kind:value` for each value that is not written so already.
fn prefixed(kind: &str, values: &[String]) -> Vec<String> {
    let already = format!("{kind}:");
    values
        .iter()
        .map(|value| if value.contains(&already) { value.clone() } else { format!("{already}{value}") })
        .collect()
}

open_struct! {
    /// A metric. Python: `MetricInfo`. Endpoint: `GET /api/metrics`.
    pub struct MetricInfo {
        [
            /// Its name: `accuracy`.
            required id: String = "id"
        ]
        /// What it measures.
        description: String = "description",
        /// How to cite it.
        citation: String = "citation",
    }
}

open_struct! {
    /// A tag that repositories can be searched by.
    pub struct TagInfo {
        [
            /// What `filter` takes: `license:mit`.
            required id: String = "id"
        ]
        /// For people: `mit`.
        label: String = "label",
        /// The group that it belongs to: `license`.
        kind: String = "type",
        /// A group within the group, such as `cv` of a task.
        sub_type: String = "subType",
        /// Whether the web page leads somewhere from it.
        clickable: bool = "clickable",
    }
}

/// The tags that repositories can be searched by, in groups. Python: `ModelTags`, `DatasetTags`.
///
/// ```
/// use hub_types::search::TagsByType;
/// let tags: TagsByType =
///     serde_json::from_str(r#"{"library": [{"id": "examplelib", "label": "Example-Lib 2.0", "type": "library"}]}"#)?;
/// assert_eq!(tags.id("library", "Example_Lib2_0"), Some("examplelib"));
/// assert!(tags.group("license").is_empty());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TagsByType(
    #[serde(deserialize_with = "crate::lenient::lists")] pub BTreeMap<String, Vec<TagInfo>>,
);

impl TagsByType {
    /// The groups of models that Python 0.12 has as attributes.
    pub const MODEL_TYPES: [&'static str; 5] = ["library", "language", "license", "dataset", "pipeline_tag"];

    /// The groups of datasets that Python 0.12 has as attributes.
    pub const DATASET_TYPES: [&'static str; 8] = [
        "language",
        "multilinguality",
        "language_creators",
        "task_categories",
        "size_categories",
        "benchmark",
        "task_ids",
        "license",
    ];

    /// The tags of a group; none for a group that the server does not have.
    pub fn group(&self, kind: &str) -> &[TagInfo] {
        self.0.get(kind).map_or(&[], Vec::as_slice)
    }

    /// A group as a namespace: from key to id. Of two tags with one key the later counts.
    pub fn namespace(&self, kind: &str) -> BTreeMap<String, &str> {
        self.group(kind).iter().map(|tag| (tag.key(), tag.id.as_str())).collect()
    }

    /// The id behind a key of a group, as in Python's `tags.library.PyTorch`.
    pub fn id(&self, kind: &str, key: &str) -> Option<&str> {
        self.group(kind).iter().rev().find(|tag| tag.key() == key).map(|tag| tag.id.as_str())
    }
}

impl TagInfo {
    /// The name of the tag as an attribute: its label without spaces, with `_` for `-` and `.`.
    pub fn key(&self) -> String {
        let label = self.label.as_deref().unwrap_or(&self.id);
        label.chars().filter(|c| *c != ' ').map(|c| if matches!(c, '-' | '.') { '_' } else { c }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_become_tags_in_the_documented_order() {
        let models = ModelFilter::new()
            .tag("custom")
            .language("en")
            .library("pytorch")
            .trained_dataset("dataset:squad")
            .trained_dataset("glue")
            .task("fill-mask");
        assert_eq!(models.tags(), ["fill-mask", "dataset:squad", "dataset:glue", "pytorch", "en", "custom"]);
        let datasets = DatasetFilter::new()
            .task_ids("task_ids:parsing")
            .task_categories("qa")
            .size_categories("1K<n<10K")
            .multilinguality("monolingual")
            .language("fr")
            .language_creators("found")
            .benchmark("raft");
        assert_eq!(
            datasets.tags(),
            [
                "benchmark:raft",
                "language_creators:found",
                "language:fr",
                "multilinguality:monolingual",
                "size_categories:1K<n<10K",
                "task_categories:qa",
                "task_ids:parsing"
            ]
        );
    }

    #[test]
    fn of_two_tags_with_one_key_the_later_counts() {
        let text = r#"{"library": [{"id": "a", "label": "x-y", "color": 1}, {"id": "b", "label": "x.y"}, {"id": "c"}]}"#;
        let tags: TagsByType = serde_json::from_str(text).unwrap();
        assert_eq!(tags.id("library", "x_y"), Some("b"));
        assert_eq!(tags.namespace("library"), BTreeMap::from([("x_y".into(), "b"), ("c".into(), "c")]));
        assert_eq!(
            serde_json::to_value(&tags).unwrap(),
            serde_json::from_str::<serde_json::Value>(text).unwrap()
        );
    }

    #[test]
    fn what_a_metric_has_besides_is_kept() {
        let text = r#"{"id":"bleu","description":"d","key":""}"#;
        let metric: MetricInfo = serde_json::from_str(text).unwrap();
        assert_eq!((metric.description.as_deref(), &metric.citation), (Some("d"), &None));
        assert_eq!(metric.extra["key"], "");
    }
}
