//! New objects that nobody sees yet, and their way into the repository.
//!
//! Up to [`LOOSE_AT_MOST`] objects become loose ones, each synced; more become one pack, so that the number of syncs does
//! not grow with the number of files.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    fs::{self, File},
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use flate2::{Compression, read::ZlibDecoder, write::ZlibEncoder};
use gix::objs::{Exists, Kind};

use super::{ObjectId, pack::PackWriter};
use crate::store::{
    Result, StoreError,
    disk::{self, at_once, sync_folder},
};

/// More new objects than this go into a pack.
const LOOSE_AT_MOST: usize = 32;

/// Objects in a folder of their own, which is removed on drop.
pub(super) struct Quarantine {
    folder: tempfile::TempDir,
    objects: Objects,
    /// What the repository may have; looked up with the first object of a pack.
    places: Option<Places>,
    /// Objects that the repository had when they were added.
    there: HashSet<ObjectId>,
}

enum Objects {
    Loose(HashMap<ObjectId, Kind>),
    Pack(Box<PackWriter>),
}

impl Quarantine {
    /// Makes the folder in `tmp`, which must be on the file system of the repository.
    pub(super) fn new(tmp: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("commit-")
            .tempdir_in(tmp)
            .map_err(StoreError::io("create a folder in", tmp))?;
        Ok(Self { folder, objects: Objects::Loose(HashMap::new()), places: None, there: HashSet::new() })
    }

    /// Keeps an object unless `repo` has it, and returns its id.
    pub(super) fn add(&mut self, repo: &gix::Repository, kind: Kind, content: &[u8]) -> Result<ObjectId> {
        let id = gix::objs::compute_hash(repo.object_hash(), kind, content)
            .map_err(StoreError::git("hash an object"))?;
        if self.contains(id) {
            return Ok(id);
        }
        if self.is_in(repo, id)? {
            self.there.insert(id);
        } else {
            self.write(id, kind, content).map_err(StoreError::io("write", self.folder.path()))?;
        }
        Ok(id)
    }

    /// Whether the repository still has all that it had when it was added.
    pub(super) fn is_still_there(&self, repo: &gix::Repository) -> bool {
        self.there.iter().all(|id| repo.objects.exists(id))
    }

    fn is_in(&mut self, repo: &gix::Repository, id: ObjectId) -> Result<bool> {
        let store = &repo.objects;
        if matches!(self.objects, Objects::Pack(_)) {
            let places = match &mut self.places {
                Some(places) => places,
                none => none.insert(Places::in_store(store.store_ref().path())?),
            };
            if !places.may_have(&id) {
                return Ok(false);
            }
        }
        // Asked of the object store, because the repository claims to have the empty tree always and git wants it stored.
        Ok(store.exists(&id))
    }

    /// Whether the object is here.
    pub(super) fn contains(&self, id: ObjectId) -> bool {
        match &self.objects {
            Objects::Loose(objects) => objects.contains_key(&id),
            Objects::Pack(pack) => pack.contains(id),
        }
    }

    /// The content of an object that is here.
    pub(super) fn read(&mut self, id: ObjectId) -> Result<Option<Vec<u8>>> {
        let content = match &mut self.objects {
            Objects::Loose(objects) if !objects.contains_key(&id) => Ok(None),
            Objects::Loose(_) => read_loose(&self.folder.path().join(id.to_string())).map(Some),
            Objects::Pack(pack) => pack.read(id),
        };
        content.map_err(StoreError::io("read", self.folder.path()))
    }

    /// Moves everything into the repository. When this returns, the objects are on disk. Says whether a pack was added.
    ///
    /// An error in the middle leaves objects that nothing refers to, which is harmless.
    pub(super) fn publish(self, repo: &gix::Repository) -> Result<bool> {
        let objects_dir = repo.objects.store_ref().path().to_path_buf();
        match self.objects {
            Objects::Loose(objects) => {
                publish_loose(self.folder.path(), &objects_dir, objects.keys())?;
                Ok(false)
            }
            Objects::Pack(pack) => {
                let (from, index) = (self.folder.path().join("pack"), self.folder.path().join("index"));
                let name = pack.finish(&index).map_err(StoreError::io("write", &from))?;
                at_once(&[from.clone(), index.clone()], disk::sync)?;
                let target = objects_dir.join("pack");
                // git looks for the index: the pack must be there before.
                for (from, extension) in [(from, "pack"), (index, "idx")] {
                    let to = target.join(format!("pack-{name}.{extension}"));
                    read_only(&from).map_err(StoreError::io("write", &from))?;
                    fs::rename(&from, &to).map_err(StoreError::io("create", &to))?;
                }
                sync_folder(&target)?;
                Ok(true)
            }
        }
    }

