//! Who has a data folder: one process, or several that only read it.

use std::{
    fs::{File, TryLockError},
    path::Path,
    thread,
    time::{Duration, Instant},
};

use super::{Result, StoreError};

/// How long the lock of a folder may be somebody else's before the folder is in use.
const WAIT: Duration = Duration::from_millis(500);
const PAUSE: Duration = Duration::from_millis(10);

/// Takes a data folder for this process, until the value is dropped.
///
/// # Errors
/// `InUse`.
pub(super) fn take(dir: &Path) -> Result<File> {
    let path = dir.join("lock");
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(StoreError::io("open", &path))?;
    match wait(|| lock.try_lock()) {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: dir.to_path_buf() }),
        Err(TryLockError::Error(source)) => Err(StoreError::io("lock", &path)(source)),
    }
}

/// Keeps processes from a data folder that is being read, until the value is dropped; nothing is written there. A folder that nobody ever
/// opened, such as a backup, has no lock.
///
/// # Errors
/// `InUse`.
pub(super) fn keep_from_others(dir: &Path) -> Result<Option<File>> {
    let Ok(lock) = File::open(dir.join("lock")) else { return Ok(None) };
    match wait(|| lock.try_lock_shared()) {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse { path: dir.to_path_buf() }),
        // A file system without locks.
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// A process that is being started holds what its parent had open, for a moment.
fn wait(attempt: impl Fn() -> Result<(), TryLockError>) -> Result<(), TryLockError> {
    let started = Instant::now();
    loop {
        match attempt() {
            Err(TryLockError::WouldBlock) if started.elapsed() < WAIT => thread::sleep(PAUSE),
            done => return done,
        }
    }
}
