//! Paths of files inside a repository, safe to join to a folder.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use crate::ParseError;

/// A relative path with `/` between its parts, which cannot lead out of the folder it is joined to.
///
/// Refused on every system: the empty path, empty parts, `.` and `..` (also when `\` separates them), a leading `/` or
/// `\`, a drive such as `C:`, control characters, and a part that git would take for its own folder (`.git` in any case,
/// `git~1`, with trailing dots or spaces, or with characters that HFS+ ignores).
///
/// ```
/// use hub_types::SafeRelPath;
/// let path: SafeRelPath = "weights/model.bin".parse()?;
/// assert_eq!(path.file_name(), "model.bin");
/// assert!("../model.bin".parse::<SafeRelPath>().is_err());
/// # Ok::<(), hub_types::ParseError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct SafeRelPath(Box<str>);

const WHAT: &str = "path in the repository";

impl SafeRelPath {
    /// Takes a path as a person types it: one leading `/`, then one leading `./`, are dropped first.
    ///
    /// # Errors
    /// As for parsing.
    pub fn from_user(text: &str) -> Result<Self, ParseError> {
        let rest = text.strip_prefix('/').unwrap_or(text);
        rest.strip_prefix("./").unwrap_or(rest).parse()
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The last part.
    pub fn file_name(&self) -> &str {
        self.0.rsplit_once('/').map_or(self.as_str(), |(_, name)| name)
    }

    /// The folder that holds it, or `None` at the root.
    pub fn parent(&self) -> Option<&str> {
        self.0.rsplit_once('/').map(|(folder, _)| folder)
    }

    /// The parts from the root on; at least one.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// Whether it lies in `folder` (given without a trailing slash; the empty text is the root).
    pub fn is_in(&self, folder: &str) -> bool {
        folder.is_empty() || self.0.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The place of this file below `base` on the system that runs the program.
    ///
    /// # Errors
    /// On Windows, when a part is a device name, ends in a dot or a space, or has a character that Windows refuses. On
    /// every system, when a part is longer than 255 bytes.
    pub fn under(&self, base: &Path) -> Result<PathBuf, ParseError> {
        if let Some(reason) = self.local_problem(cfg!(windows)) {
            return Err(ParseError::new(WHAT, self.0.clone(), reason));
        }
        Ok(self.segments().fold(base.to_path_buf(), |path, part| path.join(part)))
    }

    fn local_problem(&self, windows: bool) -> Option<String> {
        self.segments().find_map(|part| {
            if part.len() > 255 {
                return Some("a part is longer than 255 bytes".to_owned());
            }
            if !windows {
                return None;
            }
            if part.ends_with(['.', ' ']) {
                return Some(format!("Windows cannot store {part:?}: it ends in a dot or a space"));
            }
            if part.contains(['\\', ':', '*', '?', '"', '<', '>', '|']) {
                return Some(format!("Windows cannot store {part:?}: it has a reserved character"));
            }
            is_device_name(part).then(|| format!("Windows cannot store {part:?}: it is a device name"))
        })
    }
}

fn is_device_name(part: &str) -> bool {
    let stem = part.split('.').next().unwrap_or(part).trim_end().to_ascii_uppercase();
    if matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$") {
        return true;
    }
    let mut chars = stem.chars();
    let head: String = chars.by_ref().take(3).collect();
    matches!(head.as_str(), "COM" | "LPT")
        && matches!(chars.next(), Some('0'..='9' | '¹' | '²' | '³'))
        && chars.next().is_none()
}

/// Characters that HFS+ leaves out when it compares names, so that `.g\u{200c}it` would open `.git`.
fn is_ignored_by_hfs(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

fn is_git_folder(part: &str) -> bool {
    // What file systems leave out of a name is not ASCII, so that most names need no copy.
    if part.is_ascii() && !part.starts_with(['.', 'g', 'G']) {
        return false;
    }
    let plain: String = part.chars().filter(|c| !is_ignored_by_hfs(*c)).collect::<String>().to_lowercase();
    let plain = plain.split(':').next().unwrap_or_default().trim_end_matches(['.', ' ']);
    matches!(plain, ".git" | "git~1")
}

impl FromStr for SafeRelPath {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let fail = |reason: &str| Err(ParseError::new(WHAT, text, reason));
        if text.is_empty() {
            return fail("it is empty");
        }
        if text.len() > 4096 {
            return fail("it is longer than 4096 bytes");
        }
        if text.chars().any(char::is_control) {
            return fail("it has a control character");
        }
        if text.starts_with(['/', '\\']) {
            return fail("it is absolute");
        }
        let mut start = text.chars();
        if start.next().is_some_and(|c| c.is_ascii_alphabetic()) && start.next() == Some(':') {
            return fail("it names a drive");
        }
        if text.split('/').any(str::is_empty) {
            return fail("it has an empty part");
        }
        if text.split(['/', '\\']).any(|part| part == ".." || part == ".") {
            return fail("\".\" and \"..\" are not allowed");
        }
        if text.split(['/', '\\']).any(is_git_folder) {
            return fail("\".git\" is git's own folder");
        }
        Ok(Self(text.into()))
    }
}

impl TryFrom<String> for SafeRelPath {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl From<SafeRelPath> for String {
    fn from(path: SafeRelPath) -> Self {
        path.0.into()
    }
}

impl AsRef<str> for SafeRelPath {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SafeRelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod hostile;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_its_parts_its_folder_and_its_name() {
        let path = |text: &str| text.parse::<SafeRelPath>().unwrap();
        assert_eq!((path("a/b/c.txt").parent(), path("a/b/c.txt").file_name()), (Some("a/b"), "c.txt"));
        assert_eq!((path("c.txt").parent(), path("c.txt").file_name()), (None, "c.txt"));
        assert_eq!(path("a/b/c.txt").segments().collect::<Vec<_>>(), ["a", "b", "c.txt"]);
        for (folder, inside) in
            [("", true), ("a", true), ("a/b", true), ("b", false), ("a/b/c.txt", false), ("a/", false)]
        {
            assert_eq!(path("a/b/c.txt").is_in(folder), inside, "{folder:?}");
        }
    }

