//! What has arrived of a file, shared by the threads that decode it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::mpsc;

use super::chunk_log::ChunkLog;
use super::holes::Holes;
use super::recipe::BlobChunk;
use super::trouble::Trouble;

/// The way to the disk.
pub(super) type ToDisk = mpsc::Sender<(u64, Bytes)>;

/// What has arrived of a file.
#[derive(Debug, Default)]
pub(super) struct Arrived {
    state: Mutex<State>,
    /// Bytes that went to the disk.
    written: AtomicU64,
    /// Those of them that an older blob had.
    copied: AtomicU64,
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// What is missing of the piece that is being fetched.
    pub(super) holes: Holes,
    pub(super) log: ChunkLog,
}

impl Arrived {
    pub(super) fn new(log: ChunkLog) -> Self {
        Self { state: Mutex::new(State { holes: Holes::default(), log }), ..Self::default() }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    pub(super) fn copied(&self) -> u64 {
        self.copied.load(Ordering::Relaxed)
    }

    /// [`put`](Self::put) for a chunk that an older blob has.
    pub(super) fn put_copy(
        &self,
        to_disk: &ToDisk,
        position: u64,
        data: &Bytes,
        chunk: BlobChunk,
    ) -> Result<(), Trouble> {
        let count = self.put(to_disk, position, data, Some(chunk))?;
        self.copied.fetch_add(count, Ordering::Relaxed);
        Ok(())
    }

    /// Takes in `data`, which belongs at `position`: what is missing of it goes to the disk. `chunk` is what it is, if it is whole. Waits
    /// for the disk. Returns how many bytes were missing.
    pub(super) fn put(
        &self,
        to_disk: &ToDisk,
        position: u64,
        data: &Bytes,
        chunk: Option<BlobChunk>,
    ) -> Result<u64, Trouble> {
        let missing = {
            let mut state = self.state();
            if let Some(chunk) = chunk {
                state.log.note(position, chunk)?;
            }
            state.holes.take(position..position.saturating_add(data.len() as u64))
        };
        let mut count = 0;
        for part in missing {
            let offset =
                |at: u64| usize::try_from(at.saturating_sub(position)).unwrap_or(usize::MAX).min(data.len());
            let bytes = data.slice(offset(part.start)..offset(part.end));
            count += bytes.len() as u64;
            let gone = |_| Trouble::lasting("the file cannot be written");
            to_disk.blocking_send((part.start, bytes)).map_err(gone)?;
        }
        self.written.fetch_add(count, Ordering::Relaxed);
        Ok(count)
    }
}
