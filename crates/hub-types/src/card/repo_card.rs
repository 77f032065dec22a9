//! [`RepoCard`]: a card that can be changed.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    str::FromStr,
};

use super::yaml::{CardError, read_parts};
use super::{
    CardMap, CardValue, DatasetCardData, ModelCardData, SpaceCardData, dump, edit,
    eval_results_to_model_index, model_index_to_eval_results, split,
};

/// The most fields of a card that can be changed.
const MAX_FIELDS: usize = 1_000;
const MODEL_INDEX: &str = "model-index";

/// A `README.md` with its fields. Python: `RepoCard`.
///
/// Written again it is what it was, but for the fields that have changed: comments, order, line ends and the text stay as their
/// author wrote them. What has changed is in the line ends that the file has most of.
///
/// ```
/// use hub_types::card::RepoCard;
///
/// let mut card: RepoCard = "---\n# chosen in June\nlicense: mit\n---\n# Demo\n".parse()?;
/// card.data_mut().insert("language", ["no", "fr"]);
/// assert_eq!(card.content(), "---\n# chosen in June\nlicense: mit\nlanguage:\n- 'no'\n- fr\n---\n# Demo\n");
/// # Ok::<(), hub_types::card::CardError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RepoCard {
    /// As they were read.
    opening: String,
    yaml: Option<String>,
    closing: String,
    read: CardMap,
    data: CardMap,
    text: String,
}

impl RepoCard {
    /// A card of these fields and this text.
    pub fn new(data: CardMap, text: impl Into<String>) -> Self {
        Self { data, text: text.into(), ..Self::default() }
    }

    /// The fields at its head, in their order.
    pub fn data(&self) -> &CardMap {
        &self.data
    }

    /// The fields, to be changed. One that is set to null is removed.
    pub fn data_mut(&mut self) -> &mut CardMap {
        &mut self.data
    }

    /// What stands below the head.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Sets what stands below the head.
    pub fn set_text(&mut self, text: impl Into<String>) {
        self.text = text.into();
    }

    /// Adds these fields. One that is there already must have the same value, unless it may be `overwrite`n; a null removes it.
    /// Results of a `model-index` are added to those that are there, and where only the value is another one it takes the place of
    /// the old one. Python: what `metadata_update` does with a card.
    ///
    /// # Errors
    /// When a field or a result has another value and must not be overwritten, or a `model-index` is none. The card is what it was
    /// then.
    pub fn update(&mut self, fields: &CardMap, overwrite: bool) -> Result<(), CardError> {
        let mut data = self.data.clone();
        for (name, value) in fields.iter() {
            let old = data.get(name).filter(|old| **old != CardValue::Null);
            let value = match old {
                Some(old) if name == MODEL_INDEX => merged(old, value, overwrite)?,
                Some(old) if old != value && !overwrite => {
                    let reason =
                        format!("the card has another value of {name:?}, and it is not to be overwritten");
                    return Err(CardError::new(reason));
                }
                _ => value.clone(),
            };
            data.insert(name, value);
        }
        self.data = data;
        Ok(())
    }

    /// The whole file.
    pub fn content(&self) -> String {
        let newline = self.newline();
        match &self.yaml {
            None if self.data.is_empty() => self.text.clone(),
            None => {
                // With a text that begins so, a line end of one character would be one of two.
                let newline = if self.text.starts_with('\n') { "\n" } else { newline };
                let yaml = edit::edit("", &self.data, newline);
                format!("---{newline}{yaml}---{newline}{}", self.text)
            }
            Some(yaml) => {
                let same = self.data == self.read;
                let mut yaml = if same { yaml.clone() } else { edit::edit(yaml, &self.data, newline) };
                if !yaml.is_empty() && !yaml.ends_with(['\n', '\r']) {
                    yaml.push_str(newline);
                }
                [&self.opening, &yaml, &self.closing, &self.text].map(String::as_str).concat()
            }
        }
    }

    /// The end of most lines.
    fn newline(&self) -> &'static str {
        let yaml = self.yaml.as_deref().unwrap_or_default();
        let parts = [&*self.opening, yaml, &self.closing, &self.text];
        let count = |end: &str| parts.iter().map(|part| part.matches(end).count()).sum::<usize>();
        let windows = count("\r\n");
        let (unix, mac) = (count("\n") - windows, count("\r") - windows);
        if windows > unix && windows >= mac {
            "\r\n"
        } else if mac > unix {
            "\r"
        } else {
            "\n"
        }
    }
}

