//! Copies of files and folders that may change meanwhile, for backups.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{Result, StoreError, disk::entries, layout::is_of_the_system};

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
            super::disk::sync_folder(&folder)?;
        }
        Ok(())
    }
}

/// Refuses to copy a folder into itself or out of itself, however the two are named. Nothing is made.
///
/// # Errors
/// `Nested`.
pub(super) fn must_be_apart(from: &Path, to: &Path) -> Result<()> {
    let (inner, outer) = (resolved(to)?, resolved(from)?);
    if inner.starts_with(&outer) || outer.starts_with(&inner) {
        return Err(StoreError::Nested { one: to.to_path_buf(), other: from.to_path_buf() });
    }
    Ok(())
}

/// Where a path leads, though its end may not be there yet.
fn resolved(path: &Path) -> Result<PathBuf> {
    let absolute = std::path::absolute(path).map_err(StoreError::io("find", path))?;
    let (mut there, mut missing) = (absolute.as_path(), Vec::new());
    let mut found = loop {
        match (fs::canonicalize(there), there.parent(), there.components().next_back()) {
            (Ok(found), ..) => break found,
            (Err(error), Some(parent), Some(last)) if error.kind() == io::ErrorKind::NotFound => {
                missing.push(last);
                there = parent;
            }
            (Err(error), ..) => return Err(StoreError::io("find", path)(error)),
        }
    };
    for name in missing.into_iter().rev() {
        match name {
            Component::ParentDir => drop(found.pop()),
            name => found.push(name),
        }
    }
    Ok(found)
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
    if entries(folder)?.iter().any(|entry| !is_of_the_system(entry)) {
        return Err(StoreError::NotEmpty { path: folder.to_path_buf() });
    }
    super::disk::keep_private(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_apart_wherever_their_names_lead() {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name);
        fs::create_dir_all(path("data/deep")).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(path("data"), path("link")).unwrap();
        let nested = [
            ("data", "data"),
            ("data", "data/new"),
            ("data", "data/new/newer"),
            ("data/deep", "data"),
            ("data", "none/../data/new"),
            #[cfg(unix)]
            ("data", "link/new"),
        ];
        for (from, to) in nested {
            let error = must_be_apart(&path(from), &path(to)).unwrap_err();
            assert!(matches!(error, StoreError::Nested { .. }), "{from} {to}: {error}");
        }
        for (from, to) in
            [("data", "data2"), ("data", "new"), ("data/deep", "data/other"), ("data", "data/../new")]
        {
            must_be_apart(&path(from), &path(to)).unwrap();
        }
        assert!(!path("new").exists() && !path("data/new").exists());
    }
}
