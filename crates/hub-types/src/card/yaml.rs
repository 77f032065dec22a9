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
/// `language: no` is Norwegian. A number that begins with a zero is octal, and text with an 8 or 9 in it, as for Python's cards. Of a
/// field that is given twice the last counts.
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
    let yaml = &*if yaml.contains('\r') {
        Cow::Owned(yaml.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(yaml)
    };
    match values(yaml) {
        Ok(CardValue::Map(fields)) => Ok(Some(fields)),
        Ok(CardValue::Null) => Ok(None),
        Ok(_) => {
            let is_content = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
            let line = yaml.lines().position(is_content).unwrap_or_default() as u64 + 1;
            let what = "the metadata must be a list of \"key: value\" lines";
            Err(CardError(at_line(line + lines_before, what)))
        }
        Err(error) => Err(CardError(in_words(yaml, &error, lines_before))),
    }
}

fn values(yaml: &str) -> Result<CardValue, serde_saphyr::Error> {
    let read = |leading_zeros_are_text| {
        let options = serde_saphyr::options! {
            with_snippet: false,
            duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
            strict_booleans: true,
            legacy_octal_numbers: true,
            leading_zero_numbers_as_strings: leading_zeros_are_text,
        };
        serde_saphyr::from_str_with_options(yaml, options)
    };
    let mut values = read(true)?;
    if has_leading_zeros(&values) {
        take_octals(&mut values, read(false)?);
    }
    Ok(values)
}

/// Whether there is a text that may be an octal number without quotes.
fn has_leading_zeros(value: &CardValue) -> bool {
    match value {
        CardValue::Text(text) => {
            let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
            digits.len() > 1 && digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit())
        }
        CardValue::List(values) => values.iter().any(has_leading_zeros),
        CardValue::Map(fields) => fields.iter().any(|(_, value)| has_leading_zeros(value)),
        CardValue::Null | CardValue::Bool(_) | CardValue::Number(_) => false,
    }
}

/// Replaces the texts that are whole numbers in `numbers`. Those with an 8 or 9 are fractions there, without their zeros.
fn take_octals(value: &mut CardValue, numbers: CardValue) {
    match (value, numbers) {
        (value @ CardValue::Text(_), CardValue::Number(number)) if !number.is_f64() => {
            *value = CardValue::Number(number);
        }
        (CardValue::List(values), CardValue::List(numbers)) => {
            values.iter_mut().zip(numbers).for_each(|(value, number)| take_octals(value, number));
        }
        (CardValue::Map(fields), CardValue::Map(numbers)) => fields.zip(numbers, take_octals),
        _ => {}
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
    at_line(line + lines_before, what)
}

fn at_line(line: u64, what: &str) -> String {
    format!("line {line} of README.md: {what}")
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
    fn leading_zeros_are_octal_or_text_as_for_python() {
        for (yaml, value) in [
            ("010", json!(8)),
            ("-017", json!(-15)),
            ("+07", json!(7)),
            ("00", json!(0)),
            ("0_10", json!(8)),
            ("0", json!(0)),
            ("08", json!("08")),
            ("-09", json!("-09")),
            ("012345678", json!("012345678")),
            ("'010'", json!("010")),
            ("0.5", json!(0.5)),
            ("00.5", json!(0.5)),
            ("0x10", json!(16)),
            ("10", json!(10)),
            ("[010, '010', 09, {b: 0777, c: \"08\"}]", json!([8, "010", "09", {"b": 511, "c": "08"}])),
        ] {
            let fields = read_head(&format!("---\na: {yaml}\n---\n")).unwrap().unwrap();
            assert_eq!(fields.get("a").unwrap().to_json(), value, "{yaml}");
        }
        let twice = "---\n010: 1\n8: 2\nx: &zero 010\ny: *zero\nx: 011\n---\n";
        let fields = read_head(twice).unwrap().unwrap().to_json();
        assert_eq!((&fields["x"], &fields["y"]), (&json!(9), &json!(8)));
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
        for (card, line) in
            [("---\n- a\n---\n", 2), ("\n---\n# why\n\njust text\n---\n", 5), ("---\r1\r---\r", 2)]
        {
            let error = read_head(card).unwrap_err().to_string();
            assert!(error.starts_with(&format!("line {line} of README.md: the metadata must be")), "{error}");
        }
        for card in ["", "text", "---\n---\n", "---\n# only a comment\n---\n", "---\n~\n---\n"] {
            assert_eq!(read_head(card), Ok(None), "{card:?}");
        }
    }
}
