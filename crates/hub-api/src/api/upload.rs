//! Commits: uploading and deleting files.

use hub_commit::{AddSource, CommitOperation, CommitOperationAdd, CommitOperationDelete, IsFolder};
use hub_types::CommitInfo;

use crate::{
    Async, Call, Error, HfApi, Mode, Operation,
    api::commit_args::{CommitArgs, HasCommit, Prepared},
    repo_arg::RepoArg,
};

/// The call that [`HfApi::create_commit`] makes.
pub type CreateCommitCall<M = Async> = Call<CreateCommit, M>;
/// The call that [`HfApi::upload_file`] makes.
pub type UploadFileCall<M = Async> = Call<UploadFile, M>;
/// The call that [`HfApi::delete_file`] makes.
pub type DeleteFileCall<M = Async> = Call<DeleteFile, M>;
/// The call that [`HfApi::delete_folder`] makes.
pub type DeleteFolderCall<M = Async> = Call<DeleteFolder, M>;

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

    async fn prepare(mut self, _: &HfApi) -> Result<Prepared, Error> {
        let path = self.commit.repo.take_path(self.path_in_repo)?;
        let add = CommitOperationAdd::new(&path, self.source)?;
        Prepared::new(self.commit, format!("Upload {path} with hub"), vec![add.into()])
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

    async fn prepare(mut self, _: &HfApi) -> Result<Prepared, Error> {
        let path = self.commit.repo.take_path(self.path_in_repo)?;
        let delete = CommitOperationDelete::new(&path, IsFolder::Auto)?;
        Prepared::new(self.commit, format!("Delete {path} with hub"), vec![delete.into()])
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

    async fn prepare(mut self, _: &HfApi) -> Result<Prepared, Error> {
        let path = self.commit.repo.take_path(self.path_in_repo)?;
        let delete = CommitOperationDelete::new(&path, IsFolder::Folder)?;
        Prepared::new(self.commit, format!("Delete folder {path} with hub"), vec![delete.into()])
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
    /// [`CommitInfo::created`] is false. A commit is made once or not at all, also when responses get lost on the way.
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
        let mut commit = CommitArgs::new(self.arg(repo));
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
        let (commit, source) = (CommitArgs::new(self.arg(repo)), path_or_fileobj.into());
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
        self.call(DeleteFile { commit: CommitArgs::new(self.arg(repo)), path_in_repo: path_in_repo.into() })
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
        self.call(DeleteFolder { commit: CommitArgs::new(self.arg(repo)), path_in_repo: path_in_repo.into() })
    }
}
