//! The cache folder that all programs of a user share, the Python client among them.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    sync::atomic::{AtomicU64, Ordering},
};

use hub_transport::Transport;
use hub_types::{CommitHash, RepoRef, Revision, SafeRelPath, progress::Progress};

use crate::{
    ContentId, DownloadError, RemoteFile,
    disk::{blocking, io_error},
    fetch::{Fetch, announce_complete, fetch},
    layout::RepoFolder,
};

/// What the first line of a `CACHEDIR.TAG` must be, for backup programs to leave the folder out (bford.info/cachedir).
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n\
                   # This folder holds files that can be downloaded again.\n";

/// A cache folder: each content once, and for each commit a folder of links to contents.
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
        Ok(if pointer.is_file() && stays_inside(&folder, &pointer) {
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
        Ok(fs::read_to_string(note).ok().and_then(|commit| commit.trim().parse().ok()))
    }

    /// The folder of a commit, made if nothing of it is here yet.
    ///
    /// # Errors
    /// [`DownloadError::Io`].
    pub async fn snapshot(&self, repo: &RepoRef, commit: &CommitHash) -> Result<PathBuf, DownloadError> {
        let (cache, folder) = (self.clone(), self.folder(repo).snapshot(commit));
        blocking(move || {
            cache.open()?;
            make_folder(&folder)?;
            Ok(folder)
        })
        .await
    }

    /// The folder of a commit, if something of it is here.
    pub fn find_snapshot(&self, repo: &RepoRef, commit: &CommitHash) -> Option<PathBuf> {
        let folder = self.folder(repo).snapshot(commit);
        folder.is_dir().then_some(folder)
    }

    /// Notes where a branch or tag leads to.
    ///
    /// # Errors
    /// [`DownloadError::Io`].
    pub async fn note_commit(
        &self,
        repo: &RepoRef,
        revision: &Revision,
        commit: &CommitHash,
    ) -> Result<(), DownloadError> {
        if revision.as_commit().is_some() {
            return Ok(());
        }
        let note = self.folder(repo).reference(revision)?;
        let (cache, commit) = (self.clone(), commit.clone());
        blocking(move || {
            if fs::read_to_string(&note).is_ok_and(|text| text == commit.as_str()) {
                return Ok(());
            }
            cache.open()?;
            publish(&note, |place| fs::write(place, commit.as_str()))
        })
        .await
    }

    /// Notes that a commit has no such file.
    pub(crate) async fn note_missing(
        &self,
        repo: &RepoRef,
        commit: &CommitHash,
        path: &SafeRelPath,
    ) -> Result<(), DownloadError> {
        let (cache, note) = (self.clone(), self.folder(repo).missing(commit, path)?);
        blocking(move || {
            cache.open()?;
            publish(&note, |place| fs::write(place, ""))
        })
        .await
    }

    /// Brings a file into the cache, unless its content is here, and returns its place in the folder of its commit.
    ///
    /// # Errors
    /// Every [`DownloadError`].
    pub async fn keep(
        &self,
        transport: &Transport,
        file: RemoteFile,
        force: bool,
        progress: Option<Arc<dyn Progress>>,
    ) -> Result<PathBuf, DownloadError> {
        let folder = self.folder(&file.repo);
        let (blob, pointer) = (folder.blob(&file.id), folder.pointer(&file.commit, &file.path)?);
        if !force && self.link(&folder, &blob, &pointer).await? {
            announce_complete(&file, progress.as_ref());
            return Ok(pointer);
        }
        let _lock = self.lock(&folder, &file.id).await?;
        // Another process may have brought it meanwhile.
        if !force && self.link(&folder, &blob, &pointer).await? {
            announce_complete(&file, progress.as_ref());
            return Ok(pointer);
        }
        let job = Fetch { partial: folder.partial(&file.id), file, progress };
        if force {
            discard(job.partial.clone()).await?;
        }
        fetch(transport, &job).await?;
        let (partial, place) = (job.partial, blob.clone());
        blocking(move || fs::rename(&partial, &place).map_err(|error| io_error("write", &place, error)))
            .await?;
        self.link(&folder, &blob, &pointer).await?;
        Ok(pointer)
    }

    /// Makes the folder and its tag.
    fn open(&self) -> Result<(), DownloadError> {
        fs::create_dir_all(&self.root).map_err(|error| io_error("create", &self.root, error))?;
        let tag = self.root.join("CACHEDIR.TAG");
        if !tag.exists() {
            fs::write(&tag, TAG).map_err(|error| io_error("write", &tag, error))?;
        }
        Ok(())
    }

    /// Puts a link to a content at its place in a commit; false if the content is not here.
    async fn link(&self, folder: &RepoFolder, blob: &Path, pointer: &Path) -> Result<bool, DownloadError> {
        let (folder, blob, pointer) = (folder.clone(), blob.to_owned(), pointer.to_owned());
        blocking(move || link(&folder, &blob, &pointer)).await
    }

    /// Waits until no other process brings this content; released when the result is dropped.
    async fn lock(&self, folder: &RepoFolder, id: &ContentId) -> Result<File, DownloadError> {
        let (cache, blobs, path) = (self.clone(), folder.blobs(), folder.lock(id));
        blocking(move || {
            cache.open()?;
            make_folder(&blobs)?;
            path.parent().map(make_folder).transpose()?;
            let lock = File::create(&path).map_err(|error| io_error("create", &path, error))?;
            lock.lock().map_err(|error| io_error("lock", &path, error))?;
            Ok(lock)
        })
        .await
    }
}

