//! Where downloads go.

use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
};

use hub_types::{CommitHash, RepoRef, Revision, SafeRelPath};

use crate::{
    Cache, Cached, Disk, DownloadError, RemoteFile, disk::check_room, local_dir::LocalDir, partial::kept_in,
    place::Place, tree::Tree,
};

/// Where files go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Into the cache that programs share.
    Cache(Cache),
    /// Into a folder, at their paths in the repository. Python: `local_dir`.
    Folder(PathBuf),
}

/// Files of one commit, with the folders that they need.
pub(crate) struct Prepared {
    /// The folder that has them at their paths; in a cache it may not exist before its first file.
    pub(crate) root: PathBuf,
    /// Those that are there already.
    pub(crate) here: Vec<Place>,
    /// Those that are to be fetched.
    pub(crate) missing: Vec<Place>,
}

/// All methods wait for the disk.
impl Target {
    /// The folder.
    pub fn root(&self) -> &Path {
        match self {
            Self::Cache(cache) => cache.root(),
            Self::Folder(folder) => folder,
        }
    }

    /// A file, if it is here. With `any`, what stands in a folder counts for every branch and tag.
    pub(crate) fn find(
        &self,
        repo: &RepoRef,
        revision: &Revision,
        path: &SafeRelPath,
        any: bool,
    ) -> Result<Option<PathBuf>, DownloadError> {
        match self {
            Self::Cache(cache) => Ok(match cache.find(repo, revision, path)? {
                Cached::File(place) => Some(place),
                Cached::KnownMissing | Cached::Unknown => None,
            }),
            Self::Folder(folder) => match revision.as_commit() {
                Some(commit) if folder.is_dir() => LocalDir::open(folder)?.find(&commit, path),
                None if any => Ok(Some(path.under(folder)?).filter(|place| place.is_file())),
                _ => Ok(None),
            },
        }
    }

    /// What an earlier download left: the folder of the commit that the revision led to then.
    pub(crate) fn find_snapshot(
        &self,
        repo: &RepoRef,
        revision: &Revision,
    ) -> Result<Option<PathBuf>, DownloadError> {
        match self {
            Self::Cache(cache) => {
                let commit = cache.commit_of(repo, revision)?;
                Ok(commit.and_then(|commit| cache.find_snapshot(repo, &commit)))
            }
            Self::Folder(folder) => Ok(folder.is_dir().then(|| folder.clone())),
        }
    }

    /// What an earlier download noted of the files of a commit.
    pub(crate) fn read_tree(&self, repo: &RepoRef, commit: &CommitHash) -> Option<Tree> {
        match self {
            Self::Cache(cache) => Tree::read(&cache.folder(repo).tree(commit)),
            Self::Folder(folder) if folder.is_dir() => {
                Tree::read(&LocalDir::open(folder).ok()?.tree(commit).ok()?)
            }
            Self::Folder(_) => None,
        }
    }

    /// Notes the files of a commit.
    pub(crate) fn write_tree(
        &self,
        repo: &RepoRef,
        commit: &CommitHash,
        tree: &Tree,
    ) -> Result<(), DownloadError> {
        match self {
            Self::Cache(cache) => tree.write(&cache.folder(repo).tree(commit)),
            Self::Folder(folder) => tree.write(&LocalDir::open(folder)?.tree(commit)?),
        }
    }

    /// Looks which of the files of `commit` are here, once it is sure that the others can be written.
    ///
    /// # Errors
    /// [`DownloadError::Invalid`], [`DownloadError::Collision`], [`DownloadError::LeavesFolder`],
    /// [`DownloadError::DiskFull`] before any file is written.
    pub(crate) fn prepare(
        &self,
        repo: &RepoRef,
        revision: &Revision,
        commit: &CommitHash,
        files: Vec<RemoteFile>,
        (force, disk): (bool, &dyn Disk),
    ) -> Result<Prepared, DownloadError> {
        let collision = collision(files.iter().map(|file| file.path.as_str()));
        let refuse = |folder: &Path| match &collision {
            Some((one, other)) if disk.folds_case(folder) => {
                let (one, other, folder) = (one.clone(), other.clone(), folder.to_owned());
                Err(DownloadError::Collision { one, other, folder })
            }
            _ => Ok(()),
        };
        let (root, places) = match self {
            Self::Cache(cache) => {
                let places = cache.places(files)?;
                refuse(cache.root())?;
                cache.note_commit(repo, revision, commit)?;
                (cache.folder(repo).snapshot(commit), places)
            }
            Self::Folder(folder) => {
                let folder = LocalDir::open(folder)?;
                refuse(folder.root())?;
                (folder.root().to_owned(), folder.places(files)?)
            }
        };
        let mut prepared = Prepared { root, here: Vec::new(), missing: Vec::new() };
        for place in places {
            let here = !force && place.is_current()?;
            if here { &mut prepared.here } else { &mut prepared.missing }.push(place);
        }
        prepared.check_room(self.root(), disk)?;
        Ok(prepared)
    }
}

impl Prepared {
    /// Refuses to begin what does not fit together with what is there of it.
    fn check_room(&self, folder: &Path, disk: &dyn Disk) -> Result<(), DownloadError> {
        let need: u64 = self.missing.iter().map(|place| place.file.size).sum();
        match disk.free(folder) {
            Some(free) if free < need => {}
            _ => return Ok(()),
        }
        let folders: BTreeSet<_> = self.missing.iter().filter_map(|place| place.stem.parent()).collect();
        let kept: u64 = folders.into_iter().map(kept_in).sum();
        check_room(disk, folder, need.saturating_sub(kept))
    }
}

/// Two paths that a file system which ignores case takes for one file, or for a file and a folder.
fn collision<'p>(paths: impl Iterator<Item = &'p str>) -> Option<(String, String)> {
    // For each folded path: how it is written, and whether it is a file.
    let mut seen: HashMap<String, (&str, bool)> = HashMap::new();
    for path in paths {
        let ends = path.match_indices('/').map(|(end, _)| (end, false)).chain([(path.len(), true)]);
        for (end, is_file) in ends {
            let part = path.get(..end).unwrap_or(path);
            match seen.get(&part.to_lowercase()) {
                Some((other, other_is_file)) if *other != part && (is_file || *other_is_file) => {
                    return Some(((*other).to_owned(), part.to_owned()));
                }
                Some(_) => {}
                None => drop(seen.insert(part.to_lowercase(), (part, is_file))),
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f73_paths_collide_when_case_alone_tells_files_apart() {
        let table: [(&[&str], bool); 6] = [
            (&["a", "b/a", "b/c"], false),
            (&["a", "A"], true),
            (&["d/x", "D/y"], false),
            (&["d/x", "D/X"], true),
            (&["a", "A/b"], true),
            (&["STRASSE/É", "strasse/é"], true),
        ];
        for (paths, collides) in table {
            assert_eq!(collision(paths.iter().copied()).is_some(), collides, "{paths:?}");
        }
    }
}
