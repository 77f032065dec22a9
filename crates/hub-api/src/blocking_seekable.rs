//! Reading a file at any place from a program that is not asynchronous.

use std::{
    fmt,
    io::{self, Read, Seek, SeekFrom},
};

use hub_download::{ContentId, SeekableReader};
use hub_types::CommitHash;

use crate::blocking;

/// A [`SeekableReader`] that blocks the thread: a [`Read`] and [`Seek`].
pub struct BlockingSeekableReader {
    commit: CommitHash,
    id: ContentId,
    size: u64,
    /// Taken while bytes are fetched; lost if that panics.
    reader: Option<Box<SeekableReader>>,
}

impl BlockingSeekableReader {
    pub(crate) fn new(reader: SeekableReader) -> Self {
        let (commit, id, size) = (reader.commit().clone(), reader.id().clone(), reader.size());
        Self { commit, id, size, reader: Some(Box::new(reader)) }
    }

    /// The commit that the file is of.
    pub fn commit(&self) -> &CommitHash {
        &self.commit
    }

    /// What identifies the whole content.
    pub fn id(&self) -> &ContentId {
        &self.id
    }

    /// Bytes of the file.
    pub fn size(&self) -> u64 {
        self.size
    }
}

fn lost() -> io::Error {
    io::Error::other("reading has panicked before")
}

impl Read for BlockingSeekableReader {
    /// After an error the next read tries again.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let mut reader = self.reader.take().ok_or_else(lost)?;
            let here = reader.read_here(buffer);
            if let Some(count) = here {
                self.reader = Some(reader);
                return Ok(count);
            }
            let wanted = buffer.len();
            let filled = blocking::run(async move { (reader.fill(wanted).await, reader) });
            let (outcome, reader) = filled.map_err(io::Error::other)?;
            self.reader = Some(reader);
            outcome.map_err(io::Error::other)?;
        }
    }
}

impl Seek for BlockingSeekableReader {
    fn seek(&mut self, place: SeekFrom) -> io::Result<u64> {
        self.reader.as_mut().ok_or_else(lost)?.seek_to(place)
    }
}

impl fmt::Debug for BlockingSeekableReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingSeekableReader").field("reader", &self.reader).finish_non_exhaustive()
    }
}
