//! What is in a cache.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use hub_types::{CommitHash, RepoRef};
use serde::{Serialize, Serializer};

use crate::cache::layout::{RepoFolder, cache_id, repo_of};
use crate::cache::scan_links::{Links, Seen};
use crate::cache::shared::{self, Linked, SharedStore};
use crate::cache::walk::{entries, path_in, walk};
use crate::cache::{incomplete, refs};
use crate::{Cache, DownloadError};

/// What a cache holds. Python: `HFCacheInfo`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CacheInfo {
    /// Bytes of all blobs. One that repositories share counts once, so that this may be less than the sum of the repositories, and one
    /// that none of them uses any more counts too.
    pub size_on_disk: u64,
    /// The repositories, by kind and id.
    pub repos: Vec<CachedRepo>,
    /// What interrupted downloads left, and downloads that are under way have so far, by path.
    pub incomplete_files: Vec<IncompleteFile>,
    /// The blobs that repositories share, by path.
    pub shared: Vec<SharedBlob>,
    /// What does not look like part of a cache, each in a sentence.
    pub warnings: Vec<String>,
}

/// The beginning of a blob. Python: `CachedIncompleteFileInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct IncompleteFile {
    /// Where it is.
    pub path: PathBuf,
    /// Bytes that are there.
    pub size_on_disk: u64,
}

/// A blob in the store that the repositories of a cache share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SharedBlob {
    /// Where it is.
    pub path: PathBuf,
    /// Bytes of it.
    pub size_on_disk: u64,
    /// The blobs of repositories that lead to it; `None` if nobody can tell, and then it is never deleted.
    pub users: Option<BTreeSet<PathBuf>>,
}

/// A repository in a cache. Python: `CachedRepoInfo`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CachedRepo {
    /// Which one.
    #[serde(serialize_with = "as_web_path")]
    pub repo: RepoRef,
    /// Its folder.
    pub path: PathBuf,
    /// Bytes of its blobs; one that several commits have counts once.
    pub size_on_disk: u64,
    /// Its commits, by id.
    pub revisions: Vec<CachedRevision>,
    /// Bytes of downloads that were not completed.
    pub incomplete: u64,
    /// Why nobody can tell which of its commits are still needed, each in a sentence. With any, [`CacheInfo::prune`] leaves it alone.
    #[serde(skip)]
    pub unclear: Vec<String>,
    /// What in its folder of commits is none.
    #[serde(skip)]
    pub(super) strange: Strange,
}

/// What in the folder of commits is none: nobody can tell whether it is needed.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Strange {
    pub(super) is_there: bool,
    /// The blobs that it leads to.
    pub(super) blobs: BTreeSet<PathBuf>,
}

/// A commit in a cache. Python: `CachedRevisionInfo`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CachedRevision {
    /// Its id.
    #[serde(serialize_with = "as_text")]
    pub commit: CommitHash,
    /// Its folder.
    pub path: PathBuf,
    /// Bytes of the blobs that it leads to.
    pub size_on_disk: u64,
    /// The branches and tags that led to it.
    pub refs: BTreeSet<String>,
    /// Its files, by path.
    pub files: Vec<CachedFile>,
    /// The blobs of files that lead to no content.
    #[serde(skip)]
    pub(super) broken: BTreeSet<PathBuf>,
}

/// A file of a commit in a cache. Python: `CachedFileInfo`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CachedFile {
    /// Path in the repository.
    pub path: String,
    /// Where it is in the folder of its commit.
    pub place: PathBuf,
    /// Where its content is in its repository; the same as `place` where links are impossible.
    pub blob: PathBuf,
    /// Where its content is in the store that repositories share, if `blob` is a link to there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shared: Option<PathBuf>,
    /// Bytes of its content.
    pub size_on_disk: u64,
    /// When its content was downloaded.
    #[serde(skip)]
    pub modified: Option<SystemTime>,
    /// When its content was last read, as far as the system notes that.
    #[serde(skip)]
    pub accessed: Option<SystemTime>,
}

fn as_web_path<S: Serializer>(repo: &RepoRef, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&cache_id(repo))
}

