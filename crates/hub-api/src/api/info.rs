//! What the Hub knows of a repository.

use std::{marker::PhantomData, time::Duration};

use bytes::Bytes;
use http::{Request, response::Parts};
use hub_transport::{Body, Endpoint, Error, ErrorKind, RetryClass, Timeouts, get};
use hub_types::{DatasetInfo, Message, ModelInfo, RepoInfo, RepoRef, RepoType, Revision, SpaceInfo, route};

use super::{endpoint_at, kinds::Info};
use crate::{
    Async, Call, HfApi, Mode, Operation,
    args::{HasRepo, HasRevision},
    repo_arg::RepoArg,
};

/// The call that [`HfApi::model_info`] makes.
pub type ModelInfoCall<M = Async> = Call<GetInfo<ModelInfo>, M>;
/// The call that [`HfApi::dataset_info`] makes.
pub type DatasetInfoCall<M = Async> = Call<GetInfo<DatasetInfo>, M>;
/// The call that [`HfApi::space_info`] makes.
pub type SpaceInfoCall<M = Async> = Call<GetInfo<SpaceInfo>, M>;
/// The call that [`HfApi::repo_info`] makes.
pub type RepoInfoCall<M = Async> = Call<GetInfo<RepoInfo>, M>;
/// The call that [`HfApi::repo_exists`] makes.
pub type RepoExistsCall<M = Async> = Call<RepoExists, M>;

/// `GET /api/{models}/{id}` or `GET /api/{models}/{id}/revision/{rev}`
#[derive(Debug, Clone)]
pub struct GetInfo<T> {
    repo: RepoArg,
    revision: Option<String>,
    files_metadata: bool,
    security_status: bool,
    expand: Vec<String>,
    timeout: Option<Duration>,
    output: PhantomData<fn() -> T>,
}

impl<T> GetInfo<T> {
    /// At a revision.
    pub(crate) fn at(repo: &RepoRef, revision: &Revision) -> Self {
        Self { revision: Some(revision.to_string()), ..Self::new(repo.into()) }
    }

    pub(crate) fn new(repo: RepoArg) -> Self {
        Self {
            repo,
            revision: None,
            files_metadata: false,
            security_status: false,
            expand: Vec::new(),
            timeout: None,
            output: PhantomData,
        }
    }
}

impl<T: Info> Endpoint for GetInfo<T> {
    const NAME: &'static str = T::METHOD;
    type Output = T;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        self.repo.describe()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        if !self.expand.is_empty() && (self.files_metadata || self.security_status) {
            return Err(Error::build(
                Message::argument("expand")
                    .text(" cannot be combined with ")
                    .and_argument("files_metadata")
                    .text(" or ")
                    .and_argument("security_status"),
            ));
        }
        let (repo, revision) = endpoint_at(&self.repo, self.revision.as_deref())?;
        let request = get(route::repo(&repo).info(revision.as_ref()))
            .flag("securityStatus", self.security_status)
            .flag("blobs", self.files_metadata)
            .many("expand", &self.expand);
        match self.timeout {
            Some(total) => request.extension(Timeouts::new().total(total)).finish(),
            None => request.finish(),
        }
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<T, Error> {
        T::read(self.repo.repo_type(), head, &body)
    }
}

impl HasRepo for GetInfo<RepoInfo> {
    fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
        &mut self.repo
    }
}

impl<T> HasRevision for GetInfo<T> {
    fn revision_mut(&mut self, _: crate::args::Seal) -> &mut Option<String> {
        &mut self.revision
    }
}

impl<T, M: Mode> Call<GetInfo<T>, M> {
    /// Whether each file comes with its size, blob id and LFS object. Off unless set. Python: `files_metadata`.
    pub fn files_metadata(self, yes: bool) -> Self {
        self.edit(|operation| operation.files_metadata = yes)
    }

