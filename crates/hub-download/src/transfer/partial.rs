//! The beginning of a blob whose download is not complete.
//!
//! While it is written it has a name that no other process uses (`CONTENT.1a2b3c4d.incomplete`); when it is given up it is
//! renamed to `CONTENT.incomplete`, where the next download takes it by another rename. So no two write to one file, also
//! where locks do nothing. A process that was killed leaves the first name; whoever holds a lock that works takes that too.
//! Under the first name the file may have gaps, under the common one it has none: the Python client goes by its length.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
    thread::{self, JoinHandle},
};

use crate::cache::lock::Lock;
use crate::content_id::Hasher;
use crate::disk::{beside, io_error, is_forgotten, read_pieces, write_all, write_error};
use crate::{Disk, DownloadError};

const ENDING: &str = "incomplete";
/// After how many bytes what was written is brought to the medium while more arrives, so that the end need not wait long.
const SYNC_EVERY: u64 = 32 * 1024 * 1024;

/// A file that is being written. Dropped before it is published it stays, to be continued.
#[derive(Debug)]
pub(crate) struct Partial {
    file: File,
    /// Where the file is read or written next.
    at: u64,
    /// Where bytes are missing although there are some after them.
    pub(crate) gap: Option<u64>,
    /// What a process that was killed left after a gap.
    spans: Vec<Range<u64>>,
    path: PathBuf,
    /// Its name when it is given up.
    common: PathBuf,
    disk: Arc<dyn Disk>,
    settled: bool,
    /// Bytes written since the last sync began.
    unsynced: u64,
    syncing: Option<JoinHandle<io::Result<()>>>,
    /// Released last.
    _lock: Lock,
}

impl Partial {
    /// Takes what an earlier download of the content `stem` left, at most `size` bytes, or begins with nothing.
    pub(crate) fn open(
        stem: &Path,
        size: u64,
        force: bool,
        disk: Arc<dyn Disk>,
        lock: Lock,
    ) -> Result<Self, DownloadError> {
        let (path, common) = (beside(stem, ENDING), named(stem, ENDING));
        let mut left = leftovers(stem, &common, lock.exclusive);
        left.sort_by_key(|(_, length)| *length);
        let taken = left.pop_if(|(_, length)| *length <= size && !force);
        for (other, _) in left {
            drop(fs::remove_file(other));
        }
        // A rename that fails means that another was faster.
        let taken = taken.map(|(left, _)| left).filter(|left| fs::rename(left, &path).is_ok());
        let (continued, killed) = (taken.is_some(), taken.is_some_and(|left| left != common));
        let options = OpenOptions::new().read(true).write(true).create_new(!continued).clone();
        let file = options.open(&path).map_err(|error| io_error("create", &path, error))?;
        let written = killed.then(|| written(&file)).flatten();
        let (gap, spans) = written.map_or((None, Vec::new()), |(gap, spans)| (Some(gap), spans));
        let mut partial = Self {
            file,
            at: 0,
            gap,
            spans,
            path,
            common,
            disk,
            settled: false,
            unsynced: 0,
            syncing: None,
            _lock: lock,
        };
        if partial.spans.is_empty() {
            partial.cut()?;
        }
        Ok(partial)
    }

