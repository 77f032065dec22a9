//! The records of the notes about a CAS.
//!
//! A file begins with [`HEADER`]. A record is a byte for its kind, its length in four bytes (little-endian), so many bytes, and eight bytes
//! of a hash of all that.

use std::io::{self, BufReader, Read};

use hub_xet::MerkleHash;
use hub_xet::dedup::ChunkIndex;
use hub_xet::hash::chunk_hash;
use hub_xet::shard::Shard;

pub(super) const HEADER: &[u8] = b"xorbs of a CAS, version 1\n";
const SHARD: u8 = 1;
const MISSING: u8 = 2;
const HEAD: usize = 5;
const SUM: usize = 8;
/// Most bytes of a record: shards that answer queries are not kept when they are longer.
pub(super) const MOST: usize = 4 * 1024 * 1024;

/// One note.
pub(super) enum Record<'a> {
    /// What a shard with a footer says of xorbs.
    Shard(&'a [u8]),
    /// This xorb is not there.
    Missing(MerkleHash),
}

impl Record<'_> {
    /// As it is in the file; nothing if it is too long.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let (kind, content): (u8, &[u8]) = match self {
            Self::Shard(shard) => (SHARD, shard),
            Self::Missing(xorb) => (MISSING, xorb.as_bytes()),
        };
        let mut out = Vec::new();
        if let Some(length) = u32::try_from(content.len()).ok().filter(|_| content.len() <= MOST) {
            out.push(kind);
            out.extend(length.to_le_bytes());
            out.extend(content);
            let sum = chunk_hash(&out).head();
            out.extend(sum.to_le_bytes());
        }
        out
    }

    /// Whether it says nothing any more at `now`, in seconds since 1970.
    pub(super) fn is_over(&self, now: u64) -> bool {
        match self {
            Self::Shard(bytes) => {
                Shard::parse(bytes).is_ok_and(|shard| shard.footer.is_none_or(|footer| footer.expires <= now))
            }
            Self::Missing(_) => false,
        }
    }
}

/// Puts what a shard says into an index.
pub(super) fn learn(index: &mut ChunkIndex, shard: &[u8], now: u64) {
    match Shard::parse(shard) {
        // One without a footer would count for ever.
        Ok(shard) if shard.footer.is_some() => index.insert_shard(&shard, now),
        Ok(_) => {}
        Err(error) => tracing::debug!(%error, "a note about xorbs is skipped"),
    }
}

/// Reads records up to the first that is not whole.
pub(super) struct Records<R> {
    input: BufReader<R>,
    record: Vec<u8>,
    end: u64,
}

impl<R: Read> Records<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input: BufReader::new(input), record: Vec::new(), end: 0 }
    }

    /// The next record; `None` at the end or where something is wrong.
    pub(super) fn next(&mut self) -> io::Result<Option<Record<'_>>> {
        if self.end == 0 {
            if !self.fill(HEADER.len())? || self.record != HEADER {
                return Ok(None);
            }
            self.end = HEADER.len() as u64;
        }
        if !self.fill(HEAD)? {
            return Ok(None);
        }
        let Some((&kind, length)) = self.record.split_first() else { return Ok(None) };
        let length = length.try_into().map_or(usize::MAX, |length| u32::from_le_bytes(length) as usize);
        let head = std::mem::take(&mut self.record);
        if length > MOST || !self.fill(length + SUM)? {
            return Ok(None);
        }
        let Some((content, sum)) = self.record.split_last_chunk::<SUM>() else { return Ok(None) };
        if chunk_hash(&[head.as_slice(), content].concat()).head() != u64::from_le_bytes(*sum) {
            return Ok(None);
        }
        self.end += (HEAD + length + SUM) as u64;
        Ok(match kind {
            SHARD => Some(Record::Shard(content)),
            MISSING => content.try_into().ok().map(|xorb| Record::Missing(MerkleHash::from_bytes(xorb))),
            _ => None,
        })
    }

    /// Where the last whole record has ended, in bytes from the beginning.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Reads so many bytes; false if there are fewer.
    fn fill(&mut self, length: usize) -> io::Result<bool> {
        self.record.clear();
        let read = (&mut self.input).take(length as u64).read_to_end(&mut self.record)?;
        Ok(read == length)
    }
}