/// The results of both, the new ones over the old ones.
fn merged(old: &CardValue, new: &CardValue, overwrite: bool) -> Result<CardValue, CardError> {
    let (name, mut results) = model_index_to_eval_results(old)?;
    for new in model_index_to_eval_results(new)?.1 {
        match results.iter_mut().find(|old| old.is_equal_except_value(&new)) {
            Some(old) if old.metric_value != new.metric_value && !overwrite => {
                let metric = new.metric_name.as_deref().unwrap_or(&new.metric_type);
                let reason = format!(
                    "the card has another result of {metric:?} on {:?}, and it is not to be overwritten",
                    new.dataset_name
                );
                return Err(CardError::new(reason));
            }
            Some(old) => *old = new,
            None => results.push(new),
        }
    }
    eval_results_to_model_index(&name, &results)
}

impl FromStr for RepoCard {
    type Err = CardError;

    /// Reads a card; one without a head has no fields.
    fn from_str(content: &str) -> Result<Self, CardError> {
        let parts = split(content);
        let read = read_parts(&parts)?.unwrap_or_default();
        if read.len() > MAX_FIELDS {
            return Err(CardError::new(format!("the card has more than {MAX_FIELDS} fields")));
        }
        Ok(Self {
            opening: parts.opening.to_owned(),
            yaml: parts.yaml.map(str::to_owned),
            closing: parts.closing.to_owned(),
            data: read.clone(),
            read,
            text: parts.text.to_owned(),
        })
    }
}

impl fmt::Display for RepoCard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.content())
    }
}

/// The YAML of these fields, without the lines of dashes.
impl fmt::Display for CardMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&dump::fields(self))
    }
}

