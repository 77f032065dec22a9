//! A disk that forgets: what may be left of a folder when the power fails after some of its changes.
//!
//! The content of a file is sure when the file was synced, a name in a folder when the folder was. All else may be there or
//! not, each by itself. That is less than any file system in use promises.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    os::unix::fs::{FileTypeExt, MetadataExt},
    path::{Path, PathBuf},
};

use crate::recorder::Change;

/// What the power failure takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forgets {
    /// Everything that was not synced.
    Everything,
    /// Contents that were not synced; all names are kept.
    Contents,
    /// Names that were not synced; all contents are kept.
    Names,
    /// Some of what was not synced, by this seed.
    Some(u64),
}

/// A file, or where a symbolic link leads. Folders are there when something is in them, or when they are named by themselves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Item {
    File(Vec<u8>),
    Link(String),
    Folder,
}

/// What is in a folder, by relative path.
pub(crate) type Image = BTreeMap<PathBuf, Item>;

enum Node {
    File { live: Vec<u8>, sure: Vec<u8> },
    Folder { live: BTreeMap<String, usize>, sure: BTreeMap<String, usize> },
    Link(String),
}

/// A folder, as the programs see it and as it is sure to be after a power failure.
pub(crate) struct Disk {
    root: PathBuf,
    nodes: Vec<Node>,
    by_inode: HashMap<u64, usize>,
}

const ROOT: usize = 0;

impl Disk {
    /// The folder as it is now, all of it sure.
    pub(crate) fn of(root: &Path) -> Self {
        let mut disk = Self { root: root.to_owned(), nodes: Vec::new(), by_inode: HashMap::new() };
        disk.take(root);
        disk
    }

    fn take(&mut self, path: &Path) -> usize {
        let number = self.nodes.len();
        let Ok(metadata) = fs::symlink_metadata(path) else {
            self.nodes.push(Node::Folder { live: BTreeMap::new(), sure: BTreeMap::new() });
            return number;
        };
        if metadata.is_dir() {
            self.nodes.push(Node::Folder { live: BTreeMap::new(), sure: BTreeMap::new() });
            let mut names = BTreeMap::new();
            for entry in fs::read_dir(path).unwrap() {
                let entry = entry.unwrap();
                // It ends with its process.
                if entry.file_type().unwrap().is_socket() {
                    continue;
                }
                names.insert(entry.file_name().into_string().unwrap(), self.take(&entry.path()));
            }
            self.nodes[number] = Node::Folder { live: names.clone(), sure: names };
        } else if metadata.is_symlink() {
            self.nodes.push(Node::Link(fs::read_link(path).unwrap().to_string_lossy().into_owned()));
        } else {
            let content = fs::read(path).unwrap();
            self.nodes.push(Node::File { live: content.clone(), sure: content });
            self.by_inode.insert(metadata.ino(), number);
        }
        number
    }

    /// Makes a change.
    pub(crate) fn apply(&mut self, change: &Change) {
        match change {
            Change::Create { inode, path } => {
                let number = self.add(Node::File { live: Vec::new(), sure: Vec::new() });
                self.by_inode.insert(*inode, number);
                self.name(path, number);
            }
            Change::Write { inode, offset, bytes } => {
                let content = self.content(*inode);
                let end = offset + bytes.len();
                content.resize(content.len().max(end), 0);
                content[*offset..end].copy_from_slice(bytes);
            }
            Change::Size { inode, length } => self.content(*inode).resize(*length, 0),
            Change::Sync { inode } => {
                let number = self.by_inode[inode];
                if let Node::File { live, sure } = &mut self.nodes[number] {
                    sure.clone_from(live);
                }
            }
            Change::SyncFolder { path } => {
                let number = self.find(path);
                if let Node::Folder { live, sure } = &mut self.nodes[number] {
                    sure.clone_from(live);
                }
            }
            Change::Rename { from, to } => {
                let number = self.find(from);
                self.forget(from);
                self.name(to, number);
            }
            Change::Link { from, to } => {
                let number = self.find(from);
                self.name(to, number);
            }
            Change::Symlink { path, target } => {
                let number = self.add(Node::Link(target.clone()));
                self.name(path, number);
            }
            Change::MakeFolder { path } if *path == self.root => {}
            Change::MakeFolder { path } => {
                let number = self.add(Node::Folder { live: BTreeMap::new(), sure: BTreeMap::new() });
                self.name(path, number);
            }
            Change::Unlink { path } | Change::RemoveFolder { path } => self.forget(path),
        }
    }

