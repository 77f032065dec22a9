//! [`XorbReader`]: a whole xorb from a stream, checked.

use super::{IndexBuilder, MAX_FOOTER_LEN, RecordReader, XorbIndex, footer};
use crate::{
    XetError,
    codec::ChunkHeader,
    error::at_most,
    hash::{MerkleHash, chunk_hash},
};

/// Reads a xorb that comes in pieces of any size, from front to back, and holds no more than one record and the index.
///
/// Every header and length is checked and every chunk hashed; a footer of older writers must fit the chunks before it, and nothing may
/// follow it. [`finish`](Self::finish) compares the hash.
///
/// ```
/// use hub_xet::codec::Encoder;
/// use hub_xet::xorb::{XorbBuilder, XorbReader};
///
/// let mut builder = XorbBuilder::new();
/// builder.push(&Encoder::default().encode(b"some chunk")?)?;
/// let xorb = builder.take().ok_or("empty")?;
///
/// let mut reader = XorbReader::new();
/// for piece in xorb.body() {
///     let mut input = piece.as_ref();
///     while let Some(chunk) = reader.next_chunk(&mut input)? {
///         assert_eq!(chunk.data, b"some chunk");
///     }
/// }
/// assert_eq!(reader.finish(&xorb.hash())?, *xorb.index());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct XorbReader {
    records: RecordReader,
    index: IndexBuilder,
    footer: Vec<u8>,
}

/// A chunk of a xorb that is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct XorbChunk<'a> {
    /// Its number in the xorb.
    pub number: u32,
    /// Hash of its raw bytes, computed from them.
    pub hash: MerkleHash,
    /// Lengths and scheme.
    pub header: ChunkHeader,
    /// Its raw bytes.
    pub data: &'a [u8],
}