    /// The only fields to return, such as `downloads`. Python: `expand`.
    pub fn expand<S: Into<String>>(self, fields: impl IntoIterator<Item = S>) -> Self {
        self.edit(|operation| operation.expand = fields.into_iter().map(Into::into).collect())
    }

    /// How long the call may take in all; 180 seconds unless set. Python: `timeout`.
    pub fn timeout(self, total: Duration) -> Self {
        self.edit(|operation| operation.timeout = Some(total))
    }
}

impl<M: Mode> ModelInfoCall<M> {
    /// Whether the result of the security scan is returned. Off unless set. Python: `securityStatus`.
    pub fn security_status(self, yes: bool) -> Self {
        self.edit(|operation| operation.security_status = yes)
    }
}

/// Asks whether a repository exists.
#[derive(Debug, Clone)]
pub struct RepoExists(GetInfo<RepoInfo>);

impl HasRepo for RepoExists {
    fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
        self.0.repo_mut(crate::args::Seal)
    }
}

impl Operation for RepoExists {
    type Output = bool;

    async fn run(self, api: HfApi) -> Result<bool, crate::Error> {
        match api.transport()?.send(&self.0).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) if matches!(error.kind(), ErrorKind::GatedRepo | ErrorKind::DisabledRepo) => Ok(true),
            Err(error) => Err(error.into()),
        }
    }
}

impl<M: Mode> HfApi<M> {
    /// What the Hub knows of a model, at its default branch or at a revision. Python: `model_info`.
    ///
    /// # Errors
    /// `RepoNotFound`, `RevisionNotFound`.
    ///
    /// Endpoint: `GET /api/models/{id}[/revision/{rev}]`.
    pub fn model_info(&self, repo: impl Into<RepoArg>) -> ModelInfoCall<M> {
        self.call(GetInfo::new(typed(self.arg(repo), RepoType::Model)))
    }

    /// What the Hub knows of a dataset, at its default branch or at a revision. Python: `dataset_info`.
    ///
    /// # Errors
    /// `RepoNotFound`, `RevisionNotFound`.
    ///
    /// Endpoint: `GET /api/datasets/{id}[/revision/{rev}]`.
    pub fn dataset_info(&self, repo: impl Into<RepoArg>) -> DatasetInfoCall<M> {
        self.call(GetInfo::new(typed(self.arg(repo), RepoType::Dataset)))
    }

    /// What the Hub knows of a Space, at its default branch or at a revision. Python: `space_info`.
    ///
    /// # Errors
    /// `RepoNotFound`, `RevisionNotFound`.
    ///
    /// Endpoint: `GET /api/spaces/{id}[/revision/{rev}]`.
    pub fn space_info(&self, repo: impl Into<RepoArg>) -> SpaceInfoCall<M> {
        self.call(GetInfo::new(typed(self.arg(repo), RepoType::Space)))
    }

    /// What the Hub knows of a repository of any kind: a model unless
    /// [`repo_type`](Call::repo_type) says otherwise. Python: `repo_info`.
    ///
    /// # Errors
    /// `RepoNotFound`, `RevisionNotFound`.
    ///
    /// Endpoint: `GET /api/{models}/{id}[/revision/{rev}]`.
    pub fn repo_info(&self, repo: impl Into<RepoArg>) -> RepoInfoCall<M> {
        self.call(GetInfo::new(self.arg(repo)))
    }

    /// Whether a repository exists and the caller may know of it. Python: `repo_exists`.
    ///
    /// # Errors
    /// When the server cannot be asked.
    ///
    /// Endpoint: `GET /api/{models}/{id}`.
    pub fn repo_exists(&self, repo: impl Into<RepoArg>) -> RepoExistsCall<M> {
        self.call(RepoExists(GetInfo::new(self.arg(repo))))
    }
}

fn typed(repo: impl Into<RepoArg>, repo_type: RepoType) -> RepoArg {
    let mut repo = repo.into();
    repo.set_type(repo_type);
    repo
}
