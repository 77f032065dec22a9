//! Repositories that are open: each has one lock for commits and one handle that all readers share.

use std::{
    path::{Path, PathBuf},
    sync::{
        Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
};

use super::{
    history::Histories,
    known::Known,
    ration::Ration,
    refs_known::KnownRefs,
    slots::{HasSlot, Slot},
};
use crate::store::{Result, StoreError, database::lock};

/// What all repositories share.
#[derive(Clone, Default)]
pub(super) struct Shared {
    ration: Ration,
    histories: Histories,
}

/// One repository.
pub(super) struct OpenRepo {
    path: PathBuf,
    tmp: PathBuf,
    name: String,
    shared: Shared,
    pub(super) refs: KnownRefs,
    /// Grows whenever something was taken out of the repository.
    taken: AtomicU64,
    /// Pushes that git checks or takes. Held while something is taken out, so that none begins.
    pushes: Mutex<usize>,
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
    pub(super) fn new(path: PathBuf, tmp: PathBuf, name: String, shared: Shared) -> Self {
        Self {
            path,
            tmp,
            name,
            shared,
            refs: KnownRefs::default(),
            taken: AtomicU64::new(0),
            pushes: Mutex::new(0),
            slot: Slot::new(),
            known: Known::default(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn tmp(&self) -> &Path {
        &self.tmp
    }

    /// Memory for large objects.
    pub(super) fn ration(&self) -> &Ration {
        &self.shared.ration
    }

    /// Histories that are known.
    pub(super) fn histories(&self) -> &Histories {
        &self.shared.histories
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

    /// How often something was taken out of the repository so far: what was there before may be gone when this has changed.
    pub(super) fn taken(&self) -> u64 {
        self.taken.load(Ordering::SeqCst)
    }

    /// Notes that something is about to be taken out. The caller holds the commit lock.
    pub(super) fn take_out(&self) {
        self.taken.fetch_add(1, Ordering::SeqCst);
    }

    /// Pushes that go on: while this is held, none begins.
    pub(super) fn pushes(&self) -> MutexGuard<'_, usize> {
        lock(&self.pushes)
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
