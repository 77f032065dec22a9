//! What all calls that end in a commit have in common: their arguments, and the way to the commit.

use std::{fmt, future::Future, sync::Arc, time::Duration};

use hub_commit::{CheckedCommit, CommitOperation, CommitOptions, CommitPlan, Skipped, deletions};
use hub_transport::{ErrorKind, Patience, Reporter};
use hub_types::{CommitInfo, Message, RepoInfo, RepoRef, Revision, progress::Progress};

use crate::{
    Call, Error, HfApi, Mode, Operation,
    api::{
        create_repo::{CreateRepo, CreateRepoCall},
        info::GetInfo,
        new_repo::in_namespace,
    },
    args::{HasProgress, HasRepo, HasRevision},
    repo_arg::RepoArg,
};

/// What every commit has: where it goes and what it says.
#[derive(Clone)]
pub struct CommitArgs {
    pub(super) repo: RepoArg,
    pub(super) revision: Option<String>,
    pub(super) message: Option<String>,
    description: String,
    create_pr: bool,
    pub(super) parent_commit: Option<String>,
    num_threads: Option<usize>,
    memory_budget: Option<u64>,
    contention_timeout: Option<Duration>,
    progress: Option<Arc<dyn Progress>>,
    create_repo: Option<CreateRepo>,
    create_branch: bool,
}

impl fmt::Debug for CommitArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CommitArgs")
            .field("repo", &self.repo)
            .field("revision", &self.revision)
            .field("message", &self.message)
            .field("create_pr", &self.create_pr)
            .field("parent_commit", &self.parent_commit)
            .finish_non_exhaustive()
    }
}

impl CommitArgs {
    pub(super) fn new(repo: RepoArg) -> Self {
        Self {
            repo,
            revision: None,
            message: None,
            description: String::new(),
            create_pr: false,
            parent_commit: None,
            num_threads: None,
            memory_budget: None,
            contention_timeout: None,
            progress: None,
            create_repo: None,
            create_branch: false,
        }
    }

    fn options(self, message: String) -> Result<CommitOptions, Error> {
        let (repo, revision) = self.repo.at_or_main(self.revision.as_deref())?;
        let mut options = CommitOptions::new(repo, self.message.unwrap_or(message))
            .revision(revision)
            .description(self.description)
            .create_pr(self.create_pr);
        if let Some(parent) = self.parent_commit {
            options = options.parent_commit(Some(parent.parse()?));
        }
        if let Some(threads) = self.num_threads {
            if threads == 0 {
                return Err(Error::setup(Message::argument("num_threads").text(" must be at least 1")));
            }
            options = options.max_concurrency(threads);
        }
        if let Some(bytes) = self.memory_budget {
            options = options.memory_budget(bytes);
        }
        if let Some(limit) = self.contention_timeout {
            options = options.contention_timeout(limit);
        }
        if let Some(progress) = self.progress {
            options = options.progress(progress);
        }
        Ok(options)
    }
}

/// A commit that can be made, or planned.
#[derive(Debug)]
pub struct Prepared {
    pub(super) options: CommitOptions,
    pub(super) operations: Vec<CommitOperation>,
    pub(super) skipped: Vec<Skipped>,
    pub(super) delete: Option<DeletePatterns>,
    pub(super) create_repo: Option<CreateRepo>,
    pub(super) create_branch: bool,
}

/// Which files of the repository are deleted by the same commit.
#[derive(Debug)]
pub(super) struct DeletePatterns {
    pub(super) patterns: Vec<String>,
    pub(super) path_in_repo: String,
}

impl Prepared {
    pub(super) fn new(
        mut commit: CommitArgs,
        message: String,
        operations: Vec<CommitOperation>,
    ) -> Result<Self, Error> {
        let create_repo = commit.create_repo.take();
        // A pull request has a branch of its own.
        let create_branch = commit.create_branch && !commit.create_pr;
        let options = commit.options(message)?;
        Ok(Self { options, operations, skipped: Vec::new(), delete: None, create_repo, create_branch })
    }

    pub(super) async fn commit(self, api: &HfApi) -> Result<CommitInfo, Error> {
        Ok(self.checked(api).await?.commit(api.transport()?).await?)
    }

    pub(super) async fn plan(mut self, api: &HfApi) -> Result<CommitPlan, Error> {
        let skipped = std::mem::take(&mut self.skipped);
        if self.create_repo.is_some() {
            let info = GetInfo::<RepoInfo>::new(self.options.target().0.into());
            match api.transport()?.send(&info).await {
                Err(error) if error.kind() == ErrorKind::RepoNotFound => {
                    let options = api.with_xet(self.options);
                    let checked = CheckedCommit::new(self.operations, options).await?;
                    return checked.plan_of_new(api.transport()?, skipped).ok_or_else(|| error.into());
                }
                _ => {}
            }
        }
        let (repo, revision) = self.options.target();
        if self.create_branch && !api.revision_exists(repo, revision.as_str()).await? {
            tracing::warn!("the branch {revision} is not there and would be made first, where main is");
            self.options = self.options.revision(Revision::main());
        }
        (self.create_repo, self.create_branch) = (None, false);
        Ok(self.checked(api).await?.plan(api.transport()?, skipped).await?)
    }

