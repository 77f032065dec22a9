//! [`ShardReader`]: a shard from a stream.

use super::{
    footer::{FOOTER_LEN, Places, ShardFooter},
    format::{Fields, GLOBAL_DEDUP, HAS_METADATA, HAS_VERIFICATION, RECORD_LEN, Record, TAG, VERSION},
};
use crate::{
    MAX_XORB_BYTES, MAX_XORB_CHUNKS, MerkleHash, XetError, chunker::MAX_CHUNK, error::at_most,
    hash::swap_sha256, recipe::Term,
};

/// Reads a shard that comes in pieces of any size, and holds no more than a record and a footer.
///
/// Counts are compared with the bytes that may still come before they are told, so that who allocates by them allocates no more than
/// the shard is long.
#[derive(Debug)]
pub struct ShardReader {
    limit: u64,
    read: u64,
    held: Vec<u8>,
    state: State,
    has_footer: bool,
    /// Whether the files so far have verification records: all or none.
    verified: Option<bool>,
    xorb_section: u64,
    tail: Vec<u8>,
}

/// What the next record is.
#[derive(Debug, Clone, Copy)]
enum State {
    Header,
    File,
    FileRecord { terms: u32, verifications: u32, metadata: bool },
    Xorb,
    XorbRecord { left: u32, raw_offset: u32 },
    Rest,
}

/// A record of a shard. Files come first, each with its terms, then its verifications, then its sha256; then xorbs, each with its chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ShardEvent {
    /// A file begins.
    File {
        /// Its Xet hash.
        hash: MerkleHash,
        /// How many [`Term`](Self::Term)s follow.
        terms: u32,
        /// Whether as many [`Verification`](Self::Verification)s follow.
        has_verification: bool,
        /// Whether a [`Sha256`](Self::Sha256) follows.
        has_sha256: bool,
    },
    /// The next term of the file.
    Term(Term),
    /// The range hash of the file's next term.
    Verification(MerkleHash),
    /// The sha256 of the file, in its usual order.
    Sha256([u8; 32]),
    /// A xorb begins.
    Xorb {
        /// Its hash.
        hash: MerkleHash,
        /// How many [`Chunk`](Self::Chunk)s follow, at most 8192.
        chunks: u32,
        /// Raw bytes of all its chunks, as its writer says.
        raw_len: u32,
        /// Length of its body; official uploads say 0.
        stored_len: u32,
    },
    /// The next chunk of the xorb.
    Chunk(ShardChunk),
}

/// A chunk as a shard lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardChunk {
    /// Its hash, hidden under the key of the shard's footer if there is one.
    pub hash: MerkleHash,
    /// Its raw bytes.
    pub raw_len: u32,
    /// Whether its writer marked it as one to ask about in global deduplication.
    pub global_dedup: bool,
}

fn wrong(reason: &'static str) -> XetError {
    XetError::invalid("shard", reason)
}

impl ShardReader {
    /// A reader of a shard of at most `limit` bytes; if the length is known, that.
    pub fn new(limit: u64) -> Self {
        Self {
            limit,
            read: 0,
            held: Vec::with_capacity(RECORD_LEN),
            state: State::Header,
            has_footer: false,
            verified: None,
            xorb_section: 0,
            tail: Vec::new(),
        }
    }

    /// Reads one record from `input` and takes off what it has read. `None`: all of `input` is read.
    ///
    /// # Errors
    ///
    /// The shard is over the limit or breaks a rule of the format. The reader is of no use afterwards.
    pub fn next_event(&mut self, input: &mut &[u8]) -> Result<Option<ShardEvent>, XetError> {
        loop {
            if let State::Rest = self.state {
                return self.rest(std::mem::take(input)).map(|()| None);
            }
            let Some(record) = self.record(input) else { return Ok(None) };
            at_most("length of a shard", self.read, self.limit)?;
            if let Some(event) = self.event(&record)? {
                return Ok(Some(event));
            }
        }
    }

    /// Ends the stream: the footer, if the shard has one.
    ///
    /// # Errors
    ///
    /// It ends too early, or its footer contradicts it.
    pub fn finish(self) -> Result<Option<ShardFooter>, XetError> {
        let State::Rest = self.state else { return Err(XetError::Truncated { what: "shard" }) };
        if !self.has_footer {
            return Ok(None);
        }
        let footer = self.tail.last_chunk().ok_or(XetError::Truncated { what: "shard footer" })?;
        let places = Places { xorb_section: self.xorb_section, footer: self.read - FOOTER_LEN as u64 };
        ShardFooter::read(footer, &places).map(Some)
    }

    /// The next whole record.
    fn record(&mut self, input: &mut &[u8]) -> Option<Record> {
        if self.held.is_empty()
            && let Some((record, rest)) = input.split_first_chunk()
        {
            *input = rest;
            self.read += RECORD_LEN as u64;
            return Some(*record);
        }
        let missing = RECORD_LEN.saturating_sub(self.held.len());
        let (taken, rest) = input.split_at_checked(missing).unwrap_or((input, &[]));
        self.held.extend_from_slice(taken);
        self.read += taken.len() as u64;
        *input = rest;
        let record = self.held.first_chunk().copied()?;
        self.held.clear();
        Some(record)
    }

