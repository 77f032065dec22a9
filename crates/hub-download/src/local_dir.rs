//! A folder that a repository is downloaded to, and the notes in it.
//!
//! The layout is that of the Python client: files at their paths, notes below `.cache/huggingface/`. A note has three
//! lines: commit id, etag and time. It holds for as long as the file was not changed after that time.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{Engine, engine::general_purpose::URL_SAFE};
use hub_transport::Transport;
use hub_types::{CommitHash, SafeRelPath, progress::Progress};
use sha1::Digest;

use crate::{
    ContentId, DownloadError, RemoteFile,
    disk::{blocking, io_error},
    fetch::{Fetch, announce_complete, fetch},
};

const NOTES: [&str; 2] = [".cache", "huggingface"];

/// A folder that holds files of a repository at their own paths. Python: `local_dir`.
#[derive(Debug, Clone)]
pub struct LocalDir {
    root: PathBuf,
}

/// The places of one file.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    /// Where the file is published.
    pub(crate) file: PathBuf,
    note: PathBuf,
    lock: PathBuf,
}

/// What a note says.
#[derive(Debug, Clone, PartialEq)]
struct Note {
    commit: String,
    etag: String,
    time: f64,
}

impl LocalDir {
    /// Opens the folder, making it if needed.
    ///
    /// # Errors
    /// [`DownloadError::Io`].
    pub async fn open(root: &Path) -> Result<Self, DownloadError> {
        let root = root.to_owned();
        blocking(move || {
            fs::create_dir_all(&root).map_err(|error| io_error("create", &root, error))?;
            let root = root.canonicalize().map_err(|error| io_error("open", &root, error))?;
            let notes = make_folder(&root, &NOTES)?;
            let ignore = notes.join(".gitignore");
            if !ignore.exists() {
                fs::write(&ignore, "*").map_err(|error| io_error("write", &ignore, error))?;
            }
            Ok(Self { root })
        })
        .await
    }

    /// The folder itself, without symbolic links in its path.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Brings a file into the folder, unless it is there with its content, and returns its place.
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
        let places = self.places(&file.path).await?;
        let _lock = places.lock().await?;
        if !force && places.is_current(&file.commit, &file.id).await? {
            announce_complete(&file, progress.as_ref());
            return Ok(places.file);
        }
        let (commit, id) = (file.commit.clone(), file.id.clone());
        let job = Fetch { partial: places.partial(&id), file, progress };
        fetch(transport, &job).await?;
        places.publish(&job.partial, &commit, &id).await?;
        Ok(places.file)
    }

    /// The place of a file if it was downloaded from `commit` and not changed since: then nothing needs to be asked.
    ///
    /// # Errors
    /// As for [`keep`](Self::keep).
    pub async fn find(
        &self,
        commit: &CommitHash,
        path: &SafeRelPath,
    ) -> Result<Option<PathBuf>, DownloadError> {
        let places = self.places(path).await?;
        Ok(places.is_from(commit).await?.then_some(places.file))
    }

    /// Finds the places of a file and makes their folders; none of them can be outside of the root.
    pub(crate) async fn places(&self, path: &SafeRelPath) -> Result<Places, DownloadError> {
        // Refuses what this system cannot store, before anything is made.
        path.under(&self.root)?;
        let (root, path) = (self.root.clone(), path.clone());
        blocking(move || {
            let mut parts: Vec<&str> = path.segments().collect();
            let name = parts.pop().unwrap_or_default();
            let file = make_folder(&root, &parts)?.join(name);
            let notes: Vec<&str> = NOTES.into_iter().chain(["download"]).chain(parts).collect();
            let notes = make_folder(&root, &notes)?;
            Ok(Places {
                file,
                note: notes.join(format!("{name}.metadata")),
                lock: notes.join(format!("{name}.lock")),
            })
        })
        .await
    }
}

/// Makes `root/parts…` step by step and refuses a symbolic link that leads out of `root`.
fn make_folder(root: &Path, parts: &[&str]) -> Result<PathBuf, DownloadError> {
    let mut folder = root.to_owned();
    for part in parts {
        folder.push(part);
        match fs::symlink_metadata(&folder) {
            Ok(metadata) if metadata.is_symlink() => {
                let real = folder.canonicalize().map_err(|error| io_error("open", &folder, error))?;
                if !real.starts_with(root) {
                    return Err(DownloadError::LeavesFolder { path: folder });
                }
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::create_dir(&folder) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                    return Err(io_error("create", &folder, error));
                }
                _ => {}
            },
            Err(error) => return Err(io_error("open", &folder, error)),
        }
    }
    Ok(folder)
}

impl Places {
    /// Waits until no other process downloads this file; released when the result is dropped.
    pub(crate) async fn lock(&self) -> Result<File, DownloadError> {
        let path = self.lock.clone();
        blocking(move || {
            let lock = File::create(&path).map_err(|error| io_error("create", &path, error))?;
            lock.lock().map_err(|error| io_error("lock", &path, error))?;
            Ok(lock)
        })
        .await
    }