impl XorbReader {
    /// At the beginning of a xorb.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads one chunk from `input` and takes off what it has read. `None`: all of `input` is read.
    ///
    /// # Errors
    ///
    /// A record or the whole is over a limit, or a chunk cannot be decoded. The reader is of no use afterwards.
    pub fn next_chunk<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<XorbChunk<'a>>, XetError> {
        let at_boundary = !self.records.is_inside_record();
        if !self.footer.is_empty() || (at_boundary && input.first() == Some(&footer::FIRST_BYTE)) {
            let len = self.footer.len() as u64 + input.len() as u64;
            at_most("footer of a xorb", len, MAX_FOOTER_LEN as u64)?;
            self.footer.extend_from_slice(std::mem::take(input));
            return Ok(None);
        }
        let Some(record) = self.records.next_record(input)? else { return Ok(None) };
        let hash = chunk_hash(record.data);
        let number =
            self.index.push(hash, record.header.record_len() as u64, record.header.raw_len.into())?;
        Ok(Some(XorbChunk { number, hash, header: record.header, data: record.data }))
    }

    /// Ends the stream: where the chunks lie, if the xorb is the one with the hash `expected`.
    ///
    /// # Errors
    ///
    /// It has no chunks, ends in the middle of a record, has another hash, or a footer that does not fit.
    pub fn finish(self, expected: &MerkleHash) -> Result<XorbIndex, XetError> {
        let index = self.finish_any()?;
        if index.hash() != *expected {
            return Err(XetError::mismatch("hash of a xorb", expected, index.hash()));
        }
        Ok(index)
    }

    /// Ends the stream of a xorb whose hash is not known before.
    ///
    /// # Errors
    ///
    /// It has no chunks, ends in the middle of a record, or has a footer that does not fit.
    pub fn finish_any(self) -> Result<XorbIndex, XetError> {
        self.records.finish()?;
        let index = self.index.finish()?;
        if !self.footer.is_empty() {
            index.check_footer(&self.footer)?;
        }
        Ok(index)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        codec::{Compression, Encoder},
        xorb::{Xorb, XorbBuilder},
    };

    fn xorb(chunks: &[Vec<u8>]) -> Xorb {
        let mut encoder = Encoder::new(Compression::Smallest);
        let mut builder = XorbBuilder::new();
        for chunk in chunks {
            builder.push(&encoder.encode(chunk).unwrap()).unwrap();
        }
        builder.take().unwrap()
    }

    fn read(bytes: &[u8], piece: usize) -> Result<(Vec<Vec<u8>>, XorbIndex), XetError> {
        let mut reader = XorbReader::new();
        let mut chunks = Vec::new();
        for mut input in bytes.chunks(piece) {
            while let Some(chunk) = reader.next_chunk(&mut input)? {
                assert_eq!(chunk.number as usize, chunks.len());
                chunks.push(chunk.data.to_vec());
            }
            assert!(input.is_empty());
        }
        Ok((chunks, reader.finish_any()?))
    }

    fn contents() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let random = proptest::collection::vec(any::<u8>(), 1..300);
        let chunk = (random, 1..100_usize).prop_map(|(pattern, n)| pattern.repeat(n));
        proptest::collection::vec(chunk, 1..12)
    }

    #[test]
    fn a_xorb_without_chunks_or_with_another_hash_is_refused() {
        assert!(read(b"", 1).is_err());
        let body = xorb(&[b"abc".to_vec()]).to_vec();
        let mut reader = XorbReader::new();
        let mut input = body.as_slice();
        assert_eq!(reader.next_chunk(&mut input).unwrap().unwrap().data, b"abc");
        assert!(matches!(reader.finish(&MerkleHash::ZERO), Err(XetError::Mismatch { .. })));
    }

    #[test]
    fn more_chunks_than_allowed_are_refused() {
        let record = xorb(&[b"abc".to_vec()]).to_vec();
        assert!(read(&record.repeat(8192), 1 << 20).is_ok());
        assert!(read(&record.repeat(8193), 1 << 20).is_err());
    }

    #[test]
    fn a_footer_is_skipped_only_if_it_fits() {
        let xorb = xorb(&[b"abc".to_vec(), vec![7; 50_000]]);
        let (body, footer) = (xorb.to_vec(), xorb.index().to_footer());
        let whole = [body.as_slice(), &footer].concat();
        for piece in [1, 7, 100_000] {
            assert_eq!(read(&whole, piece).unwrap().1, *xorb.index());
        }
        for wrong in [
            [body.as_slice(), b"X"].concat(),
            [whole.as_slice(), b"X"].concat(),
            [body.as_slice(), &body, &footer].concat(),
            [footer.as_slice(), &body].concat(),
            [body.as_slice(), &[b'X'; MAX_FOOTER_LEN + 1]].concat(),
        ] {
            assert!(read(&wrong, 1000).is_err());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn what_is_written_is_read_back(chunks in contents(), piece in 1..20_000_usize) {
            let xorb = xorb(&chunks);
            let (read_back, index) = read(&xorb.to_vec(), piece).unwrap();
            prop_assert_eq!(read_back, chunks);
            prop_assert_eq!(&index, xorb.index());
        }

        #[test]
        fn records_from_the_middle_are_read(chunks in contents(), piece in 1..20_000_usize, cut: prop::sample::Index) {
            let xorb = xorb(&chunks);
            let first = cut.index(chunks.len());
            let count = xorb.index().chunk_count();
            let range = xorb.index().stored_range(crate::ChunkRange::new(first as u32, count)).unwrap();
            let body = xorb.to_vec();
            let mut reader = RecordReader::new();
            let mut found = Vec::new();
            for mut input in body[range.start as usize..range.end as usize].chunks(piece) {
                while let Some(record) = reader.next_record(&mut input).unwrap() {
                    found.push(record.data.to_vec());
                }
            }
            reader.finish().unwrap();
            prop_assert_eq!(&found, &chunks[first..]);
        }

        /// Never a panic, and never other chunks under the same hash.
        #[test]
        fn changed_bytes_are_errors_or_another_xorb(
            chunks in contents(),
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
            cut: prop::sample::Index,
            footer: bool,
            truncate: bool,
        ) {
            let xorb = xorb(&chunks);
            let mut bytes = xorb.to_vec();
            if footer {
                bytes.extend(xorb.index().to_footer());
            }
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if truncate {
                bytes.truncate(cut.index(bytes.len()));
            }
            if let Ok((found, index)) = read(&bytes, 5000) && index.hash() == xorb.hash() {
                prop_assert_eq!(found, chunks);
            }
        }
    }
}
