//! [`XorbIndex`]: where each chunk of a xorb lies.

use std::ops::Range;

use super::{MAX_XORB_BODY, MAX_XORB_BYTES};
use crate::{
    ChunkRange, MAX_XORB_CHUNKS, XetError,
    chunker::MAX_CHUNK,
    codec::{HEADER_LEN, MAX_STORED_CHUNK},
    error::at_most,
    hash::{MerkleHash, range_hash},
    merkle::MerkleBuilder,
};

/// Hashes and places of the chunks of a xorb: 40 bytes for each.
///
/// It is what a server keeps beside the body of a xorb, and is stored as the footer of the protocol:
/// [`to_footer`](Self::to_footer), [`from_footer`](Self::from_footer).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XorbIndex {
    hash: MerkleHash,
    chunks: Vec<Entry>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry {
    hash: MerkleHash,
    /// End of the record in the body.
    stored_end: u32,
    /// End of the chunk in the raw data of the xorb.
    raw_end: u32,
}

/// One chunk of a [`XorbIndex`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedChunk {
    /// Hash of the raw bytes.
    pub hash: MerkleHash,
    /// Where the record lies in the body, in bytes, with its header.
    pub record: Range<u64>,
    /// Where the chunk lies in the raw data of the xorb, in bytes.
    pub raw: Range<u64>,
}

impl XorbIndex {
    /// The xorb's hash.
    pub fn hash(&self) -> MerkleHash {
        self.hash
    }

    /// Number of chunks, at least 1.
    pub fn chunk_count(&self) -> u32 {
        u32::try_from(self.chunks.len()).unwrap_or(u32::MAX)
    }

    /// Length of the body in bytes, without a footer.
    pub fn stored_len(&self) -> u64 {
        self.chunks.last().map_or(0, |last| last.stored_end.into())
    }

    /// Raw bytes of all chunks.
    pub fn raw_len(&self) -> u64 {
        self.chunks.last().map_or(0, |last| last.raw_end.into())
    }

    /// All chunks in order.
    pub fn chunks(&self) -> impl Iterator<Item = IndexedChunk> {
        (0..self.chunk_count()).filter_map(|chunk| self.chunk(chunk))
    }

    /// The chunk with this number.
    pub fn chunk(&self, number: u32) -> Option<IndexedChunk> {
        let entry = self.chunks.get(number as usize)?;
        let (stored, raw) = self.begin(number);
        Some(IndexedChunk {
            hash: entry.hash,
            record: stored..entry.stored_end.into(),
            raw: raw..entry.raw_end.into(),
        })
    }

    /// Where the records of these chunks lie in the body, in bytes; `None` if the xorb has not all of them.
    pub fn stored_range(&self, chunks: ChunkRange) -> Option<Range<u64>> {
        let last = self.last(chunks)?;
        Some(self.begin(chunks.start).0..last.stored_end.into())
    }

    /// Where these chunks lie in the raw data of the xorb, in bytes; `None` if the xorb has not all of them.
    pub fn raw_range(&self, chunks: ChunkRange) -> Option<Range<u64>> {
        let last = self.last(chunks)?;
        Some(self.begin(chunks.start).1..last.raw_end.into())
    }

    /// The range hash that proves possession of these chunks; `None` if the xorb has not all of them.
    pub fn range_hash(&self, chunks: ChunkRange) -> Option<MerkleHash> {
        self.last(chunks)?;
        let entries = self.chunks.get(chunks.start as usize..chunks.end as usize)?;
        Some(range_hash(entries.iter().map(|entry| &entry.hash)))
    }

    /// The chunk in which the byte at `raw` of the raw data lies.
    pub fn chunk_at(&self, raw: u64) -> Option<u32> {
        let number = self.chunks.partition_point(|entry| u64::from(entry.raw_end) <= raw);
        u32::try_from(number).ok().filter(|number| *number < self.chunk_count())
    }

    /// Begin of a chunk in the body and in the raw data.
    fn begin(&self, number: u32) -> (u64, u64) {
        let before = number.checked_sub(1).and_then(|before| self.chunks.get(before as usize));
        before.map_or((0, 0), |before| (before.stored_end.into(), before.raw_end.into()))
    }

    fn last(&self, chunks: ChunkRange) -> Option<&Entry> {
        if chunks.is_empty() { None } else { self.chunks.get(chunks.end as usize - 1) }
    }
}

/// Makes a [`XorbIndex`] from the chunks of a xorb in order. It holds every limit of the protocol.
#[derive(Debug, Clone, Default)]
pub struct IndexBuilder {
    tree: MerkleBuilder,
    chunks: Vec<Entry>,
}

impl IndexBuilder {
    /// No chunk yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Chunks so far.
    pub fn chunk_count(&self) -> u32 {
        u32::try_from(self.chunks.len()).unwrap_or(u32::MAX)
    }

