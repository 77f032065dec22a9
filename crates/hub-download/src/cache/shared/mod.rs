//! The store of blobs that all repositories of a cache share, as versions 2.x of the Python client keep it.
//!
//! ```text
//! CACHE/blobs/.huggingface-shared-blobs     "1" and a line end: without it the folder is somebody else's
//!             cd/cdcd…                      an entry: a blob, named by its Xet hash; read only
//!             cd/cdcd….refs                 its manifest: a line for each user, models--ada--demo/blobs/ETAG
//!             cd/cdcd….lock                 held by whoever changes the entry, its manifest or a link to it
//! CACHE/models--ada--demo/blobs/ETAG        a link to ../../blobs/cd/cdcd…
//! ```
//!
//! The manifest is a hint. A line counts only if it names a link that leads to this very entry, and an entry whose manifest cannot be
//! read is never deleted.

mod entry_lock;
mod manifest;
mod marker;
mod modes;
mod publish;
mod sweep;

pub(crate) use self::manifest::Linked;
pub(crate) use self::publish::SharedEntry;

use std::{
    fs,
    path::{Path, PathBuf},
};

use hub_types::lfs;

/// The folder of the store, in that of the cache.
pub(crate) const FOLDER: &str = "blobs";
/// How links to entries begin, from where the blobs of a repository are.
const UP: &str = "../../blobs";

/// The store of a cache, whether or not it is there. Whatever reads or writes waits for the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SharedStore {
    cache: PathBuf,
}

impl SharedStore {
    /// The store of the cache in this folder.
    pub(crate) fn of(cache: &Path) -> Self {
        Self { cache: cache.to_owned() }
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> PathBuf {
        self.cache.join(FOLDER)
    }

    /// Where the blob with this Xet hash is, or would be: 64 lower-case hexadecimal digits.
    pub(crate) fn entry(&self, hash: &str) -> Option<PathBuf> {
        let prefix = hash.get(..2).filter(|_| lfs::is_oid(hash))?;
        Some(self.folder().join(prefix).join(hash))
    }

    /// The entry with this path, which need not be there.
    fn entry_with(&self, path: &Path) -> Option<PathBuf> {
        self.entry(path.file_name()?.to_str()?).filter(|entry| entry == path)
    }

    /// Whether this is the path of an entry, which need not be there.
    pub(crate) fn has_path(&self, path: &Path) -> bool {
        self.entry_with(path).is_some()
    }

    /// The entry that a blob of a repository leads to, by its link alone: it need not be there. `None` for what is no link, and for
    /// one that leads anywhere else.
    pub(crate) fn entry_of(&self, blob: &Path) -> Option<PathBuf> {
        self.entry_at(&fs::read_link(blob).ok()?)
    }

    /// The entry that a link with this text leads to from where the blobs of a repository are.
    fn entry_at(&self, link: &Path) -> Option<PathBuf> {
        let absolute = || std::path::absolute(self.folder()).ok();
        let below = match link.strip_prefix(UP) {
            Ok(below) => below.to_owned(),
            Err(_) if link.is_absolute() => link.strip_prefix(absolute()?).ok()?.to_owned(),
            Err(_) => return None,
        };
        self.entry_with(&self.folder().join(below))
    }

    /// The content of a blob of a repository: of its own, or that of the entry that it leads to, which is given too, if that is there and
    /// the store is marked. A link that leads elsewhere has none.
    pub(crate) fn content_of(&self, blob: &Path) -> Option<(Option<PathBuf>, fs::Metadata)> {
        let metadata = fs::symlink_metadata(blob).ok()?;
        if !metadata.is_symlink() {
            return metadata.is_file().then_some((None, metadata));
        }
        let entry = self.entry_of(blob)?;
        let metadata = fs::symlink_metadata(&entry).ok().filter(fs::Metadata::is_file)?;
        self.is_marked().then_some((Some(entry), metadata))
    }

    /// The same store by a path without links in it; `None` if it is not marked.
    pub(crate) fn real(&self) -> Option<Self> {
        let cache = self.cache.canonicalize().ok()?;
        self.is_marked().then_some(Self { cache })
    }

    /// The entries in it, by path, with their sizes; none if it is not marked.
    pub(crate) fn entries(&self) -> Vec<(PathBuf, u64)> {
        let mut found = Vec::new();
        for entry in self.folders().into_iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten())
        {
            let Ok(entry) = entry else { continue };
            let path = entry.path();
            if self.has_path(&path)
                && let Ok(metadata) = entry.metadata()
                && metadata.is_file()
            {
                found.push((path, metadata.len()));
            }
        }
        found.sort_unstable();
        found
    }

