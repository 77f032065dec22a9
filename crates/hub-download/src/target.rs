//! Where downloads go.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use hub_types::{CommitHash, RepoRef, Revision, SafeRelPath};

use crate::{
    Cache, Cached, Disk, DownloadError, RemoteFile,
    collision::Doubtful,
    disk::{check_room, io_error},
    local_dir::LocalDir,
    partial::kept_in,
    place::Place,
    tree::Tree,
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
    /// The folder that has them at their paths.
    pub(crate) root: PathBuf,
    /// Those that are there already.
    pub(crate) here: Vec<Place>,
    /// Those that are to be fetched.
    pub(crate) missing: Vec<Place>,
}

/// What an earlier download left of a snapshot.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) folder: PathBuf,
    /// Paths in the repository of wanted files that are not here, as far as the listing is known.
    pub(crate) missing: Vec<String>,
}

/// Whether a folder has more in it than the notes of downloads.
fn has_files(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.into_iter().any(|entry| entry.file_name() != ".cache")
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

    /// A file, if it is here. What stands in a folder counts for every branch and tag.
    pub(crate) fn find(
        &self,
        repo: &RepoRef,
        revision: &Revision,
        path: &SafeRelPath,
    ) -> Result<Option<PathBuf>, DownloadError> {
        match self {
            Self::Cache(cache) => Ok(match cache.find(repo, revision, path)? {
                Cached::File(place) => Some(place),
                Cached::KnownMissing | Cached::Unknown => None,
            }),
            Self::Folder(folder) => match revision.as_commit() {
                Some(commit) if folder.is_dir() => LocalDir::open(folder)?.find(&commit, path),
                None => Ok(Some(path.under(folder)?).filter(|place| place.is_file())),
                Some(_) => Ok(None),
            },
        }
    }

    /// What an earlier download left: the folder of the commit that the revision led to then, and those of the wanted files that
    /// are known to be missing in it.
    pub(crate) fn find_snapshot(
        &self,
        repo: &RepoRef,
        revision: &Revision,
        takes: impl Fn(&str) -> bool,
    ) -> Result<Option<Kept>, DownloadError> {
        let (commit, folder) = match self {
            Self::Cache(cache) => {
                let commit = cache.commit_of(repo, revision)?;
                let folder = commit.as_ref().and_then(|commit| cache.find_snapshot(repo, commit));
                (commit, folder)
            }
            Self::Folder(folder) => (revision.as_commit(), has_files(folder).then(|| folder.clone())),
        };
        let Some(folder) = folder else { return Ok(None) };
        let tree = commit.and_then(|commit| self.read_tree(repo, &commit));
        let listed = tree.iter().flat_map(|tree| tree.files.keys()).filter(|path| takes(path));
        let is_here = |path: &str| {
            let path = path.parse::<SafeRelPath>().ok();
            path.and_then(|path| path.under(&folder).ok()).is_some_and(|place| place.is_file())
        };
        let missing = listed.filter(|path| !is_here(path)).cloned().collect();
        Ok(Some(Kept { folder, missing }))
    }

    /// What an earlier download noted of the files of a commit.
    pub(crate) fn read_tree(&self, repo: &RepoRef, commit: &CommitHash) -> Option<Tree> {
        match self {
            // To look for its notes would make the folder.
            Self::Folder(folder) if !folder.is_dir() => None,
            _ => Tree::read(&self.tree(repo, commit).ok()?),
        }
    }

    /// Notes the files of a commit.
    pub(crate) fn write_tree(
        &self,
        repo: &RepoRef,
        commit: &CommitHash,
        tree: &Tree,
    ) -> Result<(), DownloadError> {
        tree.write(&self.tree(repo, commit)?)
    }

    /// Removes the note of the files of a commit, if there is one.
    pub(crate) fn forget_tree(&self, repo: &RepoRef, commit: &CommitHash) -> Result<(), DownloadError> {
        let place = self.tree(repo, commit)?;
        match fs::remove_file(&place) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error("remove", &place, error)),
            _ => Ok(()),
        }
    }

    fn tree(&self, repo: &RepoRef, commit: &CommitHash) -> Result<PathBuf, DownloadError> {
        match self {
            Self::Cache(cache) => Ok(cache.folder(repo).tree(commit)),
            Self::Folder(folder) => LocalDir::open(folder)?.tree(commit),
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
        let doubtful = Doubtful::among(files.iter().map(|file| file.path.as_str()));
        let (root, places) = match self {
            Self::Cache(cache) => {
                let places = cache.places(files)?;
                doubtful.check(disk, cache.root())?;
                cache.make_folders(repo, commit)?;
                cache.note_commit(repo, revision, commit)?;
                (cache.folder(repo).snapshot(commit), places)
            }
            Self::Folder(folder) => {
                let folder = LocalDir::open(folder)?;
                doubtful.check(disk, folder.root())?;
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
        let need = RemoteFile::total(self.missing.iter().map(|place| &place.file));
        match disk.free(folder) {
            Some(free) if free < need => {}
            _ => return Ok(()),
        }
        let folders: BTreeSet<_> = self.missing.iter().filter_map(|place| place.stem.parent()).collect();
        let kept: u64 = folders.into_iter().map(kept_in).sum();
        check_room(disk, folder, need.saturating_sub(kept))
    }
}
