//! [`GitRepo`]: a git repository that is open.

use std::{path::Path, sync::Arc};

use super::{CommitId, open::OpenRepo};
use crate::store::Result;

/// Learns of every ref that moves, in whichever way.
pub(in crate::store) trait RefWatcher: Send + Sync {
    /// The ref with this full name was made, moved or removed, which is on disk.
    fn moved(&self, git: &GitRepo, full_name: &str);

    /// Commits were left behind by a ref that went elsewhere: they may be garbage.
    fn left_behind(&self);

    /// Those of some LFS objects that the repository does not have.
    fn lacks(&self, lfs: &[String]) -> Result<Vec<String>>;
}

/// A git repository that is open. Cheap to clone.
#[derive(Clone)]
pub(crate) struct GitRepo {
    pub(super) open: Arc<OpenRepo>,
    /// None while the repository is being made.
    pub(super) watcher: Option<Arc<dyn RefWatcher>>,
}

/// A push that goes on.
pub(crate) struct PushGuard(GitRepo);

impl Drop for PushGuard {
    fn drop(&mut self) {
        let mut pushes = self.0.open.pushes();
        *pushes = pushes.saturating_sub(1);
    }
}

impl std::fmt::Debug for PushGuard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("PushGuard").field(&self.0.path()).finish()
    }
}

impl GitRepo {
    /// The folder, for git programs.
    pub(crate) fn path(&self) -> &Path {
        self.open.path()
    }

    /// Keeps everything in the repository for as long as a push goes on. Waits while something is being taken out.
    pub(crate) fn begin_push(&self) -> PushGuard {
        *self.open.pushes() += 1;
        PushGuard(self.clone())
    }

    /// Looks at the disk anew, after a git program moved refs.
    pub(crate) fn pushed(&self) {
        self.open.forget_handle();
        self.open.refs.forget();
        if let Ok(branch) = self.default_branch() {
            self.moved(&branch);
        }
        // Whether it went forward is not looked at.
        self.left_behind();
    }

    /// Tells who watches that commits were left behind.
    pub(super) fn left_behind(&self) {
        if let Some(watcher) = &self.watcher {
            watcher.left_behind();
        }
    }

    /// Notes where a ref leads now, and tells who watches that it moved.
    pub(super) fn moved_to(&self, full_name: &str, commit: Option<CommitId>) {
        self.open.refs.set(full_name, commit);
        self.moved(full_name);
    }

    fn moved(&self, full_name: &str) {
        if let Some(watcher) = &self.watcher {
            watcher.moved(self, full_name);
        }
    }
}
