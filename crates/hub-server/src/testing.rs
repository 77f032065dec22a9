//! The parsers of what clients send, for tests that feed them anything at all.

use bytes::Bytes;
use hub_types::{RepoType, commit::CommitLine};
use serde_json::{Map, Value};

use crate::{
    card::{self, Card},
    handler::ndjson::{LineTooLong, Lines},
    query::Query,
    range::{self, Part},
    store::{Attributes, IgnoreRules, with_lfs_path},
};

/// Cuts the body of a commit into lines and gives, for each that is not empty, whether it can be read as part of one.
/// `None` when a line is too long.
pub fn commit_lines(pieces: impl IntoIterator<Item = Bytes>) -> Option<Vec<bool>> {
    let (mut lines, mut found) = (Lines::default(), Vec::new());
    let mut read = |line: &[u8]| {
        if !line.trim_ascii().is_empty() {
            found.push(serde_json::from_slice::<CommitLine<'_>>(line).is_ok());
        }
        Ok::<_, LineTooLong>(())
    };
    for piece in pieces {
        lines.push(piece, &mut read).ok()?;
    }
    read(&lines.finish()).ok()?;
    Some(found)
}

/// Reads the front matter of a card and gives its fields, or why it cannot be used; `Ok(None)` where there is none.
///
/// # Errors
/// When the front matter is no mapping in YAML; the text is for its author.
pub fn card(readme: &str) -> Result<Option<Map<String, Value>>, String> {
    match card::parse(readme) {
        Card::Missing => Ok(None),
        Card::Broken(reason) => Err(reason),
        Card::Fields(fields) => Ok(Some(fields)),
    }
}

/// The tags that are derived from the fields of a card.
pub fn tags(repo_type: RepoType, fields: &Map<String, Value>) -> Vec<String> {
    card::tags(repo_type, fields)
}

/// What a `.gitattributes` says about each path: whether it belongs into LFS.
pub fn lfs_paths(attributes: &[u8], paths: &[&str]) -> Vec<Option<bool>> {
    let rules = Attributes::parse(attributes);
    paths.iter().map(|path| rules.is_lfs(path)).collect()
}

/// A `.gitattributes` with one more rule, for this path.
pub fn with_rule(attributes: &[u8], path: &str) -> Vec<u8> {
    with_lfs_path(attributes, path)
}

/// Whether a `.gitignore` leaves each path out.
pub fn ignored_paths(ignore: &[u8], paths: &[&str]) -> Vec<bool> {
    let rules = IgnoreRules::parse(ignore);
    paths.iter().map(|path| rules.is_ignored(path)).collect()
}

/// Which bytes of a content of `size` bytes a `Range` header asks for: from the first number to before the second. `None`
/// where it asks for nothing that is there.
pub fn range(header: &str, size: u64) -> Option<(u64, u64)> {
    match range::parse(Some(header), size) {
        Part::Whole => Some((0, size)),
        Part::Some(start, end) => Some((start, end)),
        Part::Unsatisfiable => None,
    }
}

/// The pairs of a query string or a form.
pub fn query(text: &[u8]) -> Vec<(String, String)> {
    Query::parse(text).pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
