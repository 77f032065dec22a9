//! The git repositories that were asked for since the store was opened.

use std::{
    collections::HashSet,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use super::{
    open::{OpenRepo, Shared},
    repo::{GitRepo, RefWatcher},
    slots::Slots,
};
use crate::store::{Result, database::lock, layout::sweep_repo};

/// So many handles are kept; each may hold a few files open.
const HANDLES: usize = 128;

/// The git repositories that were asked for since the store was opened.
pub(in crate::store) struct OpenRepos {
    slots: Slots<OpenRepo>,
    tmp: PathBuf,
    shared: Shared,
    /// Those without anything that an interrupted process left: each is looked at once, when it is first asked for.
    swept: Mutex<HashSet<i64>>,
}

impl OpenRepos {
    /// `tmp` is for what is not finished; it must be on the file system of the repositories.
    pub(in crate::store) fn new(tmp: PathBuf) -> Self {
        Self { slots: Slots::new(HANDLES), tmp, shared: Shared::default(), swept: Mutex::default() }
    }

    /// The repository with this key; `locate` gives its folder and its name, and fails when it does not exist.
    pub(in crate::store) fn get(
        &self,
        key: i64,
        watcher: Arc<dyn RefWatcher>,
        locate: impl FnOnce() -> Result<(PathBuf, String)>,
    ) -> Result<GitRepo> {
        let open = self.slots.get(key, || -> Result<OpenRepo> {
            let (path, name) = locate()?;
            // Nobody has it: a lock that is there is nobody's.
            if !lock(&self.swept).contains(&key) {
                sweep_repo(&path)?;
                lock(&self.swept).insert(key);
            }
            Ok(OpenRepo::new(path, self.tmp.clone(), name, self.shared.clone()))
        })?;
        Ok(GitRepo { open, watcher: Some(watcher) })
    }

    /// Ends all use of a repository that is deleted; waits for a commit that is being made.
    pub(in crate::store) fn close(&self, key: i64) {
        self.slots.close(key);
    }
}
