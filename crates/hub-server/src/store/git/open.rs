//! Repositories that are open: each has one lock for commits and one handle that all readers share.

use std::{
    path::{Path, PathBuf},
    sync::MutexGuard,
};

use super::{
    known::Known,
    slots::{HasSlot, Slot},
};
use crate::store::{Result, StoreError};

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

    pub(super) fn not_found(&self) -> StoreError {
        StoreError::RepoNotFound { repo: self.name.clone() }
    }
}
