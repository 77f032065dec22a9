//! Reading files and folders at a commit.

use std::collections::{
    HashMap,
    hash_map::Entry::{Occupied, Vacant},
};

use gix::{bstr::ByteSlice, objs::TreeRefIter};
use hub_types::lfs::Pointer;

use super::{
    Attributes, CommitId, Entry, EntryKind, GitRepo, IgnoreRules, ObjectId,
    blob::{BlobReader, WHOLE_AT_MOST},
    object::read_object,
};
use crate::store::{Result, StoreError};

/// The content of a file as git has it: of an LFS file the pointer.
pub(crate) enum Content {
    /// In memory.
    Small(Vec<u8>),
    /// Read while it is sent.
    Large(Box<BlobReader>),
}

/// A pointer has 120 to 140 bytes: only blobs up to this size are looked into.
pub(super) const POINTER_AT_MOST: u64 = 256;
/// The longest path in bytes, as in commits through the API.
pub(super) const LONGEST_PATH: usize = 4096;
/// The most entries that are listed or compared at once, and the most bytes of their paths.
pub(super) const MOST_ENTRIES: usize = 1_000_000;
const MOST_PATH_BYTES: usize = 128 << 20;

impl GitRepo {
    /// What is at a path, without a trailing slash; `None` when nothing is, and for the root.
    pub(crate) fn entry(&self, commit: CommitId, path: &str) -> Result<Option<Entry>> {
        let repo = self.open.local()?;
        match self.find(&repo, commit, path)? {
            Some((mode, oid)) => describe(&repo, path.to_owned(), mode, oid).map(Some),
            None => Ok(None),
        }
    }

    /// The commit of a revision, and the file at a path in it; `None` when there is no file.
    ///
    /// # Errors
    /// `RevisionNotFound`.
    pub(crate) fn file(&self, revision: &str, path: &str) -> Result<(CommitId, Option<(Entry, Content)>)> {
        let repo = self.open.local()?;
        let commit = self.resolve_in(&repo, revision)?;
        let Some((_, oid)) = self.find(&repo, commit, path)?.filter(|(mode, _)| mode.is_blob()) else {
            return Ok((commit, None));
        };
        let header = repo.try_find_header(oid).map_err(StoreError::git("read an object"))?;
        let mut entry = Entry::new(path.to_owned(), EntryKind::File, oid);
        entry.size = header.ok_or(StoreError::ObjectMissing { id: oid, expected: "blob" })?.size();
        if entry.size > WHOLE_AT_MOST {
            let content = Content::Large(Box::new(self.open_blob(oid)?));
            return Ok((commit, Some((entry, content))));
        }
        let content = read_object(&repo, oid, gix::objs::Kind::Blob)?;
        if entry.size <= POINTER_AT_MOST {
            entry.follow(&content);
        }
        Ok((commit, Some((entry, Content::Small(content)))))
    }

    /// The tree of a folder; of the whole commit without a path.
    ///
    /// # Errors
    /// `EntryNotFound` when it is not there or is a file.
    pub(super) fn folder(&self, repo: &gix::Repository, commit: CommitId, folder: &str) -> Result<ObjectId> {
        if folder.is_empty() {
            return tree_of(repo, commit);
        }
        match self.find(repo, commit, folder)? {
            Some((mode, oid)) if mode.is_tree() => Ok(oid),
            _ => Err(StoreError::EntryNotFound { path: folder.to_owned() }),
        }
    }

    /// What is at a path of a commit. The commit and the folders on the way are kept in memory.
    pub(super) fn find(
        &self,
        repo: &gix::Repository,
        commit: CommitId,
        path: &str,
    ) -> Result<Option<(Mode, ObjectId)>> {
        let known = |id, kind| self.open.known.get(id, || read_object(repo, id, kind));
        let mut folder = Some(tree_in(repo, &known(commit, gix::objs::Kind::Commit)?)?);
        let mut found = None;
        for part in path.split('/').filter(|part| !part.is_empty()) {
            let Some(tree) = folder else { return Ok(None) };
            let data = known(tree, gix::objs::Kind::Tree)?;
            found = entry_named(repo, &data, part)?;
            folder = found.filter(|(mode, _)| mode.is_tree()).map(|(_, oid)| oid);
        }
        Ok(found)
    }

