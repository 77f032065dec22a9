//! Commits: uploading and deleting files.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use hub_commit::{
    AddSource, CommitOperation, CommitOperationAdd, CommitOperationDelete, CommitOptions, IsFolder,
    folder::{self, FolderOptions},
};
use hub_types::{CommitInfo, progress::Progress};

use crate::{
    Async, Call, Error, HfApi, Mode, Operation,
    args::{HasProgress, HasRepo, HasRevision},
    repo_arg::{RepoArg, revision_or_main},
};

/// The call that [`HfApi::create_commit`] makes.
pub type CreateCommitCall<M = Async> = Call<CreateCommit, M>;
/// The call that [`HfApi::upload_file`] makes.
pub type UploadFileCall<M = Async> = Call<UploadFile, M>;
/// The call that [`HfApi::upload_folder`] makes.
pub type UploadFolderCall<M = Async> = Call<UploadFolder, M>;
/// The call that [`HfApi::delete_file`] makes.
pub type DeleteFileCall<M = Async> = Call<DeleteFile, M>;
/// The call that [`HfApi::delete_folder`] makes.
pub type DeleteFolderCall<M = Async> = Call<DeleteFolder, M>;

/// What every commit has: where it goes and what it says.
#[derive(Clone)]
pub struct CommitArgs {
    repo: RepoArg,
    revision: Option<String>,
    message: Option<String>,
    description: String,
    create_pr: bool,
    parent_commit: Option<String>,
    num_threads: Option<usize>,
    progress: Option<Arc<dyn Progress>>,
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
    fn new(repo: RepoArg) -> Self {
        Self {
            repo,
            revision: None,
            message: None,
            description: String::new(),
            create_pr: false,
            parent_commit: None,
            num_threads: None,
            progress: None,
        }
    }

    async fn commit(
        self,
        api: &HfApi,
        operations: Vec<CommitOperation>,
        message: impl FnOnce() -> String,
    ) -> Result<CommitInfo, Error> {
        let mut options = CommitOptions::new(self.repo.get()?, self.message.unwrap_or_else(message))
            .revision(revision_or_main(self.revision.as_deref())?)
            .description(self.description)
            .create_pr(self.create_pr);
        if let Some(parent) = self.parent_commit {
            options = options.parent_commit(Some(parent.parse()?));
        }
        if let Some(threads) = self.num_threads {
            if threads == 0 {
                return Err(Error::setup("num_threads must be at least 1"));
            }
            options = options.max_concurrency(threads);
        }
        if let Some(progress) = self.progress {
            options = options.progress(progress);
        }
        Ok(hub_commit::create_commit(api.transport()?, operations, options).await?)
    }
}

/// A call that ends in a commit.
pub trait HasCommit {
    #[doc(hidden)]
    fn commit_mut(&mut self) -> &mut CommitArgs;
}

impl<O: HasCommit> HasRepo for O {
    fn repo_mut(&mut self) -> &mut RepoArg {
        &mut self.commit_mut().repo
    }
}

impl<O: HasCommit> HasRevision for O {
    fn revision_mut(&mut self) -> &mut Option<String> {
        &mut self.commit_mut().revision
    }
}

impl<O: HasCommit> HasProgress for O {
    fn progress_mut(&mut self) -> &mut Option<Arc<dyn Progress>> {
        &mut self.commit_mut().progress
    }
}

impl<O: HasCommit, M: Mode> Call<O, M> {
    /// First line of the commit's message; each method has a default. Python: `commit_message`.
    pub fn commit_message(self, message: impl Into<String>) -> Self {
        self.edit(|operation| operation.commit_mut().message = Some(message.into()))
    }

    /// The rest of the message; empty unless set. Python: `commit_description`.
    pub fn commit_description(self, description: impl Into<String>) -> Self {
        self.edit(|operation| operation.commit_mut().description = description.into())
    }

    /// Whether the commit goes to a new pull request instead of the branch. Off unless set. Python: `create_pr`.
    pub fn create_pr(self, create_pr: bool) -> Self {
        self.edit(|operation| operation.commit_mut().create_pr = create_pr)
    }

    /// The commit that this one must follow: 5 to 40 hexadecimal digits. When the branch is elsewhere the call fails and
    /// nothing is committed. Python: `parent_commit`.
    pub fn parent_commit(self, commit: impl Into<String>) -> Self {
        self.edit(|operation| operation.commit_mut().parent_commit = Some(commit.into()))
    }

    /// How many uploads may run at once, at least 1; 16 unless set. It begins with 4 and goes up while that makes it faster.
    /// Python: `num_threads`.
    pub fn num_threads(self, threads: usize) -> Self {
        self.edit(|operation| operation.commit_mut().num_threads = Some(threads))
    }
}

/// Operations that become one commit.
#[derive(Debug)]
pub struct CreateCommit {
    commit: CommitArgs,
    operations: Vec<CommitOperation>,
}

