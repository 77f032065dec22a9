//! Deleting entries that nobody uses any more.

use std::{fs, io, path::Path};

use super::entry_lock::{EntryLock, with_ending};
use super::{Linked, SharedStore, manifest};
use crate::Disk;
use crate::disk::sweep;

impl SharedStore {
    /// Deletes an entry if no blob leads to it any more, and else writes its manifest anew. What cannot be told stays, and that it could
    /// not be deleted is said in the log.
    pub(crate) fn sweep(&self, disk: &dyn Disk, entry: &Path, linked: &Linked) {
        // Without a folder there is nothing to lock.
        if !self.is_marked() || fs::symlink_metadata(entry).is_err() && self.users(entry).is_none() {
            return;
        }
        if let Err(error) = self.try_sweep(disk, entry, linked) {
            tracing::warn!(%error, entry = %entry.display(), "a shared blob could not be looked after; it stays");
        }
    }

    fn try_sweep(&self, disk: &dyn Disk, entry: &Path, linked: &Linked) -> io::Result<()> {
        let _lock = EntryLock::take(disk, entry)?;
        match self.users_of(entry, linked) {
            // Another was faster.
            None if fs::symlink_metadata(entry).is_err() => Ok(()),
            None => {
                tracing::warn!(entry = %entry.display(), "nobody can tell who uses a shared blob; it stays");
                Ok(())
            }
            Some(users) if !users.is_empty() => manifest::rewrite(self, disk, entry, &users),
            Some(_) => {
                if fs::symlink_metadata(entry).is_ok_and(|metadata| metadata.is_file()) {
                    fs::remove_file(entry)?;
                }
                match fs::remove_file(with_ending(entry, "refs")) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                    _ => Ok(()),
                }
            }
        }
    }

    /// Removes what killed processes left half made in the store.
    pub(crate) fn sweep_made(&self) {
        if self.is_marked() {
            sweep(&self.folder());
            self.folders().iter().for_each(|folder| sweep(folder));
        }
    }

    /// Deletes an entry that is damaged, and keeps its manifest: who led to it will lead to what is put in its place.
    pub(crate) fn remove_damaged(&self, disk: &dyn Disk, entry: &Path) -> io::Result<()> {
        let _lock = EntryLock::take(disk, entry)?;
        match fs::remove_file(entry) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::{os::unix::fs::symlink, path::PathBuf};

    use super::*;
    use crate::SystemDisk;
    use crate::cache::shared::tests::{HASH, marked};

    /// A store with one entry, and a blob that leads to it.
    fn used(cache: &Path) -> (SharedStore, PathBuf, PathBuf) {
        let store = marked(cache);
        let (entry, blob) = (store.entry(HASH).unwrap(), cache.join("models--ada--demo/blobs/etag"));
        for folder in [entry.parent(), blob.parent()] {
            fs::create_dir_all(folder.unwrap()).unwrap();
        }
        fs::write(&entry, "content").unwrap();
        symlink(format!("../../blobs/cd/{HASH}"), &blob).unwrap();
        manifest::add(&SystemDisk, &entry, "models--ada--demo/blobs/etag").unwrap();
        manifest::add(&SystemDisk, &entry, "models--ada--gone/blobs/etag").unwrap();
        (store, entry, blob)
    }

    #[test]
    fn an_entry_goes_with_the_last_blob_that_leads_to_it() {
        let cache = tempfile::tempdir().unwrap();
        let (store, entry, blob) = used(cache.path());
        assert_eq!(store.entry_of(&blob).as_ref(), Some(&entry));
        store.sweep(&SystemDisk, &entry, &store.linked());
        let manifest = with_ending(&entry, "refs");
        assert_eq!(fs::read_to_string(&manifest).unwrap(), "models--ada--demo/blobs/etag\n");
        fs::remove_file(&blob).unwrap();
        store.sweep(&SystemDisk, &entry, &store.linked());
        assert!(!entry.exists() && !manifest.exists());
        store.sweep(&SystemDisk, &entry, &store.linked());
    }

    #[test]
    fn an_entry_stays_while_a_link_leads_to_it_that_its_manifest_lacks() {
        let cache = tempfile::tempdir().unwrap();
        let (store, entry, blob) = used(cache.path());
        for manifest in ["", "models--ada--other/blobs/etag\n", "models--ada--de"] {
            fs::write(with_ending(&entry, "refs"), manifest).unwrap();
            store.sweep(&SystemDisk, &entry, &store.linked());
            assert!(entry.exists(), "{manifest:?}");
        }
        fs::remove_file(&blob).unwrap();
        store.sweep(&SystemDisk, &entry, &store.linked());
        assert!(!entry.exists());
    }

    #[test]
    fn an_entry_whose_users_cannot_be_told_stays() {
        let cache = tempfile::tempdir().unwrap();
        let (store, entry, blob) = used(cache.path());
        fs::remove_file(blob).unwrap();
        fs::remove_file(with_ending(&entry, "refs")).unwrap();
        store.sweep(&SystemDisk, &entry, &store.linked());
        assert!(entry.exists());
        fs::write(with_ending(&entry, "refs"), "").unwrap();
        fs::remove_file(store.folder().join(".huggingface-shared-blobs")).unwrap();
        store.sweep(&SystemDisk, &entry, &store.linked());
        assert!(entry.exists(), "the folder is not marked");
    }
}
