//! Reading the YAML of a card.

use std::borrow::Cow;

use super::{CardMap, CardParts, CardValue, head::lines, split};

/// Why the head of a card cannot be used, in words for its author.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CardError(String);

impl CardError {
    pub(super) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

/// Reads the fields of a card; `None` where it has no head, or an empty one. Words that are not `true` or `false` are text:
/// `language: no` is Norwegian. Of a field that is given twice the last counts.
///
/// # Errors
/// When the head is no YAML, or no list of fields; the text names the line of the file.
pub fn read_head(readme: &str) -> Result<Option<CardMap>, CardError> {
    read_parts(&split(readme))
}

pub(super) fn read_parts(parts: &CardParts<'_>) -> Result<Option<CardMap>, CardError> {
    let Some(yaml) = parts.yaml else { return Ok(None) };
    read(yaml, lines(parts.opening).count() as u64)
}

/// Reads YAML that has so many lines before it.
pub(super) fn read(yaml: &str, lines_before: u64) -> Result<Option<CardMap>, CardError> {
    if yaml.trim().is_empty() {
        return Ok(None);
    }
    let options = serde_saphyr::options! {
        with_snippet: false,
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
        strict_booleans: true,
    };
    let yaml = &*if yaml.contains('\r') {
        Cow::Owned(yaml.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(yaml)
    };
    match serde_saphyr::from_str_with_options::<CardValue>(yaml, options) {
        Ok(CardValue::Map(fields)) => Ok(Some(fields)),
        Ok(CardValue::Null) => Ok(None),
        Ok(_) => Err(CardError::new("the metadata must be a list of \"key: value\" lines")),
        Err(error) => Err(CardError(in_words(yaml, &error, lines_before))),
    }
}

/// An error of the YAML, at the line of the file that an editor shows, in words for whoever wrote it.
fn in_words(yaml: &str, error: &serde_saphyr::Error, lines_before: u64) -> String {
    let words = error.render_with_formatter(&serde_saphyr::UserMessageFormatter);
    let location = error.location().filter(|location| location.line() > 0);
    let plain =
        |what: &str| PLAIN.iter().find(|(technical, _)| what.contains(technical)).map(|(_, plain)| *plain);
    let Some(location) = location else { return plain(&words).map_or(words, str::to_owned) };
    let place = format!("line {}, column {}", location.line(), location.column());
    let what = words
        .replace(&format!(" at {place}"), "")
        .replace(&place, "")
        .trim_matches([' ', ':', ','])
        .to_owned();
    // A tab is noticed at the beginning of what it ends up in.
    let indented = |line: &str| line.trim_start_matches(' ').starts_with('\t');
    let with_tab = yaml.lines().position(indented).filter(|_| what.contains("tab"));
    let line = with_tab.map_or(location.line(), |at| at as u64 + 1);
    let what = plain(&what).unwrap_or(&what);
    format!("line {} of README.md: {what}", line + lines_before)
}

const TOO_MUCH: &str = "the metadata is too much: it has too many values, or they are nested too deep";

/// What the YAML library says, and what the author of a card understands.
const PLAIN: &[(&str, &str)] = &[
    ("mapping values", "there is a second \": \" in one line; put the text after the first one in quotes"),
    ("did not find expected ',' or ']'", "a \"[\" is not closed by \"]\""),
    ("did not find expected ',' or '}'", "a \"{\" is not closed by \"}\""),
    ("limits breached", TOO_MUCH),
    ("recursion limit", TOO_MUCH),
    ("tab", "YAML is indented with spaces, there is a tab"),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn norwegian_is_a_text_and_the_order_is_the_authors() {
        let card = "---\nzeta: 1\nlanguage: no\nalso: [yes, off, true, 1.5, ~]\nlicense: mit\nlicense: apache-2.0\n---\n";
        let fields = read_head(card).unwrap().unwrap();
        let names: Vec<_> = fields.iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["zeta", "language", "also", "license"]);
        let expected = json!({"zeta": 1, "language": "no", "also": ["yes", "off", true, 1.5, null], "license": "apache-2.0"});
        assert_eq!(serde_json::Value::Object(fields.to_json()), expected);
    }

    #[test]
    fn an_error_names_the_line_of_the_file() {
        for (card, line) in [
            ("---\na: b: c\n---\n", 2),
            ("\n\n---\nx: 1\na: b: c\n---\n", 5),
            ("---\r\nx: 1\r\na: b: c\r\n---\r\n", 3),
        ] {
            let error = read_head(card).unwrap_err().to_string();
            assert!(error.starts_with(&format!("line {line} of README.md: there is a second")), "{error}");
        }
        for card in ["---\n- a\n---\n", "---\njust text\n---\n"] {
            assert!(read_head(card).unwrap_err().to_string().contains("\"key: value\""));
        }
        for card in ["", "text", "---\n---\n", "---\n# only a comment\n---\n", "---\n~\n---\n"] {
            assert_eq!(read_head(card), Ok(None), "{card:?}");
        }
    }
}
