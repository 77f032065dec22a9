//! The indexes of xorbs that were used last.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use crate::store::{StoreError, database::lock};
use hub_xet::{MerkleHash, XetError, xorb::XorbIndex};

/// Indexes that are kept in memory: 40 bytes for each chunk, 360 KiB at most, usually 45.
const KEPT: usize = 32;

/// The last used ones, newest last.
#[derive(Default)]
pub(super) struct Indexes {
    recent: Mutex<VecDeque<Arc<XorbIndex>>>,
}

impl Indexes {
    pub(super) fn get(&self, xorb: &MerkleHash) -> Option<Arc<XorbIndex>> {
        let mut recent = lock(&self.recent);
        let at = recent.iter().position(|index| index.hash() == *xorb)?;
        let found = recent.remove(at)?;
        recent.push_back(Arc::clone(&found));
        Some(found)
    }

    pub(super) fn add(&self, index: Arc<XorbIndex>) {
        let mut recent = lock(&self.recent);
        if recent.iter().all(|known| known.hash() != index.hash()) {
            recent.push_back(index);
        }
        if recent.len() > KEPT {
            recent.pop_front();
        }
    }

    /// Forgets one whose xorb is gone.
    pub(super) fn forget(&self, xorb: &MerkleHash) {
        lock(&self.recent).retain(|index| index.hash() != *xorb);
    }
}

/// A file of the store that was not written so.
pub(super) fn damaged(error: XetError) -> StoreError {
    StoreError::Damaged(Box::new(error))
}