    /// The partial file of a content; another content has another one.
    pub(crate) fn partial(&self, id: &ContentId) -> PathBuf {
        let name = self.note.file_name().unwrap_or_default().to_string_lossy();
        let short = URL_SAFE.encode(sha1::Sha1::digest(name.as_bytes()));
        self.note.with_file_name(format!("{short}.{}.incomplete", id.file_name()))
    }

    /// Whether the file is there with this content: by its note if that still holds, else by its hash.
    pub(crate) async fn is_current(
        &self,
        commit: &CommitHash,
        id: &ContentId,
    ) -> Result<bool, DownloadError> {
        let (places, commit, id) = (self.clone(), commit.clone(), id.clone());
        blocking(move || {
            let Some(metadata) = fs::metadata(&places.file).ok().filter(fs::Metadata::is_file) else {
                return Ok(false);
            };
            if let Some(note) = places.read_note(&metadata)
                && note.etag == id.as_str()
            {
                if note.commit != commit.as_str() {
                    places.write_note(&commit, &id)?;
                }
                return Ok(true);
            }
            let same =
                id.matches_file(&places.file).map_err(|error| io_error("read", &places.file, error))?;
            if same == Some(true) {
                places.write_note(&commit, &id)?;
            }
            Ok(same == Some(true))
        })
        .await
    }

    /// Whether the file is there and was downloaded from `commit`: then nothing needs to be asked.
    pub(crate) async fn is_from(&self, commit: &CommitHash) -> Result<bool, DownloadError> {
        let (places, commit) = (self.clone(), commit.clone());
        blocking(move || {
            let metadata = fs::metadata(&places.file).ok().filter(fs::Metadata::is_file);
            let note = metadata.and_then(|metadata| places.read_note(&metadata));
            Ok(note.is_some_and(|note| note.commit == commit.as_str()))
        })
        .await
    }

    /// Publishes a complete partial file by renaming it.
    pub(crate) async fn publish(
        &self,
        partial: &Path,
        commit: &CommitHash,
        id: &ContentId,
    ) -> Result<(), DownloadError> {
        let (places, partial, commit, id) = (self.clone(), partial.to_owned(), commit.clone(), id.clone());
        blocking(move || {
            fs::rename(&partial, &places.file).map_err(|error| io_error("write", &places.file, error))?;
            places.write_note(&commit, &id)
        })
        .await
    }

    /// The note, unless the file was changed after it was written.
    fn read_note(&self, file: &fs::Metadata) -> Option<Note> {
        let note = parse_note(&fs::read_to_string(&self.note).ok()?)?;
        let modified = file.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        (modified.saturating_sub(Duration::from_secs(1)).as_secs_f64() <= note.time).then_some(note)
    }

    fn write_note(&self, commit: &CommitHash, id: &ContentId) -> Result<(), DownloadError> {
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let text = format!("{commit}\n{}\n{time}\n", id.as_str());
        fs::write(&self.note, text).map_err(|error| io_error("write", &self.note, error))
    }
}

fn parse_note(text: &str) -> Option<Note> {
    let mut lines = text.lines();
    let (commit, etag, time) = (lines.next()?, lines.next()?, lines.next()?);
    Some(Note {
        commit: commit.trim().to_owned(),
        etag: etag.trim().to_owned(),
        time: time.trim().parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> SafeRelPath {
        text.parse().unwrap()
    }

    #[tokio::test]
    async fn a_note_holds_until_the_file_changes() {
        let dir = tempfile::tempdir().unwrap();
        let target = LocalDir::open(dir.path()).await.unwrap();
        let places = target.places(&path("a/b.txt")).await.unwrap();
        let (commit, id) = ("1".repeat(40).parse().unwrap(), ContentId::from_etag("x"));
        let partial = places.partial(&id);
        fs::write(&partial, "content").unwrap();
        places.publish(&partial, &commit, &id).await.unwrap();
        assert!(places.is_current(&commit, &id).await.unwrap());
        assert!(places.is_from(&commit).await.unwrap());

        let later = SystemTime::now() + Duration::from_secs(60);
        File::options().write(true).open(&places.file).unwrap().set_modified(later).unwrap();
        assert!(!places.is_current(&commit, &id).await.unwrap());
        assert!(!places.is_from(&commit).await.unwrap());
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_link_that_leads_out_is_not_followed() {
        let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let target = LocalDir::open(dir.path()).await.unwrap();
        std::os::unix::fs::symlink(outside.path(), dir.path().join("a")).unwrap();
        let error = target.places(&path("a/b.txt")).await.unwrap_err();
        assert!(matches!(error, DownloadError::LeavesFolder { .. }), "{error}");
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    }
}
