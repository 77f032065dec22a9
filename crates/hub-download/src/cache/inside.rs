//! What a folder has, and what leads out of it.

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

use crate::cache::layout::RepoFolder;
use crate::cache::shared::SharedStore;

/// A folder, of which many places are to be judged: a link that leads out of it has no file of it behind it. All methods wait for the disk.
#[derive(Debug)]
pub(crate) struct Inside {
    /// Without links in it; `None` if there is no such folder.
    root: Option<PathBuf>,
    /// The store of the cache that it is a repository's folder of.
    store: Option<SharedStore>,
    /// The same without links in its path, once something led out of the folder.
    real_store: OnceLock<Option<SharedStore>>,
}

impl Inside {
    /// A folder that has files of its own alone.
    pub(crate) fn of_folder(folder: &Path) -> Self {
        Self { root: folder.canonicalize().ok(), store: None, real_store: OnceLock::new() }
    }

    /// The folder of a repository in a cache, which also has what the shared store has.
    pub(crate) fn of_repo(folder: &RepoFolder) -> Self {
        Self { store: Some(SharedStore::of(folder.cache())), ..Self::of_folder(folder.root()) }
    }

    /// Whether there is a file of it behind a path. Follows links.
    pub(crate) fn has(&self, place: &Path) -> bool {
        let (Some(root), Ok(real)) = (&self.root, place.canonicalize()) else { return false };
        real.is_file() && (real.starts_with(root) || self.is_shared(&real))
    }

    fn is_shared(&self, real: &Path) -> bool {
        let store = self.real_store.get_or_init(|| self.store.as_ref().and_then(SharedStore::real));
        store.as_ref().is_some_and(|store| store.has_path(real))
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;
    use crate::cache::shared::tests::{HASH, marked};
    use crate::cache::testing::repo;

    #[test]
    fn a_link_out_of_a_folder_has_a_file_behind_it_only_if_it_leads_to_the_store_of_its_cache() {
        let outside = tempfile::tempdir().unwrap();
        // A cache that is reached by a link.
        let (real, cache) = (outside.path().join("real"), outside.path().join("link"));
        let store = marked(&real);
        symlink(&real, &cache).unwrap();
        let folder = RepoFolder::new(&cache, &repo("ada/demo"));
        let entry = store.entry(HASH).unwrap();
        for made in [entry.parent().unwrap(), &folder.blobs()] {
            fs::create_dir_all(made).unwrap();
        }
        let (own, other) = (folder.blobs().join("own"), outside.path().join("other"));
        for place in [&entry, &own, &other] {
            fs::write(place, "content").unwrap();
        }
        let (of_repo, of_folder) = (Inside::of_repo(&folder), Inside::of_folder(folder.root()));
        for (target, in_repo, in_folder) in [
            (&own, true, true),
            (&entry, true, false),
            (&other, false, false),
            (&outside.path().to_owned(), false, false),
            (&outside.path().join("nothing"), false, false),
        ] {
            let link = folder.root().join("link");
            symlink(target, &link).unwrap();
            let found = (of_repo.has(&link), of_folder.has(&link));
            assert_eq!(found, (in_repo, in_folder), "{}", target.display());
            fs::remove_file(link).unwrap();
        }
        assert!(!Inside::of_folder(&outside.path().join("nothing")).has(&own));
    }
}
