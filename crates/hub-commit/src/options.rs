//! [`CommitOptions`]: everything about a commit but its operations.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hub_types::progress::Progress;
use hub_types::{ParentCommit, RepoRef, Revision};

use crate::error::shown;
use crate::source::{Files, SystemFiles};
use crate::{CommitError, DigestCache};

/// Where a commit goes, what it says and how it is made. Python: the arguments of `create_commit`.
#[derive(Clone)]
#[non_exhaustive]
pub struct CommitOptions {
    /// The repository.
    pub repo: RepoRef,
    /// The branch, or `refs/pr/N`. Default `main`.
    pub revision: Revision,
    /// First line of the message; must not be empty.
    pub message: String,
    /// The rest of the message. Default empty.
    pub description: String,
    /// Opens a pull request against `revision` instead of committing to it. Default false.
    pub create_pr: bool,
    /// The commit that the branch must be at; otherwise [`CommitError::ParentMismatch`](crate::CommitError::ParentMismatch).
    /// Default: wherever it is.
    pub parent_commit: Option<ParentCommit>,
    /// How many transfers may run at once, at least 1; the job begins with 4 and goes up while that makes it faster. Default 16.
    /// Python: `num_threads`, which is 5 there.
    pub max_concurrency: usize,
    /// Bytes of memory for content on its way, over all stages together: fewer things run at once where it is small, one of each
    /// at least, which takes 3 MiB. The list of files comes on top, with about 300 bytes for each. Default 64 MiB.
    pub memory_budget: u64,
    /// Names the parent in every attempt, so that a repetition after a lost answer cannot make a second commit. Default
    /// true. False is what Python does: the commit is sent once and, when the answer is lost, looked for.
    pub pinned: bool,
    /// How long others may keep moving the branch, at most. Each time it has moved the commit is made anew on its new head, after
    /// a little wait; after this time the error is [`CommitError::Contended`](crate::CommitError::Contended). Default 2 minutes.
    pub contention_timeout: Duration,
    /// How often the same bytes may be sent with the same parent, once the history shows that they may be.
    pub(crate) sendings: u32,
    /// Hears how far the work has come. Default nobody.
    pub progress: Option<Arc<dyn Progress>>,
    /// The user that commits, where known: narrows the search for a commit whose answer was lost. Default unknown.
    pub author: Option<String>,
    /// The file system that sources are opened in. Default the machine's.
    pub files: Arc<dyn Files>,
    /// Digests of files that were read before; new ones are put in. Default none.
    pub digests: Option<Arc<dyn DigestCache>>,
}

impl CommitOptions {
    /// A commit to `main` of `repo` with a message and defaults for the rest.
    pub fn new(repo: RepoRef, message: impl Into<String>) -> Self {
        Self {
            repo,
            revision: Revision::main(),
            message: message.into(),
            description: String::new(),
            create_pr: false,
            parent_commit: None,
            max_concurrency: 16,
            memory_budget: 64 << 20,
            pinned: true,
            contention_timeout: Duration::from_secs(120),
            sendings: u32::MAX,
            progress: None,
            author: None,
            files: Arc::new(SystemFiles),
            digests: None,
        }
    }

    /// Sets the branch.
    #[must_use]
    pub fn revision(mut self, revision: Revision) -> Self {
        self.revision = revision;
        self
    }

    /// Sets the rest of the message.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Whether to open a pull request.
    #[must_use]
    pub fn create_pr(mut self, create_pr: bool) -> Self {
        self.create_pr = create_pr;
        self
    }

    /// Sets the commit that the branch must be at.
    #[must_use]
    pub fn parent_commit(mut self, parent: Option<ParentCommit>) -> Self {
        self.parent_commit = parent;
        self
    }

    /// Sets how many transfers run at once; 0 counts as 1.
    #[must_use]
    pub fn max_concurrency(mut self, transfers: usize) -> Self {
        self.max_concurrency = transfers;
        self
    }

    /// Sets how many bytes of memory content on its way may take.
    #[must_use]
    pub fn memory_budget(mut self, bytes: u64) -> Self {
        self.memory_budget = bytes;
        self
    }

    /// Whether every attempt names its parent.
    #[must_use]
    pub fn pinned(mut self, pinned: bool) -> Self {
        self.pinned = pinned;
        self
    }

    /// Sets how long others may keep moving the branch.
    #[must_use]
    pub fn contention_timeout(mut self, longest: Duration) -> Self {
        self.contention_timeout = longest;
        self
    }

    /// Sets who hears how far the work has come.
    #[must_use]
    pub fn progress(mut self, progress: Arc<dyn Progress>) -> Self {
        self.progress = Some(progress);
        self
    }

    /// Sets the user that commits.
    #[must_use]
    pub fn author(mut self, author: impl Into<String>) -> Self {
        self.author = Some(author.into());
        self
    }

    /// Sets the file system that sources are opened in.
    #[must_use]
    pub fn files(mut self, files: Arc<dyn Files>) -> Self {
        self.files = files;
        self
    }

    /// Sets where digests of files come from and go to.
    #[must_use]
    pub fn digests(mut self, digests: Arc<dyn DigestCache>) -> Self {
        self.digests = Some(digests);
        self
    }

    /// Checks what can be checked without looking at any file.
    pub(crate) fn validate(&self) -> Result<(), CommitError> {
        if self.message.trim().is_empty() {
            return Err(CommitError::invalid("the commit message is empty"));
        }
        if self.create_pr && self.revision.as_commit().is_some() {
            let revision = shown(self.revision.as_str());
            return Err(CommitError::invalid(format!(
                "a pull request goes to a branch; {revision} is a commit"
            )));
        }
        Ok(())
    }
}

impl fmt::Debug for CommitOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommitOptions")
            .field("repo", &self.repo)
            .field("revision", &self.revision)
            .field("message", &self.message)
            .field("create_pr", &self.create_pr)
            .field("parent_commit", &self.parent_commit)
            .field("pinned", &self.pinned)
            .finish_non_exhaustive()
    }
}
