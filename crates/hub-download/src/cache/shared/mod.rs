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
    path::{Component, Path, PathBuf},
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

    /// Where the blob with this Xet hash is, or would be.
    pub(crate) fn entry(&self, hash: &str) -> Option<PathBuf> {
        let prefix = hash.get(..2).filter(|_| is_entry_name(hash))?;
        Some(self.folder().join(prefix).join(hash))
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
        let mut parts = below.components().map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        });
        let (prefix, hash) = (parts.next()??, parts.next()??);
        let entry = self.entry(hash)?;
        (parts.next().is_none() && hash.starts_with(prefix) && prefix.len() == 2).then_some(entry)
    }

    /// The entry that a blob of a repository leads to, if that is there and the store is marked.
    pub(crate) fn content_of(&self, blob: &Path) -> Option<(PathBuf, fs::Metadata)> {
        let entry = self.entry_of(blob)?;
        let metadata = fs::symlink_metadata(&entry).ok().filter(fs::Metadata::is_file)?;
        self.is_marked().then_some((entry, metadata))
    }

    /// Whether this is the path of an entry, which need not be there.
    pub(crate) fn has_path(&self, path: &Path) -> bool {
        let name = path.file_name().and_then(|name| name.to_str());
        name.and_then(|name| self.entry(name)).is_some_and(|entry| entry == path)
    }

    /// Whether a path without links in it is that of an entry.
    pub(crate) fn has(&self, real: &Path) -> bool {
        let name = real.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let folder = self.folder().canonicalize();
        let expected = name.get(..2).and_then(|prefix| Some(folder.ok()?.join(prefix).join(name)));
        is_entry_name(name) && expected.is_some_and(|expected| expected == real) && self.is_marked()
    }

    /// The entries in it, by path, with their sizes; none if it is not marked.
    pub(crate) fn entries(&self) -> Vec<(PathBuf, u64)> {
        if !self.is_marked() {
            return Vec::new();
        }
        let mut found = Vec::new();
        for folder in fs::read_dir(self.folder()).into_iter().flatten().flatten() {
            let prefix = folder.file_name().to_string_lossy().into_owned();
            if prefix.len() != 2 || !folder.file_type().is_ok_and(|kind| kind.is_dir()) {
                continue;
            }
            for entry in fs::read_dir(folder.path()).into_iter().flatten().flatten() {
                let name = entry.file_name().to_string_lossy().into_owned();
                if !is_entry_name(&name) || !name.starts_with(&prefix) {
                    continue;
                }
                if let Ok(metadata) = entry.metadata()
                    && metadata.is_file()
                {
                    found.push((entry.path(), metadata.len()));
                }
            }
        }
        found.sort_unstable();
        found
    }
}

/// Whether this is a Xet hash as the names of entries have it: 64 lower-case hexadecimal digits.
fn is_entry_name(name: &str) -> bool {
    lfs::is_oid(name)
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
        let real = entry.canonicalize().unwrap();
        assert!(store.content_of(&blob).is_none() && !store.has(&real) && store.entries().is_empty());
        assert!(!store.mark().unwrap(), "a folder with other things in it is left alone");
        fs::write(store.folder().join(marker::NAME), "1\n").unwrap();
        assert_eq!(store.content_of(&blob).map(|(_, metadata)| metadata.len()), Some(7));
        assert!(store.has(&real));
        assert_eq!(store.entries(), [(entry, 7)]);
    }
}
