//! Commits: uploading and deleting files.

use std::{fmt, future::Future, sync::Arc};

use hub_commit::{
    AddSource, CheckedCommit, CommitOperation, CommitOperationAdd, CommitOperationDelete, CommitOptions,
    CommitPlan, IsFolder, Skipped, deletions,
};
use hub_transport::{ErrorKind, Patience, Reporter};
use hub_types::{CommitInfo, Message, RepoInfo, RepoRef, progress::Progress};

use crate::{
    Async, Call, Error, HfApi, Mode, Operation,
    api::{
        create_repo::{CreateRepo, CreateRepoCall},
        info::GetInfo,
        new_repo::in_namespace,
    },
    args::{HasProgress, HasRepo, HasRevision},
    repo_arg::{RepoArg, revision_or_main},
};

/// The call that [`HfApi::create_commit`] makes.
pub type CreateCommitCall<M = Async> = Call<CreateCommit, M>;
/// The call that [`HfApi::upload_file`] makes.
pub type UploadFileCall<M = Async> = Call<UploadFile, M>;
/// The call that [`HfApi::delete_file`] makes.
pub type DeleteFileCall<M = Async> = Call<DeleteFile, M>;
/// The call that [`HfApi::delete_folder`] makes.
pub type DeleteFolderCall<M = Async> = Call<DeleteFolder, M>;

/// What every commit has: where it goes and what it says.
#[derive(Clone)]
pub struct CommitArgs {
    pub(super) repo: RepoArg,
    pub(super) revision: Option<String>,
    message: Option<String>,
    description: String,
    create_pr: bool,
    parent_commit: Option<String>,
    num_threads: Option<usize>,
    memory_budget: Option<u64>,
    progress: Option<Arc<dyn Progress>>,
    create_repo: Option<CreateRepo>,
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
            progress: None,
            create_repo: None,
        }
    }

    fn options(self, message: String) -> Result<CommitOptions, Error> {
        let mut options = CommitOptions::new(self.repo.get()?, self.message.unwrap_or(message))
            .revision(revision_or_main(self.revision.as_deref())?)
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
}

