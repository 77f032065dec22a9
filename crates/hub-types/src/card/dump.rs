//! Writing YAML: blocks with one field a line, lists below their field without indentation, as Python writes cards.

use std::fmt::Write as _;

use super::{CardMap, CardValue};

/// Words that some reader of YAML takes for something else than text.
const TAKEN: [&str; 14] =
    ["null", "~", "true", "false", "yes", "no", "on", "off", "y", "n", "=", "<<", "nan", "inf"];

/// All fields but those that are null.
pub(super) fn fields(fields: &CardMap) -> String {
    let mut yaml = String::new();
    for (name, value) in fields.iter().filter(|(_, value)| **value != CardValue::Null) {
        field(&mut yaml, name, value, 0);
    }
    yaml
}

/// One field, in lines of its own.
pub(super) fn field(yaml: &mut String, name: &str, value: &CardValue, indent: usize) {
    spaces(yaml, indent);
    named(yaml, name, value, indent);
}

/// A field whose line is indented already.
fn named(yaml: &mut String, name: &str, value: &CardValue, indent: usize) {
    text(yaml, name);
    yaml.push(':');
    below(yaml, value, indent);
}

/// A value after the colon of its field, or after the dash of an element that is a list or has no fields.
fn below(yaml: &mut String, value: &CardValue, indent: usize) {
    match value {
        CardValue::Map(fields) if !fields.is_empty() => {
            yaml.push('\n');
            for (name, value) in fields.iter() {
                field(yaml, name, value, indent + 2);
            }
        }
        CardValue::List(values) if !values.is_empty() => {
            yaml.push('\n');
            for value in values {
                item(yaml, value, indent);
            }
        }
        value => {
            yaml.push(' ');
            scalar(yaml, value);
            yaml.push('\n');
        }
    }
}

/// An element of a list.
fn item(yaml: &mut String, value: &CardValue, indent: usize) {
    spaces(yaml, indent);
    yaml.push('-');
    match value {
        CardValue::Map(fields) if !fields.is_empty() => {
            for (number, (name, value)) in fields.iter().enumerate() {
                if number == 0 {
                    yaml.push(' ');
                    named(yaml, name, value, indent + 2);
                } else {
                    field(yaml, name, value, indent + 2);
                }
            }
        }
        value => below(yaml, value, indent + 2),
    }
}

fn spaces(yaml: &mut String, count: usize) {
    yaml.extend(std::iter::repeat_n(' ', count));
}

fn scalar(yaml: &mut String, value: &CardValue) {
    match value {
        CardValue::Null => yaml.push_str("null"),
        CardValue::Bool(yes) => yaml.push_str(if *yes { "true" } else { "false" }),
        CardValue::Number(value) => number(yaml, &value.to_string()),
        CardValue::Text(value) => text(yaml, value),
        CardValue::List(_) => yaml.push_str("[]"),
        CardValue::Map(_) => yaml.push_str("{}"),
    }
}

/// A number as every reader takes it for one: with a point and a sign where there is an exponent.
fn number(yaml: &mut String, digits: &str) {
    let Some((mantissa, exponent)) = digits.split_once('e') else { return yaml.push_str(digits) };
    yaml.push_str(mantissa);
    if !mantissa.contains('.') {
        yaml.push_str(".0");
    }
    yaml.push('e');
    if !exponent.starts_with('-') {
        yaml.push('+');
    }
    yaml.push_str(exponent.trim_start_matches('+'));
}

