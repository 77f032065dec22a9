//! Reads a range of a file for sending and checks it against the block sums of the hash pass.

use std::collections::BTreeMap;
use std::io::{self, SeekFrom};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use hub_types::progress::Phase;

use super::Object;
use crate::CommitError;
use crate::body::chunks::Chunks;
use crate::body::read::Pieces;
use crate::hash::block_checksums::{BLOCK, WORD, block_of, sum};
use crate::hash::digest::REPORTED;
use crate::job::Job;
use crate::source::{SourceFile, fill};

/// Bytes read and handed on at once; both divide [`BLOCK`]. Many parts go at once, so theirs are small; long ranges are few, and
/// larger pieces are faster.
const PIECE: u64 = 128 * 1024;
const LONG_PIECE: u64 = 512 * 1024;
/// Longer ranges are long.
const LONG: u64 = 32 * 1024 * 1024;

/// One object while it is sent, shared by the threads that read its parts.
pub(super) struct Sending {
    pub(super) job: Arc<Job>,
    pub(super) object: Object,
    /// How much was handed on.
    sent: Mutex<Sent>,
    /// Sums of what was sent, by block and part: a block may lie in several parts.
    sums: Mutex<BTreeMap<(usize, usize), u64>>,
}

/// Bytes handed on, of each part and together.
struct Sent {
    parts: Vec<u64>,
    total: u64,
}

impl Sending {
    pub(super) fn new(job: &Arc<Job>, object: Object, parts: usize) -> Self {
        Self {
            job: Arc::clone(job),
            object,
            sent: Mutex::new(Sent { parts: vec![0; parts], total: 0 }),
            sums: Mutex::default(),
        }
    }

    fn changed(&self) -> CommitError {
        CommitError::SourceChanged { path: self.job.path(self.object.seen.operation).to_owned() }
    }

    /// Notes that `bytes` of a part were handed on (0: that it begins anew) and reports the position of the file.
    fn progress(&self, part: usize, bytes: u64) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let before = sent.parts.get_mut(part).map_or(0, |sent| std::mem::replace(sent, bytes));
        sent.total = sent.total.saturating_sub(before) + bytes;
        let position = sent.total;
        // Reported under the lock, so that the events of a file come in order.
        let path = self.job.path(self.object.seen.operation);
        self.job.reporter.file(Phase::Uploading, path, position, self.object.size());
    }

    /// Checks that all that was sent together is what was hashed.
    pub(super) fn check(&self) -> Result<(), CommitError> {
        let shared = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        let mut sums = vec![0u64; self.object.blocks.len()];
        for ((block, _), sum) in shared.iter() {
            let total = sums.get_mut(*block).ok_or_else(|| self.changed())?;
            *total = total.wrapping_add(*sum);
        }
        if *sums == *self.object.blocks { Ok(()) } else { Err(self.changed()) }
    }

    fn share(&self, part: usize, sums: &[(usize, u64)]) {
        let mut shared = self.sums.lock().unwrap_or_else(PoisonError::into_inner);
        shared.extend(sums.iter().map(|(block, sum)| ((*block, part), *sum)));
    }
}

/// The bytes of one part, read and checked. The last piece of every block, and of the part, is handed on only when everything
/// before it was found unchanged.
///
/// A word that begins inside the part belongs to it, so up to 15 bytes behind it are read as well.
pub(super) struct Part {
    sending: Arc<Sending>,
    number: usize,
    range: Range<u64>,
    source: Box<dyn SourceFile>,
    /// Where the next piece begins.
    position: u64,
    /// The piece that is being read, and how much of it is there.
    piece: BytesMut,
    filled: usize,
    chunks: Chunks,
    /// Of the words of the current block.
    block_sum: u64,
    sums: Vec<(usize, u64)>,
}