    fn event(&mut self, record: &Record) -> Result<Option<ShardEvent>, XetError> {
        let fields = Fields::read(record);
        let event = match self.state {
            State::Header => {
                self.header(record)?;
                return Ok(None);
            }
            State::File if fields.is_bookend() => {
                self.xorb_section = self.read;
                self.state = State::Xorb;
                return Ok(None);
            }
            State::Xorb if fields.is_bookend() => {
                self.state = State::Rest;
                return Ok(None);
            }
            State::File => self.file(&fields)?,
            State::FileRecord { terms, verifications, metadata } => {
                self.file_record(&fields, terms, verifications, metadata)?
            }
            State::Xorb => self.xorb(&fields)?,
            State::XorbRecord { left, raw_offset } => self.chunk(&fields, left, raw_offset)?,
            State::Rest => return Ok(None),
        };
        Ok(Some(event))
    }

    fn header(&mut self, record: &Record) -> Result<(), XetError> {
        let (tag, numbers) = record.split_at(TAG.len());
        let mut numbers = numbers.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word));
        if tag != TAG {
            return Err(wrong("it does not begin with the tag of shards"));
        }
        let version = numbers.next().unwrap_or_default();
        if version != VERSION {
            return Err(XetError::Unsupported { what: "version of a shard", value: version });
        }
        self.has_footer = match numbers.next() {
            Some(0) => false,
            Some(len) if len == FOOTER_LEN as u64 => true,
            _ => return Err(wrong("its footer has another length than it must have")),
        };
        self.state = State::File;
        Ok(())
    }

    fn file(&mut self, fields: &Fields) -> Result<ShardEvent, XetError> {
        let [flags, terms, ..] = fields.words;
        let has_verification = flags & HAS_VERIFICATION != 0;
        let has_sha256 = flags & HAS_METADATA != 0;
        self.follow(u64::from(terms) * (1 + u64::from(has_verification)) + u64::from(has_sha256))?;
        // A file without terms has nothing to verify.
        if terms > 0 && *self.verified.get_or_insert(has_verification) != has_verification {
            return Err(wrong("some of its files have verifications and some have not"));
        }
        let verifications = if has_verification { terms } else { 0 };
        self.within_file(terms, verifications, has_sha256);
        Ok(ShardEvent::File { hash: fields.hash.into(), terms, has_verification, has_sha256 })
    }

    fn file_record(
        &mut self,
        fields: &Fields,
        terms: u32,
        verifications: u32,
        metadata: bool,
    ) -> Result<ShardEvent, XetError> {
        if let Some(terms) = terms.checked_sub(1) {
            self.within_file(terms, verifications, metadata);
            return Ok(ShardEvent::Term(fields.term().checked()?));
        }
        if let Some(verifications) = verifications.checked_sub(1) {
            self.within_file(terms, verifications, metadata);
            return Ok(ShardEvent::Verification(fields.hash.into()));
        }
        self.state = State::File;
        Ok(ShardEvent::Sha256(swap_sha256(fields.hash)))
    }

    fn within_file(&mut self, terms: u32, verifications: u32, metadata: bool) {
        self.state = if terms == 0 && verifications == 0 && !metadata {
            State::File
        } else {
            State::FileRecord { terms, verifications, metadata }
        };
    }

    fn xorb(&mut self, fields: &Fields) -> Result<ShardEvent, XetError> {
        let [_, chunks, raw_len, stored_len] = fields.words;
        at_most("number of chunks in a xorb", chunks.into(), MAX_XORB_CHUNKS as u64)?;
        self.follow(chunks.into())?;
        self.within_xorb(chunks, 0);
        Ok(ShardEvent::Xorb { hash: fields.hash.into(), chunks, raw_len, stored_len })
    }

    fn chunk(&mut self, fields: &Fields, left: u32, expected: u32) -> Result<ShardEvent, XetError> {
        let [raw_offset, raw_len, flags, _] = fields.words;
        if raw_offset != expected {
            return Err(wrong("the chunks of a xorb do not follow one another"));
        }
        at_most("raw length of a chunk", raw_len.into(), MAX_CHUNK as u64)?;
        let end = u64::from(raw_offset) + u64::from(raw_len);
        at_most("raw length of a xorb", end, MAX_XORB_BYTES as u64)?;
        self.within_xorb(left.saturating_sub(1), raw_offset.saturating_add(raw_len));
        let global_dedup = flags & GLOBAL_DEDUP != 0;
        Ok(ShardEvent::Chunk(ShardChunk { hash: fields.hash.into(), raw_len, global_dedup }))
    }

    fn within_xorb(&mut self, left: u32, raw_offset: u32) {
        self.state = if left == 0 { State::Xorb } else { State::XorbRecord { left, raw_offset } };
    }

    /// Whether so many records can follow, with the bookend after them.
    fn follow(&self, records: u64) -> Result<(), XetError> {
        let needed = records.saturating_add(1).saturating_mul(RECORD_LEN as u64);
        at_most("length of a shard", self.read.saturating_add(needed), self.limit)
    }

    /// Lookup tables, which are not needed, and the footer behind them.
    fn rest(&mut self, input: &[u8]) -> Result<(), XetError> {
        self.read += input.len() as u64;
        at_most("length of a shard", self.read, self.limit)?;
        if !self.has_footer && !input.is_empty() {
            return Err(wrong("more bytes follow its end"));
        }
        let from = input.len().saturating_sub(FOOTER_LEN);
        self.tail.extend_from_slice(input.get(from..).unwrap_or_default());
        self.tail.drain(..self.tail.len().saturating_sub(FOOTER_LEN));
        Ok(())
    }
}
