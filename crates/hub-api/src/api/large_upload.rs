//! Uploading folders of any size.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures_util::TryStreamExt;
use hub_commit::{
    CommitOptions,
    folder::FolderOptions,
    large::{LargeFolder, LargeUpload, Limits, Staging},
};
use hub_types::{
    Discussion, DiscussionStatus, Message, RepoRef, RepoType, Revision, discussion::DiscussionTypeFilter,
    progress::Progress,
};

use crate::{
    Async, Call, Error, HfApi, Mode, Operation,
    api::upload_folder::HasFolder,
    args::{HasProgress, of_a_revision},
    repo_arg::RepoArg,
};

/// The call that [`HfApi::upload_large_folder`] makes.
pub type UploadLargeFolderCall<M = Async> = Call<UploadLargeFolder, M>;

/// First line of the commits' messages, and the title of the pull request.
const MESSAGE: &str = "Upload large folder with hub";

/// A folder to upload over several commits.
#[derive(Clone)]
pub struct UploadLargeFolder {
    repo: RepoArg,
    folder: PathBuf,
    options: FolderOptions,
    revision: Option<String>,
    private: Option<bool>,
    num_workers: Option<usize>,
    memory_budget: Option<u64>,
    files_per_commit: Option<usize>,
    message: Option<String>,
    atomic: bool,
    progress: Option<Arc<dyn Progress>>,
}

impl fmt::Debug for UploadLargeFolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadLargeFolder")
            .field("repo", &self.repo)
            .field("folder", &self.folder)
            .field("revision", &self.revision)
            .field("atomic", &self.atomic)
            .finish_non_exhaustive()
    }
}

of_a_revision!(UploadLargeFolder);

impl HasProgress for UploadLargeFolder {
    fn progress_mut(&mut self, _: crate::args::Seal) -> &mut Option<Arc<dyn Progress>> {
        &mut self.progress
    }
}

impl HasFolder for UploadLargeFolder {
    fn folder_mut(&mut self, _: crate::args::Seal) -> &mut FolderOptions {
        &mut self.options
    }
}

impl<M: Mode> UploadLargeFolderCall<M> {
    /// Whether only its owners see the repository, if this call makes it. Python: `private`.
    pub fn private(self, private: bool) -> Self {
        self.edit(|operation| operation.private = Some(private))
    }

    /// How many uploads may run at once, at least 1; 16 unless set. Python: `num_workers`.
    pub fn num_workers(self, workers: usize) -> Self {
        self.edit(|operation| operation.num_workers = Some(workers))
    }

    /// How many bytes of memory content on its way may take; 64 MiB unless set. Python has no such argument.
    pub fn memory_budget(self, bytes: u64) -> Self {
        self.edit(|operation| operation.memory_budget = Some(bytes))
    }

    /// The most files of one commit, at least 1; 1000 unless set. Python chooses between 20 and 1000 by itself.
    pub fn files_per_commit(self, files: usize) -> Self {
        self.edit(|operation| operation.files_per_commit = Some(files))
    }

    /// First line of the commits' messages; where there are several, each gets its number. Python has no such argument.
    pub fn commit_message(self, message: impl Into<String>) -> Self {
        self.edit(|operation| operation.message = Some(message.into()))
    }

    /// Whether the commits are collected on a pull request, which is merged at the end: so readers of the branch see all of
    /// the upload or nothing. Off unless set. Python has no such argument.
    pub fn atomic(self, atomic: bool) -> Self {
        self.edit(|operation| operation.atomic = atomic)
    }
}

impl Operation for UploadLargeFolder {
    type Output = LargeUpload;

    async fn run(self, api: HfApi) -> Result<LargeUpload, Error> {
        let (repo, revision) = self.repo.at_or_main(self.revision.as_deref())?;
        for (name, number) in [("num_workers", self.num_workers), ("files_per_commit", self.files_per_commit)]
        {
            if number == Some(0) {
                return Err(Error::setup(Message::argument(name).text(" must be at least 1")));
            }
        }
        if self.atomic && revision != Revision::main() {
            return Err(Error::setup(
                "an atomic upload goes to the branch main: pull requests are merged there",
            ));
        }
        let folder = LargeFolder::open(&self.folder, self.options.clone()).await?;
        let job = Job { api: &api, repo: self.make_repo(&api, repo).await?, folder, args: &self };
        if self.atomic { job.staged().await } else { job.upload(revision).await }
    }
}

impl UploadLargeFolder {
    /// The repository, made if it is missing.
    async fn make_repo(&self, api: &HfApi, repo: RepoRef) -> Result<RepoRef, Error> {
        let repo_type = repo.repo_type;
        let mut create = api.create_repo(repo).exist_ok(true);
        if let Some(private) = self.private {
            create = create.private(private);
        }
        if repo_type == RepoType::Space {
            create = create.space_sdk("gradio");
        }
        Ok(RepoRef::new(repo_type, create.await?.repo_id().clone()))
    }
}

/// An upload on its way.
struct Job<'a> {
    api: &'a HfApi,
    repo: RepoRef,
    folder: LargeFolder,
    args: &'a UploadLargeFolder,
}