impl Part {
    pub(super) fn open(
        sending: &Arc<Sending>,
        number: usize,
        range: Range<u64>,
    ) -> Result<Self, CommitError> {
        sending.progress(number, 0);
        let add = sending.job.add(sending.object.seen.operation)?;
        let problem = |error| add.problem(error);
        let (mut source, opened) = add.open(&*sending.job.options.files).map_err(problem)?;
        if opened != sending.object.seen.stamp {
            return Err(sending.changed());
        }
        source.seek(SeekFrom::Start(range.start)).map_err(problem)?;
        Ok(Self {
            sending: Arc::clone(sending),
            number,
            position: range.start,
            range,
            source,
            piece: BytesMut::new(),
            filled: 0,
            chunks: Chunks::default(),
            block_sum: 0,
            sums: Vec::new(),
        })
    }

    fn problem(&self, error: io::Error) -> CommitError {
        self.sending
            .job
            .add(self.sending.object.seen.operation)
            .map_or_else(|other| other, |add| add.problem(error))
    }

    /// Where reading ends: behind the last word that begins inside the part.
    fn read_end(&self) -> u64 {
        self.range.end.next_multiple_of(WORD).min(self.sending.object.seen.stamp.size)
    }

    /// Reads the rest of the piece; false when that would have to wait.
    fn fill(&mut self, wait: bool) -> Result<bool, CommitError> {
        let source = &mut self.source;
        let read = fill(&mut self.piece, &mut self.filled, |rest| {
            if wait { source.read(rest) } else { source.read_at_once(rest) }
        });
        match read {
            Ok(()) if self.filled < self.piece.len() => Err(self.sending.changed()),
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && !wait => Ok(false),
            Err(error) => Err(self.problem(error)),
        }
    }

    /// Adds the piece, which ends at `end`, to the sums, and compares what it completes.
    fn check(&mut self, end: u64) -> Result<(), CommitError> {
        let stamp = self.sending.object.seen.stamp;
        let lead = self.position.next_multiple_of(WORD) - self.position;
        let words = self.piece.get(usize::try_from(lead).unwrap_or_default()..).unwrap_or_default();
        self.block_sum = self.block_sum.wrapping_add(sum(words, self.position + lead));
        let block = block_of(self.position);
        let block_end = (block as u64 + 1).saturating_mul(BLOCK).min(stamp.size);
        if end == block_end || end == self.read_end() {
            let whole = self.range.start <= block as u64 * BLOCK && end == block_end;
            if whole && self.sending.object.blocks.get(block) != Some(&self.block_sum) {
                return Err(self.sending.changed());
            }
            self.sums.push((block, std::mem::take(&mut self.block_sum)));
        }
        if end >= self.range.end {
            if self.source.stamp().map_err(|error| self.problem(error))? != stamp {
                return Err(self.sending.changed());
            }
            // Before the last piece is handed on: the response to it may come at once.
            self.sending.share(self.number, &self.sums);
        }
        Ok(())
    }
}

impl Pieces for Part {
    fn next(&mut self, wait: bool) -> Result<Option<Bytes>, CommitError> {
        let long = self.range.end - self.range.start > LONG;
        let end =
            (self.position + 1).next_multiple_of(if long { LONG_PIECE } else { PIECE }).min(self.read_end());
        if self.piece.is_empty() {
            self.piece = self.chunks.used().unwrap_or_default();
            self.piece.resize(usize::try_from(end - self.position).unwrap_or_default(), 0);
            self.filled = 0;
        }
        if !self.fill(wait)? {
            return Ok(None);
        }
        self.check(end)?;
        let mut piece = std::mem::take(&mut self.piece);
        piece.truncate(usize::try_from(self.range.end - self.position).unwrap_or(usize::MAX));
        self.position = end;
        if end.is_multiple_of(REPORTED) || end >= self.range.end {
            self.sending.progress(self.number, end.min(self.range.end) - self.range.start);
        }
        let piece = piece.freeze();
        self.chunks.note(&piece);
        Ok(Some(piece))
    }
}
