//! [`Object`]: content that goes to LFS.

use std::sync::Arc;

use crate::inspect::Seen;

/// Content to be in LFS.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    /// sha256 in hexadecimal.
    pub(crate) oid: String,
    /// The first file that has this content.
    pub(crate) seen: Seen,
    /// Sums of its blocks.
    pub(crate) blocks: Arc<[u64]>,
}

impl Object {
    pub(crate) fn size(&self) -> u64 {
        self.seen.stamp.size
    }
}
