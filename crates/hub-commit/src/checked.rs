//! [`CheckedCommit`]: a commit whose files can all be read, before the server is asked anything.

use std::sync::Arc;

use hub_transport::Transport;
use hub_types::RepoRef;
use hub_types::progress::Progress;

use crate::inspect::{Inspected, inspect};
use crate::operation::clash;
use crate::operation::warnings::warnings;
use crate::preupload::decision::Added;
use crate::{CommitError, CommitOperation, CommitOptions, copies};

/// A commit that was checked as far as that goes without the server: the options make sense, no path is a file and a folder
/// at once, and every source was opened. This is the moment to change something for the commit, for example to make its
/// repository: what cannot be uploaded is known by now.
#[derive(Debug)]
pub struct CheckedCommit {
    pub(crate) operations: Arc<Vec<CommitOperation>>,
    pub(crate) inspected: Inspected<Added>,
    pub(crate) options: CommitOptions,
}

impl CheckedCommit {
    /// Checks everything and opens every source once. Sends nothing.
    ///
    /// # Errors
    /// [`CommitError::InvalidOperation`], [`CommitError::PathClash`], and [`CommitError::Sources`] with everything that cannot
    /// be opened.
    pub async fn new(operations: Vec<CommitOperation>, options: CommitOptions) -> Result<Self, CommitError> {
        options.validate()?;
        if !clash::is_plain(&operations) {
            clash::check(&operations)?;
            for warning in warnings(&operations) {
                tracing::warn!("{warning}");
            }
        }
        let operations = Arc::new(operations);
        let inspected = inspect(&operations, &options, true).await?;
        Ok(Self { operations, inspected, options })
    }

    /// What is committed, in order.
    pub fn operations(&self) -> &[CommitOperation] {
        &self.operations
    }

    /// Where it is committed.
    pub fn repo(&self) -> &RepoRef {
        &self.options.repo
    }

    /// Where its progress is reported.
    pub fn progress(&self) -> Option<Arc<dyn Progress>> {
        self.options.progress.clone()
    }

    /// Commits to another repository, for example under the full name that its creation has told.
    #[must_use]
    pub fn to_repo(mut self, repo: RepoRef) -> Self {
        self.options.repo = repo;
        self
    }

    /// Puts deletions in front of everything else.
    ///
    /// # Errors
    /// [`CommitError::PathClash`] as for [`Self::new`].
    pub fn after(mut self, deletions: Vec<CommitOperation>) -> Result<Self, CommitError> {
        let moved = deletions.len();
        Arc::make_mut(&mut self.operations).splice(..0, deletions);
        clash::check(&self.operations)?;
        for file in &mut self.inspected.files {
            file.seen.operation += moved;
        }
        Ok(self)
    }

    /// Finds out what the copies among the operations are.
    pub(crate) async fn resolve_copies(mut self, transport: &Transport) -> Result<Self, CommitError> {
        if self.operations.iter().any(|operation| matches!(operation, CommitOperation::Copy(_))) {
            self.operations = copies::resolve(transport, &self.operations, &self.options).await?.into();
            self.inspected = inspect(&self.operations, &self.options, true).await?;
        }
        Ok(self)
    }
}
