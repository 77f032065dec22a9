//! Whether what the database names is really stored: a large file that is not has to come again.
//!
//! Looked at are sizes, which cost a call to the file system each. What has the right size and other bytes is found by
//! [`Store::fsck`].

use super::{RepoRecord, Result, Store};

impl Store {
    /// The size of a large file that a repository has, as a file of its own or by Xet, if all of it is stored. Blocks.
    pub(crate) fn whole(&self, repo: &RepoRecord, oid: &str) -> Result<Option<u64>> {
        let Some(kept) = self.xet().kept(repo, oid)? else { return Ok(None) };
        let is_whole = (kept.plain && self.lfs().is_stored(oid, kept.size))
            || match kept.file {
                Some(file) => self.xet().is_whole(&file)?,
                None => false,
            };
        Ok(is_whole.then_some(kept.size))
    }
}
