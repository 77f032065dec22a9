//! The parsers of what clients send, for tests that feed them anything at all.

use hub_types::{RepoRef, RepoType};
use serde_json::{Map, Value};

use crate::{
    EmbeddedHub, OpenError, StoreError,
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

/// Adds the rows of the first `pull_requests` pull requests of a repository, whose refs are there, and `repos` copies of another
/// repository, for measurements. Blocks.
///
/// # Errors
/// When one of the repositories or a ref is not there, or something cannot be written.
pub fn fill(
    hub: &EmbeddedHub,
    history: &RepoRef,
    pull_requests: u64,
    template: &RepoRef,
    repos: u64,
) -> Result<(), OpenError> {
    let store = hub.store();
    let find = |repo: &RepoRef| {
        let missing = || StoreError::RepoNotFound { repo: repo.to_string() };
        store.find_repo(repo)?.ok_or_else(missing)
    };
    let (history, template) = (find(history)?, find(template)?);
    store.git(&history)?.pushed();
    store.fill_pull_requests(&history, pull_requests)?;
    Ok(store.fill_repos(&template, repos)?)
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
