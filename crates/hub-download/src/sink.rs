//! Where a content goes while it arrives, with the hash of what has come.

use crate::{DownloadError, RemoteFile, content::Hasher, partial::Partial};

/// A content that is not complete yet.
#[derive(Debug)]
pub(crate) struct Sink {
    pub(crate) store: Store,
    hasher: Hasher,
    start: Hasher,
    size: u64,
    /// How many bytes there are.
    pub(crate) position: u64,
}

#[derive(Debug)]
pub(crate) enum Store {
    /// A small content.
    Memory(Vec<u8>),
    Partial(Box<Partial>),
}

impl Sink {
    /// For a content that fits into memory.
    pub(crate) fn memory(file: &RemoteFile) -> Self {
        Self::new(file, Store::Memory(Vec::new()))
    }

    /// For a content that an earlier download may have begun. Waits for the disk.
    pub(crate) fn partial(file: &RemoteFile, mut partial: Partial) -> Result<Self, DownloadError> {
        let mut hasher = file.id.hasher(file.size);
        let position = partial.read(&mut hasher)?;
        let sink = Self::new(file, Store::Partial(Box::new(partial)));
        Ok(Self { hasher, position, ..sink })
    }

    fn new(file: &RemoteFile, store: Store) -> Self {
        let start = file.id.hasher(file.size);
        Self { store, hasher: start.clone(), start, size: file.size, position: 0 }
    }

    pub(crate) fn write(&mut self, chunk: &[u8]) -> Result<(), DownloadError> {
        match &mut self.store {
            Store::Memory(content) => content.extend_from_slice(chunk),
            Store::Partial(partial) => partial.write(chunk, self.size.saturating_sub(self.position))?,
        }
        self.hasher.update(chunk);
        self.position += chunk.len() as u64;
        Ok(())
    }

    /// Forgets what has come.
    pub(crate) fn restart(&mut self) -> Result<(), DownloadError> {
        match &mut self.store {
            Store::Memory(content) => content.clear(),
            Store::Partial(partial) => partial.restart()?,
        }
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
