//! Files that only their owner may read, replaced whole: a reader sees the old or the new content, never a part of it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use zeroize::Zeroizing;

use crate::error::AuthError;
use crate::error::MAX_TOKEN_LEN;

/// Enough for the longest token and white space around it; what is longer is cut, and then refused as too long.
const READ_LIMIT: u64 = 2 * MAX_TOKEN_LEN as u64;

/// As many symbolic links in a row as Linux follows.
const MAX_LINKS: usize = 40;

/// The beginning of the file, as long as any token, or `None` if it does not exist.
pub(crate) fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, AuthError> {
    read_up_to(path, READ_LIMIT)
}

/// The beginning of the file, at most `limit` bytes of it, or `None` if it does not exist.
pub(crate) fn read_up_to(path: &Path, limit: u64) -> Result<Option<Zeroizing<Vec<u8>>>, AuthError> {
    let error = failure("read the token file", path);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(other) => return Err(error(other)),
    };
    // Reserved whole, so that growing never leaves an unwiped copy behind.
    let length = file.metadata().map_or(0, |meta| meta.len()).clamp(READ_LIMIT, limit);
    let mut content = Zeroizing::new(Vec::with_capacity(usize::try_from(length).unwrap_or_default() + 1));
    file.take(limit).read_to_end(&mut content).map_err(error)?;
    Ok(Some(content))
}

/// Replaces the file, or creates it and its folders. A symbolic link stays, and the file that it leads to is replaced.
pub(crate) fn replace(path: &Path, content: &str) -> Result<(), AuthError> {
    let error = failure("write the token file", path);
    let target = follow_links(path).map_err(&error)?;
    let temporary = Temporary::write(&target, content)?;
    warn_if_exposed(&target);
    fs::rename(&temporary.path, &target).map_err(&error)?;
    sync_folder_of(&target).map_err(&error)
}

/// Creates the file, or leaves it alone if something is there already; says whether it was created.
pub(crate) fn create(path: &Path, content: &str) -> Result<bool, AuthError> {
    let error = failure("write the token file", path);
    let temporary = Temporary::write(path, content)?;
    // A hard link, because a rename would replace what another process has just written.
    match fs::hard_link(&temporary.path, path) {
        Ok(()) => sync_folder_of(path).map_err(error).map(|()| true),
        Err(exists) if exists.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(other) => Err(error(other)),
    }
}

/// Removes the file if it exists.
pub(crate) fn remove(path: &Path) -> Result<(), AuthError> {
    match fs::remove_file(path) {
        Ok(()) => sync_folder_of(path).map_err(failure("remove the token file", path)),
        Err(missing) if missing.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(other) => Err(failure("remove the token file", path)(other)),
    }
}

/// The opened and locked file, which is created if it is missing; dropping it ends the lock.
pub(crate) fn lock(path: &Path) -> Result<File, AuthError> {
    let folder = folder_of(path);
    private_folder_builder().create(folder).map_err(failure("create the folder", folder))?;
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let error = failure("lock the file", path);
    let file = options.open(path).map_err(&error)?;
    file.lock().map_err(error)?;
    Ok(file)
}

fn failure(action: &'static str, path: &Path) -> impl Fn(io::Error) -> AuthError {
    move |source| AuthError::File { action, path: path.to_owned(), source }
}

/// A new file beside the target, complete and on disk; removed when dropped, unless it was renamed.
struct Temporary {
    path: PathBuf,
}

impl Temporary {
    fn write(target: &Path, content: &str) -> Result<Self, AuthError> {
        let folder = folder_of(target);
        private_folder_builder().create(folder).map_err(failure("create the folder", folder))?;
        let (temporary, mut file) = Self::create_new(target).map_err(failure("create a file in", folder))?;
        file.write_all(content.as_bytes())
            .and_then(|()| file.sync_all())
            .map_err(failure("write a file in", folder))?;
        Ok(temporary)
    }

    fn create_new(target: &Path) -> io::Result<(Self, File)> {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let name = target.file_name().ok_or(io::ErrorKind::IsADirectory)?;
        loop {
            let mut unique = std::ffi::OsString::from(".");
            unique.push(name);
            unique.push(format!(".{}-{}.tmp", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed)));
            let path = folder_of(target).join(unique);
            match private_file_options().open(&path) {
                Ok(file) => return Ok((Self { path }, file)),
                // Left by a killed process that had the same number.
                Err(taken) if taken.kind() == io::ErrorKind::AlreadyExists => {}
                Err(other) => return Err(other),
            }
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // After a rename there is nothing to remove, which is not an error.
        let _ = fs::remove_file(&self.path);
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::symlink_metadata(&target) {
            Ok(meta) if meta.file_type().is_symlink() => {
                target = folder_of(&target).join(fs::read_link(&target)?);
            }
            _ => return Ok(target),
        }
    }
    Err(io::Error::other("too many symbolic links"))
}

#[cfg(unix)]
fn private_folder_builder() -> DirBuilder {
    use std::os::unix::fs::DirBuilderExt;
    let mut builder = DirBuilder::new();
    builder.recursive(true).mode(0o700);
    builder
}

#[cfg(not(unix))]
fn private_folder_builder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    builder
}

fn private_file_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(unix)]
fn warn_if_exposed(target: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let Ok(meta) = fs::metadata(target) else { return };
    let mode = meta.permissions().mode() & 0o777;
    if mode & 0o077 != 0 {
        tracing::warn!(
            path = %target.display(),
            mode = format_args!("{mode:03o}"),
            "other users of this machine had access to the token file; from now on only you have (mode 600)"
        );
    }
}

#[cfg(not(unix))]
fn warn_if_exposed(_target: &Path) {}

/// Makes a rename or removal in the folder of `path` survive a power failure.
#[cfg(unix)]
fn sync_folder_of(path: &Path) -> io::Result<()> {
    match File::open(folder_of(path))?.sync_all() {
        // Some network file systems cannot sync a folder; the change itself has been made.
        Err(refused)
            if matches!(refused.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) =>
        {
            Ok(())
        }
        result => result,
    }
}

#[cfg(not(unix))]
fn sync_folder_of(_path: &Path) -> io::Result<()> {
    Ok(())
}
