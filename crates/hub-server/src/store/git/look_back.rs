//! How far back a history is followed.

use super::ObjectId;
use crate::store::{Result, StoreError};

/// How much is read to find what changed something: so many commits, and so many bytes of their folders.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LookBack {
    pub(super) commits: usize,
    bytes: Option<u64>,
}

impl LookBack {
    /// As far as the history goes.
    pub(super) const fn whole() -> Self {
        Self { commits: usize::MAX, bytes: None }
    }

    #[cfg(feature = "page")]
    pub(crate) const fn new(commits: usize, bytes: u64) -> Self {
        Self { commits, bytes: Some(bytes) }
    }

    /// Whether these folders may be read; then they count.
    pub(super) fn allows(
        &mut self,
        repo: &gix::Repository,
        folders: impl IntoIterator<Item = ObjectId>,
    ) -> Result<bool> {
        let Some(left) = &mut self.bytes else { return Ok(true) };
        for folder in folders {
            let header = repo.try_find_header(folder).map_err(StoreError::git("read an object"))?;
            // One that is not there is missed where it is read.
            match left.checked_sub(header.map_or(0, |header| header.size())) {
                Some(less) => *left = less,
                None => {
                    *left = 0;
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}
