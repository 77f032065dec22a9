//! The beginning of a file, wherever it is kept, and the turn of whoever makes a page of it.

use std::{ops::Range, time::Duration};

use bytes::Bytes;
use futures_util::{TryStreamExt, stream::BoxStream};
use hub_types::lfs::Pointer;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::workers;
use crate::{
    api_error::{ApiError, busy},
    context::Inner,
    store::{Entry, GitRepo, Kept, RepoRecord, Source, StoreError},
};

const PATIENCE: Duration = Duration::from_secs(5);

/// Files that are made into pages at the same time: each takes memory and a processor.
static FREE: Semaphore = Semaphore::const_new(workers::COUNT);

/// Waits for the turn to make a page of a file.
///
/// # Errors
/// 503 when it does not come.
pub(super) async fn turn() -> Result<SemaphorePermit<'static>, ApiError> {
    let turn = tokio::time::timeout(PATIENCE, FREE.acquire()).await;
    turn.ok().and_then(Result::ok).ok_or_else(busy)
}

/// Does what takes long with the content of a file, in its turn.
pub(super) async fn in_turn<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, ApiError> {
    let _turn = turn().await?;
    workers::run(work).await
}

/// The first bytes of a file in git, at most so many. Blocks.
pub(super) fn head(git: &GitRepo, entry: &Entry, most: usize) -> Result<Vec<u8>, StoreError> {
    if most == 0 {
        return Ok(Vec::new());
    }
    Ok(git.open_blob(entry.oid)?.peek(most as u64)?.to_vec())
}

/// The text of a file that was read to some point; `None` where it is no text in UTF-8.
pub(super) fn text(mut head: Vec<u8>, is_whole: bool) -> Option<String> {
    if !is_whole
        && let Err(error) = std::str::from_utf8(&head)
        && error.error_len().is_none()
    {
        // It was read into the middle of a letter.
        head.truncate(error.valid_up_to());
    }
    String::from_utf8(head).ok().filter(|text| !text.contains('\0'))
}

/// A large file.
#[derive(Debug, Clone)]
pub(super) struct LargeFile {
    pub(super) pointer: Pointer,
    /// How this Hub has it; `None` if it has it not.
    pub(super) kept: Option<Kept>,
}

impl LargeFile {
    /// Finds it. Blocks.
    pub(super) fn find(hub: &Inner, repo: &RepoRecord, pointer: Pointer) -> Result<Self, StoreError> {
        let kept = hub.store.kept(repo, &pointer.oid)?.filter(|kept| kept.size == pointer.size);
        Ok(Self { pointer, kept })
    }

    /// Some of its bytes.
    pub(super) async fn read(
        &self,
        hub: &Inner,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes, StoreError>>, StoreError> {
        let range = range.start..range.end.min(self.pointer.size);
        match self.kept.map(|kept| kept.source) {
            Some(Source::Chunks(file)) => hub.store.xet().read_file(&file, range).await,
            Some(Source::Object) | None => hub.store.lfs().read(&self.pointer.oid, range).await,
        }
    }

    /// Its first bytes, at most so many.
    pub(super) async fn head(&self, hub: &Inner, most: u64) -> Result<Vec<u8>, StoreError> {
        let pieces: Vec<Bytes> = self.read(hub, 0..most).await?.try_collect().await?;
        Ok(pieces.concat())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_may_end_within_a_letter_where_more_of_it_comes() {
        let bytes = "aü".as_bytes();
        assert_eq!(text(bytes.to_vec(), true).as_deref(), Some("aü"));
        assert_eq!(text(bytes[..2].to_vec(), false).as_deref(), Some("a"));
        assert_eq!(text(bytes[..2].to_vec(), true), None);
        for other in [b"a\0b".to_vec(), vec![0xff, b'a'], vec![b'a', 0xff, b'b']] {
            assert_eq!(text(other.clone(), false), None, "{other:?}");
        }
    }
}
