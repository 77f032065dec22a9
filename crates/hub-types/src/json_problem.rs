//! What is wrong with JSON, for whoever wrote it.

use serde_json::error::Category;

/// What is wrong with a JSON text, without the words of the program that read it. For the responses of servers.
///
/// ```
/// let error = serde_json::from_str::<Vec<u64>>(r#"{"a": 1}"#).unwrap_err();
/// let said = hub_types::json_problem(&error);
/// assert!(said.starts_with("an object where a list is expected, at line 1"), "{said}");
/// ```
#[must_use]
pub fn json_problem(error: &serde_json::Error) -> String {
    let place = format!("at line {} column {}", error.line(), error.column());
    let text = error.to_string();
    let text = text.strip_suffix(&format!(" {place}")).unwrap_or(&text);
    match error.classify() {
        Category::Data => match words(text) {
            Some(words) if error.line() == 0 => words,
            Some(words) => format!("{words}, {place}"),
            None => format!("a value is not what is expected, {place}"),
        },
        Category::Eof => format!("it ends too early, {place}"),
        Category::Syntax | Category::Io => format!("it is not JSON, {place}"),
    }
}

fn words(text: &str) -> Option<String> {
    let quoted = |rest: &str| rest.split('`').nth(1).map(str::to_owned);
    if text.starts_with("missing field ") {
        return quoted(text).map(|name| format!("\"{name}\" is missing"));
    }
    if text.starts_with("duplicate field ") {
        return quoted(text).map(|name| format!("\"{name}\" is given twice"));
    }
    if text.starts_with("unknown field ") {
        return quoted(text).map(|name| format!("\"{name}\" is not known"));
    }
    if text.starts_with("unknown variant ") {
        let mut names = text.split('`').skip(1).step_by(2);
        let found = names.next()?;
        let known: Vec<String> = names.map(|name| format!("\"{name}\"")).collect();
        return Some(format!("\"{found}\" where one of {} is expected", known.join(", ")));
    }
    for start in ["invalid type: ", "invalid value: "] {
        if let Some(rest) = text.strip_prefix(start) {
            let (found, expected) = rest.split_once(", expected ")?;
            return Some(format!("{} where {} is expected", found_word(found), expected_word(expected)));
        }
    }
    if text.starts_with("invalid length ") {
        return Some("a list of another length than is expected".to_owned());
    }
    // Written by this crate for people.
    (!text.contains('`') && !text.contains("::")).then(|| text.to_owned())
}

fn found_word(text: &str) -> String {
    match text {
        "map" => return "an object".to_owned(),
        "sequence" => return "a list".to_owned(),
        "null" | "unit value" | "Option value" => return "null".to_owned(),
        _ => {}
    }
    if let Some(text) = text.strip_prefix("string ") {
        return format!("the text {text}");
    }
    let value = text.split('`').nth(1).unwrap_or_default();
    if text.starts_with("boolean ") {
        return value.to_owned();
    }
    if text.starts_with("integer ") || text.starts_with("floating point ") {
        return format!("the number {value}");
    }
    "something else".to_owned()
}

fn expected_word(text: &str) -> &str {
    match text {
        "a boolean" => "true or false",
        "a string" | "a borrowed string" | "str" | "string" => "a text",
        "a sequence" => "a list",
        "a map" | "map" => "an object",
        "f32" | "f64" => "a number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number from 0 on",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "unit" => "null",
        _ if text.starts_with("struct ") || text.starts_with("internally tagged enum ") => "an object",
        _ if text.starts_with("adjacently tagged enum ") => "an object",
        _ if text.starts_with("tuple ") || text.starts_with("a tuple ") => "a list",
        _ if text.contains("enum ") || text.contains("variant ") => "another word",
        _ if text.contains('`') || text.contains("::") => "something else",
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only read")]
    struct Order {
        name: String,
        count: u32,
        #[serde(default)]
        urgent: bool,
        kind: Kind,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Model,
        Space,
    }

    #[test]
    fn no_word_is_one_of_the_language_that_reads() {
        let cases = [
            (r#""x""#, "the text \"x\" where an object is expected"),
            (r#"{"name": 1}"#, "the number 1 where a text is expected, at line 1 column 10"),
            (r#"{"name": null}"#, "null where a text is expected"),
            (r#"{"name": ["a"]}"#, "a list where a text is expected"),
            (r#"{"count": -1}"#, "the number -1 where a whole number from 0 on is expected"),
            (r#"{"count": "x"}"#, "the text \"x\" where a whole number from 0 on is expected"),
            (r#"{"count": 1.5}"#, "the number 1.5 where a whole number"),
            (r#"{"urgent": "yes"}"#, "the text \"yes\" where true or false is expected"),
            (r#"{"count": 1}"#, "\"name\" is missing"),
            (r#"{"count": 1, "count": 2}"#, "\"count\" is given twice"),
            (r#"{"colour": 1}"#, "\"colour\" is not known"),
            (r#"{"kind": "ship"}"#, "\"ship\" where one of \"model\", \"space\" is expected"),
            (r#"{"name": "#, "it ends too early, at line 1 column 9"),
            (r#"{name}"#, "it is not JSON, at line 1 column 2"),
        ];
        for (text, expected) in cases {
            let error = serde_json::from_str::<Order>(text).unwrap_err();
            let said = json_problem(&error);
            assert!(said.contains(expected), "{text}: {said}");
            for word in ["invalid type", "struct", "u32", "sequence", "enum", "variant", "`"] {
                assert!(!said.contains(word), "{text}: {said}");
            }
        }
    }
}