fn as_text<S: Serializer>(commit: &CommitHash, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(commit.as_str())
}

impl CachedRepo {
    /// What people call it: `model/ada/demo`. Python: `cache_id`.
    pub fn cache_id(&self) -> String {
        cache_id(&self.repo)
    }

    /// When a blob of it was last downloaded. Python: `last_modified`.
    pub fn modified(&self) -> Option<SystemTime> {
        self.revisions.iter().filter_map(CachedRevision::modified).max()
    }

    /// When a blob of it was last read, as far as the system notes that. Python: `last_accessed`.
    pub fn accessed(&self) -> Option<SystemTime> {
        self.revisions.iter().flat_map(|revision| &revision.files).filter_map(|file| file.accessed).max()
    }

    /// How many blobs it has. Python: `nb_files`.
    pub fn blob_count(&self) -> usize {
        let files = self.revisions.iter().flat_map(|revision| &revision.files);
        files.map(|file| &file.blob).collect::<BTreeSet<_>>().len()
    }

    /// The commit that each branch and tag led to. Python: `refs`.
    pub fn refs(&self) -> BTreeMap<&str, &CachedRevision> {
        let mut refs = BTreeMap::new();
        for revision in &self.revisions {
            refs.extend(revision.refs.iter().map(|name| (name.as_str(), revision)));
        }
        refs
    }
}

impl CachedRevision {
    /// When a blob of it was last downloaded. Python: `last_modified`.
    pub fn modified(&self) -> Option<SystemTime> {
        self.files.iter().filter_map(|file| file.modified).max()
    }
}

impl CacheInfo {
    /// Bytes of downloads that were not completed. Python: `incomplete_size_on_disk`.
    pub fn incomplete_size_on_disk(&self) -> u64 {
        self.incomplete_files.iter().map(|file| file.size_on_disk).sum()
    }

    /// The blobs of the shared store that no repository uses any more.
    pub fn unused(&self) -> impl Iterator<Item = &SharedBlob> {
        self.shared.iter().filter(|blob| blob.users.as_ref().is_some_and(BTreeSet::is_empty))
    }

    /// All commits, with the repositories that have them.
    pub fn revisions(&self) -> impl Iterator<Item = (&CachedRepo, &CachedRevision)> {
        self.repos.iter().flat_map(|repo| repo.revisions.iter().map(move |revision| (repo, revision)))
    }
}

impl Cache {
    /// Looks through the cache. Waits for the disk. Python: `scan_cache_dir`.
    ///
    /// What cannot be understood becomes a warning; a folder that does not exist is an empty cache.
    ///
    /// # Errors
    /// [`DownloadError::Io`] when the folder cannot be read.
    pub fn scan(&self) -> Result<CacheInfo, DownloadError> {
        let store = SharedStore::of(self.root());
        let mut info = CacheInfo {
            size_on_disk: 0,
            repos: Vec::new(),
            incomplete_files: Vec::new(),
            shared: Vec::new(),
            warnings: Vec::new(),
        };
        for entry in entries(self.root())? {
            let (name, path) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
            if matches!(name.as_str(), ".locks" | "CACHEDIR.TAG" | ".DS_Store")
                || name == shared::FOLDER && store.is_marked()
            {
                continue;
            }
            match repo_of(&name).filter(|_| path.is_dir()) {
                Some(repo) => {
                    let repo = self.scan_repo(repo, &path, &mut info)?;
                    info.repos.push(repo);
                }
                None => info.warnings.push(format!("{} is no repository", path.display())),
            }
        }
        info.repos.sort_by(|one, other| one.repo.cmp(&other.repo));
        info.incomplete_files.sort_by(|one, other| one.path.cmp(&other.path));
        let shared = store.entries();
        // To look for links costs a look at every blob of the cache.
        let linked = if shared.is_empty() { Linked::new() } else { store.linked() };
        info.shared = shared
            .into_iter()
            .map(|(path, size_on_disk)| SharedBlob {
                users: store.users_of(&path, &linked),
                path,
                size_on_disk,
            })
            .collect();
        let own = info.revisions().flat_map(|(_, revision)| &revision.files);
        let own = size(own.filter(|file| file.shared.is_none()));
        info.size_on_disk = own + info.shared.iter().map(|blob| blob.size_on_disk).sum::<u64>();
        Ok(info)
    }

