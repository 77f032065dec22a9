//! Where a blob goes while it arrives, with the hash of what has come.

use std::ops::Range;

use crate::content_id::Hasher;
use crate::transfer::partial::Partial;
use crate::transfer::written_ranges::WrittenRanges;
use crate::{DownloadError, RemoteFile};

/// A blob that is not complete yet.
#[derive(Debug)]
pub(crate) struct Sink {
    pub(crate) store: Store,
    hasher: Hasher,
    start: Hasher,
    size: u64,
    /// How many bytes there are from the start on, without a gap.
    pub(crate) position: u64,
    /// What is there after a gap.
    ahead: WrittenRanges,
}

#[derive(Debug)]
pub(crate) enum Store {
    /// A small content.
    Memory(Vec<u8>),
    Partial(Box<Partial>),
}

impl Sink {
    /// For a blob that fits into memory.
    pub(crate) fn memory(file: &RemoteFile) -> Self {
        Self::new(file, Store::Memory(Vec::new()))
    }

    /// For a blob that an earlier download may have begun. Waits for the disk.
    pub(crate) fn partial(file: &RemoteFile, mut partial: Partial) -> Result<Self, DownloadError> {
        let mut hasher = file.id.hasher(file.size);
        let position = partial.read(0..partial.gap.unwrap_or(file.size), &mut hasher)?;
        let mut ahead = WrittenRanges::default();
        partial.spans().iter().for_each(|span| ahead.add(span.clone()));
        let sink = Self::new(file, Store::Partial(Box::new(partial)));
        Ok(Self { hasher, position, ahead, ..sink })
    }

    /// What is there after a gap.
    pub(crate) fn kept(&self) -> Vec<Range<u64>> {
        self.ahead.iter().collect()
    }

    fn new(file: &RemoteFile, store: Store) -> Self {
        let start = file.id.hasher(file.size);
        Self {
            store,
            hasher: start.clone(),
            start,
            size: file.size,
            position: 0,
            ahead: WrittenRanges::default(),
        }
    }

    /// Takes in bytes that belong at `at`: at [`Self::position`], or after a gap, which a partial file may have. Waits for
    /// the disk.
    pub(crate) fn write(&mut self, at: u64, chunk: &[u8]) -> Result<(), DownloadError> {
        let end = at + chunk.len() as u64;
        match &mut self.store {
            Store::Memory(content) => content.extend_from_slice(chunk),
            Store::Partial(partial) => {
                if at != self.position {
                    partial.gap = Some(self.position);
                    self.ahead.add(at..end);
                }
                partial.write(at, chunk, self.size.saturating_sub(self.position))?;
            }
        }
        if at == self.position {
            self.hasher.update(chunk);
            self.position = end;
            self.catch_up()?;
        }
        Ok(())
    }

    /// Hashes what is there at the position since before the position came there.
    fn catch_up(&mut self) -> Result<(), DownloadError> {
        let Store::Partial(partial) = &mut self.store else { return Ok(()) };
        while let Some(end) = self.ahead.take(self.position) {
            partial.read(self.position..end, &mut self.hasher)?;
            self.position = end;
        }
        partial.gap = (!self.ahead.is_empty()).then_some(self.position);
        Ok(())
    }

    /// Forgets what is there after a gap. Waits for the disk.
    pub(crate) fn cut(&mut self) -> Result<(), DownloadError> {
        self.ahead.clear();
        match &mut self.store {
            Store::Memory(_) => Ok(()),
            Store::Partial(partial) => partial.cut(),
        }
    }

    /// Forgets what has come.
    pub(crate) fn restart(&mut self) -> Result<(), DownloadError> {
        match &mut self.store {
            Store::Memory(content) => content.clear(),
            Store::Partial(partial) => partial.restart()?,
        }
        self.ahead.clear();
        self.hasher = self.start.clone();
        self.position = 0;
        Ok(())
    }

    /// Leaves nothing behind.
    pub(crate) fn discard(mut self) {
        if let Store::Partial(partial) = &mut self.store {
            partial.discard();
        }
    }

    /// The hash of what has come, if this kind of content has one.
    pub(crate) fn digest(&self) -> Option<String> {
        self.hasher.clone().finish()
    }
}
