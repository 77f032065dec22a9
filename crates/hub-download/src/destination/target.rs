//! Where downloads go.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use hub_types::{CommitHash, RepoRef, Revision, SafeRelPath, TreeEntry};

use crate::cache::shared::SharedStore;
use crate::cache::{Inside, dangling};
use crate::destination::Destination;
use crate::destination::collision::Doubtful;
use crate::destination::local_dir::{self, LocalDir};
use crate::disk::{check_room, io_error};
use crate::listing::tree::Tree;
use crate::transfer::partial::kept_in;
use crate::{Cache, Cached, Disk, DownloadError, DownloadOptions, RemoteFile};

/// The ending of a listing that a transfer contradicted.
const DOUBTFUL: &str = "doubtful";

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
    pub(crate) here: Vec<Destination>,
    /// Those that are to be fetched.
    pub(crate) missing: Vec<Destination>,
}

/// What an earlier download left of a snapshot.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) folder: PathBuf,
    /// Paths in the repository of wanted files that are not here, as far as the listing is known.
    pub(crate) missing: Vec<String>,
    /// Whether the listing is known.
    pub(crate) listed: bool,
}

impl Kept {
    /// Whether all wanted files are known to be here.
    pub(crate) fn is_whole(&self) -> bool {
        self.listed && self.missing.is_empty()
    }

    /// The folder, if nothing is known to be missing.
    pub(crate) fn unless_incomplete(
        self,
        what: String,
        reason: &'static str,
        source: Option<hub_transport::Error>,
    ) -> Result<PathBuf, DownloadError> {
        let Self { folder, missing, .. } = self;
        if missing.is_empty() {
            return Ok(folder);
        }
        Err(DownloadError::IncompleteSnapshot { what, folder, missing, reason, source })
    }
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
                None => Ok(Some(path.under(folder)?)
                    .filter(|place| place.is_file() && local_dir::is_noted(folder, path))),
                Some(_) => Ok(None),
            },
        }
    }

    /// Adds the line that the manifest of a shared blob lacks of a file that is here.
    pub(crate) fn note_user(&self, disk: &dyn Disk, repo: &RepoRef, place: &Path) {
        let Self::Cache(cache) = self else { return };
        let link = fs::read_link(place).ok();
        if let Some(name) = link.as_deref().and_then(Path::file_name) {
            SharedStore::of(cache.root()).note_user(disk, &cache.folder(repo).blobs().join(name));
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
            Self::Folder(folder) => {
                let commit = revision.as_commit().or_else(|| local_dir::last_listed(folder));
                (commit, local_dir::has_downloads(folder).then(|| folder.clone()))
            }
        };
        let Some(folder) = folder else { return Ok(None) };
        let tree = commit.as_ref().and_then(|commit| self.read_any_tree(repo, commit));
        let listed_at_all = tree.is_some();
        let listed = tree.iter().flat_map(|tree| tree.files.keys()).filter(|path| takes(path));
        // What a link leads to outside of the cache is none of its files.
        let inside = match self {
            Self::Cache(cache) => Some(Inside::of_repo(&cache.folder(repo))),
            Self::Folder(_) => None,
        };
        let is_here = |path: &str| {
            let place = path.parse::<SafeRelPath>().and_then(|path| path.under(&folder));
            place.is_ok_and(|place| match &inside {
                Some(inside) => inside.has(&place),
                None => place.is_file(),
            })
        };
        let mut missing: Vec<String> = listed.filter(|path| !is_here(path)).cloned().collect();
        // Without a listing, a link whose content is gone is all that tells of a file.
        if !listed_at_all && matches!(self, Self::Cache(_)) {
            missing = dangling(&folder)?.into_iter().filter(|path| takes(path)).collect();
        }
        Ok(Some(Kept { folder, missing, listed: listed_at_all }))
    }

    /// What an earlier download noted of the files of a commit.
    pub(crate) fn read_tree(&self, repo: &RepoRef, commit: &CommitHash) -> Option<Tree> {
        match self {
            // To look for its notes would make the folder.
            Self::Folder(folder) if !folder.is_dir() => None,
            _ => Tree::read(&self.tree(repo, commit).ok()?),
        }
    }

    /// The files of a revision as they were listed when it was downloaded, without asking the Hub. A branch or tag is what it was in
    /// `refs`, a cache, when the Hub was last asked. Python: `get_cached_repo_tree`.
    ///
    /// # Errors
    /// [`DownloadError::NoListing`] when none is kept; [`DownloadError::Invalid`] when this system cannot store the revision's name.
    pub fn listed_files(
        &self,
        repo: &RepoRef,
        revision: &Revision,
        refs: Option<&Cache>,
    ) -> Result<Vec<TreeEntry>, DownloadError> {
        let own = if let Self::Cache(cache) = self { Some(cache) } else { None };
        let commit = match refs.or(own) {
            Some(cache) => cache.commit_of(repo, revision)?,
            None => revision.as_commit(),
        };
        let tree = commit.and_then(|commit| self.read_tree(repo, &commit));
        tree.map(|tree| tree.entries()).ok_or_else(|| DownloadError::NoListing {
            what: format!("{repo} at {revision}"),
            folder: self.root().to_owned(),
        })
    }

    /// As [`Self::read_tree`], also where the listing is doubtful.
    fn read_any_tree(&self, repo: &RepoRef, commit: &CommitHash) -> Option<Tree> {
        self.read_tree(repo, commit).or_else(|| match self {
            Self::Folder(folder) if !folder.is_dir() => None,
            _ => Tree::read(&self.tree(repo, commit).ok()?.with_extension(DOUBTFUL)),
        })
    }

    /// Puts the note of the files of a commit aside: the next download asks for them again, and where it cannot it still knows
    /// what may be missing.
    pub(crate) fn doubt_tree(&self, repo: &RepoRef, commit: &CommitHash) -> Result<(), DownloadError> {
        let place = self.tree(repo, commit)?;
        match fs::rename(&place, place.with_extension(DOUBTFUL)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error("rename", &place, error)),
            _ => Ok(()),
        }
    }

    /// Notes the files of a commit.
    pub(crate) fn write_tree(
        &self,
        repo: &RepoRef,
        commit: &CommitHash,
        tree: &Tree,
    ) -> Result<(), DownloadError> {
        let place = self.tree(repo, commit)?;
        tree.write(&place)?;
        drop(fs::remove_file(place.with_extension(DOUBTFUL)));
        Ok(())
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
        options: &DownloadOptions,
    ) -> Result<Prepared, DownloadError> {
        let (force, disk) = (options.force, &*options.disk);
        let doubtful = Doubtful::among(files.iter().map(|file| file.path.as_str()));
        let (root, places) = match self {
            Self::Cache(cache) => {
                let places = Destination::all_in_cache(cache, files, options)?;
                doubtful.check(disk, cache.root())?;
                cache.make_folders(repo, commit)?;
                cache.note_commit(repo, revision, commit)?;
                (cache.folder(repo).snapshot(commit), places)
            }
            Self::Folder(folder) => {
                let folder = LocalDir::open(folder)?;
                doubtful.check(disk, folder.root())?;
                (folder.root().to_owned(), Destination::all_in_folder(&folder, files)?)
            }
        };
        let mut prepared = Prepared { root, here: Vec::new(), missing: Vec::new() };
        for place in places {
            let here = !force && place.is_current(disk)?;
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
