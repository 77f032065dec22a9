//! A text on its way through the field of a browser, which writes all ends of lines in its own way.

use gix::diff::blob::{Algorithm, Diff, InternedInput};

/// The largest file that is edited, in bytes.
pub(super) const LARGEST: usize = 1 << 20;

/// What a file is to hold, after its text was in a browser: what was not changed is as it was `before`, and new lines end as the one
/// above them does.
pub(super) fn restore(before: Option<&str>, typed: &str) -> String {
    let mut text = typed.replace("\r\n", "\n").replace('\r', "\n");
    let before = before.unwrap_or_default();
    // A new file, or one that was empty, ends as git expects.
    let has_last_end = before.is_empty() || before.ends_with('\n');
    if has_last_end && !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    match (before.matches('\n').count(), before.matches("\r\n").count()) {
        (_, 0) => text,
        (all, crlf) if all == crlf => text.replace('\n', "\r\n"),
        _ => mixed(before, &text),
    }
}

/// As [`restore`], for a file some of whose lines end in `\r\n`.
fn mixed(before: &str, text: &str) -> String {
    let bare = |line| -> &str { str::trim_end_matches(line, ['\r', '\n']) };
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = text.split_inclusive('\n').collect();
    let mut input = InternedInput::<&str>::default();
    input.update_before(old.iter().copied().map(bare));
    input.update_after(new.iter().copied().map(bare));
    let diff = Diff::compute(Algorithm::Histogram, &input);
    let mut restored = String::with_capacity(text.len() + old.len());
    let mut removed = 0;
    let mut hunks = diff.hunks().peekable();
    let mut last_end = old.first().map_or("\n", |line| end(line));
    for (at, line) in (0_u32..).zip(new) {
        // How much further back the same line was.
        while let Some(hunk) = hunks.next_if(|hunk| hunk.after.end <= at) {
            removed = i64::from(hunk.before.end) - i64::from(hunk.after.end);
        }
        let is_new = hunks.peek().is_some_and(|hunk| hunk.after.contains(&at));
        let was = usize::try_from(i64::from(at) + removed).ok().filter(|_| !is_new);
        if let Some(kept) =
            was.and_then(|was| old.get(was)).map(|line| end(line)).filter(|end| !end.is_empty())
        {
            last_end = kept;
        }
        restored.push_str(bare(line));
        if line.ends_with('\n') {
            restored.push_str(last_end);
        }
    }
    restored
}

/// What ends a line.
fn end(line: &str) -> &str {
    line.get(line.trim_end_matches(['\r', '\n']).len()..).unwrap_or_default()
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
        for before in [
            "",
            "a",
            "a\n",
            "a\nb",
            "a\r\nb\r\n",
            "a\r\nb",
            "\n\na\n\n",
            "\r\n",
            "a\r\nb\nb\r\nb\n",
            "\n\r\n\r\n\n",
            "a\r\nb\n\r\nc",
            "ü\u{feff}\t\u{b}\n",
        ] {
            assert_eq!(restore(Some(before), &sent(before)), before, "{before:?}");
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
            (Some("a\r\nb\n"), "a\r\nb\r\nc", "a\r\nb\nc\n"),
            (Some("a\nb\r\nc\nd\r\n"), "x\na\nc\ny\nd\nz", "x\na\nc\ny\nd\r\nz\r\n"),
            (Some("a\r\nb\nc\r\n"), "a\nB\nc\n", "a\r\nB\r\nc\r\n"),
            (Some("a\r\nb\nc"), "a\nb\nc\nd", "a\r\nb\nc\nd"),
            (Some("a\r\nb\n"), "", ""),
            (Some("a\n"), "a\rb", "a\nb\n"),
        ];
        for (before, typed, after) in cases {
            assert_eq!(restore(before, typed), after, "{before:?} {typed:?}");
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
