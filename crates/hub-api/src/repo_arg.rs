//! How methods take a repository.

use std::borrow::Cow;

use hub_types::{RepoId, RepoRef, RepoType, RepoUrl, Revision};

use crate::Error;

/// A repository as a caller names it: checked when the call runs.
///
/// Made from `"name"`, `"namespace/name"`, a [`RepoId`], a [`RepoRef`] or a [`RepoUrl`]. The kind is a model unless the
/// value says otherwise or [`repo_type`](crate::Call::repo_type) is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepoArg {
    id: String,
    repo_type: RepoType,
}

impl RepoArg {
    pub(crate) fn set_type(&mut self, repo_type: RepoType) {
        self.repo_type = repo_type;
    }

    pub(crate) const fn repo_type(&self) -> RepoType {
        self.repo_type
    }

    /// The repository, if the id keeps the Hub's rules.
    pub(crate) fn get(&self) -> Result<RepoRef, Error> {
        Ok(RepoRef::new(self.repo_type, self.id.parse()?))
    }

    /// As it reads in a sentence: `model ada/demo`.
    pub(crate) fn describe(&self) -> String {
        format!("{} {}", self.repo_type, self.id)
    }
}

impl From<&str> for RepoArg {
    fn from(id: &str) -> Self {
        Self { id: id.to_owned(), repo_type: RepoType::Model }
    }
}

impl From<String> for RepoArg {
    fn from(id: String) -> Self {
        Self { id, repo_type: RepoType::Model }
    }
}

impl From<&String> for RepoArg {
    fn from(id: &String) -> Self {
        id.as_str().into()
    }
}

impl From<Cow<'_, str>> for RepoArg {
    fn from(id: Cow<'_, str>) -> Self {
        id.into_owned().into()
    }
}

impl From<RepoId> for RepoArg {
    fn from(id: RepoId) -> Self {
        id.as_str().into()
    }
}

impl From<&RepoId> for RepoArg {
    fn from(id: &RepoId) -> Self {
        id.as_str().into()
    }
}

impl From<RepoRef> for RepoArg {
    fn from(repo: RepoRef) -> Self {
        (&repo).into()
    }
}

impl From<&RepoRef> for RepoArg {
    fn from(repo: &RepoRef) -> Self {
        Self { id: repo.id.to_string(), repo_type: repo.repo_type }
    }
}

impl From<&RepoUrl> for RepoArg {
    fn from(url: &RepoUrl) -> Self {
        Self { id: url.repo_id().to_string(), repo_type: url.repo_type() }
    }
}

impl From<RepoUrl> for RepoArg {
    fn from(url: RepoUrl) -> Self {
        (&url).into()
    }
}

/// A revision as a caller names it; none means the default branch.
pub(crate) fn revision(text: Option<&str>) -> Result<Option<Revision>, Error> {
    Ok(text.map(str::parse).transpose()?)
}

/// A revision as a caller names it; none means `main`.
pub(crate) fn revision_or_main(text: Option<&str>) -> Result<Revision, Error> {
    Ok(revision(text)?.unwrap_or_default())
}
