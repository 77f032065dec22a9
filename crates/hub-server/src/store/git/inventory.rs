//! What a repository has on disk: loose objects and packs.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use gix::odb::pack::index;

use super::ObjectId;
use crate::store::{
    Result, StoreError,
    disk::{entries, remove_all, sync_folder},
};

/// An object in a file of its own.
pub(super) struct Loose {
    pub(super) id: ObjectId,
    pub(super) path: PathBuf,
    pub(super) modified: SystemTime,
    pub(super) bytes: u64,
}

/// A pack that has an index.
pub(super) struct Pack {
    /// The index.
    pub(super) path: PathBuf,
    pub(super) index: index::File,
    pub(super) modified: SystemTime,
    pub(super) bytes: u64,
}

impl Pack {
    /// The ids of its objects.
    pub(super) fn ids(&self) -> impl Iterator<Item = ObjectId> + '_ {
        (0..self.index.num_objects()).map(|at| self.index.oid_at_index(at).to_owned())
    }

    pub(super) fn has(&self, id: ObjectId) -> bool {
        self.index.lookup(id).is_some()
    }

    /// Removes it: the index first, so that nobody looks for a pack that is gone.
    pub(super) fn remove(&self) -> Result<()> {
        for extension in ["idx", "rev", "bitmap", "mtimes", "pack"] {
            remove_all(&self.path.with_extension(extension))?;
        }
        Ok(())
    }
}

/// Every loose object. What comes or goes meanwhile may be missed.
pub(super) fn loose(objects: &Path) -> Result<Vec<Loose>> {
    let mut found = Vec::new();
    for folder in entries(objects)? {
        let Some(first) = name(&folder).filter(|name| name.len() == 2) else { continue };
        for path in entries(&folder)? {
            let id = name(&path).and_then(|rest| format!("{first}{rest}").parse().ok());
            if let (Some(id), Some((modified, bytes))) = (id, stated(&path)?) {
                found.push(Loose { id, path, modified, bytes });
            }
        }
    }
    Ok(found)
}

/// Every pack with its index.
pub(super) fn packs(objects: &Path) -> Result<Vec<Pack>> {
    let mut found = Vec::new();
    for path in entries(&objects.join("pack"))? {
        if path.extension().is_none_or(|extension| extension != "idx") {
            continue;
        }
        let Some((modified, bytes)) = stated(&path.with_extension("pack"))? else { continue };
        let index = index::File::at(&path, gix::hash::Kind::Sha1);
        let index = index.map_err(StoreError::git("read the index of a pack"))?;
        found.push(Pack { path, index, modified, bytes });
    }
    Ok(found)
}

/// How many loose objects there are, about, and how many packs, at the cost of two small listings.
pub(super) fn estimate(objects: &Path) -> Result<(usize, usize)> {
    let sample = entries(&objects.join("17"))?.len();
    let packs = entries(&objects.join("pack"))?;
    let indices = packs.iter().filter(|path| path.extension().is_some_and(|extension| extension == "idx"));
    Ok((sample * 256, indices.count()))
}

/// Removes loose objects that packs have, and with `also_packs` packs of which later ones have everything. Nobody can tell the
/// difference, so that no lock is needed. Returns how many files there are fewer.
pub(super) fn remove_duplicates(objects: &Path, also_packs: bool) -> Result<u64> {
    let mut removed = 0;
    let mut packs = packs(objects)?;
    packs.sort_by(|one, other| (one.modified, &one.path).cmp(&(other.modified, &other.path)));
    let mut at = 0;
    while let Some(pack) = packs.get(at).filter(|_| also_packs) {
        let later = packs.get(at + 1..).unwrap_or_default();
        if pack.ids().all(|id| later.iter().any(|other| other.has(id))) {
            pack.remove()?;
            packs.remove(at);
            removed += 1;
        } else {
            at += 1;
        }
    }
    for object in loose(objects)? {
        if packs.iter().any(|pack| pack.has(object.id)) {
            remove_all(&object.path)?;
            removed += 1;
        }
    }
    if removed > 0 {
        sync_folder(&objects.join("pack"))?;
    }
    Ok(removed)
}

fn name(path: &Path) -> Option<&str> {
    path.file_name().and_then(|name| name.to_str())
}

fn stated(path: &Path) -> Result<Option<(SystemTime, u64)>> {
    match fs::metadata(path).and_then(|metadata| Ok((metadata.modified()?, metadata.len()))) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io("look at", path)(error)),
    }
}
