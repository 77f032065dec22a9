//! The cache folder that all programs of a user share, the Python client among them.

mod delete;
pub(crate) mod doomed;
mod execute;
mod incomplete;
mod inside;
pub(crate) mod layout;
pub(crate) mod lock;
mod refs;
pub(crate) mod scan;
mod scan_links;
pub(crate) mod shared;
#[cfg(unix)]
#[cfg(test)]
mod testing;
mod walk;

pub use self::delete::{CachePart, Deletion};
pub(crate) use self::inside::Inside;
pub use self::scan::{CacheInfo, CachedFile, CachedRepo, CachedRevision, IncompleteFile, SharedBlob};
pub(crate) use self::walk::{dangling, path_in, walk};

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use hub_types::{CommitHash, RepoRef, Revision, SafeRelPath};

use crate::DownloadError;
use crate::cache::layout::RepoFolder;
use crate::cache::refs::commit_in;
use crate::cache::shared::SharedStore;
use crate::disk::{CACHEDIR_TAG, io_error, make_folder, put, put_once};

/// A cache folder: each blob once, and for each commit a folder of links to blobs.
///
/// ```
/// use hub_download::{Cache, Cached};
/// let folder = tempfile::tempdir()?;
/// let cache = Cache::new(folder.path());
/// let repo = hub_types::RepoRef::new(hub_types::RepoType::Model, "ada/demo".parse()?);
/// let found = cache.find(&repo, &"main".parse()?, &"config.json".parse()?)?;
/// assert_eq!(found, Cached::Unknown, "nothing was downloaded yet");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    root: PathBuf,
}

/// What a cache knows of a file. Python: what `try_to_load_from_cache` returns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cached {
    /// It is here.
    File(PathBuf),
    /// The revision had no such file when the Hub was last asked.
    KnownMissing,
    /// Nothing.
    Unknown,
}

impl Cache {
    /// The cache in `root`, which need not exist yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn folder(&self, repo: &RepoRef) -> RepoFolder {
        RepoFolder::new(&self.root, repo)
    }

    /// What is known of a file, without asking the Hub. Waits for the disk. Python: `try_to_load_from_cache`.
    ///
    /// # Errors
    /// [`DownloadError::Invalid`] when this system cannot store the names.
    pub fn find(
        &self,
        repo: &RepoRef,
        revision: &Revision,
        path: &SafeRelPath,
    ) -> Result<Cached, DownloadError> {
        let Some(commit) = self.commit_of(repo, revision)? else { return Ok(Cached::Unknown) };
        let folder = self.folder(repo);
        let pointer = folder.pointer(&commit, path)?;
        Ok(if Inside::of_repo(&folder).has(&pointer) {
            Cached::File(pointer)
        } else if folder.missing(&commit, path)?.exists() {
            Cached::KnownMissing
        } else {
            Cached::Unknown
        })
    }

    /// The commit that a revision led to when the Hub was last asked; a full commit id leads to itself.
    ///
    /// # Errors
    /// [`DownloadError::Invalid`] when this system cannot store the name of the revision.
    pub fn commit_of(
        &self,
        repo: &RepoRef,
        revision: &Revision,
    ) -> Result<Option<CommitHash>, DownloadError> {
        if let Some(commit) = revision.as_commit() {
            return Ok(Some(commit));
        }
        let note = self.folder(repo).reference(revision)?;
        Ok(commit_in(&note))
    }

    /// The folder of a commit, if something of it is here.
    pub fn find_snapshot(&self, repo: &RepoRef, commit: &CommitHash) -> Option<PathBuf> {
        let folder = self.folder(repo).snapshot(commit);
        fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some()).then_some(folder)
    }

    /// Notes where a branch or tag leads to. Waits for the disk.
    pub(crate) fn note_commit(
        &self,
        repo: &RepoRef,
        revision: &Revision,
        commit: &CommitHash,
    ) -> Result<(), DownloadError> {
        if revision.as_commit().is_some() {
            return Ok(());
        }
        let folder = self.folder(repo);
        let note = folder.reference(revision)?;
        if fs::read_to_string(&note).is_ok_and(|text| text == commit.as_str()) {
            return Ok(());
        }
        self.open()?;
        put(&note, folder.root(), |place| fs::write(place, commit.as_str()))
    }

    /// Notes that a commit has no such file. Waits for the disk.
    pub(crate) fn note_missing(
        &self,
        repo: &RepoRef,
        commit: &CommitHash,
        path: &SafeRelPath,
    ) -> Result<(), DownloadError> {
        let folder = self.folder(repo);
        let note = folder.missing(commit, path)?;
        self.open()?;
        put(&note, folder.root(), |place| fs::write(place, ""))
    }

    /// Makes the folders of a commit and of the blobs. Waits for the disk.
    ///
    /// Python's `scan_cache_dir` takes a repository for damaged that has no folder for the commit of a branch: so that
    /// one is made first.
    pub(crate) fn make_folders(&self, repo: &RepoRef, commit: &CommitHash) -> Result<(), DownloadError> {
        let folder = self.folder(repo);
        make_folder(&folder.snapshot(commit))?;
        make_folder(&folder.blobs())
    }

    /// Makes the folder and its tag.
    pub(crate) fn open(&self) -> Result<(), DownloadError> {
        fs::create_dir_all(&self.root).map_err(|error| io_error("create", &self.root, error))?;
        put_once(&self.root.join("CACHEDIR.TAG"), CACHEDIR_TAG)
    }
}

