//! From a record back to its chunk.

use super::{ChunkHeader, Scheme, group, lz4};
use crate::XetError;

/// Decodes stored chunks. It keeps its two buffers between chunks, each as long as a chunk.
#[derive(Debug, Default)]
pub struct Decoder {
    raw: Vec<u8>,
    grouped: Vec<u8>,
}

impl Decoder {
    /// A decoder without buffers yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The raw bytes of a chunk: `stored` itself if it is not compressed. Nothing longer than the header says is ever allocated.
    ///
    /// # Errors
    ///
    /// A length is not the one in the header, or the stored bytes are no whole LZ4 frame.
    pub fn decode<'a>(&'a mut self, header: ChunkHeader, stored: &'a [u8]) -> Result<&'a [u8], XetError> {
        if stored.len() != header.stored_len as usize {
            return Err(XetError::mismatch("stored length of a chunk", header.stored_len, stored.len()));
        }
        let raw_len = header.raw_len as usize;
        match header.scheme {
            Scheme::None if stored.len() == raw_len => Ok(stored),
            Scheme::None => Err(XetError::mismatch("raw length of a chunk", raw_len, stored.len())),
            Scheme::Lz4 => {
                self.raw.resize(raw_len, 0);
                lz4::decompress(stored, &mut self.raw)?;
                Ok(&self.raw)
            }
            Scheme::ByteGroup4Lz4 => {
                self.grouped.resize(raw_len, 0);
                lz4::decompress(stored, &mut self.grouped)?;
                self.raw.resize(raw_len, 0);
                group::join(&self.grouped, &mut self.raw);
                Ok(&self.raw)
            }
        }
    }
}
