//! A folder that a repository is downloaded to, and the notes in it.
//!
//! The layout is that of the Python client: files at their paths, notes below `.cache/huggingface/`. A note has three
//! lines: commit id, etag and time. It holds for as long as the file was not changed after that time.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use hub_types::{CommitHash, SafeRelPath, hex};
use sha1::Digest;

use crate::{
    DownloadError, RemoteFile,
    disk::{CACHEDIR_TAG, io_error, put_once},
};

const NOTES: [&str; 2] = [".cache", "huggingface"];

/// A folder that holds files of a repository at their own paths. All methods wait for the disk.
#[derive(Debug, Clone)]
pub(crate) struct LocalDir {
    root: PathBuf,
}

/// The note beside a file. All methods wait for the disk.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub(crate) place: PathBuf,
}

/// What a note says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    pub(crate) commit: String,
    pub(crate) etag: String,
    pub(crate) time: f64,
}

impl LocalDir {
    /// Opens the folder, making it if needed.
    pub(crate) fn open(root: &Path) -> Result<Self, DownloadError> {
        fs::create_dir_all(root).map_err(|error| io_error("create", root, error))?;
        let root = root.canonicalize().map_err(|error| io_error("open", root, error))?;
        let notes = make_folder(&root, &NOTES)?;
        put_once(&notes.join("CACHEDIR.TAG"), CACHEDIR_TAG)?;
        put_once(&notes.join(".gitignore"), "*")?;
        Ok(Self { root })
    }

    /// The folder itself, without symbolic links in its path.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The note of all files of a commit. Its folder is made only where no link leads out.
    pub(crate) fn tree(&self, commit: &CommitHash) -> Result<PathBuf, DownloadError> {
        let [one, other] = NOTES;
        Ok(make_folder(&self.root, &[one, other, "trees"])?.join(format!("{commit}.json")))
    }

    /// The place of a file if it was downloaded from `commit` and not changed since: then nothing needs to be asked.
    pub(crate) fn find(
        &self,
        commit: &CommitHash,
        path: &SafeRelPath,
    ) -> Result<Option<PathBuf>, DownloadError> {
        let (file, note) = self.spots(path)?;
        let said = metadata_of(&file).and_then(|metadata| note.read(&metadata));
        Ok(said.is_some_and(|said| said.commit == commit.as_str()).then_some(file))
    }

    /// Where a file and its note are. Makes their folders; none of them can be outside of the root.
    pub(crate) fn spots(&self, path: &SafeRelPath) -> Result<(PathBuf, Note), DownloadError> {
        // Refuses what this system cannot store, before anything is made.
        path.under(&self.root)?;
        let mut parts: Vec<&str> = path.segments().collect();
        let name = parts.pop().unwrap_or_default();
        let folder = match make_folder(&self.root, &parts) {
            Err(DownloadError::InTheWay { path }) => {
                self.make_way(path)?;
                make_folder(&self.root, &parts)?
            }
            made => made?,
        };
        let file = folder.join(name);
        let notes: Vec<&str> = NOTES.into_iter().chain(["download"]).chain(parts).collect();
        let place = make_folder(&self.root, &notes)?.join(note_name(name));
        Ok((file, Note { place }))
    }
}

impl LocalDir {
    /// Removes a file that stands where a folder is needed, if it was downloaded.
    fn make_way(&self, place: PathBuf) -> Result<(), DownloadError> {
        let path = place.strip_prefix(&self.root).ok().and_then(Path::to_str);
        let path = path.and_then(|path| path.replace(std::path::MAIN_SEPARATOR, "/").parse().ok());
        let note = path.and_then(|path| note_of(&self.root, &path)).filter(|note| note.is_file());
        let Some(note) = note else { return Err(DownloadError::InTheWay { path: place }) };
        fs::remove_file(&place).map_err(|error| io_error("remove", &place, error))?;
        drop(fs::remove_file(note));
        Ok(())
    }
}

/// The name of the note beside a file. One that would be too long for the file system is made of the file's hash, which the Python
/// client does not know: it cannot have such a file.
fn note_name(file: &str) -> String {
    const LONGEST: usize = 255;
    let name = format!("{file}.metadata");
    if name.len() <= LONGEST {
        return name;
    }
    format!("{}.metadata", hex::encode(&sha1::Sha1::digest(file.as_bytes())))
}