/// Puts a link to a blob at its place in a commit; false if the content is not here.
///
/// A blob of another size is none: a small one is not synced, so that a power failure may have emptied it.
pub(crate) fn link(
    folder: &RepoFolder,
    blob: &Path,
    pointer: &Path,
    size: u64,
) -> Result<bool, DownloadError> {
    let whole = |metadata: &fs::Metadata| metadata.is_file() && metadata.len() == size;
    let content = SharedStore::of(folder.cache()).content_of(blob);
    if content.is_none_or(|(_, metadata)| !whole(&metadata)) {
        // Where links are impossible, the file itself stands in the folder of the commit.
        return Ok(fs::symlink_metadata(pointer).is_ok_and(|metadata| whole(&metadata)));
    }
    let target = relative(folder, blob, pointer);
    stays_in(folder, pointer)?;
    pointer.parent().map(make_folder).transpose()?;
    if symlink(&target, blob, pointer).is_err() && !same_file(pointer, blob) {
        put(pointer, folder.root(), |place| symlink(&target, blob, place))?;
    }
    Ok(true)
}

/// Refuses a place of which a folder, from that of the commit on, is a link: what it leads to is somebody else's.
fn stays_in(folder: &RepoFolder, pointer: &Path) -> Result<(), DownloadError> {
    let Ok(below) = pointer.strip_prefix(folder.root()) else { return Ok(()) };
    let mut place = folder.root().to_owned();
    let mut parts = below.components();
    parts.next_back();
    for (depth, part) in parts.enumerate() {
        place.push(part);
        // A whole repository, or its commits, may be kept elsewhere by a link.
        if depth > 0 && fs::symlink_metadata(&place).is_ok_and(|metadata| metadata.is_symlink()) {
            return Err(DownloadError::LeavesFolder { path: place });
        }
    }
    Ok(())
}

#[cfg(unix)]
fn symlink(target: &Path, _: &Path, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, place)
}

#[cfg(not(unix))]
fn symlink(target: &Path, blob: &Path, place: &Path) -> io::Result<()> {
    #[cfg(windows)]
    match std::os::windows::fs::symlink_file(target, place) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {}
        outcome => return outcome,
    }
    let _ = target;
    let mut copy = fs::OpenOptions::new().write(true).create_new(true).open(place)?;
    io::copy(&mut fs::File::open(blob)?, &mut copy).map(drop)
}

fn same_file(pointer: &Path, blob: &Path) -> bool {
    match (pointer.canonicalize(), blob.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// The way from a file of a commit to a blob, so that the cache can be moved.
fn relative(folder: &RepoFolder, blob: &Path, pointer: &Path) -> PathBuf {
    let depth = pointer.strip_prefix(folder.root()).map_or(0, |path| path.components().count());
    let up = std::iter::repeat_n("..", depth.saturating_sub(1));
    up.map(Path::new).chain([blob.strip_prefix(folder.root()).unwrap_or(blob)]).collect()
}
