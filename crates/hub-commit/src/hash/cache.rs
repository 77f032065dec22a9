//! [`DigestCache`]: digests that outlive a job, so that no file is hashed twice.

use std::path::Path;

use crate::hash::digest::{Digests, Reading, Want, digest};
use crate::source::Stamp;
use crate::{CommitError, CommitOperationAdd};

/// Remembers the digests of files. It is asked before a file is hashed, on the threads that hash.
///
/// A response must belong to the very stamp that is asked for. Content that is sent is compared with its
/// digest once more: a wrong one ends the job with [`CommitError::SourceChanged`].
pub trait DigestCache: Send + Sync {
    /// The digest of the file at `path` in the state `stamp`, if it is known.
    fn get(&self, path: &Path, stamp: &Stamp, want: Want) -> Option<Digests>;

    /// Takes note of a digest.
    fn put(&self, path: &Path, stamp: &Stamp, digests: &Digests);
}

/// The digest of an addition: from the cache, or read and put there. Content without a file is always read.
pub(crate) fn known_or_read(
    add: &CommitOperationAdd,
    stamp: Stamp,
    want: Want,
    cache: Option<&dyn DigestCache>,
    reading: &Reading<'_>,
) -> Result<Digests, CommitError> {
    let cached = cache.zip(add.file());
    if let Some(known) = cached.as_ref().and_then(|(cache, path)| cache.get(path, &stamp, want)) {
        return Ok(known);
    }
    let digests = digest(add, stamp, want, reading)?;
    if let Some((cache, path)) = cached {
        cache.put(&path, &stamp, &digests);
    }
    Ok(digests)
}
