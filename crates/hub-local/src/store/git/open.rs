//! Repositories that are open: each has one lock for commits and one handle that all readers share.

use std::{
    path::{Path, PathBuf},
    sync::MutexGuard,
};

use super::{
    GitRepo,
    known::Known,
    slots::{HasSlot, Slot, Slots},
};
use crate::store::{Result, StoreError};

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

/// One repository.
pub(super) struct OpenRepo {
    path: PathBuf,
    tmp: PathBuf,
    name: String,
    slot: Slot<gix::ThreadSafeRepository>,
    pub(super) known: Known,
}

impl HasSlot for OpenRepo {
    type Handle = gix::ThreadSafeRepository;

    fn slot(&self) -> &Slot<Self::Handle> {
        &self.slot
    }
}

impl OpenRepo {
    pub(super) fn new(path: PathBuf, tmp: PathBuf, name: String) -> Self {
        Self { path, tmp, name, slot: Slot::new(), known: Known::default() }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn tmp(&self) -> &Path {
        &self.tmp
    }

    /// Keeps every other commit out.
    pub(super) fn lock_commits(&self) -> MutexGuard<'_, ()> {
        self.slot.lock_changes()
    }

    /// A handle for this thread.
    ///
    /// # Errors
    /// `RepoNotFound` when the repository was deleted.
    pub(super) fn local(&self) -> Result<gix::Repository> {
        let open = || {
            let options = gix::open::Options::isolated()
                .open_path_as_is(true)
                .with(gix::sec::Trust::Full)
                .object_store_slots(gix::odb::store::init::Slots::AsNeededByDiskState {
                    multiplier: 1.1,
                    minimum: 64,
                });
            match options.open(&self.path) {
                Ok(opened) => Ok(opened),
                Err(_) if !self.path.exists() => Err(self.not_found()),
                Err(error) => Err(StoreError::git("open the folder")(error)),
            }
        };
        self.slot.with(|| self.not_found(), open, gix::ThreadSafeRepository::to_thread_local)
    }

    /// Makes the next reader look at the disk anew. Needed after a pack was added, for a handle has room for a fixed number
    /// of packs.
    pub(super) fn forget_handle(&self) {
        self.slot.forget_handle();
    }

    fn not_found(&self) -> StoreError {
        StoreError::RepoNotFound { repo: self.name.clone() }
    }
}
