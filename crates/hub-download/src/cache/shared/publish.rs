//! Taking a blob from the store, and giving one to it.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use hub_xet::MerkleHash;

use super::SharedStore;
use super::entry_lock::EntryLock;
use super::manifest;
use super::modes::share;
use crate::disk::{beside, sweep};
use crate::{Disk, RemoteFile};

/// A content of the store, whether or not it is there. All methods wait for the disk.
#[derive(Debug, Clone)]
pub(crate) struct SharedEntry {
    store: SharedStore,
    path: PathBuf,
    size: u64,
}

impl SharedEntry {
    /// The content of a file, in the store of a cache; `None` if the Hub does not have it by Xet.
    pub(crate) fn of(cache: &Path, file: &RemoteFile) -> Option<Self> {
        Self::new(cache, file.xet_hash.as_ref()?, file.size)
    }

    /// The content of `size` bytes with this Xet hash, in the store of a cache.
    pub(crate) fn new(cache: &Path, hash: &MerkleHash, size: u64) -> Option<Self> {
        let store = SharedStore::of(cache);
        let path = store.entry(&hash.to_string())?;
        Some(Self { store, path, size })
    }

    /// Whether a blob can be taken from it: it is there, whole by its size, and can be read.
    pub(crate) fn is_usable(&self) -> bool {
        let Ok(metadata) = fs::symlink_metadata(&self.path) else { return false };
        if !metadata.is_file() || !self.store.is_marked() {
            return false;
        }
        if metadata.len() != self.size {
            let (expected, found) = (self.size, metadata.len());
            tracing::warn!(expected, found, entry = %self.path.display(), "a shared blob has another size; it is not used");
            return false;
        }
        File::open(&self.path).is_ok()
    }

    /// Makes `blob` a link to it, if it can be used; false if there is nothing to use. That it fails is no failure of a download.
    pub(crate) fn take(&self, disk: &dyn Disk, blob: &Path) -> bool {
        if !self.is_usable() {
            return false;
        }
        self.try_take(disk, blob).unwrap_or_else(|error| {
            tracing::debug!(%error, entry = %self.path.display(), "a shared blob is not used");
            false
        })
    }

    fn try_take(&self, disk: &dyn Disk, blob: &Path) -> io::Result<bool> {
        let Some(line) = self.store.line_of(blob) else { return Ok(false) };
        let _lock = EntryLock::take(disk, &self.path)?;
        if !self.is_usable() {
            return Ok(false);
        }
        let link = self.link_beside(blob)?;
        let put = manifest::add(disk, &self.path, &line).and_then(|()| disk.rename(&link, blob));
        put.inspect_err(|_| drop(fs::remove_file(&link)))?;
        Ok(true)
    }

    /// Gives a blob whose Xet hash was found right to the store, and puts a link in its place. With `replace`, what the store has under
    /// this hash is replaced. False where it stays a file of its repository.
    ///
    /// # Errors
    /// When the blob was moved and cannot be brought back: it is in the store only.
    pub(crate) fn publish(&self, disk: &dyn Disk, blob: &Path, replace: bool) -> io::Result<bool> {
        let mut given = Given::Not;
        match self.try_publish(disk, blob, replace, &mut given) {
            Ok(shared) => Ok(shared),
            Err(error) if given == Given::Moved => Err(error),
            Err(error) => {
                tracing::debug!(%error, blob = %blob.display(), "a blob is not shared");
                Ok(false)
            }
        }
    }

