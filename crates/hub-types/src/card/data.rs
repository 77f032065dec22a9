//! What the front matter of a `README.md` says, as the Hub sends it in `cardData`.

use serde::{Deserialize, Serialize, de::SeqAccess};
use serde_json::Value;

use crate::{
    extra::open_struct,
    shape::{Lenient, Shape},
};

open_struct! {
    /// The card of a model. Python: `ModelCardData`.
    ///
    /// ```
    /// use hub_types::ModelCardData;
    /// let card: ModelCardData = serde_json::from_str(
    ///     r#"{"language": "fr", "datasets": ["ada/numbers"], "license": "mit", "co2_eq_emissions": 4.5}"#,
    /// )?;
    /// assert_eq!(card.language.unwrap().as_slice(), ["fr"]);
    /// assert_eq!(card.datasets.unwrap().as_slice(), ["ada/numbers"]);
    /// assert_eq!(card.extra["co2_eq_emissions"], 4.5);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[derive(Default)]
    pub struct ModelCardData {
        /// Ids of the models that it was made from.
        base_model: OneOrMany = "base_model",
        /// Ids of the datasets that it was trained on.
        datasets: OneOrMany = "datasets",
        /// Codes of ISO 639, or `multilingual`.
        language: OneOrMany = "language",
        /// The library it is for.
        library_name: String = "library_name",
        /// Identifier of the licence, as the Hub lists them; `other` goes with `license_name`.
        license: OneOrMany = "license",
        /// Name of a licence that the Hub does not list.
        license_name: String = "license_name",
        /// Where the text of that licence stands.
        license_link: String = "license_link",
        /// Ids of the metrics that it was measured by.
        metrics: OneOrMany = "metrics",
        /// A name for `model-index`.
        model_name: String = "model_name",
        /// The task it is for.
        pipeline_tag: String = "pipeline_tag",
        /// Tags of its author.
        tags: OneOrMany = "tags",
        /// Results that the card states.
        model_index: Value = "model-index",
    }
}

open_struct! {
    /// The card of a dataset. Python: `DatasetCardData`.
    #[derive(Default)]
    pub struct DatasetCardData {
        /// Codes of ISO 639, or `multilingual`.
        language: OneOrMany = "language",
        /// Identifiers of its licences.
        license: OneOrMany = "license",
        /// How its annotations came about: `crowdsourced`, `expert-generated`, and so on.
        annotations_creators: OneOrMany = "annotations_creators",
        /// Where its language comes from: `found`, `crowdsourced`, and so on.
        language_creators: OneOrMany = "language_creators",
        /// `monolingual`, `multilingual`, `translation` or `other`.
        multilinguality: OneOrMany = "multilinguality",
        /// How many rows: `n<1K`, `1K<n<10K`, and so on.
        size_categories: OneOrMany = "size_categories",
        /// `original`, or the datasets that it was made from.
        source_datasets: OneOrMany = "source_datasets",
        /// The kinds of task it is for.
        task_categories: OneOrMany = "task_categories",
        /// The tasks in detail.
        task_ids: OneOrMany = "task_ids",
        /// Its id on Papers with Code.
        paperswithcode_id: String = "paperswithcode_id",
        /// Its name for people.
        pretty_name: String = "pretty_name",
        /// How models are trained and evaluated on it. Python: `train_eval_index`.
        train_eval_index: Value = "train-eval-index",
        /// Names of its configurations.
        config_names: OneOrMany = "config_names",
        /// Tags of its author.
        tags: OneOrMany = "tags",
    }
}

open_struct! {
    /// The front matter of a Space. Python: `SpaceCardData`.
    #[derive(Default)]
    pub struct SpaceCardData {
        /// Its title.
        title: String = "title",
        /// `gradio`, `docker`, `static` or what is new.
        sdk: String = "sdk",
        /// Version of the SDK.
        sdk_version: String = "sdk_version",
        /// Version of Python that it runs on.
        python_version: String = "python_version",
        /// The file that is run, from the root of the repository.
        app_file: String = "app_file",
        /// The port of a `docker` Space.
        app_port: u64 = "app_port",
        /// Identifier of the licence.
        license: OneOrMany = "license",
        /// Id of the Space that it is a copy of.
        duplicated_from: String = "duplicated_from",
        /// Ids of models that it uses.
        models: OneOrMany = "models",
        /// Ids of datasets that it uses.
        datasets: OneOrMany = "datasets",
        /// Tags of its author.
        tags: OneOrMany = "tags",
    }
}

/// A text or a list of texts, as authors of cards write either. It is written as it was read.
///
/// ```
/// use hub_types::OneOrMany;
/// let languages: Vec<OneOrMany> = serde_json::from_str(r#"["fr", ["fr", "en"]]"#)?;
/// assert_eq!(languages[0].as_slice(), ["fr"]);
/// assert!(languages[1].contains("en"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One text, without a list around it.
    One(String),
    /// A list, of one too.
    Many(Vec<String>),
}

impl OneOrMany {
    /// The texts in their order.
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::One(text) => std::slice::from_ref(text),
            Self::Many(texts) => texts,
        }
    }

    /// Whether this text is among them.
    pub fn contains(&self, text: &str) -> bool {
        self.as_slice().iter().any(|it| it == text)
    }
}

impl From<&str> for OneOrMany {
    fn from(text: &str) -> Self {
        Self::One(text.to_owned())
    }
}

impl From<Vec<String>> for OneOrMany {
    fn from(texts: Vec<String>) -> Self {
        Self::Many(texts)
    }
}

impl Shape for OneOrMany {
    fn of_text(text: &str) -> Option<Self> {
        Some(Self::One(text.to_owned()))
    }

    fn of_array<'de, A: SeqAccess<'de>>(array: A) -> Result<Lenient<Self>, A::Error> {
        Ok(match Vec::of_array(array)? {
            Lenient::Known(texts) => Lenient::Known(Self::Many(texts)),
            Lenient::Other(odd) => Lenient::Other(odd),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_of_another_shape_is_kept_as_it_is() {
        let odd = json!({"language": {"fr": 1}, "tags": ["a", 2], "license": "mit", "library_name": ["x"]});
        let card: ModelCardData = serde_json::from_value(odd.clone()).unwrap();
        assert_eq!((&card.language, &card.tags, &card.library_name), (&None, &None, &None));
        assert_eq!(card.license, Some("mit".into()));
        assert_eq!(serde_json::to_value(card).unwrap(), odd);
    }

    #[test]
    fn what_is_no_object_is_no_card() {
        let error = serde_json::from_str::<SpaceCardData>("[]").unwrap_err();
        assert!(error.to_string().starts_with("expected an object"), "{error}");
    }
}