    #[test]
    fn hostile_names_are_refused_on_every_system() {
        let cases = [
            "",
            "/",
            "/etc/passwd",
            "..",
            "../x",
            "a/../b",
            "a/..",
            "./a",
            "a/./b",
            "a//b",
            "a/",
            "C:x",
            "c:/x",
            "\\\\host\\share",
            "a\\..\\b",
            "..\\x",
            "a\0b",
            "a\nb",
            ".git",
            "a/.git/config",
            ".GIT/x",
            "git~1",
            ".git. .",
            ".git::$DATA",
            ".g\u{200c}it/x",
        ];
        for text in cases {
            assert!(text.parse::<SafeRelPath>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn ordinary_names_are_taken() {
        for text in [
            "a",
            "a/b.txt",
            ".gitattributes",
            ".gitignore",
            "a b/ü.bin",
            "...",
            "a..b",
            "x.git",
            "a\\b",
            "10:20.log",
        ] {
            assert_eq!(text.parse::<SafeRelPath>().unwrap().as_str(), text);
        }
    }

    #[test]
    fn a_person_may_start_with_a_slash_or_a_dot() {
        for (given, kept) in [("/a/b", "a/b"), ("./a", "a"), ("/./a", "a")] {
            assert_eq!(SafeRelPath::from_user(given).unwrap().as_str(), kept);
        }
        assert!(SafeRelPath::from_user("//a").is_err());
    }

    #[test]
    fn windows_refuses_what_it_cannot_store() {
        for text in ["CON", "a/nul.txt", "COM¹", "lpt9.log", "a.", "a ", "a?b"] {
            let path: SafeRelPath = text.parse().unwrap();
            assert!(path.local_problem(true).is_some(), "{text}");
            assert!(path.local_problem(false).is_none(), "{text}");
        }
        assert!("COMX/console.log".parse::<SafeRelPath>().unwrap().local_problem(true).is_none());
    }

    #[test]
    fn a_folder_holds_only_what_is_below_it() {
        let path: SafeRelPath = "docs/a.txt".parse().unwrap();
        assert!(path.is_in("docs") && path.is_in(""));
        assert!(!path.is_in("doc") && !path.is_in("docs/a.txt"));
    }
}
