//! The file by which the store is known for one.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::SharedStore;
use super::modes::{copy_folder_mode, set_entry_mode};
use crate::disk::{made_beside, replace, sweep};

/// Its name.
pub(super) const NAME: &str = ".huggingface-shared-blobs";
/// The version of the layout.
const CONTENT: &str = "1\n";

impl SharedStore {
    fn marker(&self) -> PathBuf {
        self.folder().join(NAME)
    }

    /// Whether the folder is a store of the layout that is known here. Links count as neither.
    pub(crate) fn is_marked(&self) -> bool {
        let marker = self.marker();
        is_folder(&self.folder())
            && fs::symlink_metadata(&marker)
                .is_ok_and(|metadata| metadata.is_file() && metadata.len() == CONTENT.len() as u64)
            && fs::read_to_string(&marker).is_ok_and(|text| text == CONTENT)
    }

    /// Makes the store if it is not there; false if something else has its place. The folder of the cache must be there.
    pub(super) fn mark(&self) -> io::Result<bool> {
        if self.is_marked() {
            return Ok(true);
        }
        let folder = self.folder();
        make_folder(&folder)?;
        if !is_folder(&folder) || !is_free(&folder)? {
            return Ok(self.is_marked());
        }
        copy_folder_mode(&self.cache, &folder)?;
        replace(&self.marker(), &folder, |made| {
            fs::write(made, CONTENT)?;
            set_entry_mode(&self.cache, made)
        })?;
        Ok(self.is_marked())
    }

    /// Makes the store and the folder for an entry; false if something else has a place of theirs.
    pub(super) fn make_room(&self, entry: &Path) -> io::Result<bool> {
        let Some(folder) = entry.parent() else { return Ok(false) };
        if !self.mark()? {
            return Ok(false);
        }
        make_folder(folder)?;
        if !is_folder(folder) {
            return Ok(false);
        }
        copy_folder_mode(&self.cache, folder)?;
        sweep(folder);
        Ok(true)
    }
}

/// Whether a folder has nothing in it but marks that were begun by processes that were killed; those are removed.
fn is_free(folder: &Path) -> io::Result<bool> {
    let mut begun = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let is_mark = made_beside(&name, "tmp") == Some(NAME);
        let text = fs::symlink_metadata(&path)
            .ok()
            .filter(|metadata| metadata.is_file() && metadata.len() <= CONTENT.len() as u64)
            .and_then(|_| fs::read_to_string(&path).ok());
        if !is_mark || !text.is_some_and(|text| CONTENT.starts_with(&text)) {
            return Ok(false);
        }
        begun.push(path);
    }
    for path in begun {
        drop(fs::remove_file(path));
    }
    Ok(true)
}

fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

fn make_folder(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_is_made_where_nothing_is_and_where_a_kill_left_a_mark_half_made() {
        let cache = tempfile::tempdir().unwrap();
        let store = SharedStore::of(cache.path());
        fs::create_dir(store.folder()).unwrap();
        for (mark, text) in [("0badcafe", ""), ("1a2b3c4d", "1")] {
            fs::write(store.folder().join(format!("{NAME}.{mark}.tmp")), text).unwrap();
        }
        assert!(store.mark().unwrap() && store.mark().unwrap());
        assert_eq!(fs::read_dir(store.folder()).unwrap().count(), 1);
        assert_eq!(fs::read_to_string(store.marker()).unwrap(), "1\n");
    }

    #[test]
    fn a_folder_with_anything_else_in_it_and_another_version_are_left_alone() {
        for (name, text) in [
            ("photo.jpg", "1"),
            (".huggingface-shared-blobs.0badcafe.tmp", "2"),
            (".huggingface-shared-blobs", "2\n"),
            (".huggingface-shared-blobs", "1"),
        ] {
            let cache = tempfile::tempdir().unwrap();
            let store = SharedStore::of(cache.path());
            fs::create_dir(store.folder()).unwrap();
            fs::write(store.folder().join(name), text).unwrap();
            assert!(!store.mark().unwrap(), "{name} {text:?}");
            assert_eq!(fs::read_to_string(store.folder().join(name)).unwrap(), text);
        }
    }
}
