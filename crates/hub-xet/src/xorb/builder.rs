//! [`XorbBuilder`]: from chunks to a xorb.

use bytes::Bytes;

use super::{IndexBuilder, MAX_XORB_BYTES, XorbIndex};
use crate::{MAX_XORB_CHUNKS, XetError, codec::EncodedChunk, error::at_most, hash::MerkleHash};

/// Gathers encoded chunks up to the limits of a xorb.
///
/// What is gathered costs its stored size: a builder with a limit of 16 MiB holds at most 16 MiB.
#[derive(Debug, Clone)]
pub struct XorbBuilder {
    max_bytes: u64,
    max_chunks: u32,
    index: IndexBuilder,
    records: Vec<Bytes>,
}

impl XorbBuilder {
    /// With the limits of the protocol: 64 MiB, which here holds for the stored bytes too, and 8192 chunks.
    pub fn new() -> Self {
        Self {
            max_bytes: MAX_XORB_BYTES as u64,
            max_chunks: MAX_XORB_CHUNKS as u32,
            index: IndexBuilder::new(),
            records: Vec::new(),
        }
    }

    /// At most so many bytes, raw and stored; 256 KiB to 64 MiB.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes.clamp(256 * 1024, MAX_XORB_BYTES as u64);
        self
    }

    /// At most so many chunks; 1 to 8192.
    #[must_use]
    pub fn max_chunks(mut self, chunks: u32) -> Self {
        self.max_chunks = chunks.clamp(1, MAX_XORB_CHUNKS as u32);
        self
    }

    /// Adds a chunk; its number in the xorb.
    ///
    /// # Errors
    ///
    /// [`XetError::TooLarge`]: it has no room. [`take`](Self::take) the xorb and add the chunk to the next one; an empty builder has
    /// room for every chunk.
    pub fn push(&mut self, chunk: &EncodedChunk) -> Result<u32, XetError> {
        let (record_len, raw_len) = (chunk.record().len() as u64, u64::from(chunk.header().raw_len));
        at_most(
            "number of chunks in a xorb",
            u64::from(self.index.chunk_count()) + 1,
            self.max_chunks.into(),
        )?;
        at_most("raw length of a xorb", self.index.raw_len() + raw_len, self.max_bytes)?;
        at_most("stored length of a xorb", self.index.stored_len() + record_len, self.max_bytes)?;
        let number = self.index.push(chunk.hash(), record_len, raw_len)?;
        self.records.push(chunk.record().clone());
        Ok(number)
    }

    /// Chunks so far.
    pub fn chunk_count(&self) -> u32 {
        self.index.chunk_count()
    }

    /// Raw bytes so far.
    pub fn raw_len(&self) -> u64 {
        self.index.raw_len()
    }

    /// Stored bytes so far.
    pub fn stored_len(&self) -> u64 {
        self.index.stored_len()
    }

    /// Whether there is no chunk.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// The xorb of the chunks so far, and an empty builder with the same limits; `None` without chunks.
    pub fn take(&mut self) -> Option<Xorb> {
        let index = std::mem::take(&mut self.index).finish().ok()?;
        Some(Xorb { index, records: std::mem::take(&mut self.records) })
    }
}

impl Default for XorbBuilder {
    fn default() -> Self {
        Self::new()
    }
}

/// A complete xorb: its body and where the chunks lie in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Xorb {
    index: XorbIndex,
    records: Vec<Bytes>,
}

impl Xorb {
    /// Its hash, by which it is uploaded.
    pub fn hash(&self) -> MerkleHash {
        self.index.hash()
    }

    /// Where the chunks lie.
    pub fn index(&self) -> &XorbIndex {
        &self.index
    }

    /// The body in pieces, one for each chunk, without a footer; together [`XorbIndex::stored_len`] bytes. A body that must be sent
    /// again is made of the same pieces.
    pub fn body(&self) -> &[Bytes] {
        &self.records
    }

    /// The body in one piece.
    pub fn to_vec(&self) -> Vec<u8> {
        self.records.concat()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::{Compression, Encoder};

    #[test]
    fn a_full_builder_gives_its_xorb_and_begins_again() {
        let mut encoder = Encoder::new(Compression::None);
        let chunk = encoder.encode(&[1; 100_000]).unwrap();
        let mut builder = XorbBuilder::new().max_bytes(0);
        assert_eq!((builder.push(&chunk), builder.push(&chunk)), (Ok(0), Ok(1)));
        assert!(matches!(builder.push(&chunk), Err(XetError::TooLarge { .. })));
        let xorb = builder.take().unwrap();
        assert_eq!((xorb.index().chunk_count(), xorb.to_vec().len()), (2, 200_016));
        assert!(builder.is_empty() && builder.take().is_none());
        assert_eq!(builder.push(&chunk), Ok(0));
        assert_eq!(builder.take().unwrap().hash(), chunk.hash());
    }

    #[test]
    fn the_stored_bytes_count_as_well() {
        let chunk = Encoder::new(Compression::None).encode(&[1; 128 * 1024]).unwrap();
        let mut builder = XorbBuilder::new().max_bytes(256 * 1024);
        assert!(builder.push(&chunk).is_ok());
        assert!(builder.push(&chunk).is_err());
    }

    #[test]
    fn the_number_of_chunks_is_bounded() {
        let chunk = Encoder::new(Compression::None).encode(b"a").unwrap();
        let mut builder = XorbBuilder::new().max_chunks(2);
        assert!(
            builder.push(&chunk).is_ok() && builder.push(&chunk).is_ok() && builder.push(&chunk).is_err()
        );
    }
}
