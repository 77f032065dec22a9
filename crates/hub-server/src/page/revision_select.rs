//! The field that shows the same at another branch or tag: `templates/revision_select.html`.

use hub_types::Revision;

use super::{
    request::Request,
    shown::{self, Paths},
};
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
        paths: &Paths,
        revision: &Revision,
        action: String,
    ) -> Result<Self, StoreError> {
        let revision = revision.as_str();
        let current = shown::ref_name(revision).to_owned();
        let moves = git.commit_target(revision)?.is_some();
        let (mut branches, mut tags) = (Vec::new(), Vec::new());
        for found in git.refs()? {
            let name = shown::ref_name(&found.full_name);
            if found.full_name.starts_with("refs/heads/") {
                branches.push(name.to_owned());
            } else if found.full_name.starts_with("refs/tags/") {
                tags.push(name.to_owned());
            }
        }
        branches.truncate(MOST);
        tags.truncate(MOST);
        let is_listed = branches.contains(&current) || tags.contains(&current);
        Ok(Self { action, current, branches, tags, is_listed, moves, all: paths.refs() })
    }
}

/// What a page with the field is made of, or where what was chosen, or asked for, is shown.
pub(super) enum Found<T> {
    Here(Box<T>),
    Elsewhere(String),
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
