//! The front matter of a `README.md`: what a repository's card says in YAML.

use hub_types::RepoType;
use serde_json::{Map, Value};

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

/// Reads the front matter: what stands between a first line `---` and the next line `---`.
pub(crate) fn parse(readme: &str) -> Card {
    let text = readme.strip_prefix('\u{feff}').unwrap_or(readme);
    let Some(yaml) = front_matter(text) else { return Card::Missing };
    if yaml.trim().is_empty() {
        return Card::Missing;
    }
    let options = serde_saphyr::options! { with_snippet: false, duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins };
    match serde_saphyr::from_str_with_options::<Value>(yaml, options) {
        Ok(Value::Object(fields)) => Card::Fields(fields),
        Ok(Value::Null) => Card::Missing,
        Ok(_) => Card::Broken("the metadata must be a list of \"key: value\" lines".to_owned()),
        Err(error) => Card::Broken(error.to_string()),
    }
}

fn front_matter(text: &str) -> Option<&str> {
    let mut lines = text.split_inclusive('\n');
    let first = lines.next()?;
    if first.trim_end() != "---" {
        return None;
    }
    let mut length = 0;
    for line in lines {
        if line.trim_end() == "---" {
            return text.get(first.len()..first.len() + length);
        }
        length += line.len();
    }
    None
}

/// A field of a card as text.
pub(crate) fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    fields.get(name).and_then(Value::as_str).map(str::to_owned)
}

/// The tags that the Hub derives from a card: its library and task, its own tags, and `kind:value` for the others.
pub(crate) fn tags(repo_type: RepoType, fields: &Map<String, Value>) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    let mut add = |tag: String| {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    };
    if repo_type == RepoType::Model {
        texts(fields, "library_name").for_each(&mut add);
        texts(fields, "pipeline_tag").for_each(&mut add);
    }
    if repo_type == RepoType::Dataset {
        for (name, prefix) in [("task_categories", "task_categories"), ("size_categories", "size_categories")]
        {
            texts(fields, name).for_each(|value| add(format!("{prefix}:{value}")));
        }
    }
    texts(fields, "tags").for_each(&mut add);
    match repo_type {
        RepoType::Dataset => texts(fields, "language").for_each(|value| add(format!("language:{value}"))),
        _ => texts(fields, "language").for_each(&mut add),
    }
    for (name, prefix) in [("datasets", "dataset"), ("base_model", "base_model"), ("license", "license")] {
        texts(fields, name).for_each(|value| add(format!("{prefix}:{value}")));
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

    proptest! {
        #[test]
        fn reading_a_card_never_panics(text in "(---\n)?[ -~\n]{0,80}(\n---\n)?") {
            let _ = parse(&text);
        }
    }
}
