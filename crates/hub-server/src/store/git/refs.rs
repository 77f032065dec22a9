//! Refs: reading them, and moving one so that a crash leaves the old or the new value.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use gix::bstr::ByteSlice;

use super::{CommitId, GitRepo, RefInfo};
use crate::store::{
    Result, StoreError,
    disk::{create_folder_durably, sync_folder},
};

/// How long a ref may be locked by somebody else: git programs hold a lock for moments only.
const LOCK_WAIT: Duration = Duration::from_secs(10);
const LOCK_PAUSE: Duration = Duration::from_millis(5);

impl GitRepo {
    /// Every ref that leads to a commit, by name.
    pub(crate) fn refs(&self) -> Result<Vec<RefInfo>> {
        let refs = self.open.refs.get(|| self.read_refs())?;
        let info = |(name, commit): (&String, &CommitId)| RefInfo {
            full_name: name.clone(),
            target_commit: *commit,
        };
        Ok(refs.iter().map(info).collect())
    }

    fn read_refs(&self) -> Result<BTreeMap<String, CommitId>> {
        let repo = self.open.local()?;
        let platform = repo.references().map_err(StoreError::git("list the refs"))?;
        let mut refs = BTreeMap::new();
        for reference in platform.all().map_err(StoreError::git("list the refs"))? {
            let mut reference = reference.map_err(StoreError::git("read a ref"))?;
            let full_name = reference.name().as_bstr().to_str_lossy().into_owned();
            // A tag may lead to a file or a folder: clients have no use for it.
            if let Ok(commit) = reference.peel_to_commit() {
                refs.insert(full_name, commit.id);
            }
        }
        Ok(refs)
    }

    /// Whether there is a ref with exactly this full name that leads to a commit.
    pub(crate) fn has_ref(&self, full_name: &str) -> Result<bool> {
        Ok(read(&self.open.local()?, full_name)?.is_some())
    }

    /// Full name of the branch, or of the pull request's ref, that a revision names; `None` where it names something else, on which
    /// no commit goes, or nothing.
    pub(crate) fn commit_target(&self, revision: &str) -> Result<Option<String>> {
        let full_name = match revision {
            "HEAD" => self.default_branch()?,
            name if name.starts_with("refs/heads/") || name.starts_with("refs/pr/") => name.to_owned(),
            name if name.starts_with("refs/") => return Ok(None),
            name => format!("refs/heads/{name}"),
        };
        Ok(self.has_ref(&full_name)?.then_some(full_name))
    }

    /// Full name of the default branch, as in `refs/heads/main`.
    pub(crate) fn default_branch(&self) -> Result<String> {
        let repo = self.open.local()?;
        let name = repo.head_name().map_err(StoreError::git("read HEAD"))?;
        Ok(name
            .map_or_else(|| "refs/heads/main".to_owned(), |name| name.as_bstr().to_str_lossy().into_owned()))
    }
}

/// The commit of the ref with exactly this full name.
pub(super) fn read(repo: &gix::Repository, full_name: &str) -> Result<Option<CommitId>> {
    let Ok(name) = <&gix::refs::FullNameRef>::try_from(full_name) else { return Ok(None) };
    let found = repo.try_find_reference(name).map_err(StoreError::git("read a ref"))?;
    let Some(mut reference) = found.filter(|reference| reference.name().as_bstr() == full_name) else {
        return Ok(None);
    };
    // A ref whose object is missing or no commit is as good as none.
    Ok(reference.peel_to_commit().ok().map(|commit| commit.id))
}

/// Bytes of the longest name of a file, with `.lock` behind it, as git makes one beside a ref that it moves.
const LONGEST_PART: usize = 255 - ".lock".len();

/// Refuses what git does not take for the name of a ref below `refs/`.
pub(super) fn check_name(full_name: &str) -> Result<()> {
    let invalid = |reason: String| StoreError::InvalidRef { name: full_name.to_owned(), reason };
    if !full_name.starts_with("refs/") {
        return Err(invalid("it must begin with \"refs/\"".to_owned()));
    }
    if full_name.split('/').any(|part| part.len() > LONGEST_PART) {
        return Err(invalid(format!(
            "it, or a part of it between slashes, is longer than {LONGEST_PART} bytes"
        )));
    }
    gix::validate::reference::name(full_name.into()).map_err(|error| invalid(error.to_string()))?;
    // Each ref is kept in a file of its name.
    if cfg!(windows) && <&gix::path::RelativePath>::try_from(full_name).is_err() {
        return Err(invalid("Windows, on which this Hub runs, takes it for no name of a file".to_owned()));
    }
    Ok(())
}

impl GitRepo {
    /// Moves a ref from `old` (`None`: it does not exist) to `new`. The caller holds the repository's commit lock and has
    /// checked the name; the lock file keeps git programs out as well.
    ///
    /// When this returns, the new value is on disk, and whoever watches knows of it.
    pub(super) fn update_ref(
        &self,
        repo: &gix::Repository,
        full_name: &str,
        old: Option<CommitId>,
        new: CommitId,
    ) -> Result<()> {
        let lock = take(repo, full_name)?;
        let found = read(repo, full_name)?;
        if found != old {
            return Err(match found {
                Some(actual) if old.is_some() => StoreError::ParentMismatch { actual },
                Some(_) => StoreError::RefExists { name: full_name.to_owned() },
                None => StoreError::RevisionNotFound { revision: full_name.to_owned() },
            });
        }
        self.publish_ref(lock, full_name, new)
    }

