//! Commits: the newline-delimited JSON that makes one, its response, and entries of the history.

mod history;
mod reader;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use history::{CommitAuthor, GitCommitInfo};
pub use reader::{CommitBodyError, CommitReader, MAX_LINE};

use crate::{
    ParentCommit, ParseError, Revision,
    base64::{self, NotBase64},
    setters::setters,
};

/// Media type of the body of a commit.
pub const NDJSON: &str = "application/x-ndjson";
/// Most LFS files in one commit.
pub const MAX_LFS_FILES: usize = 25_000;
/// Most bytes of regular files in one commit, counted as they travel (base64 makes 4 bytes of 3).
pub const MAX_REGULAR_PAYLOAD: u64 = 1_000_000_000;

/// One line of the body of `POST /api/{models}/{id}/commit/{rev}`. Lines are applied in order; the header comes first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "key", content = "value", rename_all = "camelCase")]
pub enum CommitLine<'a> {
    /// Message and parent. Exactly one, the first line.
    Header(CommitHeader),
    /// A file with its content.
    #[serde(borrow)]
    File(InlineFile<'a>),
    /// A file whose content was uploaded to LFS before.
    LfsFile(LfsFile),
    /// A file to remove.
    DeletedFile(DeletedPath),
    /// A folder to remove, with everything in it.
    DeletedFolder(DeletedPath),
    /// A file or a folder to remove.
    DeletedEntry(DeletedPath),
}

/// The first line of a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CommitHeader {
    /// First line of the message; not empty.
    pub summary: String,
    /// The rest of the message; may be empty.
    #[serde(default)]
    pub description: String,
    /// The commit that this one must follow: when the branch is elsewhere, the server answers 412.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_commit: Option<ParentCommit>,
}

impl CommitHeader {
    /// A header with the first line of the message.
    pub fn new(summary: impl Into<String>) -> Self {
        Self { summary: summary.into(), description: String::new(), parent_commit: None }
    }

    setters! {
        /// The rest of the message. Default empty.
        description: String,
        /// The commit that this one must follow. Default wherever the branch is.
        parent_commit: Option<ParentCommit>,
    }
}

/// A file inside the commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct InlineFile<'a> {
    /// Where it goes.
    pub path: String,
    /// The content, written as `encoding` says. Read from JSON without escapes, it is not copied.
    #[serde(borrow)]
    pub content: Cow<'a, str>,
    /// `base64` or `utf-8`.
    #[serde(default)]
    pub encoding: Encoding,
}

impl<'a> InlineFile<'a> {
    /// A file with its content as text.
    pub fn new(path: impl Into<String>, content: impl Into<Cow<'a, str>>) -> Self {
        Self { path: path.into(), content: content.into(), encoding: Encoding::Utf8 }
    }

    setters! {
        /// How the content is written. Default as text.
        encoding: Encoding,
    }

    /// The content as it is to be in the repository.
    ///
    /// # Errors
    /// When it is said to be base64 and is not.
    pub fn bytes(&self) -> Result<Cow<'_, [u8]>, NotBase64> {
        match self.encoding {
            Encoding::Utf8 => Ok(Cow::Borrowed(self.content.as_bytes())),
            Encoding::Base64 => base64::decode(&self.content).map(Cow::Owned),
        }
    }
}

/// How [`InlineFile::content`] is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Encoding {
    /// As text.
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// In standard base64 with padding and without line breaks.
    #[serde(rename = "base64")]
    Base64,
}

/// A file by its LFS object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LfsFile {
    /// Where it goes.
    pub path: String,
    /// Always `sha256`.
    pub algo: String,
    /// sha256 of the content.
    pub oid: String,
    /// Size in bytes; may be left out for an object that the repository already refers to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

impl LfsFile {
    /// The object with this sha256, whose size the server knows.
    pub fn new(path: impl Into<String>, oid: impl Into<String>) -> Self {
        Self { path: path.into(), algo: "sha256".to_owned(), oid: oid.into(), size: None }
    }

    setters! {
        /// Size in bytes. Default none, for an object that the repository already refers to.
        size: Option<u64>,
    }
}

/// A path to remove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeletedPath {
    /// The path; folders with or without a trailing `/`.
    pub path: String,
}

