//! [`Message`]: a text that says names of arguments so that another program can say its own.

use std::{fmt, ops::Range};

/// A text for people in which names of arguments are marked.
///
/// A library says `exist_ok`; a program on top of it, whose people know the flag `--exist-ok`, says that instead with
/// [`with_names`](Self::with_names) and need not look for words in a finished sentence.
///
/// ```
/// use hub_types::Message;
///
/// let hint = Message::argument("exist_ok").text(" takes the one that is there");
/// assert_eq!(hint.as_str(), "exist_ok takes the one that is there");
/// assert_eq!(hint.with_names(|_| "--exist-ok".into()), "--exist-ok takes the one that is there");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    text: String,
    /// Where the names are, in bytes, in order.
    names: Vec<Range<usize>>,
}

impl Message {
    /// Begins with the name of an argument.
    #[must_use]
    pub fn argument(name: &str) -> Self {
        Self::default().and_argument(name)
    }

    /// Goes on with the name of an argument.
    #[must_use]
    pub fn and_argument(mut self, name: &str) -> Self {
        let begin = self.text.len();
        self.text.push_str(name);
        self.names.push(begin..self.text.len());
        self
    }

    /// Goes on with text.
    #[must_use]
    pub fn text(mut self, text: impl AsRef<str>) -> Self {
        self.text.push_str(text.as_ref());
        self
    }

    /// The whole text, with the names that the library has.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The whole text, with what `say` makes of each name.
    #[must_use]
    pub fn with_names(&self, say: impl Fn(&str) -> String) -> String {
        let mut said = String::with_capacity(self.text.len());
        let mut end = 0;
        for at in &self.names {
            said.push_str(self.text.get(end..at.start).unwrap_or_default());
            said.push_str(&say(self.text.get(at.clone()).unwrap_or_default()));
            end = at.end;
        }
        said.push_str(self.text.get(end..).unwrap_or_default());
        said
    }
}

impl From<String> for Message {
    fn from(text: String) -> Self {
        Self { text, names: Vec::new() }
    }
}

impl From<&str> for Message {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_said_in_other_words_and_the_text_stays() {
        let message = Message::from("set ").and_argument("sdk").text(" to sdk, or ").and_argument("template");
        assert_eq!(message.to_string(), "set sdk to sdk, or template");
        assert_eq!(message.with_names(|name| format!("<{name}>")), "set <sdk> to sdk, or <template>");
        assert_eq!(Message::from("plain").with_names(|_| unreachable!()), "plain");
    }
}
