//! A shard on its way in: written to a file and read over for what can be wrong with it alone, then read again block by block.

use std::{fs::File, io::Read};

use bytes::Bytes;
use futures_util::stream::Stream;
use hub_xet::{
    XetError,
    shard::{FileBlock, MAX_SHARD_BYTES, ShardEvent, ShardReader, XorbBlock},
};

use super::{XetFault, XetStore};
use crate::{
    BoxError,
    store::{
        Result, StoreError,
        lfs::incoming::{Incoming, receive},
    },
};

/// Bytes that are read at once.
const BUFFER: usize = 64 * 1024;
const BATCH: usize = 256 * 1024;
/// Most terms of a file: as many take 12 MB, and a file of a terabyte in whole xorbs has 16,384.
const MAX_TERMS: u32 = 1 << 18;

/// A shard that has come whole and is well formed.
pub(crate) struct NewShard {
    incoming: Incoming,
    len: u64,
    files: u64,
}

impl XetStore {
    /// Takes a shard in; it is checked and registered by [`register`](Self::register).
    ///
    /// # Errors
    /// `Invalid` when it is not well formed, `TooLarge`, `Body` when the sender fails.
    pub(crate) async fn receive_shard<S, E>(&self, body: S) -> Result<NewShard, XetFault>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<BoxError>,
    {
        let limit = MAX_SHARD_BYTES as u64;
        let sink = (Incoming::create(&self.shared.incoming).await?, ShardReader::new(limit), 0_u64);
        let check = |(incoming, reader, files): &mut (Incoming, ShardReader, u64),
                     batch: &[Bytes]|
         -> Result<(), XetFault> {
            for piece in batch {
                let mut input = piece.as_ref();
                while let Some(event) = reader.next_event(&mut input)? {
                    *files += u64::from(check_alone(&event)?);
                }
            }
            Ok(incoming.write(batch)?)
        };
        let received = receive(sink, limit, BATCH, body, check).await;
        let ((incoming, reader, files), len) = received.map_err(|fault| match fault {
            XetFault::TooLarge { .. } => XetFault::TooLarge { limit },
            other => other,
        })?;
        reader.finish()?;
        Ok(NewShard { incoming, len, files })
    }
}

/// What an upload must have, whatever is stored. True for the beginning of a file.
fn check_alone(event: &ShardEvent) -> Result<bool, XetFault> {
    let ShardEvent::File { terms, has_verification, has_sha256, .. } = event else { return Ok(false) };
    if *terms > MAX_TERMS {
        let (size, limit) = (u64::from(*terms), u64::from(MAX_TERMS));
        return Err(XetError::TooLarge { what: "number of terms of a file", size, limit }.into());
    }
    if *terms > 0 && !has_verification {
        return Err(XetFault::invalid("file of a shard", "an upload must have a verification for each term"));
    }
    if !has_sha256 {
        return Err(XetFault::invalid("file of a shard", "an upload must have the sha256"));
    }
    Ok(true)
}

/// A file or a xorb of a shard, of which one is in memory at a time.
pub(super) enum Block {
    File(FileBlock),
    Xorb(XorbBlock),
}

/// Reads the blocks of a shard. It blocks on the disk.
pub(super) struct Blocks {
    file: File,
    /// Removes the file on drop.
    path: tempfile::TempPath,
    reader: ShardReader,
    buffer: Vec<u8>,
    /// Where in the buffer the next record begins.
    at: usize,
    open: Option<Block>,
}

impl NewShard {
    /// How many files it registers.
    pub(crate) fn file_count(&self) -> u64 {
        self.files
    }

    /// Its blocks, in order.
    pub(super) fn blocks(self) -> Result<Blocks> {
        let (file, path) = self.incoming.into_reader()?;
        let (reader, buffer) = (ShardReader::new(self.len), Vec::with_capacity(BUFFER));
        Ok(Blocks { file, path, reader, buffer, at: 0, open: None })
    }
}

impl Blocks {
    /// The next block; `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Block>, XetFault> {
        loop {
            let Some(event) = self.event()? else { return Ok(self.open.take()) };
            let begun = match event {
                ShardEvent::File { hash, .. } => {
                    Block::File(FileBlock { hash, terms: Vec::new(), verification: Vec::new(), sha256: None })
                }
                ShardEvent::Xorb { hash, stored_len, .. } => {
                    Block::Xorb(XorbBlock { hash, stored_len, chunks: Vec::new() })
                }
                more => {
                    self.add(more);
                    continue;
                }
            };
            if let Some(complete) = self.open.replace(begun) {
                return Ok(Some(complete));
            }
        }
    }

    fn add(&mut self, event: ShardEvent) {
        match (&mut self.open, event) {
            (Some(Block::File(file)), ShardEvent::Term(term)) => file.terms.push(term),
            (Some(Block::File(file)), ShardEvent::Verification(hash)) => file.verification.push(hash),
            (Some(Block::File(file)), ShardEvent::Sha256(digest)) => file.sha256 = Some(digest),
            (Some(Block::Xorb(xorb)), ShardEvent::Chunk(chunk)) => xorb.chunks.push(chunk),
            // A reader gives nothing else in this place.
            _ => {}
        }
    }

    fn event(&mut self) -> Result<Option<ShardEvent>, XetFault> {
        loop {
            let mut input = self.buffer.get(self.at..).unwrap_or_default();
            let event = self.reader.next_event(&mut input)?;
            self.at = self.buffer.len() - input.len();
            if event.is_some() {
                return Ok(event);
            }
            self.buffer.clear();
            self.at = 0;
            let read = Read::by_ref(&mut self.file).take(BUFFER as u64).read_to_end(&mut self.buffer);
            if read.map_err(StoreError::io("read", &self.path))? == 0 {
                return Ok(None);
            }
        }
    }
}
