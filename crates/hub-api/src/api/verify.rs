//! Checking what was downloaded.

use std::path::{Path, PathBuf};

use hub_download::{Verification, VerifyRequest, verify};

use crate::{
    Async, Call, Error, HfApi, Mode, Operation,
    api::download,
    args::{HasRepo, HasRevision},
    repo_arg::{RepoArg, revision_or_main},
};

/// The call that [`HfApi::verify_repo_checksums`] makes.
pub type VerifyRepoChecksumsCall<M = Async> = Call<VerifyRepoChecksums, M>;

/// Files to be compared with the Hub's.
#[derive(Debug, Clone)]
pub struct VerifyRepoChecksums {
    repo: RepoArg,
    revision: Option<String>,
    local_dir: Option<PathBuf>,
    cache_dir: Option<PathBuf>,
    repair: bool,
}

impl HasRepo for VerifyRepoChecksums {
    fn repo_mut(&mut self) -> &mut RepoArg {
        &mut self.repo
    }
}

impl HasRevision for VerifyRepoChecksums {
    fn revision_mut(&mut self) -> &mut Option<String> {
        &mut self.revision
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
        let wanted = VerifyRequest {
            repo: self.repo.get()?,
            revision: revision_or_main(self.revision.as_deref())?,
            target: download::target(&api, self.local_dir.as_deref(), self.cache_dir.as_deref())?,
            repair: self.repair,
        };
        Ok(verify(api.transport()?, wanted).await?)
    }
}

impl<M: Mode> HfApi<M> {
    /// Reads the downloaded files of a revision, in the cache or in a [`local_dir`](VerifyRepoChecksumsCall::local_dir), and
    /// compares their hashes with the Hub's. Python: `verify_repo_checksums`.
    ///
    /// In a cache, a branch or tag is the commit that it led to when the Hub was last asked. A wrong file is no error but
    /// part of the answer; with [`repair`](VerifyRepoChecksumsCall::repair) it is fetched anew.
    ///
    /// # Errors
    /// [`DownloadError::LocalEntryNotFound`](crate::DownloadError::LocalEntryNotFound) when the cache knows nothing of the
    /// revision; those of the requests; [`Error::Download`] when a file cannot be read or replaced.
    ///
    /// Endpoints: tree, info; with `repair` `GET /{id}/resolve/{commit}/{path}`.
    pub fn verify_repo_checksums(&self, repo: impl Into<RepoArg>) -> VerifyRepoChecksumsCall<M> {
        let repo = repo.into();
        self.call(VerifyRepoChecksums {
            repo,
            revision: None,
            local_dir: None,
            cache_dir: None,
            repair: false,
        })
    }
}
