//! Uploading a folder as one commit.

use std::path::{Path, PathBuf};

use hub_commit::folder::{self, FolderOptions, Links, Listing};
use hub_types::CommitInfo;

use crate::{
    Async, Call, Error, HfApi, Mode, Operation,
    api::commit_args::{CommitArgs, DeletePatterns, HasCommit, Prepared},
    repo_arg::RepoArg,
};

/// The call that [`HfApi::upload_folder`] makes.
pub type UploadFolderCall<M = Async> = Call<UploadFolder, M>;

/// A folder to add.
#[derive(Debug, Clone)]
pub struct UploadFolder {
    commit: CommitArgs,
    folder: PathBuf,
    options: FolderOptions,
    delete_patterns: Vec<String>,
}

impl HasCommit for UploadFolder {
    fn commit_mut(&mut self, _: crate::args::Seal) -> &mut CommitArgs {
        &mut self.commit
    }

    async fn prepare(mut self, _: &HfApi) -> Result<Prepared, Error> {
        let path_in_repo = self.commit.repo.take_path(self.options.target().to_owned())?;
        self.options = self.options.path_in_repo(path_in_repo);
        let (dir, options) = (self.folder.clone(), self.options.clone());
        let Listing { operations, skipped, .. } =
            tokio::task::spawn_blocking(move || folder::list(&dir, &options))
                .await
                .map_err(|_| Error::setup("reading the folder panicked; its message is on stderr"))??;
        if operations.is_empty() {
            let folder = self.folder.display();
            match self.options.is_filtered() {
                true => tracing::warn!("none of the files of {folder} match: nothing is uploaded"),
                false => tracing::warn!("there is no file in {folder}: nothing is uploaded"),
            }
        }
        let prepared = Prepared::new(self.commit, "Upload folder with hub".to_owned(), operations)?;
        let (patterns, path_in_repo) = (self.delete_patterns, self.options.target().to_owned());
        let delete = (!patterns.is_empty()).then_some(DeletePatterns { patterns, path_in_repo });
        Ok(Prepared { skipped, delete, ..prepared })
    }
}

/// A call that uploads files of a folder.
pub trait HasFolder {
    #[doc(hidden)]
    fn folder_mut(&mut self, _: crate::args::Seal) -> &mut FolderOptions;
}

impl HasFolder for UploadFolder {
    fn folder_mut(&mut self, _: crate::args::Seal) -> &mut FolderOptions {
        &mut self.options
    }
}

/// Changes what is set of a folder.
fn set(operation: &mut impl HasFolder, change: impl FnOnce(FolderOptions) -> FolderOptions) {
    let options = operation.folder_mut(crate::args::Seal);
    *options = change(std::mem::take(options));
}

impl<O: HasFolder, M: Mode> Call<O, M> {
    /// The folder of the repository that the files go to; the root unless set. Python: `path_in_repo`.
    pub fn path_in_repo(self, path: impl Into<String>) -> Self {
        self.edit(|operation| set(operation, |options| options.path_in_repo(path)))
    }

    /// Only files that match one of the patterns are uploaded; all unless set, none for an empty list.
    /// Python: `allow_patterns`.
    ///
    /// Patterns are matched against the path relative to the folder as Python's `fnmatch` does: `*` also matches `/`.
    pub fn allow_patterns<S: Into<String>>(self, patterns: impl IntoIterator<Item = S>) -> Self {
        self.edit(|operation| set(operation, |options| options.allow_patterns(patterns)))
    }

    /// Files that match one of the patterns are left out, whatever the allow patterns say. Python: `ignore_patterns`.
    pub fn ignore_patterns<S: Into<String>>(self, patterns: impl IntoIterator<Item = S>) -> Self {
        self.edit(|operation| set(operation, |options| options.ignore_patterns(patterns)))
    }

    /// What becomes of symbolic links; those to files are followed and those to folders left out unless set.
    pub fn links(self, links: Links) -> Self {
        self.edit(|operation| set(operation, |options| options.links(links)))
    }
}

impl<M: Mode> UploadFolderCall<M> {
    /// Files of the repository below [`path_in_repo`](Self::path_in_repo) that match one of the patterns are deleted by
    /// the same commit; none unless set. Files that are uploaded again and `.gitattributes` of the root stay.
    /// Python: `delete_patterns`.
    ///
    /// Patterns are matched against the path relative to `path_in_repo`.
    pub fn delete_patterns<S: Into<String>>(self, patterns: impl IntoIterator<Item = S>) -> Self {
        let patterns = patterns.into_iter().map(Into::into).collect();
        self.edit(|operation| operation.delete_patterns = patterns)
    }
}

impl Operation for UploadFolder {
    type Output = CommitInfo;

    async fn run(self, api: HfApi) -> Result<CommitInfo, Error> {
        self.prepare(&api).await?.commit(&api).await
    }
}

impl<M: Mode> HfApi<M> {
    /// Uploads the files of a folder as one commit. Python: `upload_folder`.
    ///
    /// Hidden files are uploaded. Everything named `.git` and `.cache/huggingface` folders are left out; empty folders
    /// vanish, as git does not know them.
    ///
    /// # Errors
    /// As for [`create_commit`](Self::create_commit); also when the folder or a file in it cannot be read, before
    /// anything is sent.
    ///
    /// Endpoints: those of [`create_commit`](Self::create_commit), and the tree with
    /// [`delete_patterns`](UploadFolderCall::delete_patterns).
    pub fn upload_folder(
        &self,
        repo: impl Into<RepoArg>,
        folder_path: impl AsRef<Path>,
    ) -> UploadFolderCall<M> {
        let (commit, folder) = (CommitArgs::new(self.arg(repo)), folder_path.as_ref().to_owned());
        let options = FolderOptions::default();
        self.call(UploadFolder { commit, folder, options, delete_patterns: Vec::new() })
    }
}
