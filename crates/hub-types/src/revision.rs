//! Revisions: branches, tags, commits and full refs.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{ParseError, encode::encode_segment};

/// What the name of a ref cannot have anywhere.
const NOT_IN_REFS: [char; 8] = [' ', '~', '^', ':', '?', '*', '[', '\\'];
/// Bytes of the longest part of a ref between slashes, which is the name of a file or folder where git keeps it.
const LONGEST_PART: usize = 255;

/// Which state of a repository: a branch, a tag, a commit id (7 or more digits), or a ref such as `refs/pr/1`.
///
/// A text of 1 to 1024 bytes that keeps git's rules for the names of refs (`git check-ref-format`): no control characters,
/// no blank and none of `~ ^ : ? * [ \`, no `..`, `@{` or `//`, no `/` at an end, no `.` at its end, and no part between
/// slashes that begins with `.`, ends in `.lock` or is longer than 255 bytes. The server decides whether it exists. `HEAD`
/// means the default branch.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Revision(String);

impl Revision {
    /// The default branch, `main`.
    pub fn main() -> Self {
        Self("main".to_owned())
    }

    /// The revision of pull request `number`: `refs/pr/{number}`.
    pub fn pull_request(number: u64) -> Self {
        Self(format!("refs/pr/{number}"))
    }

    /// The text as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text as one path segment: everything but ASCII letters, digits and `- . _ ~` is percent-encoded.
    pub fn encoded(&self) -> String {
        encode_segment(&self.0)
    }

    /// The commit id, when the revision is a full one.
    pub fn as_commit(&self) -> Option<CommitHash> {
        self.0.parse().ok()
    }

    /// The number `N` of `refs/pr/N`.
    pub fn pull_request_number(&self) -> Option<u64> {
        self.0.strip_prefix("refs/pr/")?.parse().ok()
    }
}

impl Default for Revision {
    fn default() -> Self {
        Self::main()
    }
}

impl FromStr for Revision {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        let fail = |reason: &str| Err(ParseError::new("revision", text, reason));
        if text.is_empty() {
            return fail("it is empty; leave it out to mean \"main\"");
        }
        if text.len() > 1024 {
            return fail("it is longer than 1024 bytes");
        }
        if text.chars().any(char::is_control) {
            return fail("it has a control character");
        }
        if text.starts_with('/') || text.ends_with('/') {
            return fail("it starts or ends with '/'");
        }
        if let Some(sign) = text.chars().find(|c| NOT_IN_REFS.contains(c)) {
            let sign = if sign == ' ' { "a blank".to_owned() } else { format!("'{sign}'") };
            return fail(&format!("it has {sign}, which names of branches and tags cannot have"));
        }
        if let Some(signs) = ["..", "@{", "//"].into_iter().find(|signs| text.contains(signs)) {
            return fail(&format!("it has \"{signs}\", which names of branches and tags cannot have"));
        }
        if text.ends_with('.') {
            return fail("it ends with '.'");
        }
        for part in text.split('/') {
            if part.starts_with('.') {
                return fail("it, or a part of it between slashes, begins with '.'");
            }
            if part.ends_with(".lock") {
                return fail(
                    "it, or a part of it between slashes, ends with \".lock\", as git's own files do",
                );
            }
            if part.len() > LONGEST_PART {
                return fail("it, or a part of it between slashes, is longer than 255 bytes");
            }
        }
        Ok(Self(text.to_owned()))
    }
}

impl TryFrom<String> for Revision {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl From<CommitHash> for Revision {
    /// A whole commit id keeps the rules of revisions.
    fn from(commit: CommitHash) -> Self {
        Self(commit.0)
    }
}

impl From<Revision> for String {
    fn from(revision: Revision) -> Self {
        revision.0
    }
}

impl fmt::Display for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A full commit id: 40 lower-case hexadecimal digits, or 64 in a repository whose git uses sha256.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CommitHash(String);

impl CommitHash {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CommitHash {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        if matches!(text.len(), 40 | 64) && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(ParseError::new("commit id", text, "it must be 40 hexadecimal digits, or 64"))
        }
    }
}

