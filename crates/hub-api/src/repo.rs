//! Handles: one repository, or one of its files, named once.

use std::path::Path;

use hub_types::RepoType;

use crate::{
    AddSource, Async, HfApi, Mode, RepoArg,
    api::{
        branches::{CreateBranchCall, DeleteBranchCall},
        cards::LoadRepoCardCall,
        checks::FileExistsCall,
        commits::ListRepoCommitsListing,
        create_repo::CreateRepoCall,
        delete_repo::DeleteRepoCall,
        download::{HfHubDownloadCall, SnapshotDownloadCall},
        info::{RepoExistsCall, RepoInfoCall},
        open_file::OpenFileCall,
        read_file::ReadFileCall,
        refs::ListRefsCall,
        tags::{CreateTagCall, DeleteTagCall},
        tree::{ListRepoFilesCall, ListRepoTreeListing},
        upload::{DeleteFileCall, UploadFileCall},
        upload_folder::UploadFolderCall,
        weights::{GetSafetensorsMetadataCall, ReadTensorCall},
    },
};

/// A repository, and the revision that reads are about. It sends nothing by itself: each method makes the call that the method of
/// [`HfApi`] with the longer name makes, with the repository filled in.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let hub = hub_server::EmbeddedHub::temporary().token("ada", "hf_ada", hub_server::TokenRole::Write).build()?;
/// # let api = hub_api::HfApi::builder().endpoint("http://hub.local").token("hf_ada").inner_service(hub).inner_is_private().build()?;
/// let repo = api.model("ada/demo");
/// repo.create().await?;
/// let commit = repo.file("config.json").upload(b"{}").await?;
/// assert_eq!(repo.files().await?, [".gitattributes", "config.json"]);
/// assert!(repo.at(&commit.oid).file("config.json").exists().await?);
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Repo<M: Mode = Async> {
    api: HfApi<M>,
    repo: RepoArg,
    revision: Option<String>,
}

/// A file of a [`Repo`], at the revision of that. It sends nothing by itself.
#[derive(Debug)]
pub struct RepoFileHandle<M: Mode = Async> {
    repo: Repo<M>,
    path: String,
}

impl<M: Mode> Clone for Repo<M> {
    fn clone(&self) -> Self {
        Self { api: self.api.clone(), repo: self.repo.clone(), revision: self.revision.clone() }
    }
}

impl<M: Mode> Clone for RepoFileHandle<M> {
    fn clone(&self) -> Self {
        Self { repo: self.repo.clone(), path: self.path.clone() }
    }
}

impl<M: Mode> HfApi<M> {
    /// A handle of a model.
    pub fn model(&self, id: impl Into<RepoArg>) -> Repo<M> {
        self.repo(id).of_type(RepoType::Model)
    }

    /// A handle of a dataset.
    pub fn dataset(&self, id: impl Into<RepoArg>) -> Repo<M> {
        self.repo(id).of_type(RepoType::Dataset)
    }

    /// A handle of a Space.
    pub fn space(&self, id: impl Into<RepoArg>) -> Repo<M> {
        self.repo(id).of_type(RepoType::Space)
    }

    /// A handle of a repository of any kind, for example a [`RepoRef`](crate::RepoRef).
    pub fn repo(&self, repo: impl Into<RepoArg>) -> Repo<M> {
        Repo { api: self.clone(), repo: self.arg(repo), revision: None }
    }
}

/// Sets the revision where one was named.
macro_rules! at {
    ($repo:expr, $call:expr) => {
        match &$repo.revision {
            Some(revision) => $call.revision(revision),
            None => $call,
        }
    };
}

impl<M: Mode> Repo<M> {
    fn of_type(mut self, repo_type: RepoType) -> Self {
        self.repo.set_type(repo_type);
        self
    }

    /// The same repository at a branch, a tag or a commit; its default branch otherwise.
    #[must_use]
    pub fn at(&self, revision: impl Into<String>) -> Self {
        Self { revision: Some(revision.into()), ..self.clone() }
    }

    /// A file of it.
    pub fn file(&self, path: impl Into<String>) -> RepoFileHandle<M> {
        RepoFileHandle { repo: self.clone(), path: path.into() }
    }

    /// See [`HfApi::create_repo`].
    pub fn create(&self) -> CreateRepoCall<M> {
        self.api.create_repo(self.repo.clone())
    }

    /// See [`HfApi::delete_repo`].
    pub fn delete(&self) -> DeleteRepoCall<M> {
        self.api.delete_repo(self.repo.clone())
    }

