//! Repositories that are open: each has one lock for commits and one handle that all readers share.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
};

use super::{GitRepo, known::Known};
use crate::store::{Result, StoreError, database::lock};

/// So many handles are kept; each may hold a few files open.
const HANDLES: usize = 128;

/// The git repositories that were asked for since the store was opened.
pub(in crate::store) struct OpenRepos {
    by_key: Mutex<HashMap<i64, Arc<OpenRepo>>>,
    tmp: PathBuf,
}

impl OpenRepos {
    /// `tmp` is for what is not finished; it must be on the file system of the repositories.
    pub(in crate::store) fn new(tmp: PathBuf) -> Self {
        Self { by_key: Mutex::default(), tmp }
    }

    /// The repository with this key; `locate` gives its folder and its name, and fails when it does not exist.
    pub(in crate::store) fn get(
        &self,
        key: i64,
        locate: impl FnOnce() -> Result<(PathBuf, String)>,
    ) -> Result<GitRepo> {
        let mut by_key = lock(&self.by_key);
        if let Some(open) = by_key.get(&key) {
            return Ok(GitRepo { open: Arc::clone(open) });
        }
        // Looked up under the lock: a deletion either sees this entry or has removed the row before.
        let (path, name) = locate()?;
        if by_key.len() >= HANDLES {
            by_key.values().for_each(|open| open.forget_handle());
            by_key.retain(|_, open| Arc::strong_count(open) > 1);
        }
        let open = Arc::new(OpenRepo::new(path, self.tmp.clone(), name));
        by_key.insert(key, Arc::clone(&open));
        Ok(GitRepo { open })
    }

    /// Changes the folder of a repository while nobody opens it and no commit is made. Afterwards all who had it look it
    /// up again; after a failure they go on.
    pub(in crate::store) fn change_folder<T>(
        &self,
        key: i64,
        repo: &GitRepo,
        change: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let open = &repo.open;
        let _no_commit = open.lock_commits();
        let mut handle = lock(&open.handle);
        if matches!(*handle, Handle::Deleted) {
            return Err(open.not_found());
        }
        *handle = Handle::Closed;
        let done = change()?;
        *handle = Handle::Deleted;
        drop(handle);
        lock(&self.by_key).remove(&key);
        Ok(done)
    }

    /// Ends all use of a repository that is deleted; waits for a commit that is being made.
    pub(in crate::store) fn close(&self, key: i64) {
        let open = lock(&self.by_key).remove(&key);
        if let Some(open) = open {
            let _no_commit = open.lock_commits();
            *lock(&open.handle) = Handle::Deleted;
        }
    }
}

/// What readers share.
enum Handle {
    /// The next reader opens the folder.
    Closed,
    Open(Box<gix::ThreadSafeRepository>),
    /// Nobody opens the folder any more: another repository may be in it.
    Deleted,
}

/// One repository.
pub(super) struct OpenRepo {
    path: PathBuf,
    tmp: PathBuf,
    name: String,
    /// Held from reading the tip to writing the ref.
    commits: Mutex<()>,
    handle: Mutex<Handle>,
    pub(super) known: Known,
}

impl OpenRepo {
    pub(super) fn new(path: PathBuf, tmp: PathBuf, name: String) -> Self {
        Self {
            path,
            tmp,
            name,
            commits: Mutex::default(),
            handle: Mutex::new(Handle::Closed),
            known: Known::default(),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn tmp(&self) -> &Path {
        &self.tmp
    }

    /// Keeps every other commit out.
    pub(super) fn lock_commits(&self) -> MutexGuard<'_, ()> {
        lock(&self.commits)
    }

    /// A handle for this thread.
    ///
    /// # Errors
    /// `RepoNotFound` when the repository was deleted.
    pub(super) fn local(&self) -> Result<gix::Repository> {
        let mut handle = lock(&self.handle);
        match &*handle {
            Handle::Open(open) => return Ok(open.to_thread_local()),
            Handle::Deleted => return Err(self.not_found()),
            Handle::Closed => {}
        }
        let opened = gix::open::Options::isolated()
            .open_path_as_is(true)
            .with(gix::sec::Trust::Full)
            .object_store_slots(gix::odb::store::init::Slots::AsNeededByDiskState {
                multiplier: 1.1,
                minimum: 64,
            })
            .open(&self.path);
        match opened {
            Ok(opened) => {
                let local = opened.to_thread_local();
                *handle = Handle::Open(Box::new(opened));
                Ok(local)
            }
            Err(_) if !self.path.exists() => Err(self.not_found()),
            Err(error) => Err(StoreError::git("open the folder")(error)),
        }
    }

    /// Makes the next reader look at the disk anew. Needed after a pack was added, for a handle has room for a fixed number
    /// of packs.
    pub(super) fn forget_handle(&self) {
        let mut handle = lock(&self.handle);
        if let Handle::Open(_) = *handle {
            *handle = Handle::Closed;
        }
    }

    fn not_found(&self) -> StoreError {
        StoreError::RepoNotFound { repo: self.name.clone() }
    }
}
