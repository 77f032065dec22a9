//! From a chunk to its record.

use bytes::Bytes;
use lz4_flex::block::CompressTable;

use super::{ChunkHeader, Compression, HEADER_LEN, Scheme, choice::Looks, group, lz4};
use crate::{
    XetError,
    chunker::MAX_CHUNK,
    error::at_most,
    hash::{MerkleHash, chunk_hash},
};

/// A chunk ready for a xorb.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedChunk {
    hash: MerkleHash,
    header: ChunkHeader,
    record: Bytes,
}

impl EncodedChunk {
    /// The hash of the raw bytes.
    pub fn hash(&self) -> MerkleHash {
        self.hash
    }

    /// Lengths and scheme.
    pub fn header(&self) -> ChunkHeader {
        self.header
    }

    /// The record: the header, then the stored bytes.
    pub fn record(&self) -> &Bytes {
        &self.record
    }
}

/// Makes records of chunks. It keeps its tables and buffers between chunks: about 300 KiB.
///
/// Encoders share nothing, so chunks may be encoded by several threads, each with one of its own, and be put into a xorb in order.
pub struct Encoder {
    compression: Compression,
    looks: Looks,
    table: CompressTable,
    record: Vec<u8>,
    other: Vec<u8>,
    grouped: Vec<u8>,
}

impl Encoder {
    /// An encoder that stores chunks by `compression`.
    pub fn new(compression: Compression) -> Self {
        Self {
            compression,
            looks: Looks::default(),
            table: CompressTable::large(),
            record: Vec::new(),
            other: Vec::new(),
            grouped: Vec::new(),
        }
    }

    /// Hashes and stores a chunk.
    ///
    /// # Errors
    ///
    /// It is empty or longer than [`MAX_CHUNK`].
    pub fn encode(&mut self, chunk: &[u8]) -> Result<EncodedChunk, XetError> {
        self.encode_hashed(chunk_hash(chunk), chunk)
    }

    /// Stores a chunk whose hash is known already.
    ///
    /// # Errors
    ///
    /// It is empty or longer than [`MAX_CHUNK`].
    pub fn encode_hashed(&mut self, hash: MerkleHash, chunk: &[u8]) -> Result<EncodedChunk, XetError> {
        at_most("raw length of a chunk", chunk.len() as u64, MAX_CHUNK as u64)?;
        if chunk.is_empty() {
            return Err(XetError::invalid("chunk", "it is empty"));
        }
        let scheme = match self.compression {
            Compression::None => Scheme::None,
            Compression::Lz4 | Compression::Smallest => Scheme::Lz4,
            Compression::ByteGroup4Lz4 => Scheme::ByteGroup4Lz4,
            Compression::Auto => self.looks.choose(chunk),
        };
        let mut scheme = self.store(scheme, chunk);
        if self.compression == Compression::Smallest {
            std::mem::swap(&mut self.record, &mut self.other);
            let grouped = self.store(Scheme::ByteGroup4Lz4, chunk);
            if self.record.len() < self.other.len() {
                scheme = grouped;
            } else {
                std::mem::swap(&mut self.record, &mut self.other);
            }
        }
        let length =
            |len: usize| u32::try_from(len).map_err(|_| XetError::invalid("chunk", "it is too long"));
        let header = ChunkHeader {
            scheme,
            stored_len: length(self.record.len() - HEADER_LEN)?,
            raw_len: length(chunk.len())?,
        };
        if let Some(place) = self.record.first_chunk_mut::<HEADER_LEN>() {
            *place = header.to_bytes();
        }
        Ok(EncodedChunk { hash, header, record: Bytes::copy_from_slice(&self.record) })
    }

    /// Puts the stored form behind room for a header; the scheme that it has in the end.
    fn store(&mut self, scheme: Scheme, chunk: &[u8]) -> Scheme {
        self.record.clear();
        self.record.resize(HEADER_LEN, 0);
        let smaller = match scheme {
            Scheme::None => false,
            Scheme::Lz4 => lz4::compress(chunk, &mut self.table, &mut self.record),
            Scheme::ByteGroup4Lz4 => {
                self.grouped.resize(chunk.len(), 0);
                group::split(chunk, &mut self.grouped);
                lz4::compress(&self.grouped, &mut self.table, &mut self.record)
            }
        };
        if smaller {
            return scheme;
        }
        self.record.truncate(HEADER_LEN);
        self.record.extend_from_slice(chunk);
        Scheme::None
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new(Compression::default())
    }
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").field("compression", &self.compression).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{chunker::tests::splitmix, codec::Decoder};

    fn numbers(count: u32) -> Vec<u8> {
        (0..count).flat_map(|i| (f64::from(i) * 0.37).sin().to_bits().to_le_bytes()[4..].to_vec()).collect()
    }

    fn scheme(compression: Compression, data: &[u8]) -> Scheme {
        Encoder::new(compression).encode(data).unwrap().header().scheme
    }

    #[test]
    fn what_does_not_shrink_is_stored_as_it_is() {
        let random = splitmix(50_000);
        for compression in
            [Compression::Auto, Compression::Lz4, Compression::ByteGroup4Lz4, Compression::Smallest]
        {
            let chunk = Encoder::new(compression).encode(&random).unwrap();
            assert_eq!(
                chunk.header(),
                ChunkHeader { scheme: Scheme::None, stored_len: 50_000, raw_len: 50_000 }
            );
            assert_eq!(chunk.record()[HEADER_LEN..], random);
        }
    }

    #[test]
    fn the_smaller_of_both_is_taken() {
        let text = b"the quick brown fox jumps over the lazy dog; ".repeat(500);
        assert_eq!(scheme(Compression::Smallest, &text), Scheme::Lz4);
        assert_eq!(scheme(Compression::Smallest, &numbers(20_000)), Scheme::ByteGroup4Lz4);
        assert_eq!(scheme(Compression::Auto, &numbers(20_000)), Scheme::ByteGroup4Lz4);
        assert_eq!(scheme(Compression::None, &text), Scheme::None);
    }

    #[test]
    fn chunks_without_bytes_or_with_too_many_are_refused() {
        assert!(Encoder::default().encode(&[]).is_err());
        assert!(Encoder::default().encode(&vec![0; MAX_CHUNK + 1]).is_err());
        assert!(Encoder::default().encode(&vec![0; MAX_CHUNK]).is_ok());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn records_come_back(pattern in proptest::collection::vec(any::<u8>(), 1..300), n in 1..400_usize) {
            let data = pattern.repeat(n);
            let mut decoder = Decoder::new();
            let all = [Compression::Auto, Compression::None, Compression::Lz4, Compression::ByteGroup4Lz4, Compression::Smallest];
            for compression in all {
                let chunk = Encoder::new(compression).encode(&data).unwrap();
                prop_assert_eq!(chunk.record().len(), chunk.header().record_len());
                let (header, stored) = chunk.record().split_first_chunk().unwrap();
                prop_assert_eq!(ChunkHeader::parse(header), Ok(chunk.header()));
                prop_assert_eq!(decoder.decode(chunk.header(), stored).unwrap(), data.as_slice());
            }
        }
    }
}