    /// Opens all files; after that makes the repository and the branch, and looks for what is to be deleted in it.
    async fn checked(self, api: &HfApi) -> Result<CheckedCommit, Error> {
        let revision = self.options.target().1.clone();
        let mut checked = CheckedCommit::new(self.operations, api.with_xet(self.options)).await?;
        if let Some(create) = self.create_repo {
            let repo = if checked.operations().is_empty() {
                // No repository is made for nothing. The one that is there may be named without its owner.
                in_namespace(api.transport()?, checked.repo()).await?
            } else {
                // A part of the upload: a Hub that asks for a wait is waited for as long as for the files.
                let reporter = Reporter::new(checked.progress());
                let patient = api.transport()?.with_patience(Patience::new(reporter.sink()));
                let made = create.run(api.over(Ok(patient))).await?;
                RepoRef::new(made.repo_type(), made.repo_id().clone())
            };
            checked = checked.to_repo(repo);
        }
        // No branch is made for nothing.
        if self.create_branch && !checked.operations().is_empty() {
            let (repo, branch) = (checked.repo(), revision.as_str());
            if !api.revision_exists(repo, branch).await? {
                // Another may make it meanwhile.
                api.create_branch(repo, branch).exist_ok(true).await?;
            }
        }
        if let Some(DeletePatterns { patterns, path_in_repo }) = self.delete {
            let files = api.list_repo_files(checked.repo()).revision(revision.as_str()).await?;
            let found = deletions(files, &patterns, &path_in_repo, checked.operations())?;
            checked = checked.after(found)?;
        }
        Ok(checked)
    }
}

/// A call that ends in a commit.
pub trait HasCommit {
    #[doc(hidden)]
    fn commit_mut(&mut self, _: crate::args::Seal) -> &mut CommitArgs;

    /// What the commit is made of.
    #[doc(hidden)]
    fn prepare(self, api: &HfApi) -> impl Future<Output = Result<Prepared, Error>> + Send
    where
        Self: Sized;
}

impl<O: HasCommit> HasRepo for O {
    fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
        &mut self.commit_mut(crate::args::Seal).repo
    }
}

impl<O: HasCommit> HasRevision for O {
    fn revision_mut(&mut self, _: crate::args::Seal) -> &mut Option<String> {
        &mut self.commit_mut(crate::args::Seal).revision
    }
}

impl<O: HasCommit> HasProgress for O {
    fn progress_mut(&mut self, _: crate::args::Seal) -> &mut Option<Arc<dyn Progress>> {
        &mut self.commit_mut(crate::args::Seal).progress
    }
}

impl<O: HasCommit, M: Mode> Call<O, M> {
    /// First line of the commit's message; each method has a default. Python: `commit_message`.
    pub fn commit_message(self, message: impl Into<String>) -> Self {
        self.edit(|operation| operation.commit_mut(crate::args::Seal).message = Some(message.into()))
    }

    /// The rest of the message; empty unless set. Python: `commit_description`.
    pub fn commit_description(self, description: impl Into<String>) -> Self {
        self.edit(|operation| operation.commit_mut(crate::args::Seal).description = description.into())
    }

    /// Whether the commit goes to a new pull request instead of the branch. Off unless set. Python: `create_pr`.
    pub fn create_pr(self, create_pr: bool) -> Self {
        self.edit(|operation| operation.commit_mut(crate::args::Seal).create_pr = create_pr)
    }

    /// The commit that this one must follow: 5 to 40 hexadecimal digits. When the branch is elsewhere the call fails and
    /// nothing is committed. Python: `parent_commit`.
    pub fn parent_commit(self, commit: impl Into<String>) -> Self {
        self.edit(|operation| operation.commit_mut(crate::args::Seal).parent_commit = Some(commit.into()))
    }

    /// Makes the repository first, if `call` says so, and commits to it: once every file was found and opened, so that no
    /// repository is made for an upload that cannot be, nor for one without a file. Of `call` only what is to be made counts; the token is that of
    /// the commit. A [`plan`](Self::plan) makes nothing: where the repository is missing, it is that of a new one.
    ///
    /// ```no_run
    /// # async fn run(api: hub_api::HfApi) -> Result<(), hub_api::Error> {
    /// let create = api.create_repo("demo").private(true).exist_ok(true);
    /// let commit = api.upload_folder("demo", "./model").create_repo(create).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn create_repo(self, call: CreateRepoCall<M>) -> Self {
        let create = call.into_operation();
        self.edit(|operation| operation.commit_mut(crate::args::Seal).create_repo = Some(create))
    }

    /// Whether the branch is made where [`revision`](Call::revision) names one that is not there: from the head of the default branch, once
    /// every file was found and opened, so that no branch is made for an upload that cannot be, nor for one without a file. Off unless set;
    /// of no matter with [`create_pr`](Self::create_pr). A [`plan`](Self::plan) makes nothing, and is that of the default branch then.
    pub fn create_missing_branch(self, yes: bool) -> Self {
        self.edit(|operation| operation.commit_mut(crate::args::Seal).create_branch = yes)
    }

    /// How many uploads may run at once, at least 1; 16 unless set. It begins with 4 and goes up while that makes it faster.
    /// Python: `num_threads`.
    pub fn num_threads(self, threads: usize) -> Self {
        self.edit(|operation| operation.commit_mut(crate::args::Seal).num_threads = Some(threads))
    }

    /// How many bytes of memory content on its way may take; 64 MiB unless set. Fewer things run at once where it is small. The
    /// list of files comes on top, with about 300 bytes for each. Python has no such argument.
    pub fn memory_budget(self, bytes: u64) -> Self {
        self.edit(|operation| operation.commit_mut(crate::args::Seal).memory_budget = Some(bytes))
    }

    /// How long others may keep moving the branch; 2 minutes unless set. Each time the commit is made anew on what they left; after
    /// this time it fails with [`Error::is_conflict`]. Python has no such argument, and fails when the branch has moved once.
    pub fn contention_timeout(self, limit: Duration) -> Self {
        self.edit(|operation| operation.commit_mut(crate::args::Seal).contention_timeout = Some(limit))
    }
}
