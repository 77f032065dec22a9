//! What is in a cache.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use hub_types::{CommitHash, RepoRef};
use serde::{Serialize, Serializer};

use crate::cache::layout::repo_of;
use crate::disk::io_error;
use crate::{Cache, DownloadError};

/// What a cache holds. Python: `HFCacheInfo`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CacheInfo {
    /// Bytes of all blobs.
    pub size_on_disk: u64,
    /// The repositories, by kind and id.
    pub repos: Vec<CachedRepo>,
    /// What does not look like part of a cache, each in a sentence.
    pub warnings: Vec<String>,
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
}

/// A file of a commit in a cache. Python: `CachedFileInfo`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CachedFile {
    /// Path in the repository.
    pub path: String,
    /// Where it is in the folder of its commit.
    pub place: PathBuf,
    /// Where its content is; the same as `place` where links are impossible.
    pub blob: PathBuf,
    /// Bytes of its content.
    pub size_on_disk: u64,
    /// When its content was downloaded.
    #[serde(skip)]
    pub modified: Option<SystemTime>,
}

fn as_web_path<S: Serializer>(repo: &RepoRef, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("{}/{}", repo.repo_type, repo.id))
}

fn as_text<S: Serializer>(commit: &CommitHash, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(commit.as_str())
}

impl CachedRepo {
    /// When a blob of it was last downloaded.
    pub fn modified(&self) -> Option<SystemTime> {
        self.revisions.iter().flat_map(|revision| &revision.files).filter_map(|file| file.modified).max()
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
        let mut info = CacheInfo { size_on_disk: 0, repos: Vec::new(), warnings: Vec::new() };
        if !self.root().exists() {
            return Ok(info);
        }
        for (name, path) in entries(self.root())? {
            if name == ".locks" || name == "CACHEDIR.TAG" {
                continue;
            }
            match repo_of(&name).filter(|_| path.is_dir()) {
                Some(repo) => {
                    let repo = scan_repo(repo, path, &mut info.warnings)?;
                    info.size_on_disk += repo.size_on_disk;
                    info.repos.push(repo);
                }
                None => info.warnings.push(format!("{} is no repository", path.display())),
            }
        }
        info.repos.sort_by(|one, other| one.repo.cmp(&other.repo));
        Ok(info)
    }
}

fn scan_repo(repo: RepoRef, path: PathBuf, warnings: &mut Vec<String>) -> Result<CachedRepo, DownloadError> {
    let root = path.canonicalize().map_err(|error| io_error("open", &path, error))?;
    let refs = references(&root, warnings)?;
    let mut revisions = Vec::new();
    for (name, place) in entries(&root.join("snapshots"))? {
        let Ok(commit) = name.parse::<CommitHash>() else {
            warnings.push(format!("{} is no commit", place.display()));
            continue;
        };
        let mut files = Vec::new();
        walk(&place, &mut |file| match cached_file(&root, &place, file) {
            Some(file) => files.push(file),
            None => warnings.push(format!("{} leads to no content", file.display())),
        })?;
        files.sort_by(|one, other| one.path.cmp(&other.path));
        let size_on_disk = size(files.iter());
        let refs = refs.get(&name).cloned().unwrap_or_default();
        revisions.push(CachedRevision { commit, path: place, size_on_disk, refs, files });
    }
    revisions.sort_by(|one, other| one.commit.as_str().cmp(other.commit.as_str()));
    let incomplete = entries(&root.join("blobs"))?
        .into_iter()
        .filter(|(name, _)| name.ends_with(".incomplete"))
        .filter_map(|(_, path)| Some(path.metadata().ok()?.len()))
        .sum();
    let size_on_disk = size(revisions.iter().flat_map(|revision| &revision.files));
    Ok(CachedRepo { repo, path, size_on_disk, revisions, incomplete })
}

/// The bytes of blobs, each counted once.
fn size<'a>(files: impl Iterator<Item = &'a CachedFile>) -> u64 {
    files.map(|file| (&file.blob, file.size_on_disk)).collect::<BTreeMap<_, _>>().values().sum()
}

fn cached_file(root: &Path, snapshot: &Path, place: &Path) -> Option<CachedFile> {
    let blob = place.canonicalize().ok().filter(|blob| blob.starts_with(root))?;
    let metadata = blob.metadata().ok().filter(fs::Metadata::is_file)?;
    let path = place.strip_prefix(snapshot).ok()?.to_str()?.replace(std::path::MAIN_SEPARATOR, "/");
    let (size_on_disk, modified) = (metadata.len(), metadata.modified().ok());
    Some(CachedFile { path, place: place.to_owned(), blob, size_on_disk, modified })
}

/// For each commit the names that led to it.
fn references(
    root: &Path,
    warnings: &mut Vec<String>,
) -> Result<BTreeMap<String, BTreeSet<String>>, DownloadError> {
    let folder = root.join("refs");
    let mut refs = BTreeMap::<String, BTreeSet<String>>::new();
    walk(&folder, &mut |file| {
        let name = file.strip_prefix(&folder).ok().and_then(Path::to_str);
        let commit = fs::read_to_string(file).ok();
        match (name, commit.as_deref().map(str::trim).filter(|commit| commit.parse::<CommitHash>().is_ok())) {
            (Some(name), Some(commit)) => {
                let name = name.replace(std::path::MAIN_SEPARATOR, "/");
                refs.entry(commit.to_owned()).or_default().insert(name);
            }
            _ => warnings.push(format!("{} names no commit", file.display())),
        }
    })?;
    Ok(refs)
}

/// Everything in a folder and its folders that is no folder itself. Links are not followed.
pub(crate) fn walk(folder: &Path, found: &mut dyn FnMut(&Path)) -> Result<(), DownloadError> {
    for (_, path) in entries(folder)? {
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => walk(&path, found)?,
            _ => found(&path),
        }
    }
    Ok(())
}

/// Names and paths in a folder; none if there is no such folder.
fn entries(folder: &Path) -> Result<Vec<(String, PathBuf)>, DownloadError> {
    let fail = |error| io_error("read", folder, error);
    match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(fail(error)),
        Ok(entries) => entries
            .map(|entry| {
                let entry = entry.map_err(fail)?;
                Ok((entry.file_name().to_string_lossy().into_owned(), entry.path()))
            })
            .collect(),
    }
}
