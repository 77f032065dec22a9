//! [`Journal`]: the notes about an upload, in a file beside what is uploaded.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::facts::{Fact, Facts, Staging, State, digest_fact, write};
use crate::hash::digest::{Digests, Want};
use crate::source::Stamp;
use crate::{CommitError, DigestCache};

/// Folder of the notes of the Hub's clients, inside the folder that is uploaded. It is never uploaded itself.
const NOTES: &str = ".cache/huggingface";
/// Folder of the notes about uploads, in [`NOTES`]. Python's own notes lie in it too, under names that end in `.metadata`.
const FOLDER: &str = "upload";
const JOURNAL: &str = "hub-journal.jsonl";
const LOCK: &str = "hub-journal.lock";

/// The journal of a folder: open, locked and read.
pub(super) struct Journal {
    folder: PathBuf,
    path: PathBuf,
    inner: Mutex<Inner>,
    /// Held as long as the journal is open. The system lets go of it when the program dies.
    _lock: File,
}

struct Inner {
    facts: Facts,
    file: File,
}

impl Journal {
    /// Opens the journal of `folder`, makes one if there is none, and shortens it to what still counts. Blocks on the disk.
    ///
    /// # Errors
    /// [`CommitError::FolderBusy`] when another program has it open, [`CommitError::Journal`] when it cannot be written.
    pub(super) fn open(folder: &Path) -> Result<Self, CommitError> {
        let failed = |path: &Path| {
            let path = path.to_path_buf();
            move |source: io::Error| CommitError::Journal { path, source }
        };
        let notes = folder.join(NOTES);
        let dir = notes.join(FOLDER);
        fs::create_dir_all(&dir).map_err(failed(&dir))?;
        let ignore = notes.join(".gitignore");
        if !ignore.exists() {
            fs::write(&ignore, "*").map_err(failed(&ignore))?;
        }
        let lock_path = dir.join(LOCK);
        let lock = OpenOptions::new().create(true).write(true).truncate(false).open(&lock_path);
        let lock = lock.map_err(failed(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(CommitError::FolderBusy { folder: folder.to_path_buf() });
            }
            // Some network file systems have no locks.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                tracing::warn!("{lock_path:?} cannot be locked: run no other upload of this folder");
            }
            Err(TryLockError::Error(error)) => return Err(failed(&lock_path)(error)),
        }
        let path = dir.join(JOURNAL);
        let facts = match fs::read(&path) {
            Ok(text) => Facts::read(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Facts::default(),
            Err(error) => return Err(failed(&path)(error)),
        };
        let file = rewrite(&path, &facts).map_err(failed(&path))?;
        Ok(Self { folder: folder.to_path_buf(), path, inner: Mutex::new(Inner { facts, file }), _lock: lock })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name of a file in the journal.
    fn name<'p>(&self, path: &'p Path) -> Option<&'p str> {
        path.strip_prefix(&self.folder).ok()?.to_str()
    }

    /// Writes a fact down; one write, so that a killed program leaves a whole line or a beginning of one.
    fn note(&self, fact: Fact) -> Result<(), CommitError> {
        let failed = |source| CommitError::Journal { path: self.path.clone(), source };
        let line = write(std::slice::from_ref(&fact)).map_err(|error| failed(error.into()))?;
        let mut inner = self.inner();
        inner.file.write_all(&line).map_err(failed)?;
        inner.facts.apply(fact);
        Ok(())
    }

    /// As [`Self::note`], for what costs only time when it is lost.
    fn try_note(&self, fact: Fact) {
        if let Err(error) = self.note(fact) {
            tracing::warn!("{error}: a later run will hash more files than it must");
        }
    }

    /// Whether the file at `path`, in the state `stamp`, is known to hold `content`: a git blob id or sha256.
    pub(super) fn holds(&self, path: &Path, stamp: &Stamp, content: &str) -> bool {
        let named = self.name(path).zip(State::of(stamp));
        named.is_some_and(|(name, state)| self.inner().facts.holds(name, state, content))
    }

    /// Forgets the digests of a file.
    pub(super) fn forget(&self, path: &Path) {
        if let Some(name) = self.name(path) {
            self.try_note(Fact::Forget { path: name.to_owned() });
        }
    }

    /// The pull request for a target.
    pub(super) fn staging(&self, target: &str) -> Option<Staging> {
        self.inner().facts.staging(target).cloned()
    }

    /// Notes the pull request for a target; `None` when it is done with. It is on the disk when this returns.
    pub(super) fn stage(&self, target: String, staging: Option<Staging>) -> Result<(), CommitError> {
        self.note(match staging {
            Some(staging) => Fact::Staged { target, staging },
            None => Fact::Unstaged { target },
        })?;
        let synced = self.inner().file.sync_data();
        synced.map_err(|source| CommitError::Journal { path: self.path.clone(), source })
    }
}

