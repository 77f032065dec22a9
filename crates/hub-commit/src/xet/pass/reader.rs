//! [`Reader`]: reads the files of a job one after another and cuts them into chunks. Blocks.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::{Bytes, BytesMut};
use hub_xet::chunker::ChunkStream;

use crate::CommitError;
use crate::inspect::Seen;
use crate::job::Job;
use crate::source::{SourceFile, read_full};

/// Bytes of a batch, about; less than twice as many. Divides the blocks of the checksums.
pub(super) const BATCH: u64 = 1024 * 1024;
/// What a file counts for at least, so that a batch has no thousands of them.
const LEAST: u64 = 8 * 1024;

/// Files that need not be read any further, by their numbers.
#[derive(Debug, Clone)]
pub(super) struct Skips(Arc<[AtomicBool]>);

impl Skips {
    /// None of so many files.
    pub(super) fn new(files: usize) -> Self {
        Self((0..files).map(|_| AtomicBool::new(false)).collect())
    }

    pub(super) fn skip(&self, file: usize) {
        if let Some(skipped) = self.0.get(file) {
            skipped.store(true, Ordering::SeqCst);
        }
    }

    pub(super) fn is_skipped(&self, file: usize) -> bool {
        self.0.get(file).is_some_and(|skipped| skipped.load(Ordering::SeqCst))
    }
}

/// Some of the content of the files.
pub(super) type Batch = Vec<Part>;

/// Some of the content of a file.
#[derive(Debug)]
pub(super) struct Part {
    /// Number of the file.
    pub(super) file: usize,
    /// Where `data` begins in the file: a multiple of [`BATCH`].
    pub(super) position: u64,
    pub(super) data: Bytes,
    /// The chunks that have ended in it.
    pub(super) chunks: Vec<Bytes>,
    /// Whether the file has ended, and whether it was read to its end.
    pub(super) end: Option<End>,
}

/// How a file has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Whole,
    Skipped,
}

/// The files of a job, from the first to the last.
pub(super) struct Reader {
    job: Arc<Job>,
    files: Arc<[Seen]>,
    skips: Skips,
    next: usize,
    open: Option<Open>,
}

struct Open {
    file: usize,
    seen: Seen,
    source: Box<dyn SourceFile>,
    position: u64,
    chunks: ChunkStream,
}

impl Reader {
    /// At the beginning of the first of `files`.
    pub(super) fn new(job: &Arc<Job>, files: &Arc<[Seen]>, skips: &Skips) -> Self {
        Self { job: Arc::clone(job), files: Arc::clone(files), skips: skips.clone(), next: 0, open: None }
    }

    /// The next batch; an empty one at the end.
    ///
    /// # Errors
    /// [`CommitError::SourceChanged`] for a file that is not in the state in which it was seen, or does not stay in it;
    /// [`CommitError::Sources`] for one that cannot be read.
    pub(super) fn next_batch(&mut self) -> Result<Batch, CommitError> {
        let (mut batch, mut gathered) = (Batch::new(), 0);
        while gathered < BATCH {
            if self.job.cancel.is_set() {
                return Err(CommitError::Stopped("the job ended".into()));
            }
            let mut open = match self.open.take() {
                Some(open) => open,
                None => match self.open_next()? {
                    Some(open) => open,
                    None => break,
                },
            };
            let part = self.read(&mut open)?;
            gathered += (part.data.len() as u64).max(LEAST);
            if part.end.is_none() {
                self.open = Some(open);
            }
            batch.push(part);
        }
        Ok(batch)
    }

    fn open_next(&mut self) -> Result<Option<Open>, CommitError> {
        let file = self.next;
        let Some(seen) = self.files.get(file).copied() else { return Ok(None) };
        self.next += 1;
        let add = self.job.add(seen.operation)?;
        let (source, opened) = add.open(&*self.job.options.files).map_err(|error| add.problem(error))?;
        if opened != seen.stamp {
            return Err(self.changed(seen));
        }
        Ok(Some(Open { file, seen, source, position: 0, chunks: ChunkStream::new() }))
    }

    fn read(&self, open: &mut Open) -> Result<Part, CommitError> {
        let Open { file, seen, source, position, chunks } = open;
        let problem = |error: io::Error| match self.job.add(seen.operation) {
            Ok(add) => add.problem(error),
            Err(other) => other,
        };
        let begin = *position;
        let mut part =
            Part { file: *file, position: begin, data: Bytes::new(), chunks: Vec::new(), end: None };
        if self.skips.is_skipped(*file) {
            part.end = Some(End::Skipped);
            return Ok(part);
        }
        let end = (begin + 1).next_multiple_of(BATCH).min(seen.stamp.size);
        let wanted = usize::try_from(end - begin).unwrap_or_default();
        let mut piece = BytesMut::zeroed(wanted);
        if read_full(&mut **source, &mut piece).map_err(problem)? < wanted {
            return Err(self.changed(*seen));
        }
        *position = end;
        part.data = piece.freeze();
        chunks.push(part.data.clone());
        part.chunks.extend(std::iter::from_fn(|| chunks.next_chunk()));
        if end == seen.stamp.size {
            part.chunks.extend(chunks.finish());
            part.end = Some(End::Whole);
            if source.stamp().map_err(problem)? != seen.stamp {
                return Err(self.changed(*seen));
            }
        }
        Ok(part)
    }

    fn changed(&self, seen: Seen) -> CommitError {
        CommitError::SourceChanged { path: self.job.path(seen.operation).to_owned() }
    }
}
