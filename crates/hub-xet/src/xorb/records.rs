//! [`RecordReader`]: chunk records from a stream.

use crate::{
    XetError,
    codec::{ChunkHeader, Decoder, HEADER_LEN},
};

/// Decodes chunk records that come in pieces of any size.
///
/// A record that lies in one piece is not copied, and an uncompressed one not at all; of others, at most one record is held. This is
/// what reads a fetched range of a xorb; it does not check hashes, for a download has none of single chunks.
#[derive(Debug, Default)]
pub struct RecordReader {
    /// The beginning of a record, or a whole one that has been handed out.
    held: Vec<u8>,
    handed_out: bool,
    decoder: Decoder,
}

/// One record, decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record<'a> {
    /// Lengths and scheme.
    pub header: ChunkHeader,
    /// The raw bytes of the chunk.
    pub data: &'a [u8],
}

impl RecordReader {
    /// At the beginning of a record.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads one record from `input` and takes off what it has read. `None`: all of `input` is read, and more is needed.
    ///
    /// # Errors
    ///
    /// A header breaks a limit, or a chunk cannot be decoded. The reader is of no use afterwards.
    pub fn next_record<'a, 'i: 'a>(
        &'a mut self,
        input: &mut &'i [u8],
    ) -> Result<Option<Record<'a>>, XetError> {
        if std::mem::take(&mut self.handed_out) {
            self.held.clear();
        }
        if self.held.is_empty()
            && let Some((head, rest)) = input.split_first_chunk()
        {
            let header = ChunkHeader::parse(head)?;
            if let Some((stored, rest)) = rest.split_at_checked(header.stored_len as usize) {
                *input = rest;
                let data = self.decoder.decode(header, stored)?;
                return Ok(Some(Record { header, data }));
            }
        }
        self.hold(input, HEADER_LEN);
        let Some(header) = self.held.first_chunk().map(ChunkHeader::parse).transpose()? else {
            return Ok(None);
        };
        self.hold(input, header.record_len());
        if self.held.len() < header.record_len() {
            return Ok(None);
        }
        self.handed_out = true;
        let stored = self.held.get(HEADER_LEN..).unwrap_or_default();
        let data = self.decoder.decode(header, stored)?;
        Ok(Some(Record { header, data }))
    }

    /// Whether a record has been begun and not ended.
    pub fn is_inside_record(&self) -> bool {
        !self.handed_out && !self.held.is_empty()
    }

    /// Ends the stream.
    ///
    /// # Errors
    ///
    /// It ends in the middle of a record.
    pub fn finish(&self) -> Result<(), XetError> {
        if self.is_inside_record() { Err(XetError::Truncated { what: "chunk record" }) } else { Ok(()) }
    }

    /// Moves bytes from `input` until `len` are held.
    fn hold(&mut self, input: &mut &[u8], len: usize) {
        let missing = len.saturating_sub(self.held.len());
        let (taken, rest) = input.split_at_checked(missing).unwrap_or((input, &[]));
        self.held.extend_from_slice(taken);
        *input = rest;
    }
}