    /// The folders that entries are in; none if it is not marked.
    fn folders(&self) -> Vec<PathBuf> {
        if !self.is_marked() {
            return Vec::new();
        }
        let folders = fs::read_dir(self.folder()).into_iter().flatten().flatten();
        let is_one = |folder: &fs::DirEntry| {
            folder.file_name().len() == 2 && folder.file_type().is_ok_and(|kind| kind.is_dir())
        };
        folders.filter(is_one).map(|folder| folder.path()).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) const HASH: &str = "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd";

    /// A cache with a marked store and nothing in it.
    pub(crate) fn marked(cache: &Path) -> SharedStore {
        fs::create_dir_all(cache).unwrap();
        let store = SharedStore::of(cache);
        assert!(store.mark().unwrap());
        store
    }

    #[test]
    fn a_link_leads_to_an_entry_only_in_the_form_that_clients_write() {
        let store = SharedStore::of(Path::new("/cache"));
        let entry = Path::new("/cache/blobs/cd").join(HASH);
        let other = "ab".repeat(32);
        for (link, expected) in [
            (format!("../../blobs/cd/{HASH}"), true),
            (format!("/cache/blobs/cd/{HASH}"), true),
            (format!("../blobs/cd/{HASH}"), false),
            (format!("../../../blobs/cd/{HASH}"), false),
            (format!("../../blobs/cd/../cd/{HASH}"), false),
            (format!("../../blobs/{HASH}"), false),
            (format!("../../blobs/ab/{HASH}"), false),
            (format!("../../blobs/cd/{other}"), false),
            (format!("../../blobs/cd/{HASH}/x"), false),
            (format!("../../blobs/cd/{}", HASH.to_uppercase()), false),
            (format!("/elsewhere/blobs/cd/{HASH}"), false),
            ("../../blobs/cd/short".to_owned(), false),
        ] {
            let found = store.entry_at(Path::new(&link));
            assert_eq!(found, expected.then(|| entry.clone()), "{link}");
        }
        for name in ["", "..", "../../etc/passwd", &HASH[..63], &HASH.to_uppercase()] {
            assert_eq!(store.entry(name), None, "{name}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_in_a_folder_without_the_mark_is_nobody_s_content() {
        let cache = tempfile::tempdir().unwrap();
        let store = SharedStore::of(cache.path());
        let entry = store.entry(HASH).unwrap();
        let blob = cache.path().join("models--ada--demo/blobs/etag");
        for folder in [entry.parent(), blob.parent()] {
            fs::create_dir_all(folder.unwrap()).unwrap();
        }
        fs::write(&entry, "content").unwrap();
        std::os::unix::fs::symlink(format!("../../blobs/cd/{HASH}"), &blob).unwrap();
        assert_eq!(store.entry_of(&blob), Some(entry.clone()));
        assert!(store.content_of(&blob).is_none() && store.real().is_none() && store.entries().is_empty());
        assert!(!store.mark().unwrap(), "a folder with other things in it is left alone");
        fs::write(store.folder().join(marker::NAME), "1\n").unwrap();
        assert_eq!(store.content_of(&blob).map(|(_, metadata)| metadata.len()), Some(7));
        assert!(store.real().unwrap().has_path(&entry.canonicalize().unwrap()));
        assert_eq!(store.entries(), [(entry, 7)]);
    }
}
