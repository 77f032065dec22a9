//! The field that shows the same at another branch or tag: `templates/revision_select.html`.

use hub_types::Revision;

use super::{request::Request, shown};
use crate::{
    api_error::ApiError,
    store::{CommitId, GitRepo, StoreError},
};

/// Branches and tags, each, that can be chosen.
const MOST: usize = 100;
/// The parameter with the choice.
const CHOICE: &str = "at";

/// What can be chosen. A template has it in a field `select`.
#[derive(Debug, Clone)]
pub(super) struct RevisionSelect {
    /// The page that the choice is sent to.
    pub(super) action: String,
    /// What is shown.
    pub(super) current: String,
    pub(super) branches: Vec<String>,
    pub(super) tags: Vec<String>,
    /// Whether what is shown is among these.
    pub(super) is_listed: bool,
    /// Whether it is a branch, or a pull request: commits can be made on it.
    pub(super) moves: bool,
    /// The page with all of them.
    pub(super) all: String,
}

impl RevisionSelect {
    /// Reads it. Blocks.
    pub(super) fn read(
        git: &GitRepo,
        revision: &Revision,
        action: String,
        all: String,
    ) -> Result<Self, StoreError> {
        let revision = revision.as_str();
        let current = shown::ref_name(revision).to_owned();
        let (mut branches, mut tags, mut moves) = (Vec::new(), Vec::new(), false);
        for found in git.refs()? {
            let name = shown::ref_name(&found.full_name);
            if found.full_name.starts_with("refs/heads/") {
                moves |= name == current;
                branches.push(name.to_owned());
            } else if found.full_name.starts_with("refs/tags/") {
                tags.push(name.to_owned());
            } else {
                moves |= found.full_name == revision && found.full_name.starts_with("refs/pr/");
            }
        }
        branches.truncate(MOST);
        tags.truncate(MOST);
        let is_listed = branches.contains(&current) || tags.contains(&current);
        Ok(Self { action, current, branches, tags, is_listed, moves, all })
    }
}

/// The revision that was chosen in the field, if one was.
///
/// # Errors
/// 404 for what can be none.
pub(super) fn chosen(request: &Request) -> Result<Option<Revision>, ApiError> {
    let Some(choice) = request.context.query.get(CHOICE).filter(|choice| !choice.is_empty()) else {
        return Ok(None);
    };
    choice.parse().map(Some).map_err(|_| ApiError::revision_not_found(choice))
}

/// The path if there is something at another revision, else the root.
pub(super) fn path_at<'p>(git: &GitRepo, commit: CommitId, path: &'p str) -> Result<&'p str, StoreError> {
    Ok(if git.entry(commit, path)?.is_some() { path } else { "" })
}