    /// See [`HfApi::repo_exists`].
    pub fn exists(&self) -> RepoExistsCall<M> {
        self.api.repo_exists(self.repo.clone())
    }

    /// See [`HfApi::repo_info`].
    pub fn info(&self) -> RepoInfoCall<M> {
        at!(self, self.api.repo_info(self.repo.clone()))
    }

    /// The paths of all files: see [`HfApi::list_repo_files`].
    pub fn files(&self) -> ListRepoFilesCall<M> {
        at!(self, self.api.list_repo_files(self.repo.clone()))
    }

    /// See [`HfApi::list_repo_tree`].
    pub fn tree(&self) -> ListRepoTreeListing<M> {
        at!(self, self.api.list_repo_tree(self.repo.clone()))
    }

    /// See [`HfApi::list_repo_commits`].
    pub fn commits(&self) -> ListRepoCommitsListing<M> {
        at!(self, self.api.list_repo_commits(self.repo.clone()))
    }

    /// Branches and tags: see [`HfApi::list_repo_refs`].
    pub fn refs(&self) -> ListRefsCall<M> {
        self.api.list_repo_refs(self.repo.clone())
    }

    /// See [`HfApi::create_branch`].
    pub fn create_branch(&self, branch: impl Into<String>) -> CreateBranchCall<M> {
        at!(self, self.api.create_branch(self.repo.clone(), branch))
    }

    /// See [`HfApi::delete_branch`].
    pub fn delete_branch(&self, branch: impl Into<String>) -> DeleteBranchCall<M> {
        self.api.delete_branch(self.repo.clone(), branch)
    }

    /// See [`HfApi::create_tag`].
    pub fn create_tag(&self, tag: impl Into<String>) -> CreateTagCall<M> {
        at!(self, self.api.create_tag(self.repo.clone(), tag))
    }

    /// See [`HfApi::delete_tag`].
    pub fn delete_tag(&self, tag: impl Into<String>) -> DeleteTagCall<M> {
        self.api.delete_tag(self.repo.clone(), tag)
    }

    /// See [`HfApi::upload_folder`].
    pub fn upload_folder(&self, folder: impl AsRef<Path>) -> UploadFolderCall<M> {
        at!(self, self.api.upload_folder(self.repo.clone(), folder))
    }

    /// Its `README.md`: see [`HfApi::load_repo_card`].
    pub fn card(&self) -> LoadRepoCardCall<M> {
        at!(self, self.api.load_repo_card(self.repo.clone()))
    }

    /// The heads of its weights: see [`HfApi::get_safetensors_metadata`].
    pub fn safetensors(&self) -> GetSafetensorsMetadataCall<M> {
        at!(self, self.api.get_safetensors_metadata(self.repo.clone()))
    }

    /// One tensor: see [`HfApi::read_tensor`].
    pub fn tensor(&self, name: impl Into<String>) -> ReadTensorCall<M> {
        at!(self, self.api.read_tensor(self.repo.clone(), name))
    }

    /// All files: see [`HfApi::snapshot_download`].
    pub fn download(&self) -> SnapshotDownloadCall<M> {
        at!(self, self.api.snapshot_download(self.repo.clone()))
    }
}

impl<M: Mode> RepoFileHandle<M> {
    /// See [`HfApi::file_exists`].
    pub fn exists(&self) -> FileExistsCall<M> {
        at!(self.repo, self.repo.api.file_exists(self.repo.repo.clone(), &self.path))
    }

    /// Into the cache, or a folder: see [`HfApi::hf_hub_download`].
    pub fn download(&self) -> HfHubDownloadCall<M> {
        at!(self.repo, self.repo.api.hf_hub_download(self.repo.repo.clone(), &self.path))
    }

    /// As a stream: see [`HfApi::read_file`].
    pub fn read(&self) -> ReadFileCall<M> {
        at!(self.repo, self.repo.api.read_file(self.repo.repo.clone(), &self.path))
    }

    /// At any place: see [`HfApi::open_file`].
    pub fn open(&self) -> OpenFileCall<M> {
        at!(self.repo, self.repo.api.open_file(self.repo.repo.clone(), &self.path))
    }

    /// Makes it what `source` holds, as one commit: see [`HfApi::upload_file`].
    pub fn upload(&self, source: impl Into<AddSource>) -> UploadFileCall<M> {
        at!(self.repo, self.repo.api.upload_file(source, &self.path, self.repo.repo.clone()))
    }

    /// Removes it, as one commit: see [`HfApi::delete_file`].
    pub fn delete(&self) -> DeleteFileCall<M> {
        at!(self.repo, self.repo.api.delete_file(&self.path, self.repo.repo.clone()))
    }
}
