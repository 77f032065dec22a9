//! The front matter of a `README.md`: what a repository's card says in YAML.

use std::collections::HashSet;

use hub_types::{RepoType, card::read_head};
use serde_json::{Map, Value};

mod model_index;

/// Most tags that a card gives its repository; further ones do not count.
const MOST_TAGS: usize = 1_000;

/// The front matter of a card, or why it cannot be used.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Card {
    /// There is no front matter.
    Missing,
    /// The front matter is not a YAML mapping; the reason is for the author.
    Broken(String),
    /// Its fields.
    Fields(Map<String, Value>),
}

/// Reads the front matter, where clients look for it too.
pub(crate) fn parse(readme: &str) -> Card {
    match read_head(readme) {
        Ok(Some(fields)) => Card::Fields(fields.to_json()),
        Ok(None) => Card::Missing,
        Err(error) => Card::Broken(error.to_string()),
    }
}

/// What is wrong with a card: its front matter is no YAML, or says something that it may not say.
pub(crate) fn problems(repo_type: Option<RepoType>, readme: &str) -> Vec<String> {
    match parse(readme) {
        Card::Broken(reason) => vec![reason],
        Card::Fields(fields) if matches!(repo_type, None | Some(RepoType::Model)) => {
            model_index::problems(&fields)
        }
        Card::Fields(_) | Card::Missing => Vec::new(),
    }
}

/// Why a repository does not take a `README.md`, however it comes.
pub(crate) fn refusal(repo_type: RepoType, readme: &[u8]) -> Option<String> {
    let problems = problems(Some(repo_type), &String::from_utf8_lossy(readme));
    (!problems.is_empty()).then(|| format!("Invalid metadata in README.md: {}", problems.join("; ")))
}

/// A field of a card as text.
pub(crate) fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    fields.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// A tag with the group that it is listed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CardTag {
    /// As in `license`; [`LINKED_MODEL`] for what is searched by but not shown.
    pub(crate) kind: &'static str,
    /// As in `license:mit`.
    pub(crate) tag: String,
}

/// The group of the models that the card of a Space names. They are not among its tags.
pub(crate) const LINKED_MODEL: &str = "model";