/// A text as it is where every reader takes it for one, else in quotes.
fn text(yaml: &mut String, value: &str) {
    if is_plain(value) {
        yaml.push_str(value);
    } else if value.chars().all(is_printable) {
        yaml.push('\'');
        yaml.push_str(&value.replace('\'', "''"));
        yaml.push('\'');
    } else {
        yaml.push('"');
        for c in value.chars() {
            match c {
                '"' => yaml.push_str("\\\""),
                '\\' => yaml.push_str("\\\\"),
                '\n' => yaml.push_str("\\n"),
                '\r' => yaml.push_str("\\r"),
                '\t' => yaml.push_str("\\t"),
                c if is_printable(c) => yaml.push(c),
                // Writing to a text cannot fail.
                c if u32::from(c) <= 0xFFFF => drop(write!(yaml, "\\u{:04X}", u32::from(c))),
                c => drop(write!(yaml, "\\U{:08X}", u32::from(c))),
            }
        }
        yaml.push('"');
    }
}

/// Whether a character may stand in one line of a text without a meaning of its own.
fn is_printable(c: char) -> bool {
    !c.is_control() && !matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn is_plain(value: &str) -> bool {
    let Some(first) = value.chars().next() else { return false };
    let number_like = |c: char| c.is_ascii_hexdigit() || "xXoOnNiIfFtTzZ_+-.: ".contains(c);
    let begins =
        first.is_alphanumeric() || matches!(first, '/' | '_' | '(' | '.' | '+' | '$' | '^' | '~' | '<');
    let is_taken = TAKEN.contains(&value.to_lowercase().as_str());
    let is_number = matches!(first, '0'..='9' | '.' | '+') && value.chars().all(number_like);
    let is_cut = value.contains(": ") || value.contains(" #") || value.ends_with([':', ' ']);
    if is_taken || is_number || is_cut {
        return false;
    }
    begins && value.chars().all(|c| is_printable(c) && (c == ' ' || !c.is_whitespace()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::card::yaml::read;

    fn written(value: Value) -> String {
        let Value::Object(all) = value else { panic!("{value}") };
        fields(&all.into_iter().collect())
    }

    #[test]
    fn fields_look_as_people_write_them() {
        let yaml = written(json!({
            "language": "no", "license": "mit", "size": ["1K<n<10K"], "tags": ["a b", "it's", "- x", "#", "yes", ""],
            "widget": [{"text": "Paris: ", "id": 1}, []], "empty": {}, "none": null, "co2": 1e-7, "big": 1e30,
            "version": "1.10", "when": "2024-01-01", "lines": "a\nb", "nested": {"x": {"z": [1.5, true]}},
        }));
        let expected = [
            "big: 1.0e+30",
            "co2: 1.0e-7",
            "empty: {}",
            "language: 'no'",
            "license: mit",
            "lines: \"a\\nb\"",
            "nested:",
            "  x:",
            "    z:",
            "    - 1.5",
            "    - true",
            "size:",
            "- 1K<n<10K",
            "tags:",
            "- a b",
            "- it's",
            "- '- x'",
            "- '#'",
            "- 'yes'",
            "- ''",
            "version: '1.10'",
            "when: '2024-01-01'",
            "widget:",
            "- id: 1",
            "  text: 'Paris: '",
            "- []",
            "",
        ];
        assert_eq!(yaml.split('\n').collect::<Vec<_>>(), expected);
    }

    fn values() -> impl Strategy<Value = Value> {
        let text = prop_oneof!["\\PC{0,12}", "[-:#'\"\\[{}!&*|>%@`,? \n\t0-9a-c~.]{0,8}", any::<String>()];
        let leaf = prop_oneof![
            text.prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_filter_map("finite", |number| number.is_finite().then(|| Value::from(number))),
        ];
        leaf.prop_recursive(4, 24, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[a-z0-9 :#-]{1,6}", inner, 0..5)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_as_the_same(all in prop::collection::btree_map("\\PC{1,8}", values(), 1..5)) {
            let all: serde_json::Map<_, _> = all.into_iter().collect();
            let yaml = written(Value::Object(all.clone()));
            let found = read(&yaml, 0);
            prop_assert_eq!(found.map(|found| found.map(|found| found.to_json())), Ok(Some(all)), "{}", yaml);
        }
    }
}