/// Which files of the repository are deleted by the same commit.
#[derive(Debug)]
pub struct DeletePatterns {
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
        let options = commit.options(message)?;
        Ok(Self { options, operations, skipped: Vec::new(), delete: None, create_repo })
    }

    pub(super) async fn commit(mut self, api: &HfApi) -> Result<CommitInfo, Error> {
        let create = self.create_repo.take();
        Ok(self.checked(api, create).await?.commit(api.transport()?).await?)
    }

    pub(super) async fn plan(mut self, api: &HfApi) -> Result<CommitPlan, Error> {
        let skipped = std::mem::take(&mut self.skipped);
        if self.create_repo.is_some() {
            let info = GetInfo::<RepoInfo>::new((&self.options.repo).into());
            match api.transport()?.send(&info).await {
                Err(error) if error.kind() == ErrorKind::RepoNotFound => {
                    let checked = CheckedCommit::new(self.operations, self.options).await?;
                    return checked.plan_of_new(api.transport()?, skipped).ok_or_else(|| error.into());
                }
                _ => {}
            }
        }
        Ok(self.checked(api, None).await?.plan(api.transport()?, skipped).await?)
    }

    /// Opens all files; after that makes the repository and looks for what is to be deleted in it.
    async fn checked(self, api: &HfApi, create: Option<CreateRepo>) -> Result<CheckedCommit, Error> {
        let revision = self.options.revision.clone();
        let mut checked = CheckedCommit::new(self.operations, self.options).await?;
        if let Some(create) = create {
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
}

/// Operations that become one commit.
#[derive(Debug)]
pub struct CreateCommit {
    commit: CommitArgs,
    operations: Vec<CommitOperation>,
}

impl HasCommit for CreateCommit {
    fn commit_mut(&mut self, _: crate::args::Seal) -> &mut CommitArgs {
        &mut self.commit
    }

    async fn prepare(self, _: &HfApi) -> Result<Prepared, Error> {
        Prepared::new(self.commit, String::new(), self.operations)
    }
}

impl Operation for CreateCommit {
    type Output = CommitInfo;

    async fn run(self, api: HfApi) -> Result<CommitInfo, Error> {
        self.prepare(&api).await?.commit(&api).await
    }
}

/// One file to add.
#[derive(Debug)]
pub struct UploadFile {
    commit: CommitArgs,
    source: AddSource,
    path_in_repo: String,
}

impl HasCommit for UploadFile {
    fn commit_mut(&mut self, _: crate::args::Seal) -> &mut CommitArgs {
        &mut self.commit
    }

    async fn prepare(self, _: &HfApi) -> Result<Prepared, Error> {
        let add = CommitOperationAdd::new(&self.path_in_repo, self.source)?;
        Prepared::new(self.commit, format!("Upload {} with hub", self.path_in_repo), vec![add.into()])
    }
}

impl Operation for UploadFile {
    type Output = CommitInfo;

    async fn run(self, api: HfApi) -> Result<CommitInfo, Error> {
        self.prepare(&api).await?.commit(&api).await
    }
}

/// One file to remove.
#[derive(Debug, Clone)]
pub struct DeleteFile {
    commit: CommitArgs,
    path_in_repo: String,
}

impl HasCommit for DeleteFile {
    fn commit_mut(&mut self, _: crate::args::Seal) -> &mut CommitArgs {
        &mut self.commit
    }

    async fn prepare(self, _: &HfApi) -> Result<Prepared, Error> {
        let delete = CommitOperationDelete::new(&self.path_in_repo, IsFolder::Auto)?;
        Prepared::new(self.commit, format!("Delete {} with hub", self.path_in_repo), vec![delete.into()])
    }
}

impl Operation for DeleteFile {
    type Output = CommitInfo;

    async fn run(self, api: HfApi) -> Result<CommitInfo, Error> {
        self.prepare(&api).await?.commit(&api).await
    }
}

/// One folder to remove.
#[derive(Debug, Clone)]
pub struct DeleteFolder {
    commit: CommitArgs,
    path_in_repo: String,
}

impl HasCommit for DeleteFolder {
    fn commit_mut(&mut self, _: crate::args::Seal) -> &mut CommitArgs {
        &mut self.commit
    }

    async fn prepare(self, _: &HfApi) -> Result<Prepared, Error> {
        let delete = CommitOperationDelete::new(&self.path_in_repo, IsFolder::Folder)?;
        Prepared::new(
            self.commit,
            format!("Delete folder {} with hub", self.path_in_repo),
            vec![delete.into()],
        )
    }
}

impl Operation for DeleteFolder {
    type Output = CommitInfo;

    async fn run(self, api: HfApi) -> Result<CommitInfo, Error> {
        self.prepare(&api).await?.commit(&api).await
    }
}

impl<M: Mode> HfApi<M> {
    /// Makes one commit of several operations. Python: `create_commit`.
    ///
    /// Contents that the server already has are not sent again; when nothing has changed no commit is made and
    /// [`CommitInfo::created`] is false. A commit is made once or not at all, also when answers get lost on the way.
    ///
    /// # Errors
    /// [`Error::Commit`]: see [`CommitError`](hub_commit::CommitError).
    ///
    /// Endpoints: `preupload`, the LFS batch, `POST /api/{models}/{id}/commit/{rev}`.
    pub fn create_commit(
        &self,
        repo: impl Into<RepoArg>,
        operations: impl IntoIterator<Item = CommitOperation>,
        commit_message: impl Into<String>,
    ) -> CreateCommitCall<M> {
        let mut commit = CommitArgs::new(repo.into());
        commit.message = Some(commit_message.into());
        self.call(CreateCommit { commit, operations: operations.into_iter().collect() })
    }

    /// Uploads one file, from a path, bytes or a reader, as one commit. Python: `upload_file`.
    ///
    /// # Errors
    /// As for [`create_commit`](Self::create_commit).
    pub fn upload_file(
        &self,
        path_or_fileobj: impl Into<AddSource>,
        path_in_repo: impl Into<String>,
        repo: impl Into<RepoArg>,
    ) -> UploadFileCall<M> {
        let (commit, source) = (CommitArgs::new(repo.into()), path_or_fileobj.into());
        self.call(UploadFile { commit, source, path_in_repo: path_in_repo.into() })
    }

    /// Removes one file as one commit; a path that ends in `/` removes a folder. Python: `delete_file`.
    ///
    /// # Errors
    /// `EntryNotFound` when it is not there, and as for [`create_commit`](Self::create_commit).
    pub fn delete_file(
        &self,
        path_in_repo: impl Into<String>,
        repo: impl Into<RepoArg>,
    ) -> DeleteFileCall<M> {
        self.call(DeleteFile { commit: CommitArgs::new(repo.into()), path_in_repo: path_in_repo.into() })
    }

    /// Removes a folder with everything in it as one commit. Python: `delete_folder`.
    ///
    /// # Errors
    /// As for [`delete_file`](Self::delete_file).
    pub fn delete_folder(
        &self,
        path_in_repo: impl Into<String>,
        repo: impl Into<RepoArg>,
    ) -> DeleteFolderCall<M> {
        self.call(DeleteFolder { commit: CommitArgs::new(repo.into()), path_in_repo: path_in_repo.into() })
    }
}