impl HasCommit for CreateCommit {
    fn commit_mut(&mut self) -> &mut CommitArgs {
        &mut self.commit
    }
}

impl Operation for CreateCommit {
    type Output = CommitInfo;

    async fn run(self, api: HfApi) -> Result<CommitInfo, Error> {
        self.commit.commit(&api, self.operations, String::new).await
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
    fn commit_mut(&mut self) -> &mut CommitArgs {
        &mut self.commit
    }
}

impl Operation for UploadFile {
    type Output = CommitInfo;

    async fn run(self, api: HfApi) -> Result<CommitInfo, Error> {
        let add = CommitOperationAdd::new(&self.path_in_repo, self.source)?;
        let message = || format!("Upload {} with hub", self.path_in_repo);
        self.commit.commit(&api, vec![add.into()], message).await
    }
}

/// A folder to add.
#[derive(Debug, Clone)]
pub struct UploadFolder {
    commit: CommitArgs,
    folder: PathBuf,
    options: FolderOptions,
}

impl HasCommit for UploadFolder {
    fn commit_mut(&mut self) -> &mut CommitArgs {
        &mut self.commit
    }
}

impl<M: Mode> UploadFolderCall<M> {
    /// The folder of the repository that the files go to; the root unless set. Python: `path_in_repo`.
    pub fn path_in_repo(self, path: impl Into<String>) -> Self {
        self.edit(|operation| operation.options.path_in_repo = path.into())
    }

    /// Only files that match one of the patterns are uploaded; all unless set, none for an empty list.
    /// Python: `allow_patterns`.
    ///
    /// Patterns are matched against the path relative to the folder as Python's `fnmatch` does: `*` also matches `/`.
    pub fn allow_patterns<S: Into<String>>(self, patterns: impl IntoIterator<Item = S>) -> Self {
        let patterns = patterns.into_iter().map(Into::into).collect();
        self.edit(|operation| operation.options.allow_patterns = Some(patterns))
    }

    /// Files that match one of the patterns are left out, whatever the allow patterns say. Python: `ignore_patterns`.
    pub fn ignore_patterns<S: Into<String>>(self, patterns: impl IntoIterator<Item = S>) -> Self {
        let patterns = patterns.into_iter().map(Into::into).collect();
        self.edit(|operation| operation.options.ignore_patterns = patterns)
    }
}

impl Operation for UploadFolder {
    type Output = CommitInfo;

    async fn run(self, api: HfApi) -> Result<CommitInfo, Error> {
        let (folder, options) = (self.folder, self.options);
        let operations = tokio::task::spawn_blocking(move || folder::scan(&folder, &options))
            .await
            .map_err(|_| Error::setup("reading the folder panicked; its message is on stderr"))??;
        self.commit.commit(&api, operations, || "Upload folder with hub".to_owned()).await
    }
}

/// One file to remove.
#[derive(Debug, Clone)]
pub struct DeleteFile {
    commit: CommitArgs,
    path_in_repo: String,
}

impl HasCommit for DeleteFile {
    fn commit_mut(&mut self) -> &mut CommitArgs {
        &mut self.commit
    }
}

impl Operation for DeleteFile {
    type Output = CommitInfo;

    async fn run(self, api: HfApi) -> Result<CommitInfo, Error> {
        let delete = CommitOperationDelete::new(&self.path_in_repo, IsFolder::Auto)?;
        self.commit
            .commit(&api, vec![delete.into()], || format!("Delete {} with hub", self.path_in_repo))
            .await
    }
}

/// One folder to remove.
#[derive(Debug, Clone)]
pub struct DeleteFolder {
    commit: CommitArgs,
    path_in_repo: String,
}

impl HasCommit for DeleteFolder {
    fn commit_mut(&mut self) -> &mut CommitArgs {
        &mut self.commit
    }
}

impl Operation for DeleteFolder {
    type Output = CommitInfo;

    async fn run(self, api: HfApi) -> Result<CommitInfo, Error> {
        let delete = CommitOperationDelete::new(&self.path_in_repo, IsFolder::Folder)?;
        self.commit
            .commit(&api, vec![delete.into()], || format!("Delete folder {} with hub", self.path_in_repo))
            .await
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

    /// Uploads the files of a folder as one commit. Python: `upload_folder`.
    ///
    /// `.git` and `.cache/huggingface` folders are left out; empty folders vanish, as git does not know them.
    ///
    /// # Errors
    /// As for [`create_commit`](Self::create_commit); also when the folder or a file in it cannot be read, before
    /// anything is sent.
    pub fn upload_folder(
        &self,
        repo: impl Into<RepoArg>,
        folder_path: impl AsRef<Path>,
    ) -> UploadFolderCall<M> {
        let (commit, folder) = (CommitArgs::new(repo.into()), folder_path.as_ref().to_owned());
        self.call(UploadFolder { commit, folder, options: FolderOptions::default() })
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
