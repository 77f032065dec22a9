//! [`CommitOptions`]: everything about a commit but its operations.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hub_endpoints::XetPolicy;
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
    pub(crate) repo: RepoRef,
    pub(crate) revision: Revision,
    pub(crate) message: String,
    pub(crate) description: String,
    pub(crate) create_pr: bool,
    pub(crate) parent_commit: Option<ParentCommit>,
    pub(crate) max_concurrency: usize,
    pub(crate) memory_budget: u64,
    pub(crate) pinned: bool,
    pub(crate) contention_timeout: Duration,
    /// How often the same bytes may be sent with the same parent, once the history shows that they may be.
    pub(crate) sendings: u32,
    pub(crate) progress: Option<Arc<dyn Progress>>,
    pub(crate) author: Option<String>,
    pub(crate) files: Arc<dyn Files>,
    pub(crate) digests: Option<Arc<dyn DigestCache>>,
    pub(crate) xet: XetPolicy,
    pub(crate) xet_index: Option<PathBuf>,
    pub(crate) xet_compression: XetCompression,
}

/// Whether chunks are compressed that are sent by Xet. How they are stored makes no difference to who reads them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum XetCompression {
    /// All that get smaller by it.
    #[default]
    Always,
    /// As long as the connection is not faster than the compression: where it would have to wait, chunks are sent as they are. It takes
    /// less time on a fast network, and more room on the Hub.
    Adaptive,
    /// None.
    Never,
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
            xet: XetPolicy::Auto,
            xet_index: None,
            xet_compression: XetCompression::Always,
        }
    }

    /// The repository and the branch that the commit goes to.
    pub const fn target(&self) -> (&RepoRef, &Revision) {
        (&self.repo, &self.revision)
    }

    /// The branch, or `refs/pr/N`. Default `main`.
    #[must_use]
    pub fn revision(mut self, revision: Revision) -> Self {
        self.revision = revision;
        self
    }

    /// First line of the message; must not be empty.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// The rest of the message. Default empty.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Opens a pull request against `revision` instead of committing to it. Default false.
    #[must_use]
    pub fn create_pr(mut self, create_pr: bool) -> Self {
        self.create_pr = create_pr;
        self
    }

    /// The commit that the branch must be at; otherwise [`CommitError::ParentMismatch`](crate::CommitError::ParentMismatch).
    /// Default: wherever it is.
    #[must_use]
    pub fn parent_commit(mut self, parent: Option<ParentCommit>) -> Self {
        self.parent_commit = parent;
        self
    }

    /// How many transfers may run at once, at least 1; the job begins with 4 and goes up while that makes it faster. Default 16.
    /// Python: `num_threads`, which is 5 there.
    #[must_use]
    pub fn max_concurrency(mut self, transfers: usize) -> Self {
        self.max_concurrency = transfers;
        self
    }

    /// Bytes of memory for content on its way, over all stages together: fewer things run at once where it is small, one of each
    /// at least, which takes 3 MiB. The list of files comes on top, with about 300 bytes for each. Default 64 MiB.
    #[must_use]
    pub fn memory_budget(mut self, bytes: u64) -> Self {
        self.memory_budget = bytes;
        self
    }

    /// Names the parent in every attempt, so that a repetition after a lost response cannot make a second commit. Default
    /// true. False is what Python does: the commit is sent once and, when the response is lost, looked for.
    #[must_use]
    pub fn pinned(mut self, pinned: bool) -> Self {
        self.pinned = pinned;
        self
    }

    /// How long others may keep moving the branch, at most. Each time it has moved the commit is made anew on its new head, after
    /// a little wait; after this time the error is [`CommitError::Contended`](crate::CommitError::Contended). Default 2 minutes.
    #[must_use]
    pub fn contention_timeout(mut self, longest: Duration) -> Self {
        self.contention_timeout = longest;
        self
    }

    /// Hears how far the work has come. Default nobody.
    #[must_use]
    pub fn progress(mut self, progress: Arc<dyn Progress>) -> Self {
        self.progress = Some(progress);
        self
    }

    /// The user that commits, where known: narrows the search for a commit whose response was lost. Default unknown.
    #[must_use]
    pub fn author(mut self, author: impl Into<String>) -> Self {
        self.author = Some(author.into());
        self
    }

    /// The file system that sources are opened in. Default the machine's.
    #[must_use]
    pub fn files(mut self, files: Arc<dyn Files>) -> Self {
        self.files = files;
        self
    }

    /// Digests of files that were read before; new ones are put in. Default none.
    #[must_use]
    pub fn digests(mut self, digests: Arc<dyn DigestCache>) -> Self {
        self.digests = Some(digests);
        self
    }

    /// Whether large files are sent by Xet, so that only the chunks travel that the server does not have, or by LFS. Default by Xet where
    /// the Hub has it.
    #[must_use]
    pub fn xet(mut self, policy: XetPolicy) -> Self {
        self.xet = policy;
        self
    }

    /// A folder for what is known of the chunks that servers have, so that the next upload finds them. It is made when it is
    /// missing. Default none: only what this commit itself sends, and what the server says when it is asked, is known.
    #[must_use]
    pub fn xet_index(mut self, folder: impl Into<PathBuf>) -> Self {
        self.xet_index = Some(folder.into());
        self
    }

    /// Whether chunks are compressed that are sent by Xet. Default always.
    #[must_use]
    pub fn xet_compression(mut self, compression: XetCompression) -> Self {
        self.xet_compression = compression;
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