impl TryFrom<String> for CommitHash {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl From<&Revision> for String {
    fn from(revision: &Revision) -> Self {
        revision.0.clone()
    }
}

impl From<&CommitHash> for String {
    fn from(commit: &CommitHash) -> Self {
        commit.0.clone()
    }
}

impl From<CommitHash> for String {
    fn from(hash: CommitHash) -> Self {
        hash.0
    }
}

impl fmt::Display for CommitHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The commit that a change must follow: 5 to 40 hexadecimal digits, in lower case after parsing.
///
/// Python: the argument `parent_commit`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ParentCommit(String);

impl ParentCommit {
    /// The digits, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `commit` is the one that is meant.
    pub fn matches(&self, commit: &str) -> bool {
        commit.len() >= self.0.len()
            && commit.as_bytes().iter().zip(self.0.as_bytes()).all(|(a, b)| a.eq_ignore_ascii_case(b))
    }
}

impl FromStr for ParentCommit {
    type Err = ParseError;

    fn from_str(text: &str) -> Result<Self, ParseError> {
        if (5..=40).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err(ParseError::new("parent commit", text, "it must be 5 to 40 hexadecimal digits"))
        }
    }
}

impl From<CommitHash> for ParentCommit {
    fn from(hash: CommitHash) -> Self {
        Self(hash.0)
    }
}

impl TryFrom<String> for ParentCommit {
    type Error = ParseError;

    fn try_from(text: String) -> Result<Self, ParseError> {
        text.parse()
    }
}

impl From<ParentCommit> for String {
    fn from(parent: ParentCommit) -> Self {
        parent.0
    }
}

impl fmt::Display for ParentCommit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_encoded_as_one_segment() {
        for (text, encoded) in [
            ("main", "main"),
            ("refs/pr/1", "refs%2Fpr%2F1"),
            ("v1.0-x_y-z", "v1.0-x_y-z"),
            ("ü%b", "%C3%BC%25b"),
        ] {
            assert_eq!(text.parse::<Revision>().unwrap().encoded(), encoded);
        }
    }

    #[test]
    fn revisions_that_cannot_exist_are_refused() {
        let long = "r".repeat(256);
        for text in ["", "a\nb", "/x", "x/", &"r/".repeat(600), &long, &format!("a/{long}/b")] {
            assert!(text.parse::<Revision>().is_err(), "{text:?}");
        }
    }

    /// <https://git-scm.com/docs/git-check-ref-format>
    #[test]
    fn what_git_takes_for_no_name_of_a_ref_is_no_revision() {
        for text in [
            "a..b", "~", "main~1", "main^", "a b", "a:b", "a?", "a*", "a[b", "a\\b", "a\u{7f}b", ".a",
            "a/.b", "a.lock", "a.lock/b", "main@{1}", "a.", "a//b", "..", ".",
        ] {
            let error = text.parse::<Revision>().expect_err(text);
            assert!(!error.reason().is_empty() && error.what() == "revision", "{error}");
        }
        let commit = "0123456789abcdef0123456789abcdef01234567";
        for text in [
            "main",
            "HEAD",
            "refs/pr/1",
            "refs/convert/parquet",
            "feature/x.y-z_1",
            "v1.0",
            "a@b",
            "{a}",
            "ü",
            "a.b.locked",
            "-x",
            "a%20b",
            "a+b,c;d",
            commit,
            &commit[..7],
            &"r".repeat(255),
        ] {
            assert_eq!(text.parse::<Revision>().expect(text).as_str(), text);
        }
    }

    #[test]
    fn a_parent_commit_may_be_abbreviated() {
        let parent: ParentCommit = "ABCDE".parse().unwrap();
        assert!(parent.matches("abcdef0123456789abcdef0123456789abcdef01"));
        assert!(!parent.matches("abcdf"));
        for wrong in ["abcd", "zzzzz", &"a".repeat(41)] {
            assert!(wrong.parse::<ParentCommit>().is_err());
        }
    }
}
