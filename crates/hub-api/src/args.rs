//! Arguments that many methods share, each written once.

use std::sync::Arc;

use hub_types::{RepoType, progress::Progress};

use crate::{Call, Listing, Mode, repo_arg::RepoArg};

mod seal {
    /// Cannot be named outside of this crate, so that the traits below cannot be implemented there: what they ask for may change.
    #[derive(Debug, Clone, Copy)]
    pub struct Seal;
}

pub(crate) use seal::Seal;

/// A call about one repository.
pub trait HasRepo {
    #[doc(hidden)]
    fn repo_mut(&mut self, _: Seal) -> &mut RepoArg;
}

/// A call about one revision of a repository.
pub trait HasRevision {
    #[doc(hidden)]
    fn revision_mut(&mut self, _: Seal) -> &mut Option<String>;
}

/// Says of calls with the fields `repo` and `revision` that they are about one revision of a repository.
macro_rules! of_a_revision {
    ($($operation:ty),*) => {
        $(
            impl $crate::args::HasRepo for $operation {
                fn repo_mut(&mut self, _: $crate::args::Seal) -> &mut $crate::RepoArg {
                    &mut self.repo
                }
            }

            impl $crate::args::HasRevision for $operation {
                fn revision_mut(&mut self, _: $crate::args::Seal) -> &mut Option<String> {
                    &mut self.revision
                }
            }
        )*
    };
}
pub(crate) use of_a_revision;

/// A call that moves files and reports how far it has come.
pub trait HasProgress {
    #[doc(hidden)]
    fn progress_mut(&mut self, _: Seal) -> &mut Option<Arc<dyn Progress>>;
}

impl<O: HasRepo, M: Mode> Call<O, M> {
    /// The kind of the repository; a model unless set. Python: `repo_type`.
    pub fn repo_type(self, repo_type: RepoType) -> Self {
        self.edit(|operation| operation.repo_mut(Seal).set_type(repo_type))
    }
}

impl<O: HasRevision, M: Mode> Call<O, M> {
    /// A branch, a tag, a commit id or a ref such as `refs/pr/1`; the default branch unless set.
    pub fn revision(self, revision: impl Into<String>) -> Self {
        self.edit(|operation| *operation.revision_mut(Seal) = Some(revision.into()))
    }
}

impl<O: HasProgress, M: Mode> Call<O, M> {
    /// Receives events while files move. It is called on a thread of its own; see [`Progress`].
    pub fn progress(self, progress: impl Progress + 'static) -> Self {
        self.edit(|operation| *operation.progress_mut(Seal) = Some(Arc::new(progress)))
    }
}

impl<O: HasRepo, M: Mode> Listing<O, M> {
    /// The kind of the repository; a model unless set. Python: `repo_type`.
    pub fn repo_type(self, repo_type: RepoType) -> Self {
        self.edit(|operation| operation.repo_mut(Seal).set_type(repo_type))
    }
}

impl<O: HasRevision, M: Mode> Listing<O, M> {
    /// A branch, a tag, a commit id or a ref such as `refs/pr/1`; the default branch unless set.
    pub fn revision(self, revision: impl Into<String>) -> Self {
        self.edit(|operation| *operation.revision_mut(Seal) = Some(revision.into()))
    }
}
