//! [`Front`]: reads the files, sums them up, and hashes their chunks.

use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use hub_xet::hash::chunk_hash;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::files::Files;
use super::reader::{Batch, End, Reader};
use super::sums::{Piece, Summed, Sums};
use super::task::{Task, begin, ended};
use crate::CommitError;
use crate::hash::digest::Digests;
use crate::inspect::Seen;
use crate::job::Job;
use crate::xet::session::Chunk;

/// Batches between reading and putting together.
const BATCHES: usize = 8;

/// A place for a batch between reading and putting together, held by everything that holds content of it.
pub(super) type Slot = Arc<OwnedSemaphorePermit>;

/// A batch whose chunks have their hashes.
pub(super) struct Hashed {
    /// Its number, from 0.
    pub(super) number: u64,
    pub(super) parts: Vec<HashedPart>,
    pub(super) slot: Slot,
}

pub(super) struct HashedPart {
    pub(super) file: usize,
    pub(super) chunks: Vec<Chunk>,
    pub(super) end: Option<End>,
}

/// What has come of a stage.
pub(super) enum FrontEvent {
    Read(Reader, Batch, Slot),
    Summed(Sums, Vec<Summed>),
    Hashed(Hashed),
}

pub(super) struct Front {
    job: Arc<Job>,
    seen: Arc<[Seen]>,
    slots: Arc<Semaphore>,
    /// While it does not read.
    reader: Option<Reader>,
    reading: Option<Task<(Reader, Batch, Slot)>>,
    /// While it sums nothing up.
    sums: Option<Sums>,
    to_sum: Vec<(Piece, Slot)>,
    summing: Option<Task<(Sums, Vec<Summed>)>>,
    hashing: FuturesOrdered<Task<Hashed>>,
    batches: u64,
}

impl Front {
    pub(super) fn new(job: &Arc<Job>, files: &Files) -> Self {
        Self {
            job: Arc::clone(job),
            seen: Arc::clone(&files.seen),
            slots: Arc::new(Semaphore::new(BATCHES)),
            reader: Some(Reader::new(job, &files.seen, &files.skips)),
            reading: None,
            sums: Some(Sums::default()),
            to_sum: Vec::new(),
            summing: None,
            hashing: FuturesOrdered::new(),
            batches: 0,
        }
    }

    /// Begins what can begin.
    pub(super) fn advance(&mut self) {
        self.read();
        self.sum();
    }

    fn read(&mut self) {
        if self.reader.is_none() {
            return;
        }
        let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() else { return };
        let Some(mut reader) = self.reader.take() else { return };
        self.reading = Some(begin(move || {
            let batch = reader.next_batch()?;
            Ok((reader, batch, Arc::new(slot)))
        }));
    }

    fn sum(&mut self) {
        if self.to_sum.is_empty() {
            return;
        }
        let Some(mut sums) = self.sums.take() else { return };
        let (pieces, slots): (Vec<_>, Vec<_>) = std::mem::take(&mut self.to_sum).into_iter().unzip();
        let (job, seen) = (Arc::clone(&self.job), Arc::clone(&self.seen));
        self.summing = Some(begin(move || {
            let summed = sums.add(pieces);
            drop(slots);
            summed.iter().try_for_each(|summed| remember(&job, &seen, summed))?;
            Ok((sums, summed))
        }));
    }

    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<FrontEvent, CommitError>> {
        if let Some(done) = ended(&mut self.summing, cx) {
            return Poll::Ready(done.map(|(sums, summed)| FrontEvent::Summed(sums, summed)));
        }
        // An empty set is never ready.
        if let Poll::Ready(Some(done)) = self.hashing.poll_next_unpin(cx) {
            return Poll::Ready(done.map(FrontEvent::Hashed));
        }
        let read = ended(&mut self.reading, cx);
        read.map_or(Poll::Pending, |done| {
            Poll::Ready(done.map(|(reader, batch, slot)| FrontEvent::Read(reader, batch, slot)))
        })
    }

    /// Takes note of what was read.
    pub(super) fn was_read(&mut self, reader: Reader, batch: Batch, slot: Slot, files: &mut Files) {
        if batch.is_empty() {
            return;
        }
        self.reader = Some(reader);
        for part in &batch {
            self.to_sum.push((part.into(), Arc::clone(&slot)));
            if part.end.is_some() {
                files.read_to_end(part.file);
            }
        }
        let number = self.batches;
        self.batches += 1;
        self.hashing.push_back(begin(move || {
            let hash = |data: Bytes| Chunk { hash: chunk_hash(&data), data };
            let parts = batch.into_iter().map(|part| HashedPart {
                file: part.file,
                chunks: part.chunks.into_iter().map(hash).collect(),
                end: part.end,
            });
            Ok(Hashed { number, parts: parts.collect(), slot })
        }));
    }

    /// Takes note of what was summed up.
    pub(super) fn was_summed(&mut self, sums: Sums, summed: Vec<Summed>, files: &mut Files) {
        self.sums = Some(sums);
        summed.into_iter().for_each(|Summed { file, sha256, .. }| files.digested(file, sha256));
    }

    /// Whether no more chunks will come.
    pub(super) fn has_no_more_chunks(&self) -> bool {
        self.reader.is_none() && self.reading.is_none() && self.hashing.is_empty()
    }

    /// Whether nothing more will come.
    pub(super) fn is_done(&self) -> bool {
        self.has_no_more_chunks() && self.to_sum.is_empty() && self.summing.is_none()
    }
}

/// Notes the digest of a file for the next run.
fn remember(job: &Job, seen: &[Seen], summed: &Summed) -> Result<(), CommitError> {
    let (Some(cache), Some(seen)) = (&job.options.digests, seen.get(summed.file)) else { return Ok(()) };
    if let Some(path) = job.add(seen.operation)?.file() {
        let digests = Digests::Lfs { sha256: summed.sha256, blocks: summed.blocks.clone() };
        cache.put(&path, &seen.stamp, &digests);
    }
    Ok(())
}
