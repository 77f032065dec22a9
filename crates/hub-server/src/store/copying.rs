//! Copies of files and folders that may change meanwhile, for backups.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{Result, StoreError, layout::entries};

/// The wish that long work ends, because whoever asked for it has gone. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    #[cfg(all(unix, feature = "serve"))]
    pub(crate) fn now(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// # Errors
    /// `GivenUp` when the work is to end.
    pub(super) fn check(&self) -> Result<()> {
        if self.0.load(Ordering::Relaxed) { Err(StoreError::GivenUp) } else { Ok(()) }
    }
}

/// Copies files, and counts them.
#[derive(Debug, Default)]
pub(super) struct Copier {
    stop: Stop,
    pub(super) files: u64,
    pub(super) bytes: u64,
}

impl Copier {
    pub(super) fn new(stop: Stop) -> Self {
        Self { stop, files: 0, bytes: 0 }
    }

    pub(super) fn stop(&self) -> &Stop {
        &self.stop
    }

    /// Copies a file with its mode into a folder that is made if it is missing; false if it is not there (any more).
    pub(super) fn file(&mut self, from: &Path, to: &Path) -> Result<bool> {
        self.stop.check()?;
        if let Some(folder) = to.parent() {
            fs::create_dir_all(folder).map_err(StoreError::io("create", folder))?;
        }
        match fs::copy(from, to) {
            Ok(bytes) => {
                sync_file(to)?;
                self.files += 1;
                self.bytes += bytes;
                Ok(true)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(StoreError::io("copy", from)(error)),
        }
    }

    /// Copies every file below a folder that `takes` its path below it, and that is not in `to` yet; false if one was there and then
    /// was not, so that another one may hold what it held.
    pub(super) fn folder(&mut self, from: &Path, to: &Path, takes: impl Fn(&Path) -> bool) -> Result<bool> {
        let (mut open, mut is_whole) = (vec![PathBuf::new()], true);
        while let Some(below) = open.pop() {
            for entry in entries(&from.join(&below))? {
                let Some(name) = entry.file_name() else { continue };
                let below = below.join(name);
                if !takes(&below) {
                    continue;
                }
                let Ok(metadata) = entry.symlink_metadata() else {
                    is_whole = false;
                    continue;
                };
                if metadata.is_dir() {
                    let folder = to.join(&below);
                    fs::create_dir_all(&folder).map_err(StoreError::io("create", &folder))?;
                    open.push(below);
                } else if metadata.is_file() && !to.join(&below).exists() {
                    is_whole &= self.file(&entry, &to.join(&below))?;
                }
            }
        }
        Ok(is_whole)
    }
}

/// Where one call writes everything to the disk, that is made at the end: [`sync_all_below`].
fn sync_file(file: &Path) -> Result<()> {
    if cfg!(target_os = "linux") {
        return Ok(());
    }
    fs::File::open(file).and_then(|file| file.sync_all()).map_err(StoreError::io("sync", file))
}

/// Makes what was copied below a folder survive a power failure.
pub(super) fn sync_all_below(folder: &Path) -> Result<()> {
    #[cfg(target_os = "linux")]
    {
        let sync = || rustix::fs::syncfs(fs::File::open(folder)?).map_err(io::Error::from);
        sync().map_err(StoreError::io("sync", folder))
    }
    #[cfg(not(target_os = "linux"))]
    {
        let mut open = vec![folder.to_path_buf()];
        while let Some(folder) = open.pop() {
            open.extend(entries(&folder)?.into_iter().filter(|entry| entry.is_dir()));
            super::layout::sync_folder(&folder)?;
        }
        Ok(())
    }
}

/// Makes a folder for its owner alone.
///
/// # Errors
/// `NotEmpty` when it is there with something in it.
pub(super) fn create_empty(folder: &Path) -> Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(StoreError::io("create", folder))?;
    if !entries(folder)?.is_empty() {
        return Err(StoreError::NotEmpty { path: folder.to_path_buf() });
    }
    super::layout::keep_private(folder)
}