impl Job<'_> {
    fn options(&self, revision: Revision) -> CommitOptions {
        let message = self.args.message.as_deref().unwrap_or(MESSAGE);
        let options = CommitOptions::new(self.repo.clone(), message).revision(revision);
        let mut options = self.api.with_xet(options);
        if let Some(workers) = self.args.num_workers {
            options = options.max_concurrency(workers);
        }
        if let Some(bytes) = self.args.memory_budget {
            options = options.memory_budget(bytes);
        }
        match &self.args.progress {
            Some(progress) => options.progress(Arc::clone(progress)),
            None => options,
        }
    }

    async fn upload(&self, revision: Revision) -> Result<LargeUpload, Error> {
        let mut limits = Limits::default();
        if let Some(files) = self.args.files_per_commit {
            limits = limits.files(files);
        }
        Ok(self.folder.upload(self.api.transport()?, self.options(revision), limits).await?)
    }

    fn stage(&self, staging: Option<Staging>) -> Result<(), Error> {
        Ok(self.folder.stage(self.api.transport()?, &self.repo, staging)?)
    }

    /// Uploads to a pull request and merges it.
    async fn staged(&self) -> Result<LargeUpload, Error> {
        let Some((staging, found)) = self.pull_request().await? else {
            // Only counts the files.
            return self.upload(Revision::main()).await;
        };
        let revision: Revision = format!("refs/pr/{}", found.num).parse()?;
        let base = match staging.base {
            Some(base) => base,
            None => {
                // Nothing is committed to it before this is noted.
                let base = self.head(&revision).await?;
                let noted = Staging { mark: staging.mark, number: Some(found.num), base: Some(base.clone()) };
                self.stage(Some(noted))?;
                base
            }
        };
        let mut report = self.upload(revision.clone()).await?;
        if self.head(&revision).await? == base {
            // The branch had all of it.
            self.api.change_discussion_status(self.repo.clone(), found.num, "closed").await?;
        } else {
            if found.status == DiscussionStatus::Draft {
                self.api.change_discussion_status(self.repo.clone(), found.num, "open").await?;
            }
            self.api.merge_pull_request(self.repo.clone(), found.num).await?;
            report.pull_request = Some(found.num);
        }
        self.stage(None)?;
        Ok(report)
    }

    /// The pull request to commit to: that of an earlier run, or a new one; `None` when there is nothing to upload.
    async fn pull_request(&self) -> Result<Option<(Staging, Discussion)>, Error> {
        let transport = self.api.transport()?;
        if let Some(staging) = self.folder.staging(transport, &self.repo) {
            match self.find(&staging).await? {
                Some(found) if found.status.is_open() => return Ok(Some((staging, found))),
                // Merged or closed, or never opened.
                _ => self.stage(None)?,
            }
        }
        if !self.folder.has_news(transport, &self.options(Revision::main())).await? {
            return Ok(None);
        }
        let staging =
            Staging { mark: format!("{:016x}", transport.rng().next_u64()), number: None, base: None };
        self.stage(Some(staging.clone()))?;
        let title = format!("{MESSAGE} ({})", staging.mark);
        let about = "All files of the upload come together here; it is merged when they are complete.";
        let opened = self.api.create_pull_request(self.repo.clone(), title).description(about).await?;
        Ok(Some((staging, opened.discussion)))
    }

    /// The pull request that was noted. Without its number it is the oldest with the mark: once it is open, others can read the
    /// mark and use it.
    async fn find(&self, staging: &Staging) -> Result<Option<Discussion>, Error> {
        let list = self.api.get_repo_discussions(self.repo.clone());
        let mut list = std::pin::pin!(list.discussion_type(DiscussionTypeFilter::PullRequest).stream());
        let mut oldest = None;
        while let Some(found) = list.try_next().await? {
            if !found.title.contains(&staging.mark) {
                continue;
            }
            match staging.number {
                Some(number) if number != found.num => {}
                Some(_) => return Ok(Some(found)),
                None => oldest = Some(found),
            }
        }
        Ok(oldest)
    }

    async fn head(&self, revision: &Revision) -> Result<String, Error> {
        let head = self.api.list_repo_commits(self.repo.clone()).revision(revision.as_str()).limit(1);
        let newest = head.all().await?.into_iter().next();
        Ok(newest.map(|commit| commit.id).unwrap_or_default())
    }
}

impl<M: Mode> HfApi<M> {
    /// Uploads a folder with any number of files, over as many commits as they need. Python: `upload_large_folder`.
    ///
    /// Makes the repository if it is missing. A run that fails or is killed loses nothing: the next one goes on where it was.
    /// It hashes no file again that has not changed, sends no content that the server has, and commits nothing twice. What it
    /// needs for that it keeps inside the folder, in `.cache/huggingface/upload`, which is never uploaded.
    ///
    /// With [`atomic`](Call::atomic) readers of the branch see all of the upload at once: the commits are collected on a pull
    /// request, a draft until the end. A killed run goes on with the same one.
    ///
    /// `.git` and `.cache/huggingface` folders are left out, and files that `.gitignore` names.
    ///
    /// # Errors
    /// As for [`create_commit`](Self::create_commit); also when a file of the folder cannot be read, when another program
    /// uploads the folder at this time, and when nothing can be written in it. With `atomic` also `Conflict`, when others have
    /// changed the same files on the branch: then the pull request stays, to be settled and merged by hand.
    ///
    /// Endpoints: those of `create_repo`, `list_repo_tree` and `create_commit`; with `atomic` also those of
    /// `get_repo_discussions`, `create_pull_request`, `list_repo_commits`, `change_discussion_status` and
    /// `merge_pull_request`.
    pub fn upload_large_folder(
        &self,
        repo: impl Into<RepoArg>,
        folder_path: impl AsRef<Path>,
    ) -> UploadLargeFolderCall<M> {
        self.call(UploadLargeFolder {
            repo: self.arg(repo),
            folder: folder_path.as_ref().to_owned(),
            options: FolderOptions::default(),
            revision: None,
            private: None,
            num_workers: None,
            memory_budget: None,
            files_per_commit: None,
            message: None,
            atomic: false,
            progress: None,
        })
    }
}
