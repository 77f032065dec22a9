//! The parsers of what clients send, for tests that feed them anything at all.

use hub_types::RepoType;
use serde_json::{Map, Value};

use crate::{
    card::{self, Card},
    store::{Attributes, IgnoreRules, with_lfs_path},
};

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