impl DeletedPath {
    /// Removes this path.
    pub fn new(path: impl Into<String>) -> Self {
        Self { path: path.into() }
    }

    /// Whether `path` is removed with it: the same path, or one below it.
    pub fn covers(&self, path: &str) -> bool {
        let rest = path.strip_prefix(self.path.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// What stands before and after the base64 content of a [`CommitLine::File`], so that the content can be streamed.
///
/// ```
/// use hub_types::commit::{CommitLine, InlineFileLine};
/// let line = InlineFileLine::new("a.txt");
/// let text = format!("{}{}{}", line.before(), "aGVsbG8=", line.after());
/// assert!(matches!(serde_json::from_str(&text)?, CommitLine::File(file) if file.path == "a.txt"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct InlineFileLine {
    before: String,
}

impl InlineFileLine {
    /// The line for the file at `path`.
    pub fn new(path: &str) -> Self {
        const BEFORE: &str = r#"{"key":"file","value":{"path":"#;
        const AFTER: &str = r#","encoding":"base64","content":""#;
        let mut before = String::with_capacity(BEFORE.len() + path.len() + 2 + AFTER.len());
        before.push_str(BEFORE);
        // Most paths have nothing to escape.
        if path.bytes().all(|byte| (b' '..0x7f).contains(&byte) && !matches!(byte, b'"' | b'\\')) {
            before.extend(["\"", path, "\""]);
        } else {
            before.push_str(&serde_json::Value::from(path).to_string());
        }
        before.push_str(AFTER);
        Self { before }
    }

    /// What comes before the content.
    pub fn before(&self) -> &str {
        &self.before
    }

    /// What comes after the content, with the end of the line.
    pub const fn after(&self) -> &'static str {
        "\"}}\n"
    }
}

/// The response to a commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CommitResponse {
    /// Always true.
    #[serde(default, deserialize_with = "crate::lenient::or_default")]
    pub success: bool,
    /// Id of the new commit: 40 hexadecimal digits.
    pub commit_oid: String,
    /// Web page of the new commit, absolute.
    pub commit_url: String,
    /// Text of the server's git hooks.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub hook_output: Option<String>,
    /// Web page of the pull request that was opened for it; ends in `/discussions/{number}`.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub pull_request_url: Option<String>,
}

impl CommitResponse {
    /// A commit that was made, on a branch.
    pub fn new(commit_oid: impl Into<String>, commit_url: impl Into<String>) -> Self {
        Self {
            commit_oid: commit_oid.into(),
            commit_url: commit_url.into(),
            success: true,
            hook_output: None,
            pull_request_url: None,
        }
    }

    setters! {
        /// Text of the server's git hooks. Default none.
        hook_output: Option<String>,
        /// Web page of the pull request that was opened for it. Default none.
        pull_request_url: Option<String>,
    }
}

/// What a commit made, as `create_commit` and the methods built on it return it. Python: `CommitInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CommitInfo {
    /// Web page of the commit.
    pub commit_url: String,
    /// First line of the message.
    pub commit_message: String,
    /// The rest of the message; may be empty.
    pub commit_description: String,
    /// Id of the commit: 40 hexadecimal digits.
    pub oid: String,
    /// Web page of the pull request, when one was opened.
    pub pr_url: Option<String>,
    /// Number of the pull request.
    pub pr_num: Option<u64>,
    /// Whether the response was lost and the commit was found in the history instead. The commit exists once either way.
    #[serde(default)]
    pub recovered: bool,
    /// False when nothing had changed: no commit was made and `oid` is the head that was there.
    pub created: bool,
}

impl CommitInfo {
    /// Describes a commit on a branch.
    pub fn new(
        commit_url: impl Into<String>,
        oid: impl Into<String>,
        message: &str,
        description: &str,
    ) -> Self {
        Self {
            commit_url: commit_url.into(),
            commit_message: message.to_owned(),
            commit_description: description.to_owned(),
            oid: oid.into(),
            pr_url: None,
            pr_num: None,
            recovered: false,
            created: true,
        }
    }