    /// Moves a ref that is locked. When this returns, the new value is on disk, and whoever watches knows of it.
    pub(super) fn publish_ref(&self, lock: RefLock, full_name: &str, new: CommitId) -> Result<()> {
        lock.publish(new)?;
        // An annotated tag leads to the commit behind it.
        let commit = read(&self.open.local()?, full_name)?;
        self.moved_to(full_name, commit);
        Ok(())
    }
}

/// A ref that nobody else moves, git programs included, until this is dropped or published.
pub(super) struct RefLock {
    file: LockFile,
    path: PathBuf,
}

/// Locks a ref; waits for a program that is about to move it.
pub(super) fn take(repo: &gix::Repository, full_name: &str) -> Result<RefLock> {
    let path = repo.git_dir().join(full_name);
    let refused = |reason| Err(StoreError::InvalidRef { name: full_name.to_owned(), reason });
    // One that is there is in nobody's way.
    if !path.is_file() {
        if let Some(other) = in_the_way(repo, full_name)? {
            return refused(format!("{other} is there, and no name is a reference and a folder of others"));
        }
        if path.is_dir() {
            return refused("a folder is where it would be kept".to_owned());
        }
    }
    let folder = path.parent().unwrap_or(&path);
    create_folder_durably(folder)?;
    Ok(RefLock { file: LockFile::create(&path)?, path })
}

/// The reference that has a part of this name, or of whose name this is a part: git keeps each in a file.
fn in_the_way(repo: &gix::Repository, full_name: &str) -> Result<Option<String>> {
    let shown = |name: &str| match name.split_once('/').and_then(|(_, rest)| rest.split_once('/')) {
        Some((kind, short)) if name.starts_with("refs/heads/") || name.starts_with("refs/tags/") => {
            format!("the {} {short}", if kind == "tags" { "tag" } else { "branch" })
        }
        _ => format!("the reference {name}"),
    };
    let mut above = full_name;
    while let Some((folder, _)) = above.rsplit_once('/') {
        if read(repo, folder)?.is_some() || repo.git_dir().join(folder).is_file() {
            return Ok(Some(shown(folder)));
        }
        above = folder;
    }
    let below = format!("{full_name}/");
    let platform = repo.references().map_err(StoreError::git("list the refs"))?;
    // gix looks below nothing that Windows does not take for a folder, which other systems and git do.
    let found = match platform.prefixed(below.as_str()) {
        Ok(mut found) => found.next(),
        Err(_) => platform.all().map_err(StoreError::git("list the refs"))?.find(|reference| {
            reference.as_ref().is_ok_and(|one| one.name().as_bstr().starts_with(below.as_bytes()))
        }),
    };
    let found = found.transpose().map_err(StoreError::git("read a ref"))?;
    Ok(found.map(|reference| shown(&reference.name().as_bstr().to_str_lossy())))
}

impl RefLock {
    /// Moves the ref. When this returns, the new value is on disk.
    fn publish(self, new: CommitId) -> Result<()> {
        self.file.publish(&self.path, &format!("{new}\n"))?;
        sync_folder(self.path.parent().unwrap_or(&self.path))
    }
}

/// `NAME.lock` as git makes it; removed when dropped before it is published.
struct LockFile {
    file: File,
    path: tempfile::TempPath,
}

impl LockFile {
    fn create(target: &Path) -> Result<Self> {
        let mut name = target.as_os_str().to_owned();
        name.push(".lock");
        let path = Path::new(&name);
        let started = Instant::now();
        let file = loop {
            match File::create_new(path) {
                // git removes folders that are empty.
                Err(error) if error.kind() == io::ErrorKind::NotFound && started.elapsed() < LOCK_WAIT => {
                    create_folder_durably(target.parent().unwrap_or(target))?;
                }
                Err(error)
                    if error.kind() == io::ErrorKind::AlreadyExists && started.elapsed() < LOCK_WAIT =>
                {
                    thread::sleep(LOCK_PAUSE);
                }
                made => break made.map_err(StoreError::io("lock", target))?,
            }
        };
        let path = tempfile::TempPath::try_from_path(path).map_err(StoreError::io("lock", target))?;
        Ok(Self { file, path })
    }

    fn publish(mut self, target: &Path, content: &str) -> Result<()> {
        let write = |mut file: File| -> io::Result<()> {
            file.write_all(content.as_bytes())?;
            file.sync_all()
        };
        write(self.file).map_err(StoreError::io("write", target))?;
        fs::rename(&self.path, target).map_err(StoreError::io("write", target))?;
        // The name may be somebody else's by now.
        self.path.disable_cleanup(true);
        Ok(())
    }
}