    fn write(&mut self, id: ObjectId, kind: Kind, content: &[u8]) -> io::Result<()> {
        if let Objects::Loose(objects) = &mut self.objects {
            if objects.len() < LOOSE_AT_MOST {
                write_loose(&self.folder.path().join(id.to_string()), kind, content)?;
                objects.insert(id, kind);
                return Ok(());
            }
            let mut pack = PackWriter::create(&self.folder.path().join("pack"))?;
            for (id, kind) in objects.drain() {
                let path = self.folder.path().join(id.to_string());
                pack.add(id, kind, &read_loose(&path)?)?;
                fs::remove_file(path)?;
            }
            self.objects = Objects::Pack(Box::new(pack));
        }
        match &mut self.objects {
            Objects::Pack(pack) => pack.add(id, kind, content),
            Objects::Loose(_) => Ok(()),
        }
    }
}

/// Where a repository has objects: to ask for each of thousands of new ones costs more than to look there once. One that comes
/// later is missed, and then merely written again.
struct Places {
    packs: bool,
    /// First bytes of ids for which there is a folder.
    loose: BTreeSet<u8>,
}

impl Places {
    fn in_store(objects: &Path) -> Result<Self> {
        let mut places = Self { packs: false, loose: BTreeSet::new() };
        let mut look = || {
            for entry in fs::read_dir(objects)? {
                let name = entry?.file_name();
                let name = name.to_str().filter(|name| name.len() == 2).unwrap_or_default();
                places.loose.extend(u8::from_str_radix(name, 16));
            }
            places.packs = fs::read_dir(objects.join("pack"))?.next().is_some();
            Ok(())
        };
        look().map_err(StoreError::io("list", objects))?;
        Ok(places)
    }

    fn may_have(&self, id: &ObjectId) -> bool {
        self.packs || id.as_bytes().first().is_none_or(|first| self.loose.contains(first))
    }
}

fn write_loose(path: &Path, kind: Kind, content: &[u8]) -> io::Result<()> {
    let mut encoder = ZlibEncoder::new(File::create_new(path)?, Compression::fast());
    encoder.write_all(&gix::objs::encode::loose_header(kind, content.len() as u64))?;
    encoder.write_all(content)?;
    encoder.finish()?;
    Ok(())
}

fn read_loose(path: &Path) -> io::Result<Vec<u8>> {
    let mut object = Vec::new();
    ZlibDecoder::new(File::open(path)?).read_to_end(&mut object)?;
    let header = object.iter().position(|byte| *byte == 0).map_or(0, |end| end + 1);
    object.drain(..header);
    Ok(object)
}

fn publish_loose<'a>(
    folder: &Path,
    objects_dir: &Path,
    ids: impl Iterator<Item = &'a ObjectId>,
) -> Result<()> {
    let names: Vec<String> = ids.map(ToString::to_string).collect();
    let files: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
    at_once(&files, |file| {
        let sync = || {
            File::options().write(true).open(file)?.sync_all()?;
            read_only(file)
        };
        sync().map_err(StoreError::io("sync", file))
    })?;
    let mut changed: BTreeSet<PathBuf> = BTreeSet::new();
    for (file, name) in files.iter().zip(&names) {
        let (first, rest) = name.split_at(2);
        let target = objects_dir.join(first);
        if !target.is_dir() {
            fs::create_dir(&target).map_err(StoreError::io("create", &target))?;
            changed.insert(objects_dir.to_path_buf());
        }
        let to = target.join(rest);
        if let Err(error) = fs::rename(file, &to) {
            // git removes folders that are empty.
            if error.kind() != io::ErrorKind::NotFound || target.is_dir() {
                return Err(StoreError::io("create", &to)(error));
            }
            fs::create_dir_all(&target).map_err(StoreError::io("create", &target))?;
            changed.insert(objects_dir.to_path_buf());
            fs::rename(file, &to).map_err(StoreError::io("create", &to))?;
        }
        changed.insert(target);
    }
    at_once(&changed.into_iter().collect::<Vec<_>>(), sync_folder)
}

fn read_only(path: &Path) -> io::Result<()> {
    let mut permissions = fs::metadata(path)?.permissions();
    permissions.set_readonly(true);
    fs::set_permissions(path, permissions)
}
