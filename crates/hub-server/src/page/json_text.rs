//! JSON in lines. Numbers, the order of names and all else stay as they are written.

use serde::de::IgnoredAny;

/// The longest text that is put into lines, and the line from which on it is worth it.
const LONGEST: usize = 256 * 1024;
/// Lists and objects inside of each other: each is a little further to the right.
const DEEPEST: usize = 64;
const LONG_LINE: usize = 200;

/// A JSON text with a line for each value, where its own lines are long; `None` where they are not, or it is no JSON.
pub(super) fn pretty(text: &str) -> Option<String> {
    let is_long = text.lines().any(|line| line.len() > LONG_LINE);
    if !is_long || text.len() > LONGEST || serde_json::from_str::<IgnoredAny>(text).is_err() {
        return None;
    }
    let mut lines = String::with_capacity(text.len() * 2);
    let mut depth = 0_usize;
    let mut rest = text.trim().chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => {
                lines.push(c);
                let mut is_escaped = false;
                for c in rest.by_ref() {
                    lines.push(c);
                    match c {
                        '"' if !is_escaped => break,
                        '\\' => is_escaped = !is_escaped,
                        _ => is_escaped = false,
                    }
                }
            }
            '{' | '[' => {
                lines.push(c);
                let end = if c == '{' { '}' } else { ']' };
                while rest.next_if(|c| c.is_whitespace()).is_some() {}
                match rest.next_if_eq(&end) {
                    Some(end) => lines.push(end),
                    None => {
                        depth += 1;
                        if depth > DEEPEST {
                            return None;
                        }
                        new_line(&mut lines, depth);
                    }
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut lines, depth);
                lines.push(c);
            }
            ',' => {
                lines.push(c);
                new_line(&mut lines, depth);
            }
            ':' => lines.push_str(": "),
            c if c.is_whitespace() => {}
            c => lines.push(c),
        }
    }
    lines.push('\n');
    Some(lines)
}

fn new_line(lines: &mut String, depth: usize) {
    lines.push('\n');
    lines.extend(std::iter::repeat_n("  ", depth));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn values_stand_in_lines_as_they_are_written() {
        let long = "x".repeat(LONG_LINE);
        let text = format!(r#"{{"b":1.10,"a":[1, {{}},[ ],{{"c\"{{,":"{long}"}}]}}"#);
        let expected = format!(
            "{{\n  \"b\": 1.10,\n  \"a\": [\n    1,\n    {{}},\n    [],\n    {{\n      \"c\\\"{{,\": \"{long}\"\n    }}\n  ]\n}}\n"
        );
        assert_eq!(pretty(&text), Some(expected));
        assert_eq!(pretty(r#"{"a": 1}"#), None, "its lines are short");
        assert_eq!(pretty(&format!("{{\"a\": {long}")), None, "it is no JSON");
        let deep = format!("{}{}", "[".repeat(1000), "]".repeat(1000));
        assert_eq!(pretty(&deep), None, "it is too deep");
    }

    proptest! {
        #[test]
        fn the_value_stays_the_same(names in proptest::collection::vec("[ -~ü\n]{0,12}", 20..40)) {
            let value = Value::from_iter(names.iter().map(|name| serde_json::json!({name.as_str(): [name, {}]})));
            let text = value.to_string();
            if let Some(pretty) = pretty(&text) {
                prop_assert_eq!(serde_json::from_str::<Value>(&pretty).unwrap(), value);
            } else {
                prop_assert!(text.len() <= LONG_LINE);
            }
        }
    }
}