    fn try_publish(
        &self,
        disk: &dyn Disk,
        blob: &Path,
        replace: bool,
        given: &mut Given,
    ) -> io::Result<bool> {
        let Some(line) = self.store.line_of(blob) else { return Ok(false) };
        let whole = |metadata: fs::Metadata| metadata.is_file() && metadata.len() == self.size;
        if !fs::symlink_metadata(blob).is_ok_and(whole) || !self.store.make_room(&self.path)? {
            return Ok(false);
        }
        if let Some(folder) = blob.parent() {
            sweep(folder);
        }
        let _lock = EntryLock::take(disk, &self.path)?;
        let link = self.link_beside(blob)?;
        let is_there = !replace && self.is_usable();
        let mut put = || {
            manifest::add(disk, &self.path, &line)?;
            if !is_there {
                self.give(disk, blob, given)?;
            }
            disk.rename(&link, blob)
        };
        let Err(error) = put() else { return Ok(true) };
        drop(fs::remove_file(&link));
        match given {
            Given::Not => {}
            Given::Linked => drop(fs::remove_file(&self.path)),
            Given::Moved => {
                // Under the lock, so that nobody deletes what no link leads to.
                copy_back(&self.path, blob)?;
                *given = Given::Not;
            }
        }
        Err(error)
    }

    /// Puts a blob where the entry is: by a second name, so that a kill leaves it where readers look, and where that is impossible by
    /// moving it.
    fn give(&self, disk: &dyn Disk, blob: &Path, given: &mut Given) -> io::Result<()> {
        share(&self.store.cache, blob, self.path.parent().unwrap_or(&self.path))?;
        if fs::symlink_metadata(&self.path).is_err() && fs::hard_link(blob, &self.path).is_ok() {
            *given = Given::Linked;
            return Ok(());
        }
        disk.rename(blob, &self.path)?;
        *given = Given::Moved;
        Ok(())
    }

    /// A link to the entry beside a blob, under a name of its own: `.ETAG.1a2b3c4d.shared`.
    fn link_beside(&self, blob: &Path) -> io::Result<PathBuf> {
        let name = blob.file_name().unwrap_or_default().to_string_lossy();
        let hidden = blob.with_file_name(format!(".{name}"));
        let link = beside(&hidden, "shared");
        let inside = self.path.strip_prefix(self.store.folder()).unwrap_or(&self.path);
        symlink(&Path::new(super::UP).join(inside), &link)?;
        Ok(link)
    }
}

/// What has become of a blob on its way to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    Not,
    /// It is there and in its repository.
    Linked,
    /// It is there only.
    Moved,
}

fn copy_back(entry: &Path, blob: &Path) -> io::Result<()> {
    let made = beside(blob, "incomplete");
    let copy = || {
        let mut file = File::create_new(&made)?;
        io::copy(&mut File::open(entry)?, &mut file)?;
        file.sync_data()?;
        fs::rename(&made, blob)
    };
    copy().inspect_err(|_| drop(fs::remove_file(&made)))
}

#[cfg(unix)]
fn symlink(target: &Path, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, place)
}

#[cfg(windows)]
fn symlink(target: &Path, place: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_file(target, place)
}