/// Where the note of a file is; `None` where this system cannot store its name.
fn note_of(root: &Path, path: &SafeRelPath) -> Option<PathBuf> {
    let notes: PathBuf = NOTES.iter().collect();
    let file = path.under(&root.join(notes).join("download")).ok()?;
    Some(file.with_file_name(note_name(path.file_name())))
}

/// Whether a file was downloaded to this folder: a file of somebody else's with its name is not it.
pub(crate) fn is_noted(root: &Path, path: &SafeRelPath) -> bool {
    note_of(root, path).is_some_and(|note| note.is_file())
}

/// Whether something was downloaded to this folder, and is there beside the notes of it.
pub(crate) fn has_downloads(root: &Path) -> bool {
    let entries = |folder: &Path| fs::read_dir(folder).into_iter().flatten().flatten();
    let notes = root.join(NOTES.iter().collect::<PathBuf>());
    let noted = ["download", "trees"].iter().any(|kind| entries(&notes.join(kind)).next().is_some());
    noted && entries(root).any(|entry| entry.file_name() != NOTES[0])
}

/// The commit whose listing was written last.
pub(crate) fn last_listed(root: &Path) -> Option<CommitHash> {
    let trees = root.join(NOTES.iter().collect::<PathBuf>()).join("trees");
    let listings = fs::read_dir(trees).into_iter().flatten().flatten().filter_map(|entry| {
        let commit = entry.path().file_stem()?.to_str()?.parse::<CommitHash>().ok()?;
        Some((entry.metadata().ok()?.modified().ok()?, commit))
    });
    listings.max_by_key(|(written, _)| *written).map(|(_, commit)| commit)
}

fn metadata_of(file: &Path) -> Option<fs::Metadata> {
    fs::metadata(file).ok().filter(fs::Metadata::is_file)
}

/// Makes `root/parts…` step by step and refuses a symbolic link that leads out of `root`, and a file.
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
            Ok(metadata) if metadata.is_file() => return Err(DownloadError::InTheWay { path: folder }),
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

impl Note {
    /// Whether the file has this content: by this note if it still holds, else by the file's hash.
    pub(crate) fn confirms(&self, place: &Path, file: &RemoteFile) -> Result<bool, DownloadError> {
        let Some(metadata) = metadata_of(place) else { return Ok(false) };
        if let Some(said) = self.read(&metadata)
            && said.etag == file.id.as_str()
        {
            if said.commit != file.commit.as_str() {
                self.write(file)?;
            }
            return Ok(true);
        }
        let same = metadata.len() == file.size
            && file.id.matches_file(place).map_err(|error| io_error("read", place, error))? == Some(true);
        if same {
            self.write(file)?;
        }
        Ok(same)
    }

    /// What the note says, unless the file was changed after it was written.
    fn read(&self, file: &fs::Metadata) -> Option<Said> {
        let said = parse_note(&fs::read_to_string(&self.place).ok()?)?;
        let modified = file.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        (modified.saturating_sub(Duration::from_secs(1)).as_secs_f64() <= said.time).then_some(said)
    }

    pub(crate) fn write(&self, file: &RemoteFile) -> Result<(), DownloadError> {
        let fail = |error| io_error("write", &self.place, error);
        if self.place.is_symlink() {
            fs::remove_file(&self.place).map_err(fail)?;
        }
        let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        let text = format!("{}\n{}\n{time}\n", file.commit, file.id.as_str());
        fs::write(&self.place, text).map_err(fail)
    }
}

