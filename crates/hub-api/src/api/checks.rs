//! Questions that are answered with yes or no.

use bytes::Bytes;
use http::{Request, header::ACCEPT_ENCODING, response::Parts};
use hub_transport::{Body, CallInfo, Endpoint, Error, RedirectMode, RetryClass, decode_done, get, head};
use hub_types::{RepoInfo, SafeRelPath, route};

use super::{endpoint_repo, info::GetInfo};
use crate::{
    Async, Call, HfApi, Mode, Operation,
    args::{HasRepo, of_a_revision},
    repo_arg::RepoArg,
};

/// The call that [`HfApi::revision_exists`] makes.
pub type RevisionExistsCall<M = Async> = Call<RevisionExists, M>;
/// The call that [`HfApi::file_exists`] makes.
pub type FileExistsCall<M = Async> = Call<FileExists, M>;
/// The call that [`HfApi::auth_check`] makes.
pub type AuthCheckCall<M = Async> = Call<AuthCheck, M>;

/// Asks whether a revision exists.
#[derive(Debug, Clone)]
pub struct RevisionExists {
    repo: RepoArg,
    revision: String,
}

impl HasRepo for RevisionExists {
    fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
        &mut self.repo
    }
}

impl Operation for RevisionExists {
    type Output = bool;

    async fn run(self, api: HfApi) -> Result<bool, crate::Error> {
        let info = GetInfo::<RepoInfo>::at(&self.repo.get()?, &self.revision.parse()?);
        match api.transport()?.send(&info).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// Asks whether a file exists.
#[derive(Debug, Clone)]
pub struct FileExists {
    repo: RepoArg,
    path: String,
    revision: Option<String>,
}

of_a_revision!(FileExists);

impl Operation for FileExists {
    type Output = bool;

    async fn run(mut self, api: HfApi) -> Result<bool, crate::Error> {
        let path: SafeRelPath = self.repo.take_path(self.path)?.parse()?;
        let (repo, revision) = self.repo.at_or_main(self.revision.as_deref())?;
        let call = CallInfo::new("file_exists", format!("{repo} {path}"), RetryClass::Read);
        // A redirect to a storage host says enough: the file is there.
        let request = head(route::repo(&repo).resolve(&revision, path.as_str()))
            .header(ACCEPT_ENCODING, "identity")
            .extension(RedirectMode::Relative)
            .finish()?;
        match api.transport()?.open(call, request).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

/// `GET /api/{models}/{id}/auth-check[/write]`
#[derive(Debug, Clone)]
pub struct AuthCheck {
    repo: RepoArg,
    write: bool,
}

impl HasRepo for AuthCheck {
    fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
        &mut self.repo
    }
}

impl<M: Mode> AuthCheckCall<M> {
    /// Whether it is about writing. Off unless set. Python: `write`.
    pub fn write(self, write: bool) -> Self {
        self.edit(|operation| operation.write = write)
    }
}

impl Endpoint for AuthCheck {
    const NAME: &'static str = "auth_check";
    type Output = ();

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        self.repo.describe()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get(route::repo(&endpoint_repo(&self.repo)?).auth_check(self.write)).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<(), Error> {
        decode_done(head, &body).map(drop)
    }
}

impl<M: Mode> HfApi<M> {
    /// Whether a revision exists; no when the repository does not. Python: `revision_exists`.
    ///
    /// # Errors
    /// When the server cannot be asked.
    ///
    /// Endpoint: `GET /api/{models}/{id}/revision/{rev}`.
    pub fn revision_exists(
        &self,
        repo: impl Into<RepoArg>,
        revision: impl Into<String>,
    ) -> RevisionExistsCall<M> {
        self.call(RevisionExists { repo: self.arg(repo), revision: revision.into() })
    }

    /// Whether a file exists at [`revision`](Call::revision), or at `main`; no when the repository or the revision does
    /// not. Python: `file_exists`.
    ///
    /// # Errors
    /// `GatedRepo` when the caller has no access to the files; when the server cannot be asked.
    ///
    /// Endpoint: `HEAD /{id}/resolve/{rev}/{path}`.
    pub fn file_exists(&self, repo: impl Into<RepoArg>, filename: impl Into<String>) -> FileExistsCall<M> {
        self.call(FileExists { repo: self.arg(repo), path: filename.into(), revision: None })
    }

    /// Succeeds when the caller may read a repository and its files, or with [`write`](Call::write) may write to it.
    /// Python: `auth_check`.
    ///
    /// # Errors
    /// `RepoNotFound` when there is none or it is hidden from the caller, `GatedRepo`, `Forbidden`.
    ///
    /// Endpoint: `GET /api/{models}/{id}/auth-check[/write]`.
    pub fn auth_check(&self, repo: impl Into<RepoArg>) -> AuthCheckCall<M> {
        self.call(AuthCheck { repo: self.arg(repo), write: false })
    }
}