#[cfg(not(any(unix, windows)))]
fn symlink(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::SystemDisk;
    use crate::cache::shared::tests::HASH;

    /// A disk on which one step fails: the one with this number, from 0.
    #[derive(Debug)]
    struct Fails(usize, AtomicUsize);

    impl Fails {
        fn step(&self) -> io::Result<()> {
            let is_it = self.1.fetch_add(1, Ordering::Relaxed) == self.0;
            if is_it { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        }
    }

    impl Disk for Fails {
        fn sync(&self, file: &File) -> io::Result<()> {
            self.step().and_then(|()| file.sync_data())
        }

        fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.step().and_then(|()| fs::rename(from, to))
        }
    }

    fn entry(cache: &Path) -> SharedEntry {
        SharedEntry::new(cache, &HASH.parse().unwrap(), 7).unwrap()
    }

    /// A blob of a repository.
    fn blob(cache: &Path, repo: &str) -> PathBuf {
        let folder = cache.join(repo).join("blobs");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("etag"), "content").unwrap();
        folder.join("etag")
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn what_one_repository_gives_another_takes() {
        let cache = tempfile::tempdir().unwrap();
        let (one, other) = (blob(cache.path(), "models--ada--one"), blob(cache.path(), "datasets--ada--two"));
        let shared = entry(cache.path());
        fs::remove_file(&other).unwrap();
        assert!(!shared.take(&SystemDisk, &other), "nothing is there yet");
        assert!(!cache.path().join("blobs").exists(), "to look makes no store");
        assert!(shared.publish(&SystemDisk, &one, false).unwrap());
        assert!(shared.take(&SystemDisk, &other));
        for blob in [&one, &other] {
            assert_eq!(fs::read_link(blob).unwrap(), Path::new("../../blobs/cd").join(HASH));
            assert_eq!(fs::read_to_string(blob).unwrap(), "content");
            assert_eq!(names(blob.parent().unwrap()), ["etag"]);
        }
        let expected = ["", ".lock", ".refs"].map(|ending| format!("{HASH}{ending}"));
        assert_eq!(names(shared.path.parent().unwrap()), expected);
        assert_eq!(SharedStore::of(cache.path()).users(&shared.path), Some([one, other].into()));
    }

    #[test]
    fn a_second_copy_becomes_a_link_and_a_forced_one_replaces_the_first() {
        for replace in [false, true] {
            let cache = tempfile::tempdir().unwrap();
            let (one, two) = (blob(cache.path(), "models--a--b"), blob(cache.path(), "models--a--c"));
            let shared = entry(cache.path());
            shared.publish(&SystemDisk, &one, false).unwrap();
            fs::write(&two, "CONTENT").unwrap();
            assert!(shared.publish(&SystemDisk, &two, replace).unwrap());
            assert!(two.is_symlink());
            let expected = if replace { "CONTENT" } else { "content" };
            assert_eq!(fs::read_to_string(&one).unwrap(), expected);
        }
    }

    #[test]
    fn an_entry_of_another_size_is_not_taken_but_replaced() {
        let cache = tempfile::tempdir().unwrap();
        let (one, two) = (blob(cache.path(), "models--a--b"), blob(cache.path(), "models--a--c"));
        let shared = entry(cache.path());
        shared.publish(&SystemDisk, &one, false).unwrap();
        fs::remove_file(&shared.path).unwrap();
        fs::write(&shared.path, "con").unwrap();
        let third = one.with_file_name("third");
        assert!(!shared.take(&SystemDisk, &third) && !third.exists());
        assert!(shared.publish(&SystemDisk, &two, false).unwrap());
        assert_eq!(fs::read_to_string(&one).unwrap(), "content", "whoever led there is healed");
    }

    #[test]
    fn a_step_that_fails_leaves_the_blob_whole_in_its_repository() {
        // The manifest, and the link; where an entry is replaced, also the way to the store.
        for (step, replace) in [(0, false), (1, false), (0, true), (1, true), (2, true)] {
            let cache = tempfile::tempdir().unwrap();
            let (one, two) = (blob(cache.path(), "models--a--b"), blob(cache.path(), "models--a--c"));
            let shared = entry(cache.path());
            if replace {
                assert!(shared.publish(&SystemDisk, &two, false).unwrap());
            }
            let disk = Fails(step, AtomicUsize::new(0));
            assert!(!shared.publish(&disk, &one, replace).unwrap());
            assert!(!one.is_symlink(), "{step} {replace}");
            assert_eq!(shared.path.exists(), replace);
            for blob in [&one, &two] {
                assert_eq!(fs::read_to_string(blob).unwrap(), "content", "{step} {replace}");
                assert_eq!(names(blob.parent().unwrap()), ["etag"]);
            }
        }
    }

    #[test]
    fn where_something_else_has_the_place_of_the_store_nothing_is_shared() {
        let cache = tempfile::tempdir().unwrap();
        let (blob, shared) = (blob(cache.path(), "models--a--b"), entry(cache.path()));
        fs::create_dir(cache.path().join("blobs")).unwrap();
        fs::write(cache.path().join("blobs/photo.jpg"), "").unwrap();
        assert!(!shared.publish(&SystemDisk, &blob, false).unwrap());
        assert!(!blob.is_symlink() && names(&cache.path().join("blobs")) == ["photo.jpg"]);
    }
}
