//! What interrupted downloads left in a repository's folder of blobs.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
};

use crate::{Disk, DownloadError, cache::doomed::gone};

/// Their ending.
pub(super) const ENDING: &str = "incomplete";

/// Deletes what is left of a download, unless it is under way: then it is said in the log.
pub(super) fn remove(cache: &Path, disk: &dyn Disk, path: &Path) -> Result<(), DownloadError> {
    // Where there is no lock, no download has it.
    let lock = lock_of(cache, path).and_then(|lock| OpenOptions::new().write(true).open(lock).ok());
    let is_held = |lock: &File| matches!(disk.try_lock(lock), Err(TryLockError::WouldBlock));
    if lock.as_ref().is_some_and(is_held) {
        tracing::warn!(path = %path.display(), "this is being downloaded, and stays");
        return Ok(());
    }
    let removed = gone(path, fs::remove_file(path));
    drop(lock);
    removed
}

/// `CACHE/.locks/models--ada--demo/ETAG.lock`
fn lock_of(cache: &Path, path: &Path) -> Option<PathBuf> {
    let repo = path.parent()?.parent()?.file_name()?;
    let name = path.file_name()?.to_str()?;
    let etag = name.split('.').next()?;
    Some(cache.join(".locks").join(repo).join(format!("{etag}.lock")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SystemDisk;

    #[test]
    fn what_is_being_downloaded_stays_and_what_was_broken_off_goes() {
        let cache = tempfile::tempdir().unwrap();
        let (blobs, locks) =
            (cache.path().join("models--a--b/blobs"), cache.path().join(".locks/models--a--b"));
        for folder in [&blobs, &locks] {
            fs::create_dir_all(folder).unwrap();
        }
        let held = File::create(locks.join("busy.lock")).unwrap();
        held.try_lock().unwrap();
        File::create(locks.join("free.lock")).unwrap();
        for name in
            ["busy.incomplete", "busy.1a2b3c4d.incomplete", "free.0badcafe.incomplete", "x.incomplete"]
        {
            let path = blobs.join(name);
            fs::write(&path, "begun").unwrap();
            remove(cache.path(), &SystemDisk, &path).unwrap();
            assert_eq!(path.exists(), name.starts_with("busy"), "{name}");
        }
        drop(held);
        remove(cache.path(), &SystemDisk, &blobs.join("busy.incomplete")).unwrap();
        assert!(!blobs.join("busy.incomplete").exists());
    }
}
