//! [`GitRepo`]: a git repository that is open.

use std::{path::Path, sync::Arc};

use super::open::OpenRepo;

/// A git repository that is open. Cheap to clone.
#[derive(Clone)]
pub(crate) struct GitRepo {
    pub(super) open: Arc<OpenRepo>,
}

impl GitRepo {
    /// The folder, for git programs.
    pub(crate) fn path(&self) -> &Path {
        self.open.path()
    }

    /// Looks at the disk anew, after another program changed the repository.
    pub(crate) fn refresh(&self) {
        self.open.forget_handle();
    }
}
