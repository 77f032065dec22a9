//! Arguments that many methods share, each written once.

use std::sync::Arc;

use hub_types::{RepoType, progress::Progress};

use crate::{Call, Listing, Mode, repo_arg::RepoArg};

/// A call about one repository.
pub trait HasRepo {
    #[doc(hidden)]
    fn repo_mut(&mut self) -> &mut RepoArg;
}

/// A call about one revision of a repository.
pub trait HasRevision {
    #[doc(hidden)]
    fn revision_mut(&mut self) -> &mut Option<String>;
}

/// A call that moves files and reports how far it has come.
pub trait HasProgress {
    #[doc(hidden)]
    fn progress_mut(&mut self) -> &mut Option<Arc<dyn Progress>>;
}

impl<O: HasRepo, M: Mode> Call<O, M> {
    /// The kind of the repository; a model unless set. Python: `repo_type`.
    pub fn repo_type(self, repo_type: RepoType) -> Self {
        self.edit(|operation| operation.repo_mut().set_type(repo_type))
    }
}

impl<O: HasRevision, M: Mode> Call<O, M> {
    /// A branch, a tag, a commit id or a ref such as `refs/pr/1`; the default branch unless set.
    pub fn revision(self, revision: impl Into<String>) -> Self {
        self.edit(|operation| *operation.revision_mut() = Some(revision.into()))
    }
}

impl<O: HasProgress, M: Mode> Call<O, M> {
    /// Receives events while files move. It is called on the job's own task and must not block it.
    pub fn progress(self, progress: impl Progress + 'static) -> Self {
        self.edit(|operation| *operation.progress_mut() = Some(Arc::new(progress)))
    }
}

impl<O: HasRepo, M: Mode> Listing<O, M> {
    /// The kind of the repository; a model unless set. Python: `repo_type`.
    pub fn repo_type(self, repo_type: RepoType) -> Self {
        self.edit(|operation| operation.repo_mut().set_type(repo_type))
    }
}

impl<O: HasRevision, M: Mode> Listing<O, M> {
    /// A branch, a tag, a commit id or a ref such as `refs/pr/1`; the default branch unless set.
    pub fn revision(self, revision: impl Into<String>) -> Self {
        self.edit(|operation| *operation.revision_mut() = Some(revision.into()))
    }
}
