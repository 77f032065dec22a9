//! Where the files of a repository in a cache lead to. A cache has many of them: each costs two looks at the disk, and each blob one.

use std::{
    collections::HashMap,
    fs,
    path::{Component, Path, PathBuf},
    time::SystemTime,
};

use crate::cache::inside::Inside;
use crate::cache::layout::RepoFolder;
use crate::cache::shared::SharedStore;

/// What is known of a blob.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Facts {
    pub(super) size: u64,
    pub(super) modified: Option<SystemTime>,
    pub(super) accessed: Option<SystemTime>,
}

impl From<fs::Metadata> for Facts {
    fn from(metadata: fs::Metadata) -> Self {
        let (modified, accessed) = (metadata.modified().ok(), metadata.accessed().ok());
        Self { size: metadata.len(), modified, accessed }
    }
}

/// What a file of a commit leads to.
pub(super) enum Seen {
    File {
        blob: PathBuf,
        shared: Option<PathBuf>,
        metadata: Facts,
    },
    /// No content. The blob, if the link says which one.
    Nothing(Option<PathBuf>),
}

/// The links of one repository.
pub(super) struct Links {
    inside: Inside,
    blobs: PathBuf,
    /// Whether the folder of blobs is one, so that its name says what is in it.
    is_plain: bool,
    store: SharedStore,
    /// What is known of each blob, by its name: its place in the store and the facts.
    known: HashMap<PathBuf, Option<(Option<PathBuf>, Facts)>>,
}

impl Links {
    pub(super) fn new(folder: &RepoFolder, root: &Path) -> Self {
        let blobs = root.join("blobs");
        let is_plain = fs::symlink_metadata(&blobs).is_ok_and(|metadata| metadata.is_dir());
        let (inside, store) = (Inside::of_repo(folder), SharedStore::of(folder.cache()));
        Self { inside, blobs, is_plain, store, known: HashMap::new() }
    }

    /// The blob that a link leads to, whether or not it is there.
    pub(super) fn blob_of(&self, place: &Path) -> Option<PathBuf> {
        let target = resolved(place, &fs::read_link(place).ok()?)?;
        (target.parent() == Some(&*self.blobs)).then_some(target)
    }

    /// What a file of a commit, in folders that are no links, leads to.
    pub(super) fn look(&mut self, place: &Path) -> Seen {
        match self.blob_of(place).filter(|_| self.is_plain) {
            Some(blob) => {
                let store = &self.store;
                let facts = || store.content_of(&blob).map(|(shared, metadata)| (shared, metadata.into()));
                let known = self.known.entry(blob.clone()).or_insert_with(facts);
                match known.clone() {
                    Some((shared, metadata)) => Seen::File { blob, shared, metadata },
                    None => Seen::Nothing(Some(blob)),
                }
            }
            // The content itself, where links are impossible, or a link of another form.
            None if self.inside.has(place) => {
                let is_link = fs::symlink_metadata(place).is_ok_and(|metadata| metadata.is_symlink());
                let blob = if is_link { place.canonicalize().ok() } else { Some(place.to_owned()) };
                match (blob, fs::metadata(place)) {
                    (Some(blob), Ok(metadata)) => {
                        Seen::File { blob, shared: None, metadata: metadata.into() }
                    }
                    _ => Seen::Nothing(None),
                }
            }
            None => Seen::Nothing(self.blob_of(place)),
        }
    }
}

/// Where a link leads to, by its text: right as long as the folders on the way are no links.
fn resolved(place: &Path, link: &Path) -> Option<PathBuf> {
    let mut path = place.parent()?.to_owned();
    for part in link.components() {
        match part {
            Component::ParentDir => {
                path.pop();
            }
            Component::CurDir => {}
            Component::Normal(name) => path.push(name),
            Component::RootDir | Component::Prefix(_) => path = PathBuf::from(part.as_os_str()),
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_followed_by_its_text() {
        for (link, expected) in [
            ("../../../blobs/x", "/c/r/blobs/x"),
            ("../../.././blobs/x", "/c/r/blobs/x"),
            ("/elsewhere/x", "/elsewhere/x"),
            ("y", "/c/r/snapshots/1/d/y"),
            ("../../../../../../../etc/x", "/etc/x"),
        ] {
            let found = resolved(Path::new("/c/r/snapshots/1/d/a"), Path::new(link));
            assert_eq!(found.as_deref(), Some(Path::new(expected)), "{link}");
        }
    }
}
