//! Reads a range of a file for sending and checks it against the block sums of the hash pass.

use std::collections::BTreeMap;
use std::io::SeekFrom;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use hub_types::progress::Phase;

use super::Object;
use crate::CommitError;
use crate::blocks::{BLOCK, WORD, block_of, sum};
use crate::digest::REPORTED;
use crate::job::Job;
use crate::source::read_full;
use crate::stream::{Stop, Writer};

/// Bytes read and handed on at once; both divide [`BLOCK`]. Many parts go at once, so theirs are small; long ranges are few.
const PIECE: u64 = 64 * 1024;
const LONG_PIECE: u64 = 128 * 1024;
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

    /// Writes the bytes of `range`, which is part number `part`. The last piece of every block, and of the part, is handed
    /// on only when everything before it was found unchanged.
    ///
    /// A word that begins inside the range belongs to it, so up to 15 bytes behind it are read as well.
    pub(super) fn produce(&self, part: usize, range: Range<u64>, writer: &mut Writer) -> Result<(), Stop> {
        self.progress(part, 0);
        let add = self.job.add(self.object.seen.operation)?;
        let problem = |error| add.problem(error);
        let stamp = self.object.seen.stamp;
        let (mut source, opened) = add.open(&*self.job.options.files).map_err(problem)?;
        if opened != stamp {
            return Err(self.changed().into());
        }
        source.seek(SeekFrom::Start(range.start)).map_err(problem)?;
        let read_end = range.end.next_multiple_of(WORD).min(stamp.size);
        let piece_len = if range.end - range.start > LONG { LONG_PIECE } else { PIECE };
        let mut position = range.start;
        let mut block_sum = 0u64;
        let mut sums = Vec::new();
        while position < range.end {
            let end = (position + 1).next_multiple_of(piece_len).min(read_end);
            let mut piece = writer.piece(usize::try_from(end - position).unwrap_or_default());
            if read_full(&mut *source, &mut piece).map_err(problem)? < piece.len() {
                return Err(self.changed().into());
            }
            let lead = position.next_multiple_of(WORD) - position;
            let words = piece.get(usize::try_from(lead).unwrap_or_default()..).unwrap_or_default();
            block_sum = block_sum.wrapping_add(sum(words, position + lead));
            let block = block_of(position);
            let block_end = (block as u64 + 1).saturating_mul(BLOCK).min(stamp.size);
            if end == block_end || end == read_end {
                let whole = range.start <= block as u64 * BLOCK && end == block_end;
                if whole && self.object.blocks.get(block) != Some(&block_sum) {
                    return Err(self.changed().into());
                }
                sums.push((block, block_sum));
                block_sum = 0;
            }
            if end >= range.end {
                if source.stamp().map_err(problem)? != stamp {
                    return Err(self.changed().into());
                }
                // Before the last piece is handed on: the answer to it may come at once.
                self.share(part, &sums);
            }
            piece.truncate(usize::try_from(range.end - position).unwrap_or(usize::MAX));
            position = end;
            if position.is_multiple_of(REPORTED) || position >= range.end {
                self.progress(part, position.min(range.end) - range.start);
            }
            writer.send(piece.freeze())?;
        }
        Ok(())
    }
}
