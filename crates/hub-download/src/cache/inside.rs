//! What belongs to the cache of a repository: what is in its folder, and what the shared store has of it.

use std::{fs, path::Path};

use crate::cache::layout::RepoFolder;
use crate::cache::shared::SharedStore;

/// Whether there is a file behind a path, in the folder of the repository or in the shared store of the cache. Follows links.
pub(crate) fn belongs(folder: &RepoFolder, place: &Path) -> bool {
    let (Ok(real), Ok(root)) = (place.canonicalize(), folder.root().canonicalize()) else { return false };
    real.is_file() && (real.starts_with(root) || SharedStore::of(folder.cache()).has(&real))
}

/// The content of a blob of a repository: a file, or an entry of the shared store that it leads to. A link that leads elsewhere has none.
pub(crate) fn content_of(folder: &RepoFolder, blob: &Path) -> Option<fs::Metadata> {
    let metadata = fs::symlink_metadata(blob).ok()?;
    if metadata.is_symlink() {
        return SharedStore::of(folder.cache()).content_of(blob).map(|(_, metadata)| metadata);
    }
    metadata.is_file().then_some(metadata)
}
