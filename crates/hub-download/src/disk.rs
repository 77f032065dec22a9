//! What a download asks of the disk, and the errors when it fails.

use std::{
    fmt,
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::DownloadError;

/// The operations that decide whether a download is whole: a parameter, so that tests can let each of them fail.
///
/// Every method has the operating system's behaviour unless it is replaced; all of them wait for the disk.
pub trait Disk: Send + Sync + fmt::Debug {
    /// Writes some of `bytes` at the file's position and returns how many.
    ///
    /// # Errors
    /// Those of the system.
    fn write(&self, file: &mut File, bytes: &[u8]) -> io::Result<usize> {
        file.write(bytes)
    }

    /// Returns when the content of the file is on the medium.
    ///
    /// # Errors
    /// Those of the system; the content counts as lost then.
    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    /// Moves a file, replacing what is at its new place.
    ///
    /// # Errors
    /// Those of the system.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    /// Takes the lock of a file if no other handle has it.
    ///
    /// # Errors
    /// `WouldBlock` when another has it; `Error` when the file system has no locks.
    fn try_lock(&self, file: &File) -> Result<(), TryLockError> {
        file.try_lock()
    }

    /// Bytes that can still be written below an existing folder; `None` when nobody knows.
    fn free(&self, folder: &Path) -> Option<u64> {
        free(folder)
    }

    /// Whether `a` and `A` are one file in this existing folder.
    fn folds_case(&self, folder: &Path) -> bool {
        let probe = beside(&folder.join("case"), "probe");
        let other =
            probe.with_file_name(probe.file_name().unwrap_or_default().to_string_lossy().to_uppercase());
        let folds = fs::write(&probe, "").is_ok() && other.exists();
        drop(fs::remove_file(&probe));
        folds
    }
}

/// The operating system's disk.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {}

#[cfg(unix)]
fn free(folder: &Path) -> Option<u64> {
    let state = rustix::fs::statvfs(folder).ok()?;
    Some(state.f_bavail.saturating_mul(state.f_frsize))
}

#[cfg(not(unix))]
fn free(_: &Path) -> Option<u64> {
    None
}

/// Writes all of `bytes`.
pub(crate) fn write_all(disk: &dyn Disk, file: &mut File, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match disk.write(file, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Runs work that waits for the disk where it does not hold up other tasks.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DownloadError> + Send + 'static,
) -> Result<T, DownloadError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| DownloadError::Stopped)?
}

pub(crate) fn io_error(action: &'static str, path: &Path, source: io::Error) -> DownloadError {
    DownloadError::Io { action, path: path.to_owned(), source }
}

/// The error of writing to `path`, for which `need` more bytes of room are needed.
pub(crate) fn write_error(disk: &dyn Disk, path: &Path, need: u64, source: io::Error) -> DownloadError {
    if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        let folder = path.parent().unwrap_or(path).to_owned();
        let free = disk.free(&folder).unwrap_or_default();
        return DownloadError::DiskFull { folder, need, free };
    }
    io_error("write", path, source)
}

/// Refuses to begin what does not fit.
///
/// # Errors
/// [`DownloadError::DiskFull`].
pub(crate) fn check_room(disk: &dyn Disk, folder: &Path, need: u64) -> Result<(), DownloadError> {
    match disk.free(folder) {
        Some(free) if free < need => Err(DownloadError::DiskFull { folder: folder.to_owned(), need, free }),
        _ => Ok(()),
    }
}

pub(crate) fn make_folder(folder: &Path) -> Result<(), DownloadError> {
    fs::create_dir_all(folder).map_err(|error| io_error("create", folder, error))
}

/// A name beside `place` that nobody else uses: `place.` + 8 hexadecimal digits + `.` + `ending`.
pub(crate) fn beside(place: &Path, ending: &str) -> PathBuf {
    use std::hash::{BuildHasher, RandomState};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let turn = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let mark = RandomState::new().hash_one(turn) & 0xFFFF_FFFF;
    // A long name leaves no room for the mark.
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let short: String = name.chars().take(100).collect();
    place.with_file_name(format!("{short}.{mark:08x}.{ending}"))
}

/// Makes something beside its place and then puts it there at once, replacing what is there.
pub(crate) fn put(place: &Path, make: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), DownloadError> {
    place.parent().map(make_folder).transpose()?;
    let made = beside(place, "tmp");
    make(&made)
        .and_then(|()| fs::rename(&made, place))
        .map_err(|error| io_error("write", place, error))
        .inspect_err(|_| drop(fs::remove_file(&made)))
}
