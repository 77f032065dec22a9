//! Reading a file from a program that is not asynchronous.

use std::{fmt, io, ops::Range};

use bytes::{Buf, Bytes};
use futures_util::StreamExt;
use hub_download::{ContentId, FileReader};
use hub_types::CommitHash;

use crate::blocking;

/// What is known of the file while its reader is at work.
#[derive(Debug, Clone)]
struct Facts {
    commit: CommitHash,
    id: ContentId,
    size: u64,
    range: Range<u64>,
}

impl Facts {
    fn of(reader: &FileReader) -> Self {
        let (commit, id) = (reader.commit().clone(), reader.id().clone());
        Self { commit, id, size: reader.size(), range: reader.range() }
    }
}

enum State {
    Reading(Box<FileReader>),
    Ended,
    /// It must not look like the end, however often it is read.
    Failed,
}

/// A [`FileReader`] that blocks the thread: the content of a file, or a range of it, as an [`io::Read`].
pub struct BlockingFileReader {
    facts: Facts,
    reader: State,
    rest: Bytes,
}

impl BlockingFileReader {
    pub(crate) fn new(reader: FileReader) -> Self {
        Self { facts: Facts::of(&reader), reader: State::Reading(Box::new(reader)), rest: Bytes::new() }
    }

    /// The commit that the file is of.
    pub fn commit(&self) -> &CommitHash {
        &self.facts.commit
    }

    /// What identifies the whole content.
    pub fn id(&self) -> &ContentId {
        &self.facts.id
    }

    /// The etag of the whole content, without quotes.
    pub fn etag(&self) -> &str {
        self.facts.id.as_str()
    }

    /// Bytes of the whole file.
    pub fn size(&self) -> u64 {
        self.facts.size
    }

    /// Which bytes of the file this reads.
    pub fn range(&self) -> Range<u64> {
        self.facts.range.clone()
    }
}

impl fmt::Debug for BlockingFileReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingFileReader").field("facts", &self.facts).finish_non_exhaustive()
    }
}

impl io::Read for BlockingFileReader {
    /// After an error every further read fails.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() && !buffer.is_empty() {
            let mut reader = match std::mem::replace(&mut self.reader, State::Failed) {
                State::Reading(reader) => reader,
                State::Ended => {
                    self.reader = State::Ended;
                    return Ok(0);
                }
                State::Failed => return Err(io::Error::other("reading has failed before")),
            };
            let next = blocking::run(async move { (reader.next().await, reader) });
            match next.map_err(io::Error::other)? {
                (Some(chunk), reader) => {
                    self.rest = chunk.map_err(io::Error::other)?;
                    self.reader = State::Reading(reader);
                }
                (None, _) => {
                    self.reader = State::Ended;
                    return Ok(0);
                }
            }
        }
        let count = self.rest.len().min(buffer.len());
        if let Some(buffer) = buffer.get_mut(..count) {
            self.rest.copy_to_slice(buffer);
        }
        Ok(count)
    }
}
