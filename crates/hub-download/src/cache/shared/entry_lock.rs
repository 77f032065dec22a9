//! One change of an entry at a time, by whatever process.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use super::modes::{no_follow, open_to_all};
use crate::Disk;

/// The time between two looks at a lock that another has.
const PAUSE: Duration = Duration::from_millis(10);
/// How often it is looked at: for 10 s. Whoever has it renames a file or two.
const LOOKS: usize = 1000;

/// The right to change an entry, its manifest and the links to it, until it is dropped. Holds up the thread that takes it.
#[derive(Debug)]
pub(super) struct EntryLock {
    _file: File,
    /// Where the file system has no locks, the file whose being there is one.
    soft: Option<PathBuf>,
}

impl EntryLock {
    /// Waits for up to 10 s.
    pub(super) fn take(disk: &dyn Disk, entry: &Path) -> io::Result<Self> {
        let path = with_ending(entry, "lock");
        for _ in 0..LOOKS {
            let file = no_follow().write(true).create(true).truncate(false).open(&path)?;
            if !file.metadata()?.is_file() {
                return Err(io::Error::other("the lock is no regular file"));
            }
            open_to_all(&file);
            match disk.try_lock(&file) {
                Ok(()) if is_at(&file, &path) => return Ok(Self { _file: file, soft: None }),
                // Somebody has removed the file meanwhile, and the next one locks another.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => thread::sleep(PAUSE),
                Err(TryLockError::Error(_)) => return Self::soft(file, with_ending(entry, "lock.soft")),
            }
        }
        Err(io::ErrorKind::TimedOut.into())
    }

    fn soft(file: File, path: PathBuf) -> io::Result<Self> {
        for _ in 0..LOOKS {
            match no_follow().write(true).create_new(true).open(&path) {
                Ok(_) => return Ok(Self { _file: file, soft: Some(path) }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => thread::sleep(PAUSE),
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::TimedOut.into())
    }
}

impl Drop for EntryLock {
    fn drop(&mut self) {
        if let Some(path) = self.soft.take() {
            drop(fs::remove_file(path));
        }
    }
}

/// The path of what belongs to an entry: `cdcd….lock`.
pub(super) fn with_ending(entry: &Path, ending: &str) -> PathBuf {
    let mut name = entry.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(ending);
    entry.with_file_name(name)
}

#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |metadata: fs::Metadata| (metadata.dev(), metadata.ino());
    match (file.metadata(), fs::symlink_metadata(path)) {
        (Ok(one), Ok(other)) => identity(one) == identity(other),
        _ => false,
    }
}

/// A file that is open cannot be removed.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemDisk;

    #[derive(Debug)]
    struct NoLocks;

    impl Disk for NoLocks {
        fn try_lock(&self, _: &File) -> Result<(), TryLockError> {
            Err(TryLockError::Error(io::ErrorKind::Unsupported.into()))
        }
    }

    #[test]
    fn one_holder_after_the_other_has_the_lock() {
        let folder = tempfile::tempdir().unwrap();
        let entry = folder.path().join("entry");
        let disks: [&dyn Disk; 2] = [&SystemDisk, &NoLocks];
        for disk in disks {
            let first = EntryLock::take(disk, &entry).unwrap();
            thread::scope(|scope| {
                let second = scope.spawn(|| EntryLock::take(disk, &entry).map(drop));
                drop(first);
                second.join().unwrap().unwrap();
            });
            assert!(!with_ending(&entry, "lock.soft").exists());
        }
    }
}
