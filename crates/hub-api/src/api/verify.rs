//! Checking what was downloaded.

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use hub_download::{Verification, VerifyRequest, verify};
use hub_types::progress::Progress;

use crate::{
    Async, Call, Error, HfApi, Mode, Operation,
    api::download,
    args::{HasProgress, of_a_revision},
    repo_arg::RepoArg,
};

/// The call that [`HfApi::verify_repo_checksums`] makes.
pub type VerifyRepoChecksumsCall<M = Async> = Call<VerifyRepoChecksums, M>;

/// Files to be compared with the Hub's.
#[derive(Clone)]
pub struct VerifyRepoChecksums {
    repo: RepoArg,
    revision: Option<String>,
    local_dir: Option<PathBuf>,
    cache_dir: Option<PathBuf>,
    repair: bool,
    progress: Option<Arc<dyn Progress>>,
}

impl fmt::Debug for VerifyRepoChecksums {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyRepoChecksums")
            .field("repo", &self.repo)
            .field("revision", &self.revision)
            .field("local_dir", &self.local_dir)
            .field("cache_dir", &self.cache_dir)
            .field("repair", &self.repair)
            .finish_non_exhaustive()
    }
}

of_a_revision!(VerifyRepoChecksums);

impl HasProgress for VerifyRepoChecksums {
    fn progress_mut(&mut self, _: crate::args::Seal) -> &mut Option<Arc<dyn Progress>> {
        &mut self.progress
    }
}

impl<M: Mode> VerifyRepoChecksumsCall<M> {
    /// The folder that the files were downloaded to, if not the cache. Python: `local_dir`.
    pub fn local_dir(self, folder: impl AsRef<Path>) -> Self {
        self.edit(|operation| operation.local_dir = Some(folder.as_ref().to_owned()))
    }

    /// The cache folder; unless set that of the client. Python: `cache_dir`.
    pub fn cache_dir(self, folder: impl AsRef<Path>) -> Self {
        self.edit(|operation| operation.cache_dir = Some(folder.as_ref().to_owned()))
    }

    /// Whether wrong and missing files are fetched anew. Off unless set.
    pub fn repair(self, yes: bool) -> Self {
        self.edit(|operation| operation.repair = yes)
    }
}

impl Operation for VerifyRepoChecksums {
    type Output = Verification;

    async fn run(self, api: HfApi) -> Result<Verification, Error> {
        let (repo, revision) = self.repo.at_or_main(self.revision.as_deref())?;
        let target = download::target(&api, self.local_dir.as_deref(), self.cache_dir.as_deref())?;
        let wanted =
            VerifyRequest::new(repo, target).revision(revision).repair(self.repair).progress(self.progress);
        let wanted = wanted.xet(api.xet()).shared_blobs(api.shared_blobs());
        Ok(verify(api.transport()?, wanted).await?)
    }
}

impl<M: Mode> HfApi<M> {
    /// Reads the downloaded files of a revision, in the cache or in a [`local_dir`](VerifyRepoChecksumsCall::local_dir), and
    /// compares their hashes with the Hub's. Python: `verify_repo_checksums`.
    ///
    /// In a cache, a branch or tag is the commit that it led to when the Hub was last asked. A wrong file is no error but
    /// part of the response; with [`repair`](VerifyRepoChecksumsCall::repair) it is fetched anew. A
    /// [`progress`](VerifyRepoChecksumsCall::progress) hears how far each file is hashed and fetched; before a repair
    /// `Started` comes again, with what is fetched.
    ///
    /// # Errors
    /// [`DownloadError::LocalEntryNotFound`](crate::DownloadError::LocalEntryNotFound) when the cache knows nothing of the
    /// revision; those of the requests; [`Error::Download`] when a file cannot be read or replaced.
    ///
    /// Endpoints: tree, info; with `repair` `GET /{id}/resolve/{commit}/{path}`.
    pub fn verify_repo_checksums(&self, repo: impl Into<RepoArg>) -> VerifyRepoChecksumsCall<M> {
        let repo = self.arg(repo);
        self.call(VerifyRepoChecksums {
            repo,
            revision: None,
            local_dir: None,
            cache_dir: None,
            repair: false,
            progress: None,
        })
    }
}
