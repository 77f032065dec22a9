//! How sizes, counts, paths and names are written for people.

use std::{
    borrow::Cow,
    fmt::Display,
    path::{Path, PathBuf},
};

/// A path that is the same from every folder. Where a command keeps or writes something is always said like this.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A path whose `~` at the start is the home folder. A shell does that for words that begin with it, and not for `--option=~/x`.
pub(crate) fn with_home(path: PathBuf) -> PathBuf {
    match (path.strip_prefix("~"), std::env::home_dir()) {
        (Ok(rest), Some(home)) if rest.as_os_str().is_empty() => home,
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path,
    }
}

/// `1 file`, `2 files`.
pub(crate) fn counted<N: Display + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    let noun = if count == N::from(1) { one } else { many };
    format!("{count} {noun}")
}

/// A text in which the characters that are meant are written as Rust writes them in its sources: `\n`, `\u{1b}`.
pub(crate) fn escaped(text: &str, is_meant: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_meant) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        if is_meant(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    Cow::Owned(shown)
}

/// A name, or another text that is to stay on its line, whatever a server says that it is.
pub(crate) fn name(text: &str) -> Cow<'_, str> {
    escaped(text, |c| matches!(c, '\n' | '\r'))
}

/// Lines as a terminal may get them: with nothing in them that moves its cursor, changes its colours or answers for its keys.
pub(crate) fn for_terminal(text: &str) -> String {
    let moves = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    text.split("\r\n").map(|lines| escaped(lines, moves)).collect::<Vec<_>>().join("\r\n")
}

/// The line of a file or folder in a list: the size of a file, then the name, with `/` behind that of a folder.
pub(crate) fn entry_line(size: Option<u64>, path: &str, human_readable: bool) -> String {
    let slash = if size.is_some() { "" } else { "/" };
    format!("{:>14}  {}{slash}", entry_size(size, human_readable), name(path))
}

/// The size of a file in a list; a folder has none.
pub(crate) fn entry_size(size: Option<u64>, human_readable: bool) -> String {
    match size {
        None => String::new(),
        Some(size) if human_readable => human_size(size),
        Some(size) => size.to_string(),
    }
}

/// A size for people: `1.5 MB`, with powers of 1000 as the Hub shows them.
pub(crate) fn human_size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "kB", "MB", "GB", "TB"] {
        if value < 1000.0 || unit == "TB" {
            return if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1000.0;
    }
    format!("{bytes} B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_for_people() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1500, "1.5 kB"),
            (90_868_376, "90.9 MB"),
            (5_000_000_000_000, "5.0 TB"),
        ] {
            assert_eq!(human_size(bytes), text);
        }
    }

    #[test]
    fn a_terminal_gets_lines_and_no_orders() {
        for (text, shown) in [
            ("one\n\ttwo\r\nthree\n", "one\n\ttwo\r\nthree\n"),
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
            ("a\u{9b}2J\u{7f}\u{7}", "a\\u{9b}2J\\u{7f}\\u{7}"),
            ("good\rbad", "good\\rbad"),
            ("ü日本", "ü日本"),
        ] {
            assert_eq!(for_terminal(text), shown);
        }
    }

    #[test]
    fn a_tilde_alone_at_the_start_is_the_home() {
        let home = std::env::home_dir().unwrap();
        for (text, expected) in [
            ("~", home.clone()),
            ("~/x/y", home.join("x/y")),
            ("~ada/x", "~ada/x".into()),
            ("./~/x", "./~/x".into()),
            ("/~", "/~".into()),
            ("-", "-".into()),
        ] {
            assert_eq!(with_home(text.into()), expected, "{text}");
        }
    }

    #[test]
    fn a_name_stays_on_its_line() {
        assert_eq!(name("a\nb\r\u{1b}[1m"), "a\\nb\\r\u{1b}[1m");
    }
}