pub(crate) fn parse_note(text: &str) -> Option<Said> {
    let mut lines = text.lines();
    let (commit, etag, time) = (lines.next()?, lines.next()?, lines.next()?);
    Some(Said {
        commit: commit.trim().to_owned(),
        etag: etag.trim().to_owned(),
        time: time.trim().parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ContentId;
    use crate::destination::{Destination, Kind};

    fn file(path: &str) -> RemoteFile {
        let repo = hub_types::RepoRef::new(hub_types::RepoType::Model, "ada/demo".parse().unwrap());
        let commit = "1".repeat(40).parse().unwrap();
        RemoteFile::new(repo, commit, path.parse().unwrap(), 7, ContentId::from_etag("x"))
    }

    #[test]
    fn a_note_holds_until_the_file_changes() {
        let dir = tempfile::tempdir().unwrap();
        let target = LocalDir::open(dir.path()).unwrap();
        let place = Destination::all_in_folder(&target, vec![file("a/b.txt")]).unwrap().remove(0);
        let found = || target.find(&place.file.commit, &place.file.path).unwrap();
        fs::write(&place.content, "content").unwrap();
        assert!(!place.is_current(&crate::SystemDisk).unwrap(), "an etag that is no hash needs a note");
        let Kind::Folder(note) = &place.kind else { panic!("a folder has notes") };
        note.write(&place.file).unwrap();
        assert!(place.is_current(&crate::SystemDisk).unwrap());
        assert_eq!(found().as_deref(), Some(&*place.content));

        let later = SystemTime::now() + Duration::from_secs(60);
        fs::File::options().write(true).open(&place.content).unwrap().set_modified(later).unwrap();
        assert!(!place.is_current(&crate::SystemDisk).unwrap());
        assert_eq!(found(), None);
    }

    #[test]
    fn a_file_that_became_a_folder_makes_room_if_it_was_downloaded() {
        let dir = tempfile::tempdir().unwrap();
        let target = LocalDir::open(dir.path()).unwrap();
        let place = Destination::all_in_folder(&target, vec![file("d/a")]).unwrap().remove(0);
        fs::write(&place.content, "mine").unwrap();
        let error = Destination::all_in_folder(&target, vec![file("d/a/b/c.txt")]).unwrap_err();
        assert!(matches!(error, DownloadError::InTheWay { .. }), "{error}");
        assert_eq!(fs::read_to_string(&place.content).unwrap(), "mine");

        let Kind::Folder(note) = &place.kind else { panic!("a folder has notes") };
        note.write(&place.file).unwrap();
        let inside = Destination::all_in_folder(&target, vec![file("d/a/b/c.txt")]).unwrap().remove(0);
        fs::write(&inside.content, "new").unwrap();
        assert!(!note.place.exists() && dir.path().join("d/a/b/c.txt").is_file());
    }

    #[test]
    fn a_name_of_any_length_that_a_file_system_takes_has_a_note() {
        for length in [1, 246, 247, 250, 255] {
            let dir = tempfile::tempdir().unwrap();
            let target = LocalDir::open(dir.path()).unwrap();
            let name = "n".repeat(length);
            let place = Destination::all_in_folder(&target, vec![file(&name)]).unwrap().remove(0);
            fs::write(&place.content, "content").unwrap();
            fs::write(&place.lock, "").unwrap();
            let Kind::Folder(note) = &place.kind else { panic!("a folder has notes") };
            note.write(&place.file).unwrap();
            assert!(place.is_current(&crate::SystemDisk).unwrap(), "{length}");
            assert!(is_noted(dir.path(), &place.file.path), "{length}");
            let as_python = note.place.ends_with(format!("{name}.metadata"));
            assert_eq!(as_python, length <= 246);
        }
    }

    #[cfg(unix)]
    #[test]
    fn f74_a_link_that_leads_out_is_not_written_through() {
        use std::os::unix::fs::symlink;
        let (dir, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let target = LocalDir::open(dir.path()).unwrap();
        symlink(outside.path(), dir.path().join("a")).unwrap();
        let error = Destination::all_in_folder(&target, vec![file("a/b.txt")]).unwrap_err();
        assert!(matches!(error, DownloadError::LeavesFolder { .. }), "{error}");

        let place = Destination::all_in_folder(&target, vec![file("c.txt")]).unwrap().remove(0);
        let Kind::Folder(note) = &place.kind else { panic!("a folder has notes") };
        symlink(outside.path().join("note"), &note.place).unwrap();
        note.write(&place.file).unwrap();
        assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
        assert!(note.place.is_file() && !note.place.is_symlink());
    }
}
