//! A text on its way through the field of a browser, which writes all ends of lines in its own way.

/// The largest file that is edited, in bytes.
pub(super) const LARGEST: usize = 1 << 20;

/// What a file has that a browser does not keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ends {
    /// Every line ends in `\r\n`.
    crlf: bool,
    /// The last line has an end.
    last: bool,
}

impl Ends {
    /// Those of a file; of a new one, or one that is empty, those that git expects.
    pub(super) fn of(before: Option<&str>) -> Self {
        let Some(text) = before.filter(|text| !text.is_empty()) else {
            return Self { crlf: false, last: true };
        };
        let ends = text.matches('\n').count();
        Self { crlf: ends > 0 && ends == text.matches("\r\n").count(), last: text.ends_with('\n') }
    }

    /// What the file is to hold, after the text was in a browser.
    pub(super) fn restore(self, typed: &str) -> String {
        let mut text = typed.replace("\r\n", "\n").replace('\r', "\n");
        if self.last && !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        if self.crlf { text.replace('\n', "\r\n") } else { text }
    }
}

/// The text of a file that a browser gives back as it was.
///
/// # Errors
/// Why it does not.
pub(super) fn text(content: Vec<u8>) -> Result<String, &'static str> {
    if content.len() > LARGEST {
        return Err("it is larger than 1 MiB");
    }
    let text = String::from_utf8(content).map_err(|_| "it is no text in UTF-8")?;
    if text.contains('\0') {
        return Err("it is no text");
    }
    if text.matches('\r').count() != text.matches("\r\n").count() {
        return Err("it has ends of lines that a browser does not keep");
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a browser sends what is in a field.
    fn sent(text: &str) -> String {
        text.replace("\r\n", "\n").replace('\n', "\r\n")
    }

    #[test]
    fn a_text_comes_back_as_it_was() {
        for before in
            ["", "a", "a\n", "a\nb", "a\r\nb\r\n", "a\r\nb", "\n\na\n\n", "\r\n", "ü\u{feff}\t\u{b}\n"]
        {
            assert_eq!(Ends::of(Some(before)).restore(&sent(before)), before, "{before:?}");
        }
    }

    #[test]
    fn new_lines_end_as_the_others_do() {
        let cases = [
            (None, "a", "a\n"),
            (None, "a\r\nb", "a\nb\n"),
            (None, "", ""),
            (Some(""), "a", "a\n"),
            (Some("a\n"), "a\r\nb", "a\nb\n"),
            (Some("a"), "a\r\nb", "a\nb"),
            (Some("a\r\n"), "a\r\nb", "a\r\nb\r\n"),
            (Some("a\r\nb\n"), "a\r\nb\r\nc", "a\nb\nc\n"),
            (Some("a\n"), "a\rb", "a\nb\n"),
        ];
        for (before, typed, after) in cases {
            assert_eq!(Ends::of(before).restore(typed), after, "{before:?} {typed:?}");
        }
    }

    #[test]
    fn what_a_browser_would_change_is_not_edited() {
        assert!(text(b"a\r\nb\n".to_vec()).is_ok());
        let large = vec![b'a'; LARGEST + 1];
        for content in [b"\xff".as_slice(), b"a\0", b"a\rb", b"a\n\r", b"\r\r\n", &large] {
            assert!(text(content.to_vec()).is_err());
        }
    }
}