    /// What is at each of many paths, as [`GitRepo::entry`] says for one. Each folder is read once.
    pub(crate) fn entries<'p>(
        &self,
        commit: CommitId,
        paths: impl IntoIterator<Item = &'p str>,
    ) -> Result<Vec<Option<Entry>>> {
        let repo = self.open.local()?;
        let root = tree_of(&repo, commit)?;
        let mut folders = Folders::default();
        let mut found = Vec::new();
        for path in paths {
            found.push(match folders.find(&repo, root, path)? {
                Some((mode, oid)) => Some(describe(&repo, path.to_owned(), mode, oid)?),
                None => None,
            });
        }
        Ok(found)
    }

    /// What is in a folder (empty text: the root), by path in byte order; with `recursive` also below it.
    ///
    /// # Errors
    /// `EntryNotFound` when the folder is not there or is a file.
    pub(crate) fn list(&self, commit: CommitId, folder: &str, recursive: bool) -> Result<Vec<Entry>> {
        let repo = self.open.local()?;
        let folder = folder.trim_end_matches('/');
        let tree = self.folder(&repo, commit, folder)?;
        let mut found = Vec::new();
        walk(&repo, tree, folder, recursive, &mut found)?;
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found.into_iter().map(|(path, mode, oid)| describe(&repo, path, mode, oid)).collect()
    }

    /// Every file with its size, by path in byte order.
    pub(crate) fn all_files(&self, commit: CommitId) -> Result<Vec<Entry>> {
        let mut entries = self.list(commit, "", true)?;
        entries.retain(|entry| entry.kind == EntryKind::File);
        Ok(entries)
    }

    /// The paths of every file, in byte order: quicker than [`GitRepo::all_files`], for no file is opened.
    pub(crate) fn all_paths(&self, commit: CommitId) -> Result<Vec<String>> {
        let repo = self.open.local()?;
        let mut found = Vec::new();
        walk(&repo, tree_of(&repo, commit)?, "", true, &mut found)?;
        let mut paths: Vec<String> =
            found.into_iter().filter(|(_, mode, _)| mode.is_blob()).map(|(path, ..)| path).collect();
        paths.sort();
        Ok(paths)
    }

    /// The rules of `.gitattributes` at the root of a commit; no rules when there is no such file.
    pub(crate) fn attributes_at(&self, commit: CommitId) -> Result<Attributes> {
        Ok(Attributes::parse(&self.root_file(commit, ".gitattributes")?))
    }

    /// The rules of `.gitignore` at the root of a commit; no rules when there is no such file.
    pub(crate) fn ignore_rules_at(&self, commit: CommitId) -> Result<IgnoreRules> {
        Ok(IgnoreRules::parse(&self.root_file(commit, ".gitignore")?))
    }

    fn root_file(&self, commit: CommitId, name: &str) -> Result<Vec<u8>> {
        let repo = self.open.local()?;
        match self.find(&repo, commit, name)? {
            Some((mode, oid)) if mode.is_blob() => read_object(&repo, oid, gix::objs::Kind::Blob),
            _ => Ok(Vec::new()),
        }
    }
}

/// The tree of a commit.
pub(super) fn tree_of(repo: &gix::Repository, commit: CommitId) -> Result<ObjectId> {
    tree_in(repo, &read_object(repo, commit, gix::objs::Kind::Commit)?)
}

/// The tree that the bytes of a commit name.
fn tree_in(repo: &gix::Repository, commit: &[u8]) -> Result<ObjectId> {
    let commit = gix::objs::CommitRef::from_bytes(commit, repo.object_hash())
        .map_err(StoreError::git("read a commit"))?;
    Ok(commit.tree())
}

pub(super) type Mode = gix::objs::tree::EntryMode;

/// The entry of a folder with this name.
pub(super) fn entry_named(
    repo: &gix::Repository,
    tree: &[u8],
    name: &str,
) -> Result<Option<(Mode, ObjectId)>> {
    for entry in TreeRefIter::from_bytes(tree, repo.object_hash()) {
        let entry = entry.map_err(StoreError::git("read a folder"))?;
        if entry.filename == name {
            return Ok(Some((entry.mode, entry.oid.to_owned())));
        }
    }
    Ok(None)
}

