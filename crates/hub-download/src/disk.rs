//! What a download asks of the disk, and the errors when it fails.

use std::{
    fmt,
    fs::{self, File, TryLockError},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, SystemTime},
};

use crate::DownloadError;

/// A `CACHEDIR.TAG`: by its first line backup programs leave the folder out (bford.info/cachedir).
pub(crate) const CACHEDIR_TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
                                       # This folder holds files that can be downloaded again.\n";

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

    /// Returns when the content of the file is fsynced.
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
        are_one(folder, "case", "CASE")
    }

    /// Whether a letter with its accent is one file in this existing folder as one character and as two (Unicode's forms
    /// NFC and NFD), as on macOS.
    fn folds_forms(&self, folder: &Path) -> bool {
        are_one(folder, "form-\u{e9}", "form-e\u{301}")
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

/// Whether two beginnings of a name make one file.
fn are_one(folder: &Path, one: &str, other: &str) -> bool {
    sweep(folder);
    let probe = beside(&folder.join(one), "probe");
    let name = probe.file_name().unwrap_or_default().to_string_lossy().replacen(one, other, 1);
    let found = fs::write(&probe, "").is_ok() && probe.with_file_name(name).exists();
    drop(fs::remove_file(&probe));
    found
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

/// Gives everything that `reader` has left to `take`, piece by piece; returns how many bytes that was.
pub(crate) fn read_pieces(reader: &mut impl Read, mut take: impl FnMut(&[u8])) -> io::Result<u64> {
    let mut buffer = vec![0; 128 * 1024];
    let mut total = 0;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok(total),
            Ok(count) => {
                take(buffer.get(..count).unwrap_or_default());
                total += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
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

/// How many bytes of a name are kept in one that is made of it.
const SHORT: usize = 200;

/// A name beside `place` that nobody else uses: `place.` + 8 hexadecimal digits + `.` + `ending`.
pub(crate) fn beside(place: &Path, ending: &str) -> PathBuf {
    use std::hash::{BuildHasher, RandomState};
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let turn = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let mark = RandomState::new().hash_one(turn) & 0xFFFF_FFFF;
    // A long name leaves no room for the mark: systems count bytes, up to 255 of them.
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let ends = name.char_indices().map(|(at, c)| at + c.len_utf8());
    let short = name.get(..ends.take_while(|end| *end <= SHORT).last().unwrap_or(0)).unwrap_or_default();
    place.with_file_name(format!("{short}.{mark:08x}.{ending}"))
}

/// When what a killed process left half made is removed.
pub(crate) const FORGOTTEN: Duration = Duration::from_secs(24 * 60 * 60);

/// The endings of what is made [`beside`] something and is of use to nobody but its maker.
const MADE: [&str; 3] = ["tmp", "probe", "shared"];

/// The place that a name was made [`beside`]: `x` for `x.1a2b3c4d.tmp`. `None` for any other name.
pub(crate) fn made_beside<'n>(name: &'n str, ending: &str) -> Option<&'n str> {
    let (place, mark) = name.strip_suffix(ending)?.strip_suffix('.')?.rsplit_once('.')?;
    let is_mark = mark.len() == 8 && mark.bytes().all(|byte| byte.is_ascii_hexdigit());
    (is_mark && !place.is_empty()).then_some(place)
}

/// Whether a file has a name that [`beside`] gives, with one of these endings.
fn is_made(path: &Path, endings: &[&str]) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| endings.iter().any(|ending| made_beside(name, ending).is_some()))
}

/// Whether a file has a name that [`beside`] gives, and is so old that nobody comes back for it.
pub(crate) fn is_forgotten(path: &Path, ending: &str, metadata: &fs::Metadata) -> bool {
    is_made(path, &[ending]) && is_old(metadata)
}

fn is_old(metadata: &fs::Metadata) -> bool {
    let age = metadata.modified().ok().and_then(|time| SystemTime::now().duration_since(time).ok());
    age.is_some_and(|age| age > FORGOTTEN)
}

/// Removes what killed processes left in a folder of something that they were making.
pub(crate) fn sweep(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_left = |metadata: fs::Metadata| !metadata.is_dir() && is_old(&metadata);
        if is_made(&path, &MADE) && entry.metadata().is_ok_and(is_left) {
            drop(fs::remove_file(path));
        }
    }
}

/// Makes something in `scratch`, a folder of the same file system, and then moves it to its place, replacing what is there.
///
/// Where all files of a folder mean something to its readers, `scratch` is another one: a kill may leave what was made. The next one who
/// makes something there removes it.
pub(crate) fn replace(
    place: &Path,
    scratch: &Path,
    make: impl FnOnce(&Path) -> io::Result<()>,
) -> io::Result<()> {
    sweep(scratch);
    let made = beside(&scratch.join(place.file_name().unwrap_or_default()), "tmp");
    make(&made).and_then(|()| fs::rename(&made, place)).inspect_err(|_| drop(fs::remove_file(&made)))
}

/// [`replace`] at a place whose folder is made if needed.
pub(crate) fn put(
    place: &Path,
    scratch: &Path,
    make: impl FnOnce(&Path) -> io::Result<()>,
) -> Result<(), DownloadError> {
    place.parent().map(make_folder).transpose()?;
    replace(place, scratch, make).map_err(|error| io_error("write", place, error))
}

/// Writes a file that is not there yet, in a folder that is.
pub(crate) fn put_once(place: &Path, text: &str) -> Result<(), DownloadError> {
    match File::create_new(place).and_then(|mut file| file.write_all(text.as_bytes())) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(io_error("write", place, error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_for_what_is_made_is_short_enough_for_every_system() {
        for name in ["x".repeat(255), "\u{65e5}".repeat(85), "\u{1f98a}".repeat(63), "a".to_owned()] {
            let made = beside(&Path::new("folder").join(&name), "incomplete");
            let made = made.file_name().unwrap().to_str().unwrap();
            assert!(made.len() <= 255 && made.chars().next() == name.chars().next(), "{made}");
        }
    }

    #[test]
    fn what_was_made_beside_a_place_is_known_by_its_name() {
        for (name, expected) in [
            ("x.1a2b3c4d.tmp", Some("x")),
            (".x.y.0badcafe.tmp", Some(".x.y")),
            (".0badcafe.tmp", None),
            ("x.0badcaf.tmp", None),
            ("x.0badcafg.tmp", None),
            ("x..tmp", None),
            ("x.tmp", None),
            ("x.0badcafe.tmp.y", None),
            ("x.0badcafetmp", None),
        ] {
            assert_eq!(made_beside(name, "tmp"), expected, "{name}");
        }
        let made = beside(Path::new("folder/x"), "probe");
        assert!(is_made(&made, &MADE) && !is_made(&made, &["tmp"]));
    }

    #[test]
    fn f82_what_is_half_made_is_never_where_a_reader_takes_it_for_a_branch() {
        let repo = tempfile::tempdir().unwrap();
        let (refs, place) = (repo.path().join("refs"), repo.path().join("refs/main"));
        let names = |folder: &Path| fs::read_dir(folder).unwrap().count();
        put(&place, repo.path(), |made| {
            fs::write(made, "commit")?;
            assert_eq!(made.parent(), Some(repo.path()));
            assert_eq!(names(&refs), 0);
            Ok(())
        })
        .unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"commit");
        assert_eq!((names(&refs), names(repo.path())), (1, 1));
    }
}
