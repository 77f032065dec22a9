//! Mutexes of the store.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks without regard to a thread that panicked: what the mutexes of the store guard is never half changed.
pub(in crate::store) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
