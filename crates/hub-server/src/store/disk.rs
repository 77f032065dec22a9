//! Files and folders: what is there, whose it is, and when it survives a power failure.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    thread::{self, ScopedJoinHandle},
};

use super::{Result, StoreError};

/// What is wrong with a file that should have `size` bytes, by a look at its size alone.
pub(super) fn size_problem(path: &Path, size: u64) -> Option<String> {
    match fs::metadata(path) {
        Ok(found) if found.len() == size => None,
        Ok(found) => Some(format!("it has {} bytes, not {size}", found.len())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Some("it is not there".to_owned()),
        Err(error) => Some(format!("it cannot be looked at: {error}")),
    }
}

/// What is in a folder; nothing when it is not there or is a file.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let listing = match fs::read_dir(folder) {
        Ok(listing) => listing,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(StoreError::io("list", folder)(error)),
    };
    listing
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()
        .map_err(StoreError::io("list", folder))
}

/// Takes a file or folder away from everybody but its owner, on systems with modes. It may not be there.
pub(super) fn keep_private(path: &Path) -> Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let restrict = || {
            let metadata = fs::metadata(path)?;
            let mode = if metadata.is_dir() { 0o700 } else { 0o600 };
            // Where nobody else has rights, nothing is changed: not every file system can.
            if metadata.permissions().mode() & 0o077 == 0 {
                return Ok(());
            }
            fs::set_permissions(path, fs::Permissions::from_mode(mode))
        };
        match restrict() {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(StoreError::io("take the rights of other users away from", path)(error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Says in the log that a file with a secret can be read by other users of the machine, and what to do about it.
pub(crate) fn warn_of_readers(path: &Path, what: &str) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let is_open = |metadata: fs::Metadata| metadata.permissions().mode() & 0o077 != 0;
        if fs::metadata(path).is_ok_and(is_open) {
            let path = path.display();
            tracing::warn!("{what} in {path} can be read by others on this machine: chmod 600 {path}");
        }
    }
}

/// Writes a new file that only its owner may read, so that a crash leaves either nothing or all of it.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> Result<()> {
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let write = || {
        // Made with the mode 0600 where there are modes.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(content)?;
        file.as_file().sync_all()?;
        // Not by `persist`, whose call to the kernel a recorder of the C library does not see.
        fs::rename(file.into_temp_path(), path)
    };
    write().map_err(StoreError::io("write", path))?;
    sync_folder(folder)
}

/// Removes a file or a whole folder; it may be gone already.
pub(super) fn remove_all(path: &Path) -> Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(StoreError::io("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Makes the names in a folder survive a power failure. Windows has no such call and needs none.
pub(super) fn sync_folder(folder: &Path) -> Result<()> {
    if cfg!(unix) {
        let sync = || File::open(folder)?.sync_all();
        sync().map_err(StoreError::io("sync", folder))?;
    }
    Ok(())
}

/// Puts a file or a folder on disk.
pub(super) fn sync(path: &Path) -> Result<()> {
    if path.is_dir() {
        return sync_folder(path);
    }
    let sync = || File::options().write(true).open(path)?.sync_all();
    sync().map_err(StoreError::io("sync", path))
}

/// Does a job that waits for the disk for many paths at once: the file system then needs fewer rounds than paths.
pub(super) fn at_once(paths: &[PathBuf], job: impl Fn(&Path) -> Result<()> + Sync) -> Result<()> {
    let job = &job;
    thread::scope(|scope| {
        let running: Vec<_> = paths
            .iter()
            .map(|path| (path, thread::Builder::new().spawn_scoped(scope, move || job(path))))
            .collect();
        running.into_iter().try_for_each(|(path, thread)| match thread.map(ScopedJoinHandle::join) {
            Ok(Ok(done)) => done,
            // No thread, or one that panicked: the job is done here, or fails here.
            Ok(Err(_)) | Err(_) => job(path),
        })
    })
}

/// Makes a folder and those above it, as far as they are missing, and syncs every folder that got a new name.
pub(super) fn create_folder_durably(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    let parent = folder.parent().unwrap_or(Path::new("."));
    create_folder_durably(parent)?;
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(StoreError::io("create", folder)(error))
        }
        _ => sync_folder(parent),
    }
}

/// Writes a file of `folder` so that a crash leaves either the old or the new content.
pub(super) fn write_durably(folder: &Path, name: &str, content: &[u8]) -> Result<()> {
    let path = folder.join(name);
    let fresh = folder.join(format!("{name}.new"));
    let write = || {
        let mut file = File::create(&fresh)?;
        file.write_all(content)?;
        file.sync_all()
    };
    write().map_err(StoreError::io("write", &fresh))?;
    fs::rename(&fresh, &path).map_err(StoreError::io("write", &path))?;
    sync_folder(folder)
}
