//! Commits that are asked for twice: a nonce is worked on by one request at a time.

use std::{
    collections::HashSet,
    sync::{Arc, Condvar, Mutex, PoisonError},
};

/// The nonces that are being worked on.
#[derive(Debug, Clone, Default)]
pub(crate) struct NonceLocks(Arc<State>);

#[derive(Debug, Default)]
struct State {
    busy: Mutex<HashSet<(i64, String)>>,
    freed: Condvar,
}

/// The right to work on a nonce; given back when dropped.
#[derive(Debug)]
pub(crate) struct NonceGuard {
    state: Arc<State>,
    key: (i64, String),
}

impl NonceLocks {
    /// Waits until nobody else works on this nonce of this repository. Blocks.
    pub(crate) fn lock(&self, repo: i64, nonce: &str) -> NonceGuard {
        let key = (repo, nonce.to_owned());
        let mut busy = self.0.busy.lock().unwrap_or_else(PoisonError::into_inner);
        while !busy.insert(key.clone()) {
            busy = self.0.freed.wait(busy).unwrap_or_else(PoisonError::into_inner);
        }
        drop(busy);
        NonceGuard { state: self.0.clone(), key }
    }
}

impl Drop for NonceGuard {
    fn drop(&mut self) {
        self.state.busy.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.key);
        self.state.freed.notify_all();
    }
}
