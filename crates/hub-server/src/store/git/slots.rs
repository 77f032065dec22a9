//! Things that are open, by key: each has one lock for changes and one handle that all readers share.

use std::collections::HashMap;

use crate::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What was asked for since the beginning.
pub(crate) struct Slots<T> {
    by_key: Mutex<HashMap<i64, Arc<T>>>,
    /// So many handles are kept.
    most: usize,
}

/// Something with a slot.
pub(crate) trait HasSlot {
    /// What readers share.
    type Handle;

    fn slot(&self) -> &Slot<Self::Handle>;
}

/// The locks of one thing.
pub(crate) struct Slot<H> {
    /// Held from reading what is there to writing what follows.
    changes: Mutex<()>,
    handle: Mutex<Handle<H>>,
}

enum Handle<H> {
    /// The next reader opens it.
    Closed,
    Open(H),
    /// Nobody opens it any more.
    Gone,
}

impl<T: HasSlot> Slots<T> {
    pub(crate) fn new(most: usize) -> Self {
        Self { by_key: Mutex::default(), most }
    }

    /// The thing with this key; `make` looks it up, and fails when it does not exist.
    pub(crate) fn get<E>(&self, key: i64, make: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        let mut by_key = lock(&self.by_key);
        if let Some(there) = by_key.get(&key) {
            return Ok(Arc::clone(there));
        }
        // Looked up under the lock: a deletion either sees this entry or has removed the row before.
        let made = Arc::new(make()?);
        if by_key.len() >= self.most {
            by_key.values().for_each(|there| there.slot().forget_handle());
            by_key.retain(|_, there| Arc::strong_count(there) > 1);
        }
        by_key.insert(key, Arc::clone(&made));
        Ok(made)
    }

    /// Ends all use of a thing that is deleted; waits for a change that is being made.
    pub(crate) fn close(&self, key: i64) {
        let there = lock(&self.by_key).remove(&key);
        if let Some(there) = there {
            let _no_change = there.slot().lock_changes();
            *lock(&there.slot().handle) = Handle::Gone;
        }
    }
}

impl<H> Slot<H> {
    pub(crate) fn new() -> Self {
        Self { changes: Mutex::new(()), handle: Mutex::new(Handle::Closed) }
    }

    /// Keeps every other change out.
    pub(crate) fn lock_changes(&self) -> MutexGuard<'_, ()> {
        lock(&self.changes)
    }

    /// Works with the handle, which is opened where it is closed.
    ///
    /// # Errors
    /// `gone` when the thing was deleted, and what `open` says.
    pub(crate) fn with<R, E>(
        &self,
        gone: impl FnOnce() -> E,
        open: impl FnOnce() -> Result<H, E>,
        work: impl FnOnce(&H) -> R,
    ) -> Result<R, E> {
        let mut handle = lock(&self.handle);
        match &*handle {
            Handle::Open(opened) => return Ok(work(opened)),
            Handle::Gone => return Err(gone()),
            Handle::Closed => {}
        }
        let opened = open()?;
        let done = work(&opened);
        *handle = Handle::Open(opened);
        Ok(done)
    }

    /// Makes the next reader open it anew.
    pub(crate) fn forget_handle(&self) {
        let mut handle = lock(&self.handle);
        if let Handle::Open(_) = *handle {
            *handle = Handle::Closed;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