    /// What a process that was killed left after the gap, in order.
    pub(crate) fn spans(&self) -> &[Range<u64>] {
        &self.spans
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives what is there of `span` to `take`, piece by piece.
    pub(crate) fn each_piece(
        &mut self,
        span: Range<u64>,
        take: impl FnMut(&[u8]),
    ) -> Result<(), DownloadError> {
        let read = self.pieces(&span, take).and_then(|count| {
            if count < span.end.saturating_sub(span.start) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            Ok(())
        });
        read.map_err(|error| io_error("read", &self.path, error))
    }

    /// Hashes what is there of `span`; returns how many bytes that is.
    pub(crate) fn read(&mut self, span: Range<u64>, hasher: &mut Hasher) -> Result<u64, DownloadError> {
        let count = self.pieces(&span, |piece| hasher.update(piece));
        count.map_err(|error| io_error("read", &self.path, error))
    }

    fn pieces(&mut self, span: &Range<u64>, take: impl FnMut(&[u8])) -> io::Result<u64> {
        self.seek(span.start)?;
        let count = read_pieces(&mut (&self.file).take(span.end.saturating_sub(span.start)), take)?;
        self.at += count;
        Ok(count)
    }

    /// Writes bytes that belong at `at`; `left` bytes of the content are still to come, these included.
    pub(crate) fn write(&mut self, at: u64, bytes: &[u8], left: u64) -> Result<(), DownloadError> {
        let written = self.seek(at).and_then(|()| write_all(&*self.disk, &mut self.file, bytes));
        self.at += bytes.len() as u64;
        self.unsynced += bytes.len() as u64;
        written.and_then(|()| self.sync_meanwhile()).map_err(|error| {
            let error = write_error(&*self.disk, &self.path, left, error);
            if matches!(error, DownloadError::DiskFull { .. }) {
                self.discard();
            }
            error
        })
    }

    fn seek(&mut self, at: u64) -> io::Result<()> {
        if self.at != at {
            self.at = self.file.seek(SeekFrom::Start(at))?;
        }
        Ok(())
    }

    /// Forgets what is after a gap.
    pub(crate) fn cut(&mut self) -> Result<(), DownloadError> {
        let Some(gap) = self.gap.take() else { return Ok(()) };
        self.file.set_len(gap).map_err(|error| io_error("shorten", &self.path, error))
    }

    fn sync_meanwhile(&mut self) -> io::Result<()> {
        if self.unsynced < SYNC_EVERY || self.syncing.as_ref().is_some_and(|sync| !sync.is_finished()) {
            return Ok(());
        }
        self.synced()?;
        let (file, disk) = (self.file.try_clone()?, Arc::clone(&self.disk));
        self.unsynced = 0;
        self.syncing = Some(thread::Builder::new().name("hub-sync".into()).spawn(move || disk.sync(&file))?);
        Ok(())
    }

    /// Waits for the sync that was begun. Its failure is told once by the system, so that it must not be lost.
    ///
    /// What a failed sync wrote is unknown: it is not continued.
    fn synced(&mut self) -> io::Result<()> {
        let Some(sync) = self.syncing.take() else { return Ok(()) };
        let outcome = sync.join().unwrap_or_else(|_| Err(io::Error::other("the disk task panicked")));
        outcome.inspect_err(|_| self.discard())
    }

    /// Forgets the content.
    pub(crate) fn restart(&mut self) -> Result<(), DownloadError> {
        self.gap = Some(0);
        self.cut()
    }

    /// Removes the file.
    pub(crate) fn discard(&mut self) {
        self.settled = true;
        drop(fs::remove_file(&self.path));
    }

    /// Moves the complete content to its place once it is on the medium.
    pub(crate) fn publish(mut self, place: &Path) -> Result<(), DownloadError> {
        let synced = self.synced().and_then(|()| self.disk.sync(&self.file));
        synced.map_err(|error| {
            self.discard();
            write_error(&*self.disk, &self.path, 0, error)
        })?;
        self.disk.rename(&self.path, place).map_err(|error| io_error("write", place, error))?;
        self.settled = true;
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if self.settled {
            return;
        }
        // Whoever finds the common name goes by the length.
        let left = self.cut().and_then(|()| {
            let empty = self.file.metadata().is_ok_and(|metadata| metadata.len() == 0);
            let left = if empty { fs::remove_file(&self.path) } else { fs::rename(&self.path, &self.common) };
            left.map_err(|error| io_error("rename", &self.path, error))
        });
        if let Err(error) = left {
            tracing::debug!(%error, path = %self.path.display(), "a partial file could not be put aside");
        }
    }
}

/// Where a process that was killed left the first gap, and what is written after it: a little less of each, because systems count gaps in
/// blocks. `None` without a gap.
#[cfg(unix)]
fn written(file: &File) -> Option<(u64, Vec<Range<u64>>)> {
    use rustix::fs::{SeekFrom, seek};
    /// More than a block of any file system.
    const BLOCK: u64 = 1024 * 1024;
    /// Most spans that are looked for.
    const MOST: usize = 10_000;
    let length = file.metadata().ok()?.len();
    let first = seek(file, SeekFrom::Hole(0)).ok().filter(|gap| *gap < length);
    let (mut spans, mut at) = (Vec::new(), first.unwrap_or(length));
    while spans.len() < MOST
        && let Ok(start) = seek(file, SeekFrom::Data(at))
        && let Ok(end) = seek(file, SeekFrom::Hole(start))
        && at < end
    {
        let span = start.saturating_add(BLOCK)..end.saturating_sub(BLOCK);
        spans.extend((span.start < span.end).then_some(span));
        at = end;
    }
    // To ask moved the position of the file.
    seek(file, SeekFrom::Start(0)).ok()?;
    first.map(|gap| (gap.saturating_sub(BLOCK), spans))
}

/// Without a way to ask, the hash tells that there was one.
#[cfg(not(unix))]
fn written(_: &File) -> Option<(u64, Vec<Range<u64>>)> {
    None
}

/// Writes a blob that is in memory beside `stem` and moves it to its place.
pub(crate) fn publish_bytes(
    disk: &dyn Disk,
    stem: &Path,
    place: &Path,
    content: &[u8],
) -> Result<(), DownloadError> {
    let made = beside(stem, ENDING);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&made)
        .and_then(|mut file| write_all(disk, &mut file, content))
        .and_then(|()| disk.rename(&made, place));
    written.map_err(|error| {
        drop(fs::remove_file(&made));
        write_error(disk, place, content.len() as u64, error)
    })
}

/// Bytes in the partial files of a folder.
pub(crate) fn kept_in(folder: &Path) -> u64 {
    partials(folder).map(|(_, metadata)| metadata.len()).sum()
}

fn named(stem: &Path, ending: &str) -> PathBuf {
    let name = stem.file_name().unwrap_or_default().to_string_lossy();
    stem.with_file_name(format!("{name}.{ending}"))
}

/// The partial files of a folder. Links are none of them.
fn partials(folder: &Path) -> impl Iterator<Item = (PathBuf, fs::Metadata)> {
    fs::read_dir(folder).into_iter().flatten().filter_map(|entry| {
        let path = entry.ok()?.path();
        let metadata = fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file)?;
        path.extension().is_some_and(|ending| ending == ENDING).then_some((path, metadata))
    })
}

/// What earlier downloads of this content left, with lengths. Removes what is forgotten, of any content.
fn leftovers(stem: &Path, common: &Path, all: bool) -> Vec<(PathBuf, u64)> {
    let prefix = stem.file_name().unwrap_or_default().to_string_lossy().into_owned() + ".";
    let Some(folder) = stem.parent() else { return Vec::new() };
    let mut found = Vec::new();
    for (path, metadata) in partials(folder) {
        let ours = path.file_name().unwrap_or_default().to_string_lossy().starts_with(&prefix);
        if path == common || (ours && all) {
            found.push((path, metadata.len()));
        } else if !ours && is_forgotten(&path, ENDING, &metadata) {
            drop(fs::remove_file(path));
        }
    }
    found
}