macro_rules! card_of_a_kind {
    ($($(#[$meta:meta])* $card:ident: $data:ident;)*) => {
        $(
            $(#[$meta])*
            #[derive(Debug, Clone, PartialEq, Default)]
            pub struct $card(RepoCard);

            impl $card {
                /// A card of these fields and this text.
                ///
                /// # Errors
                /// When the fields are none that JSON has.
                pub fn new(data: &$data, text: impl Into<String>) -> Result<Self, CardError> {
                    let mut card = Self(RepoCard::new(CardMap::new(), text));
                    card.set_card_data(data)?;
                    Ok(card)
                }

                /// The fields by their names; those of an unexpected shape are in `extra`.
                ///
                /// # Errors
                /// Never for what was read.
                pub fn card_data(&self) -> Result<$data, CardError> {
                    let json = serde_json::Value::Object(self.0.data.to_json());
                    serde_json::from_value(json).map_err(|error| CardError::new(error.to_string()))
                }

                /// Makes the fields these. Those that do not change stay as they are written.
                ///
                /// # Errors
                /// When the fields are none that JSON has.
                pub fn set_card_data(&mut self, data: &$data) -> Result<(), CardError> {
                    let json = serde_json::to_value(data).map_err(|error| CardError::new(error.to_string()))?;
                    let serde_json::Value::Object(new) = json else { return Ok(()) };
                    let gone: Vec<String> =
                        self.0.data.iter().map(|(name, _)| name.to_owned()).filter(|name| !new.contains_key(name)).collect();
                    gone.iter().for_each(|name| drop(self.0.data.remove(name)));
                    for (name, value) in new {
                        if self.0.data.get(&name).is_none_or(|old| old.to_json() != value) {
                            self.0.data.insert(name, value);
                        }
                    }
                    Ok(())
                }

                /// The card without its kind.
                pub fn into_repo_card(self) -> RepoCard {
                    self.0
                }
            }

            impl Deref for $card {
                type Target = RepoCard;

                fn deref(&self) -> &RepoCard {
                    &self.0
                }
            }

            impl DerefMut for $card {
                fn deref_mut(&mut self) -> &mut RepoCard {
                    &mut self.0
                }
            }

            impl From<RepoCard> for $card {
                fn from(card: RepoCard) -> Self {
                    Self(card)
                }
            }

            impl FromStr for $card {
                type Err = CardError;

                fn from_str(content: &str) -> Result<Self, CardError> {
                    Ok(Self(content.parse()?))
                }
            }
        )*
    };
}

card_of_a_kind! {
    /// The card of a model. Python: `ModelCard`.
    ModelCard: ModelCardData;
    /// The card of a dataset. Python: `DatasetCard`.
    DatasetCard: DatasetCardData;
    /// The card of a Space. Python: `SpaceCard`.
    SpaceCard: SpaceCardData;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OneOrMany;

    fn changed(content: &str) -> String {
        let mut card: RepoCard = content.parse().unwrap();
        assert_eq!(card.content(), content.trim_start_matches('\u{feff}'));
        card.data_mut().insert("license", "mit");
        card.content()
    }

    #[test]
    fn line_ends_and_text_stay_as_they_are() {
        for (before, after) in [
            ("---\r\na: 1\r\n---\r\ntext\n\n", "---\r\na: 1\r\nlicense: mit\r\n---\r\ntext\n\n"),
            ("---\ra: 1\r---\rtext\r", "---\ra: 1\rlicense: mit\r---\rtext\r"),
            ("\u{feff}---\na: 1\n---", "---\na: 1\nlicense: mit\n---"),
            ("\n---\n---\ntext", "\n---\nlicense: mit\n---\ntext"),
            ("# only text\n", "---\nlicense: mit\n---\n# only text\n"),
            ("", "---\nlicense: mit\n---\n"),
        ] {
            assert_eq!(changed(before), after);
        }
    }

    #[test]
    fn a_card_of_a_kind_has_fields_with_names() {
        let mut card: ModelCard = "---\nzeta: 1 # mine\nlicense: mit\nlanguage: no\n---\nx".parse().unwrap();
        let mut data = card.card_data().unwrap();
        assert_eq!(data.language, Some(OneOrMany::from("no")));
        data.license = Some("apache-2.0".into());
        data.language = None;
        data.pipeline_tag = Some("text-generation".to_owned());
        card.set_card_data(&data).unwrap();
        assert_eq!(
            card.content(),
            "---\nzeta: 1 # mine\nlicense: apache-2.0\npipeline_tag: text-generation\n---\nx"
        );
        let new = SpaceCard::new(&SpaceCardData::default(), "hello").unwrap();
        assert_eq!((new.content().as_str(), new.data().is_empty()), ("hello", true));
    }

    #[test]
    fn an_update_adds_and_overwrites_only_when_told_to() {
        let mut card: RepoCard = "---\nlicense: mit\n---\n".parse().unwrap();
        let other = CardMap::from_iter([("license", "apache-2.0"), ("language", "no")]);
        let error = card.update(&other, false).unwrap_err().to_string();
        assert!(error.contains("another value of \"license\""), "{error}");
        assert_eq!(card.content(), "---\nlicense: mit\n---\n");
        card.update(&other, true).unwrap();
        assert_eq!(card.content(), "---\nlicense: apache-2.0\nlanguage: 'no'\n---\n");
        card.update(&CardMap::from_iter([("language", CardValue::Null)]), true).unwrap();
        assert_eq!(card.content(), "---\nlicense: apache-2.0\n---\n");
    }

    #[test]
    fn results_are_merged() {
        use crate::card::EvalResult;
        let index = |metric: &str, value: f64| {
            let result = EvalResult::new("t", "imdb", "IMDb", metric, value);
            CardMap::from_iter([(MODEL_INDEX, eval_results_to_model_index("demo", &[result]).unwrap())])
        };
        let mut card = RepoCard::default();
        card.update(&index("accuracy", 0.5), false).unwrap();
        card.update(&index("f1", 0.6), false).unwrap();
        card.update(&index("f1", 0.6), false).unwrap();
        let values = |card: &RepoCard| {
            let (_, results) = model_index_to_eval_results(card.data().get(MODEL_INDEX).unwrap()).unwrap();
            results.iter().map(|result| result.metric_value.to_json().as_f64().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(values(&card), [0.5, 0.6]);
        assert!(
            card.update(&index("f1", 0.7), false)
                .unwrap_err()
                .to_string()
                .contains("another result of \"f1\"")
        );
        card.update(&index("f1", 0.7), true).unwrap();
        assert_eq!(values(&card), [0.5, 0.7]);
    }

    #[test]
    fn a_head_that_is_no_yaml_is_refused() {
        let error = "---\na: b: c\n---\n".parse::<RepoCard>().unwrap_err().to_string();
        assert!(error.starts_with("line 2 of README.md"), "{error}");
    }
}