    /// Adds the pull request that the commit opened.
    ///
    /// # Errors
    /// When the URL does not end in `/discussions/{number}`.
    pub fn with_pull_request(mut self, url: &str) -> Result<Self, ParseError> {
        let number = url.rsplit_once("/discussions/").and_then(|(_, number)| number.parse().ok());
        self.pr_num = Some(number.ok_or_else(|| {
            ParseError::new("pull request URL", url, "it must end in /discussions/ and a number")
        })?);
        self.pr_url = Some(url.to_owned());
        Ok(self)
    }

    /// The revision of the pull request: `refs/pr/{number}`.
    pub fn pr_revision(&self) -> Option<Revision> {
        self.pr_num.map(Revision::pull_request)
    }

    /// Web page of the repository: `commit_url` up to `/commit/`.
    pub fn repo_url(&self) -> &str {
        self.commit_url.split_once("/commit/").map_or(self.commit_url.as_str(), |(repo, _)| repo)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_have_the_words_of_the_protocol() {
        let cases = [
            (
                CommitLine::Header(
                    CommitHeader::new("Add").parent_commit("11111".parse::<ParentCommit>().unwrap()),
                ),
                r#"{"key":"header","value":{"summary":"Add","description":"","parentCommit":"11111"}}"#,
            ),
            (
                CommitLine::LfsFile(LfsFile::new("w.bin", "ab").size(3)),
                r#"{"key":"lfsFile","value":{"path":"w.bin","algo":"sha256","oid":"ab","size":3}}"#,
            ),
            (CommitLine::DeletedFile(DeletedPath::new("a")), r#"{"key":"deletedFile","value":{"path":"a"}}"#),
            (
                CommitLine::DeletedFolder(DeletedPath::new("d/")),
                r#"{"key":"deletedFolder","value":{"path":"d/"}}"#,
            ),
        ];
        for (line, json) in cases {
            assert_eq!(serde_json::to_string(&line).unwrap(), json);
            assert_eq!(serde_json::from_str::<CommitLine>(json).unwrap(), line);
        }
    }

    #[test]
    fn a_file_without_encoding_is_text() {
        let line = r#"{"key":"file","value":{"path":"a","content":"hi"}}"#;
        let CommitLine::File(file) = serde_json::from_str(line).unwrap() else { panic!("not a file") };
        assert_eq!(file.encoding, Encoding::Utf8);
    }

    #[test]
    fn only_a_url_with_a_number_is_a_pull_request() {
        let info = CommitInfo::new("https://h/a/b/commit/1", "1", "m", "");
        let opened = info.clone().with_pull_request("https://h/a/b/discussions/7").unwrap();
        assert_eq!(opened.pr_num, Some(7));
        assert_eq!(opened.pr_revision().unwrap().as_str(), "refs/pr/7");
        assert_eq!(opened.repo_url(), "https://h/a/b");
        for wrong in ["https://h/a/b/discussions/7/", "https://h/a/b/discussions/", "https://h/a/b/7"] {
            assert!(info.clone().with_pull_request(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_content_of_a_file_is_read_as_its_encoding_says() {
        assert_eq!(InlineFile::new("a", "aGk=").bytes().unwrap(), b"aGk=".as_slice());
        assert_eq!(
            InlineFile::new("a", "aGk=").encoding(Encoding::Base64).bytes().unwrap(),
            b"hi".as_slice()
        );
        assert!(InlineFile::new("a", "aGk").encoding(Encoding::Base64).bytes().is_err());
    }

    #[test]
    fn a_deleted_path_takes_what_is_below_it_and_nothing_beside_it() {
        for folder in [DeletedPath::new("docs"), DeletedPath::new("docs/")] {
            let covered = ["docs", "docs/a", "docs/a/b", "docs2", "docs2/a", "a/docs", "doc"]
                .map(|path| folder.covers(path));
            assert_eq!(covered, [true, true, true, false, false, false, false]);
        }
    }

    proptest! {
        #[test]
        fn any_path_survives_in_a_streamed_line(path in ".{1,40}") {
            let line = InlineFileLine::new(&path);
            let text = format!("{}aGk={}", line.before(), line.after());
            prop_assert_eq!(text.matches('\n').count(), 1);
            let file = InlineFile::new(path, "aGk=").encoding(Encoding::Base64);
            prop_assert_eq!(serde_json::from_str::<CommitLine>(&text).unwrap(), CommitLine::File(file));
        }
    }
}