impl DigestCache for Journal {
    fn get(&self, path: &Path, stamp: &Stamp, want: Want) -> Option<Digests> {
        self.inner().facts.digests(self.name(path)?, State::of(stamp)?, want)
    }

    fn put(&self, path: &Path, stamp: &Stamp, digests: &Digests) {
        let Some((name, state)) = self.name(path).zip(State::of(stamp)) else { return };
        let want = match digests {
            Digests::Git(_) => Want::GitBlob,
            Digests::Lfs { .. } => Want::Sha256,
        };
        if self.inner().facts.digests(name, state, want).as_ref() != Some(digests) {
            self.try_note(digest_fact(name, state, digests));
        }
    }
}

/// Writes the facts to a new file that takes the place of the old one, open for what follows.
fn rewrite(path: &Path, facts: &Facts) -> io::Result<File> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(&write(&facts.lines())?)?;
    file.sync_data()?;
    fs::rename(&new, path)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stamp(path: &Path) -> Stamp {
        Stamp::of_file(&fs::metadata(path).unwrap())
    }

    #[test]
    fn digests_are_known_again_until_the_file_changes() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a");
        fs::write(&file, "1").unwrap();
        let before = stamp(&file);
        let journal = Journal::open(dir.path()).unwrap();
        journal.put(&file, &before, &Digests::Git([1; 20]));
        drop(journal);
        let journal = Journal::open(dir.path()).unwrap();
        assert_eq!(journal.get(&file, &before, Want::GitBlob), Some(Digests::Git([1; 20])));
        fs::write(&file, "22").unwrap();
        assert_eq!(journal.get(&file, &stamp(&file), Want::GitBlob), None);
        journal.forget(&file);
        assert_eq!(journal.get(&file, &before, Want::GitBlob), None);
    }

    #[test]
    fn a_folder_has_one_upload_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let journal = Journal::open(dir.path()).unwrap();
        assert!(matches!(Journal::open(dir.path()), Err(CommitError::FolderBusy { .. })));
        drop(journal);
        Journal::open(dir.path()).unwrap();
    }

    #[test]
    fn what_follows_a_torn_line_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let staging = |mark: &str| Staging { mark: mark.into(), number: None, base: None };
        let journal = Journal::open(dir.path()).unwrap();
        journal.stage("x".into(), Some(staging("one"))).unwrap();
        let path = journal.path.clone();
        drop(journal);
        let mut text = fs::read(&path).unwrap();
        text.extend_from_slice(br#"{"fact":"unstaged","tar"#);
        fs::write(&path, text).unwrap();
        let journal = Journal::open(dir.path()).unwrap();
        journal.stage("y".into(), Some(staging("two"))).unwrap();
        drop(journal);
        let journal = Journal::open(dir.path()).unwrap();
        assert_eq!(
            (journal.staging("x"), journal.staging("y")),
            (Some(staging("one")), Some(staging("two")))
        );
    }
}