/// A field of a card, the group of its tags, and whether they are written `prefix:value`.
type Field = (&'static str, &'static str, Option<&'static str>);

const MODEL_FIELDS: &[Field] = &[
    ("library_name", "library", None),
    ("pipeline_tag", "pipeline_tag", None),
    ("tags", "other", None),
    ("language", "language", None),
    ("datasets", "dataset", Some("dataset")),
    ("base_model", "other", Some("base_model")),
    ("license", "license", Some("license")),
];
const DATASET_FIELDS: &[Field] = &[
    ("task_categories", "task_categories", Some("task_categories")),
    ("task_ids", "task_ids", Some("task_ids")),
    ("size_categories", "size_categories", Some("size_categories")),
    ("multilinguality", "multilinguality", Some("multilinguality")),
    ("language_creators", "language_creators", Some("language_creators")),
    ("annotations_creators", "annotations_creators", Some("annotations_creators")),
    ("source_datasets", "source_datasets", Some("source_datasets")),
    ("benchmark", "benchmark", Some("benchmark")),
    ("tags", "other", None),
    ("language", "language", Some("language")),
    ("datasets", "other", Some("dataset")),
    ("base_model", "other", Some("base_model")),
    ("license", "license", Some("license")),
];
const SPACE_FIELDS: &[Field] = &[
    ("sdk", "other", None),
    ("tags", "other", None),
    ("language", "language", None),
    ("datasets", "dataset", Some("dataset")),
    ("base_model", "other", Some("base_model")),
    ("license", "license", Some("license")),
    ("models", LINKED_MODEL, Some(LINKED_MODEL)),
];

/// The tags that the Hub derives from a card: its library and task, its own tags, and `kind:value` for the others.
pub(crate) fn tags(repo_type: RepoType, fields: &Map<String, Value>) -> Vec<String> {
    let shown = typed_tags(repo_type, fields).into_iter().filter(|tag| tag.kind != LINKED_MODEL);
    shown.map(|tag| tag.tag).collect()
}

/// What a repository with this card is found by: its [`tags`], and for a Space the models that it names.
pub(crate) fn typed_tags(repo_type: RepoType, fields: &Map<String, Value>) -> Vec<CardTag> {
    let known = match repo_type {
        RepoType::Model => MODEL_FIELDS,
        RepoType::Dataset => DATASET_FIELDS,
        _ => SPACE_FIELDS,
    };
    let (mut tags, mut seen) = (Vec::new(), HashSet::new());
    for &(name, kind, prefix) in known {
        for value in texts(fields, name) {
            let tag = prefix.map_or_else(|| value.clone(), |prefix| format!("{prefix}:{value}"));
            if tags.len() < MOST_TAGS && seen.insert(tag.clone()) {
                tags.push(CardTag { kind, tag });
            }
        }
    }
    tags
}

/// The texts of a field that holds one or several.
fn texts<'f>(fields: &'f Map<String, Value>, name: &str) -> impl Iterator<Item = String> + 'f {
    let values: &[Value] = match fields.get(name) {
        Some(Value::Array(values)) => values,
        Some(value) => std::slice::from_ref(value),
        None => &[],
    };
    values.iter().filter_map(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn fields(readme: &str) -> Map<String, Value> {
        match parse(readme) {
            Card::Fields(fields) => fields,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_front_matter_ends_at_the_second_line_of_dashes() {
        let found = fields("---\r\nlicense: mit\r\ntags:\r\n- a\r\n- b\r\n---\r\n# Title\r\n---\r\n");
        assert_eq!(Value::Object(found), json!({"license": "mit", "tags": ["a", "b"]}));
    }

    #[test]
    fn clients_and_this_hub_find_the_same_head_and_the_same_words() {
        for readme in
            ["\u{feff}---\nlanguage: no\n---", "\n \n---\nlanguage: no\n---  \n", "---\rlanguage: no\r---\r"]
        {
            assert_eq!(tags(RepoType::Model, &fields(readme)), ["no"], "{readme:?}");
        }
    }

    #[test]
    fn a_card_without_front_matter_is_no_mistake() {
        for readme in ["", "# Title", "---\n---\n", "---\nnever: closed", "--- \n# only a comment\n---\n"] {
            assert_eq!(parse(readme), Card::Missing, "{readme:?}");
        }
    }

    #[test]
    fn front_matter_that_is_no_mapping_is_refused() {
        for readme in ["---\n- a\n---\n", "---\njust text\n---\n", "---\na: [1\n---\n", "---\na: b: c\n---\n"]
        {
            assert!(matches!(parse(readme), Card::Broken(_)), "{readme:?}");
        }
    }

    #[test]
    fn metadata_that_is_too_much_is_refused_in_words_for_its_author() {
        let many = format!("---\na: [{}]\n---\n", "1,".repeat(300_000));
        let deep = format!("---\na: {}{}\n---\n", "[".repeat(5_000), "]".repeat(5_000));
        for readme in [many, deep] {
            let Card::Broken(reason) = parse(&readme) else { panic!("it was taken") };
            assert!(reason.contains("too much") && !reason.contains('{'), "{reason}");
        }
    }

    #[test]
    fn a_card_gives_a_thousand_tags_at_most_and_none_twice() {
        let many: Vec<Value> =
            (0..100_000).map(|number| Value::from(format!("t{}", number % 50_000))).collect();
        let fields = Map::from_iter([("tags".to_owned(), Value::from(many))]);
        let found = tags(RepoType::Model, &fields);
        assert_eq!((found.len(), found.iter().collect::<HashSet<_>>().len()), (MOST_TAGS, MOST_TAGS));
    }

    #[test]
    fn tags_name_what_the_card_says() {
        let card = fields(
            "---\nlanguage: en\nlicense: apache-2.0\nlibrary_name: sentence-transformers\ntags: [x, x]\ndatasets:\n- s2orc\npipeline_tag: sentence-similarity\n---\n",
        );
        let expected = [
            "sentence-transformers",
            "sentence-similarity",
            "x",
            "en",
            "dataset:s2orc",
            "license:apache-2.0",
        ];
        assert_eq!(tags(RepoType::Model, &card), expected);
        assert_eq!(
            tags(RepoType::Dataset, &card),
            ["x", "language:en", "dataset:s2orc", "license:apache-2.0"]
        );
    }

    #[test]
    fn the_models_of_a_space_are_searched_by_but_not_shown() {
        let card = fields("---\nsdk: gradio\nmodels: [ada/demo]\ndatasets: [ada/nums]\n---\n");
        assert_eq!(tags(RepoType::Space, &card), ["gradio", "dataset:ada/nums"]);
        let found = typed_tags(RepoType::Space, &card);
        assert_eq!(found.last(), Some(&CardTag { kind: LINKED_MODEL, tag: "model:ada/demo".into() }));
    }

    proptest! {
        #[test]
        fn reading_a_card_never_panics(text in "(---\n)?[ -~\n]{0,80}(\n---\n)?") {
            let _ = parse(&text);
        }
    }
}
