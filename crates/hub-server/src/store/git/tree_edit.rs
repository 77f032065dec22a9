//! Changing a tree of files in memory: only the folders that a change touches are read and written.

use std::collections::BTreeMap;

use gix::{
    bstr::BString,
    objs::{
        Kind, Tree, TreeRefIter, WriteTo,
        tree::{self, EntryKind, EntryMode},
    },
};
use hub_types::SafeRelPath;

use super::{Change, ObjectId, object::read_object};
use crate::store::{Result, StoreError};

/// Folders may be nested so deep.
const DEPTH: usize = 64;

/// A tree that is being changed.
pub(super) struct TreeEdit<'r> {
    repo: &'r gix::Repository,
    root: Folder,
}

type Folder = BTreeMap<BString, Item>;

enum Item {
    /// Not changed, as far as known: a file, link, submodule, or a folder that was not read.
    Stored(EntryMode, ObjectId),
    /// A folder that was read.
    Folder(Folder),
}

impl Item {
    fn is_folder(&self) -> bool {
        match self {
            Self::Stored(mode, _) => mode.is_tree(),
            Self::Folder(_) => true,
        }
    }
}

impl<'r> TreeEdit<'r> {
    /// Begins with a stored tree, or with nothing.
    pub(super) fn new(repo: &'r gix::Repository, tree: Option<ObjectId>) -> Result<Self> {
        let root = tree.map_or_else(|| Ok(Folder::new()), |tree| read(repo, tree))?;
        Ok(Self { repo, root })
    }

    /// Makes one change.
    pub(super) fn apply(&mut self, change: &Change) -> Result<()> {
        match change {
            Change::Put { path, blob } => put(self.repo, &mut self.root, path, &parts(path)?, *blob),
            Change::DeleteFolder { path } => self.delete(path, Item::is_folder),
            Change::DeleteEntry { path } => self.delete(path, |_| true),
        }
    }

    /// The blob of a file at the root.
    pub(super) fn blob_at(&self, name: &str) -> Result<Option<ObjectId>> {
        match self.root.get(name.as_bytes()) {
            Some(Item::Stored(mode, id)) if mode.is_blob() => Ok(Some(*id)),
            None => Ok(None),
            Some(_) => Err(StoreError::PathConflict { path: name.to_owned(), reason: "it must be a file" }),
        }
    }

    /// Hands every changed folder to `store`, innermost first, and returns the root's id.
    pub(super) fn write(self, store: &mut dyn FnMut(&[u8]) -> Result<ObjectId>) -> Result<ObjectId> {
        write(self.root, store)
    }

    fn delete(&mut self, path: &str, fits: impl Fn(&Item) -> bool) -> Result<()> {
        if delete(self.repo, &mut self.root, &parts(path.trim_end_matches('/'))?, &fits)? {
            Ok(())
        } else {
            Err(StoreError::EntryNotFound { path: path.to_owned() })
        }
    }
}

/// The names along a path, each of which git accepts in a tree.
fn parts(path: &str) -> Result<Vec<&str>> {
    let invalid = |reason: String| StoreError::InvalidPath { path: path.to_owned(), reason };
    path.parse::<SafeRelPath>().map_err(|error| invalid(error.reason().to_owned()))?;
    let parts: Vec<&str> = path.split('/').collect();
    if parts.len() > DEPTH {
        return Err(invalid(format!("folders may be nested {DEPTH} deep at most")));
    }
    Ok(parts)
}

fn read(repo: &gix::Repository, tree: ObjectId) -> Result<Folder> {
    let content = read_object(repo, tree, Kind::Tree)?;
    TreeRefIter::from_bytes(&content, repo.object_hash())
        .map(|entry| {
            let entry = entry.map_err(StoreError::git("read a folder"))?;
            Ok((entry.filename.to_owned(), Item::Stored(entry.mode, entry.oid.to_owned())))
        })
        .collect()
}

/// The folder behind an item, read if it was not yet; `None` when the item is no folder.
fn enter<'i>(repo: &gix::Repository, item: &'i mut Item) -> Result<Option<&'i mut Folder>> {
    if let Item::Stored(mode, id) = item
        && mode.is_tree()
    {
        *item = Item::Folder(read(repo, *id)?);
    }
    match item {
        Item::Folder(folder) => Ok(Some(folder)),
        Item::Stored(..) => Ok(None),
    }
}

fn put(
    repo: &gix::Repository,
    folder: &mut Folder,
    path: &str,
    parts: &[&str],
    blob: ObjectId,
) -> Result<()> {
    let conflict = |reason| StoreError::PathConflict { path: path.to_owned(), reason };
    match parts {
        [] => Ok(()),
        [name] => {
            let mode = match folder.get(name.as_bytes()) {
                Some(item) if item.is_folder() => return Err(conflict("a folder has this name")),
                // Clients of the Hub cannot say that a file is executable, so a new version stays what it was.
                Some(Item::Stored(mode, _)) if mode.is_executable() => *mode,
                _ => EntryKind::Blob.into(),
            };
            folder.insert((*name).into(), Item::Stored(mode, blob));
            Ok(())
        }
        [name, below @ ..] => {
            let item = folder.entry((*name).into()).or_insert_with(|| Item::Folder(Folder::new()));
            match enter(repo, item)? {
                Some(folder) => put(repo, folder, path, below, blob),
                None => Err(conflict("a file has the name of one of its folders")),
            }
        }
    }
}

/// Removes an entry and the folders that it leaves empty; says whether it was there.
fn delete(
    repo: &gix::Repository,
    folder: &mut Folder,
    parts: &[&str],
    fits: &dyn Fn(&Item) -> bool,
) -> Result<bool> {
    let Some((name, below)) = parts.split_first() else { return Ok(false) };
    let Some(item) = folder.get_mut(name.as_bytes()) else { return Ok(false) };
    if below.is_empty() {
        if !fits(item) {
            return Ok(false);
        }
        folder.remove(name.as_bytes());
        return Ok(true);
    }
    let Some(inner) = enter(repo, item)? else { return Ok(false) };
    let found = delete(repo, inner, below, fits)?;
    if inner.is_empty() {
        folder.remove(name.as_bytes());
    }
    Ok(found)
}

fn write(folder: Folder, store: &mut dyn FnMut(&[u8]) -> Result<ObjectId>) -> Result<ObjectId> {
    let mut entries = Vec::with_capacity(folder.len());
    for (filename, item) in folder {
        let (mode, oid) = match item {
            Item::Stored(mode, id) => (mode, id),
            Item::Folder(folder) => (EntryKind::Tree.into(), write(folder, store)?),
        };
        entries.push(tree::Entry { mode, filename, oid });
    }
    // git compares folders as if their names ended in a slash.
    entries.sort();
    let mut content = Vec::new();
    Tree { entries }.write_to(&mut content).map_err(StoreError::git("write a folder"))?;
    store(&content)
}