/// The folders that were read, by their ids.
#[derive(Default)]
struct Folders(HashMap<ObjectId, HashMap<Vec<u8>, (Mode, ObjectId)>>);

impl Folders {
    fn find(
        &mut self,
        repo: &gix::Repository,
        root: ObjectId,
        path: &str,
    ) -> Result<Option<(Mode, ObjectId)>> {
        let mut here = None;
        for part in path.split('/').filter(|part| !part.is_empty()) {
            let folder = match here {
                None => root,
                Some((mode, oid)) if Mode::is_tree(&mode) => oid,
                Some(_) => return Ok(None),
            };
            let entries = match self.0.entry(folder) {
                Occupied(known) => known.into_mut(),
                Vacant(unknown) => unknown.insert(read_folder(repo, folder)?),
            };
            let Some(found) = entries.get(part.as_bytes()) else { return Ok(None) };
            here = Some(*found);
        }
        Ok(here)
    }
}

fn read_folder(repo: &gix::Repository, tree: ObjectId) -> Result<HashMap<Vec<u8>, (Mode, ObjectId)>> {
    let data = read_object(repo, tree, gix::objs::Kind::Tree)?;
    let entries = TreeRefIter::from_bytes(&data, repo.object_hash());
    entries
        .map(|entry| {
            let entry = entry.map_err(StoreError::git("read a folder"))?;
            Ok((entry.filename.to_vec(), (entry.mode, entry.oid.to_owned())))
        })
        .collect()
}

/// Collects what is in a folder. Whoever pushes decides how deep it is and how often it has the same folder again, so there
/// is no recursion, and limits to what is collected.
fn walk(
    repo: &gix::Repository,
    tree: ObjectId,
    folder: &str,
    recursive: bool,
    found: &mut Vec<(String, Mode, ObjectId)>,
) -> Result<()> {
    let mut open = vec![(tree, folder.to_owned())];
    let mut bytes = 0;
    while let Some((tree, folder)) = open.pop() {
        let data = read_object(repo, tree, gix::objs::Kind::Tree)?;
        for entry in TreeRefIter::from_bytes(&data, repo.object_hash()) {
            let entry = entry.map_err(StoreError::git("read a folder"))?;
            let name = entry.filename.to_str_lossy();
            let path = if folder.is_empty() { name.into_owned() } else { format!("{folder}/{name}") };
            bytes += path.len();
            if path.len() > LONGEST_PATH {
                return Err(StoreError::TooLarge { reason: "it has a path of more than 4096 bytes" });
            }
            if found.len() >= MOST_ENTRIES || bytes > MOST_PATH_BYTES {
                let reason = "it has more than 1000000 files and folders; ask for one folder at a time";
                return Err(StoreError::TooLarge { reason });
            }
            let oid = entry.oid.to_owned();
            if recursive && entry.mode.is_tree() {
                open.push((oid, path.clone()));
            }
            found.push((path, entry.mode, oid));
        }
    }
    Ok(())
}

pub(super) fn describe(repo: &gix::Repository, path: String, mode: Mode, oid: ObjectId) -> Result<Entry> {
    let kind = match mode {
        mode if mode.is_tree() => EntryKind::Directory,
        mode if mode.is_blob() => EntryKind::File,
        _ => EntryKind::Other,
    };
    let mut entry = Entry::new(path, kind, oid);
    if kind == EntryKind::File {
        let header = repo.try_find_header(oid).map_err(StoreError::git("read an object"))?;
        entry.size = header.ok_or(StoreError::ObjectMissing { id: oid, expected: "blob" })?.size();
        if entry.size <= POINTER_AT_MOST {
            entry.follow(&read_object(repo, oid, gix::objs::Kind::Blob)?);
        }
    }
    Ok(entry)
}

impl Entry {
    fn new(path: String, kind: EntryKind, oid: ObjectId) -> Self {
        Self { path, kind, oid, size: 0, lfs: None, pointer_size: None }
    }

    /// Describes the object that a pointer leads to, if the content is one.
    fn follow(&mut self, content: &[u8]) {
        if let Some(pointer) = Pointer::parse(content) {
            self.pointer_size = Some(self.size);
            self.size = pointer.size;
            self.lfs = Some(pointer);
        }
    }
}
