//! The git repositories that were asked for since the store was opened.

use std::path::PathBuf;

use super::{open::OpenRepo, repo::GitRepo, slots::Slots};
use crate::store::Result;

/// So many handles are kept; each may hold a few files open.
const HANDLES: usize = 128;

/// The git repositories that were asked for since the store was opened.
pub(in crate::store) struct OpenRepos {
    slots: Slots<OpenRepo>,
    tmp: PathBuf,
}

impl OpenRepos {
    /// `tmp` is for what is not finished; it must be on the file system of the repositories.
    pub(in crate::store) fn new(tmp: PathBuf) -> Self {
        Self { slots: Slots::new(HANDLES), tmp }
    }

    /// The repository with this key; `locate` gives its folder and its name, and fails when it does not exist.
    pub(in crate::store) fn get(
        &self,
        key: i64,
        locate: impl FnOnce() -> Result<(PathBuf, String)>,
    ) -> Result<GitRepo> {
        let open = self
            .slots
            .get(key, || locate().map(|(path, name)| OpenRepo::new(path, self.tmp.clone(), name)))?;
        Ok(GitRepo { open })
    }

    /// Changes the folder of a repository while nobody opens it and no commit is made. Afterwards all who had it look it
    /// up again; after a failure they go on.
    pub(in crate::store) fn change_folder<T>(
        &self,
        key: i64,
        repo: &GitRepo,
        change: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        self.slots.relocate(key, &*repo.open, || repo.open.not_found(), change)
    }

    /// Ends all use of a repository that is deleted; waits for a commit that is being made.
    pub(in crate::store) fn close(&self, key: i64) {
        self.slots.close(key);
    }
}