    fn add(&mut self, node: Node) -> usize {
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn content(&mut self, inode: u64) -> &mut Vec<u8> {
        let number = self.by_inode[&inode];
        match &mut self.nodes[number] {
            Node::File { live, .. } => live,
            _ => panic!("{inode} is no file"),
        }
    }

    fn find(&self, path: &Path) -> usize {
        let below = path.strip_prefix(&self.root).unwrap();
        below.iter().fold(ROOT, |folder, name| match &self.nodes[folder] {
            Node::Folder { live, .. } => live[name.to_str().unwrap()],
            _ => panic!("{} is below something that is no folder", path.display()),
        })
    }

    fn names(&mut self, path: &Path) -> (&mut BTreeMap<String, usize>, String) {
        let folder = self.find(path.parent().unwrap());
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        match &mut self.nodes[folder] {
            Node::Folder { live, .. } => (live, name),
            _ => panic!("{} is in something that is no folder", path.display()),
        }
    }

    fn name(&mut self, path: &Path, number: usize) {
        let (names, name) = self.names(path);
        names.insert(name, number);
    }

    fn forget(&mut self, path: &Path) {
        let (names, name) = self.names(path);
        names.remove(&name);
    }

    /// What programs see.
    pub(crate) fn live(&self) -> Image {
        let mut image = Image::new();
        self.collect(ROOT, Path::new(""), None, &mut Chance(0), &mut image);
        image
    }

    /// What is left after a power failure.
    pub(crate) fn left(&self, forgets: Forgets) -> Image {
        let mut image = Image::new();
        let seed = if let Forgets::Some(seed) = forgets { seed } else { 0 };
        self.collect(ROOT, Path::new(""), Some(forgets), &mut Chance(seed), &mut image);
        image
    }

    fn collect(
        &self,
        node: usize,
        path: &Path,
        forgets: Option<Forgets>,
        chance: &mut Chance,
        image: &mut Image,
    ) {
        match &self.nodes[node] {
            Node::Link(target) => drop(image.insert(path.to_owned(), Item::Link(target.clone()))),
            Node::File { live, sure } => {
                let content = match forgets {
                    None | Some(Forgets::Names) => live.clone(),
                    Some(Forgets::Everything | Forgets::Contents) => sure.clone(),
                    Some(Forgets::Some(_)) if live == sure => sure.clone(),
                    Some(Forgets::Some(_)) => match chance.next() % 3 {
                        0 => live.clone(),
                        1 => sure.clone(),
                        _ => torn(live, sure, chance),
                    },
                };
                image.insert(path.to_owned(), Item::File(content));
            }
            Node::Folder { live, sure } => {
                if !path.as_os_str().is_empty() {
                    image.insert(path.to_owned(), Item::Folder);
                }
                for name in live.keys().chain(sure.keys()).collect::<BTreeSet<_>>() {
                    let (now, before) = (live.get(name), sure.get(name));
                    let found = match forgets {
                        None | Some(Forgets::Contents) => now,
                        Some(Forgets::Everything | Forgets::Names) => before,
                        Some(Forgets::Some(_)) if now == before => now,
                        Some(Forgets::Some(_)) => {
                            if chance.next().is_multiple_of(2) {
                                now
                            } else {
                                before
                            }
                        }
                    };
                    if let Some(found) = found {
                        self.collect(*found, &path.join(name), forgets, chance, image);
                    }
                }
            }
        }
    }
}

/// Some of the new blocks and some of the old ones; what grew is zero where its block is not there yet.
fn torn(live: &[u8], sure: &[u8], chance: &mut Chance) -> Vec<u8> {
    const BLOCK: usize = 512;
    let mut content = sure.to_vec();
    content.resize(live.len(), 0);
    for (new, old) in live.chunks(BLOCK).zip(content.chunks_mut(BLOCK)) {
        if chance.next().is_multiple_of(2) {
            old.copy_from_slice(new);
        }
    }
    content
}

/// Numbers that follow from a seed (splitmix64).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }
}

/// What a folder holds.
pub(crate) fn image_of(root: &Path) -> Image {
    Disk::of(root).live()
}

/// Writes what is left into a new folder.
pub(crate) fn write(image: &Image, root: &Path) {
    fs::create_dir_all(root).unwrap();
    for (path, item) in image {
        let path = root.join(path);
        match item {
            Item::Folder => fs::create_dir_all(path).unwrap(),
            Item::File(content) => fs::write(path, content).unwrap(),
            Item::Link(target) => std::os::unix::fs::symlink(target, path).unwrap(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Item {
        Item::File(text.into())
    }

    #[test]
    fn what_was_not_synced_is_forgotten_and_what_was_synced_is_not() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("old"), "old").unwrap();
        let mut disk = Disk::of(root.path());
        let (one, two) = (root.path().join("one"), root.path().join("two"));
        disk.apply(&Change::Create { inode: 1, path: one.clone() });
        disk.apply(&Change::Write { inode: 1, offset: 0, bytes: b"new".to_vec() });
        disk.apply(&Change::Rename { from: one, to: two.clone() });
        let before = Image::from([("old".into(), file("old"))]);
        assert_eq!(disk.left(Forgets::Everything), before);
        assert_eq!(disk.left(Forgets::Names), before);
        let named = disk.left(Forgets::Contents);
        assert_eq!(named, Image::from([("old".into(), file("old")), ("two".into(), file(""))]));
        disk.apply(&Change::Sync { inode: 1 });
        assert_eq!(disk.left(Forgets::Everything), before, "its name is not sure yet");
        disk.apply(&Change::SyncFolder { path: root.path().to_owned() });
        let all = Image::from([("old".into(), file("old")), ("two".into(), file("new"))]);
        for forgets in [Forgets::Everything, Forgets::Contents, Forgets::Names, Forgets::Some(7)] {
            assert_eq!(disk.left(forgets), all);
        }
        disk.apply(&Change::Unlink { path: two });
        assert_eq!(disk.left(Forgets::Everything), all);
        assert_eq!(disk.live(), before);
    }
}