    /// Raw bytes so far.
    pub fn raw_len(&self) -> u64 {
        self.chunks.last().map_or(0, |last| last.raw_end.into())
    }

    /// Bytes of the body so far.
    pub fn stored_len(&self) -> u64 {
        self.chunks.last().map_or(0, |last| last.stored_end.into())
    }

    /// Adds a chunk with the length of its record and of its raw bytes; its number.
    ///
    /// # Errors
    ///
    /// The chunk has a length that it cannot have, or the xorb would have too many chunks or bytes; nothing is added then.
    pub fn push(&mut self, hash: MerkleHash, record_len: u64, raw_len: u64) -> Result<u32, XetError> {
        let number = self.chunk_count();
        at_most("number of chunks in a xorb", u64::from(number) + 1, MAX_XORB_CHUNKS as u64)?;
        if raw_len == 0 || record_len <= HEADER_LEN as u64 {
            return Err(XetError::invalid("chunk of a xorb", "it is empty"));
        }
        at_most("raw length of a chunk", raw_len, MAX_CHUNK as u64)?;
        at_most("length of a chunk record", record_len, (HEADER_LEN + MAX_STORED_CHUNK) as u64)?;
        let end = |what, before: u64, len, limit: usize| {
            let end = before.saturating_add(len);
            at_most(what, end, limit as u64)?;
            u32::try_from(end).map_err(|_| XetError::TooLarge { what, size: end, limit: u32::MAX.into() })
        };
        let entry = Entry {
            hash,
            stored_end: end("stored length of a xorb", self.stored_len(), record_len, MAX_XORB_BODY)?,
            raw_end: end("raw length of a xorb", self.raw_len(), raw_len, MAX_XORB_BYTES)?,
        };
        self.chunks.push(entry);
        self.tree.push(hash, raw_len);
        Ok(number)
    }

    /// The index of the chunks so far, with the hash of their xorb.
    ///
    /// # Errors
    ///
    /// There is no chunk.
    pub fn finish(self) -> Result<XorbIndex, XetError> {
        if self.chunks.is_empty() {
            return Err(XetError::invalid("xorb", "it has no chunks"));
        }
        Ok(XorbIndex { hash: self.tree.root(), chunks: self.chunks })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::hash::chunk_hash;

    /// Chunks of 100, 200, … raw bytes, each stored in a tenth and its header.
    pub(crate) fn index(count: u32) -> XorbIndex {
        let mut builder = IndexBuilder::new();
        for i in 1..=count {
            builder.push(chunk_hash(&i.to_le_bytes()), 8 + 10 * u64::from(i), 100 * u64::from(i)).unwrap();
        }
        builder.finish().unwrap()
    }

    #[test]
    fn chunks_lie_one_after_another() {
        let index = index(4);
        let second = index.chunk(1).unwrap();
        assert_eq!((second.record, second.raw), (18..46, 100..300));
        assert_eq!(index.stored_range(ChunkRange::new(1, 3)), Some(18..84));
        assert_eq!(index.raw_range(ChunkRange::new(0, 4)), Some(0..1000));
        assert_eq!((index.stored_len(), index.raw_len(), index.chunk_count()), (132, 1000, 4));
        let at: Vec<_> = [0, 99, 100, 299, 999, 1000].into_iter().map(|raw| index.chunk_at(raw)).collect();
        assert_eq!(at, [Some(0), Some(0), Some(1), Some(1), Some(3), None]);
    }

    #[test]
    fn ranges_beyond_the_end_are_nothing() {
        let index = index(4);
        for range in [ChunkRange::new(0, 5), ChunkRange::new(2, 2), ChunkRange::new(u32::MAX, u32::MAX)] {
            assert_eq!(
                (index.stored_range(range), index.raw_range(range), index.range_hash(range)),
                (None, None, None)
            );
        }
        assert_eq!(index.chunk(4), None);
    }

    #[test]
    fn limits_are_held() {
        let mut builder = IndexBuilder::new();
        assert!(builder.clone().finish().is_err());
        assert!(builder.push(MerkleHash::ZERO, 8, 1).is_err());
        assert!(builder.push(MerkleHash::ZERO, 9, 0).is_err());
        assert!(builder.push(MerkleHash::ZERO, 9, 128 * 1024 + 1).is_err());
        assert!(builder.push(MerkleHash::ZERO, 256 * 1024 + 9, 1).is_err());
        for _ in 0..8192 {
            builder.push(MerkleHash::ZERO, 8200, 8192).unwrap();
        }
        assert!(builder.push(MerkleHash::ZERO, 9, 1).is_err());
        assert_eq!(builder.raw_len(), 64 * 1024 * 1024);
    }
}