fn make_folder(folder: &Path) -> Result<(), DownloadError> {
    fs::create_dir_all(folder).map_err(|error| io_error("create", folder, error))
}

async fn discard(partial: PathBuf) -> Result<(), DownloadError> {
    blocking(move || match fs::remove_file(&partial) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error("remove", &partial, error)),
        _ => Ok(()),
    })
    .await
}

/// Whether a file of a commit is in the repository's folder, also when it is a link.
fn stays_inside(folder: &RepoFolder, pointer: &Path) -> bool {
    match (pointer.canonicalize(), folder.root().canonicalize()) {
        (Ok(file), Ok(root)) => file.starts_with(root),
        _ => false,
    }
}

fn link(folder: &RepoFolder, blob: &Path, pointer: &Path) -> Result<bool, DownloadError> {
    let there = fs::symlink_metadata(pointer).ok();
    if !blob.is_file() {
        // Where links are impossible, the file itself stands in the folder of the commit.
        return Ok(there.is_some_and(|there| there.is_file()));
    }
    if there.is_some() && same_file(pointer, blob) {
        return Ok(true);
    }
    let target = relative(folder, blob, pointer);
    publish(pointer, |place| {
        #[cfg(unix)]
        return std::os::unix::fs::symlink(&target, place);
        #[cfg(windows)]
        return std::os::windows::fs::symlink_file(&target, place)
            .or_else(|_| fs::copy(blob, place).map(drop));
        #[cfg(not(any(unix, windows)))]
        return fs::copy(blob, place).map(drop);
    })?;
    Ok(true)
}

fn same_file(pointer: &Path, blob: &Path) -> bool {
    match (pointer.canonicalize(), blob.canonicalize()) {
        (Ok(one), Ok(other)) => one == other,
        _ => false,
    }
}

/// The way from a file of a commit to a content, so that the cache can be moved.
fn relative(folder: &RepoFolder, blob: &Path, pointer: &Path) -> PathBuf {
    let depth = pointer.strip_prefix(folder.root()).map_or(0, |path| path.components().count());
    let up = std::iter::repeat_n("..", depth.saturating_sub(1));
    up.map(Path::new).chain([blob.strip_prefix(folder.root()).unwrap_or(blob)]).collect()
}

/// Makes something beside its place and then puts it there at once, replacing what is there.
fn publish(place: &Path, make: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), DownloadError> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    place.parent().map(make_folder).transpose()?;
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let mark = format!("{}.{}.tmp", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    // A long name leaves no room for the mark.
    let short: String = name.chars().take(40).collect();
    let beside = place.with_file_name(format!("{short}.{mark}"));
    make(&beside)
        .and_then(|()| fs::rename(&beside, place))
        .map_err(|error| io_error("write", place, error))
        .inspect_err(|_| drop(fs::remove_file(&beside)))
}