    fn scan_repo(
        &self,
        repo: RepoRef,
        path: &Path,
        info: &mut CacheInfo,
    ) -> Result<CachedRepo, DownloadError> {
        let refs = refs::read(path)?;
        let mut unclear = refs.unclear;
        info.warnings.extend(unclear.iter().cloned());
        let folder = RepoFolder::new(self.root(), &repo);
        let mut links = Links::new(&folder, path);
        let (mut by_commit, mut revisions, mut strange) = (refs.by_commit, Vec::new(), Strange::default());
        for entry in entries(&path.join("snapshots"))? {
            let (name, place) = (entry.file_name().to_string_lossy().into_owned(), entry.path());
            if name == ".DS_Store" {
                continue;
            }
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let Some(commit) = name.parse::<CommitHash>().ok().filter(|_| is_folder) else {
                info.warnings.push(format!("{} is no commit", place.display()));
                strange.is_there = true;
                if is_folder {
                    walk(&place, &mut |file| strange.blobs.extend(links.blob_of(file)))?;
                }
                continue;
            };
            let (mut files, mut broken) = (Vec::new(), BTreeSet::new());
            walk(&place, &mut |file| match links.look(file) {
                // No repository has such a path; what it leads to is left alone.
                Seen::File { blob, .. } if !is_text(&place, file) => {
                    broken.insert(blob);
                    info.warnings.push(format!("{} has a name that is no text", file.display()));
                }
                Seen::File { blob, shared, metadata } => files.push(CachedFile {
                    path: path_in(&place, file),
                    place: file.to_owned(),
                    blob,
                    shared,
                    size_on_disk: metadata.size,
                    modified: metadata.modified,
                    accessed: metadata.accessed,
                }),
                Seen::Nothing(blob) => {
                    broken.extend(blob);
                    info.warnings.push(format!("{} leads to no content", file.display()));
                }
            })?;
            files.sort_by(|one, other| one.path.cmp(&other.path));
            let size_on_disk = size(files.iter());
            let refs = by_commit.remove(&commit).unwrap_or_default();
            revisions.push(CachedRevision { commit, path: place, size_on_disk, refs, files, broken });
        }
        for (commit, names) in by_commit {
            let names: Vec<String> = names.into_iter().collect();
            unclear.push(format!(
                "{} led to {commit}, of which nothing is in {}",
                names.join(", "),
                path.display()
            ));
        }
        revisions.sort_by(|one, other| one.commit.cmp(&other.commit));
        let begun = incomplete_in(&path.join("blobs"))?;
        let incomplete = begun.iter().map(|file| file.size_on_disk).sum();
        info.incomplete_files.extend(begun);
        let size_on_disk = size(revisions.iter().flat_map(|revision| &revision.files));
        let path = path.to_owned();
        Ok(CachedRepo { repo, path, size_on_disk, revisions, incomplete, unclear, strange })
    }
}

fn incomplete_in(blobs: &Path) -> Result<Vec<IncompleteFile>, DownloadError> {
    let begun = |entry: fs::DirEntry| {
        let path = entry.path();
        if path.extension()? != incomplete::ENDING {
            return None;
        }
        let metadata = entry.metadata().ok().filter(fs::Metadata::is_file)?;
        Some(IncompleteFile { path, size_on_disk: metadata.len() })
    };
    Ok(entries(blobs)?.into_iter().filter_map(begun).collect())
}

/// Whether the path of a file below a folder is text.
fn is_text(folder: &Path, file: &Path) -> bool {
    file.strip_prefix(folder).is_ok_and(|path| path.to_str().is_some())
}

/// The bytes of blobs, each counted once.
fn size<'a>(files: impl Iterator<Item = &'a CachedFile>) -> u64 {
    files.map(|file| (&file.blob, file.size_on_disk)).collect::<HashMap<_, _>>().values().sum()
}
