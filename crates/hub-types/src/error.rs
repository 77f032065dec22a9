//! The one error of this crate: a text that is not what it should be.

/// Says which kind of value was expected, what was given and why it was refused.
///
/// `Display` is one line and quotes at most 120 characters of the input, with control characters escaped.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid {what} {}: {reason}", quoted(.input))]
pub struct ParseError {
    what: &'static str,
    input: String,
    reason: String,
}

impl ParseError {
    /// Makes an error for a `what` (such as "repository id") that was given as `input`.
    pub fn new(what: &'static str, input: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { what, input: input.into(), reason: reason.into() }
    }

    /// The kind of value that was expected, for example `"repository id"`.
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// The text that was refused, whole.
    pub fn input(&self) -> &str {
        &self.input
    }

    /// Why it was refused, without the input.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

fn quoted(input: &str) -> String {
    const SHOWN: usize = 120;
    let mut shown: String = input.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if input.chars().count() > SHOWN {
        shown.push('…');
    }
    format!("\"{shown}\"")
}
