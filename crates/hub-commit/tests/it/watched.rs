//! The files of the machine, and what is done with them.

use std::collections::BTreeMap;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use hub_commit::source::{Files, SourceFile, Stamp, SystemFiles};

/// Bytes that were read, files that are open, and the most that ever were at once.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub(crate) read: AtomicUsize,
    pub(crate) open: AtomicUsize,
    pub(crate) most_open: AtomicUsize,
    /// How often each file was hashed to its end, for tests that listen to the progress.
    pub(crate) hashed: Mutex<BTreeMap<String, usize>>,
}

#[derive(Debug)]
pub(crate) struct Watched(pub(crate) Arc<Counts>);

struct WatchedFile(Box<dyn SourceFile>, Arc<Counts>);

impl WatchedFile {
    fn note(&self, read: io::Result<usize>) -> io::Result<usize> {
        read.inspect(|n| {
            self.1.read.fetch_add(*n, Ordering::SeqCst);
        })
    }
}

impl Files for Watched {
    fn open(&self, path: &Path) -> io::Result<(Box<dyn SourceFile>, Stamp)> {
        let (file, stamp) = SystemFiles.open(path)?;
        let open = self.0.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most_open.fetch_max(open, Ordering::SeqCst);
        Ok((Box::new(WatchedFile(file, Arc::clone(&self.0))), stamp))
    }
}

impl Drop for WatchedFile {
    fn drop(&mut self) {
        self.1.open.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Read for WatchedFile {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buf);
        self.note(read)
    }
}

impl Seek for WatchedFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

impl SourceFile for WatchedFile {
    fn stamp(&mut self) -> io::Result<Stamp> {
        self.0.stamp()
    }

    fn read_at_once(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read_at_once(buf);
        self.note(read)
    }
}
