//! Deleting repositories.

use bytes::Bytes;
use http::{Request, response::Parts};
use hub_transport::{Body, Done, Endpoint, Error, RetryClass, decode_done, delete};
use hub_types::{DeleteRepoRequest, route};

use super::{
    endpoint_repo,
    new_repo::{forget_repo, is_gone, silent},
};
use crate::{Async, Call, HfApi, Mode, Operation, args::HasRepo, repo_arg::RepoArg};

/// The call that [`HfApi::delete_repo`] makes.
pub type DeleteRepoCall<M = Async> = Call<DeleteRepo, M>;

/// `DELETE /api/repos/delete`
#[derive(Debug, Clone)]
struct DeleteRequest(RepoArg);

impl Endpoint for DeleteRequest {
    const NAME: &'static str = "delete_repo";
    type Output = Done;

    fn class(&self) -> RetryClass {
        RetryClass::Ambiguous
    }

    fn target(&self) -> String {
        self.0.describe()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let repo = endpoint_repo(&self.0)?;
        delete(route::DELETE_REPO).json(&DeleteRepoRequest::new(repo.repo_type, &repo.id)).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<Done, Error> {
        decode_done(head, &body)
    }
}

/// Which repository to delete.
#[derive(Debug, Clone)]
pub struct DeleteRepo {
    request: DeleteRequest,
    missing_ok: bool,
}

impl HasRepo for DeleteRepo {
    fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
        &mut self.request.0
    }
}

impl<M: Mode> DeleteRepoCall<M> {
    /// Whether a repository that is not there is fine. Off unless set. Python: `missing_ok`.
    pub fn missing_ok(self, missing_ok: bool) -> Self {
        self.edit(|operation| operation.missing_ok = missing_ok)
    }
}

impl Operation for DeleteRepo {
    type Output = ();

    async fn run(self, api: HfApi) -> Result<(), crate::Error> {
        let (transport, repo) = (api.transport()?, self.request.0.get()?);
        let error = match transport.send(&self.request).await {
            Ok(Done::Said) => None,
            Ok(Done::Silent) => Some(silent(&self.request)),
            Err(error) if error.is_not_found() && self.missing_ok && !error.maybe_processed() => None,
            Err(error) if error.maybe_processed() => Some(error),
            Err(error) => return Err(error.into()),
        };
        // Never sent again blindly: somebody may have made a new repository of that name.
        if let Some(error) = error
            && is_gone(transport, &repo).await != Some(true)
        {
            return Err(error.with_hint("the repository is still there, or could not be looked up").into());
        }
        forget_repo(transport, &repo);
        Ok(())
    }
}

impl<M: Mode> HfApi<M> {
    /// Deletes a repository with everything in it. This cannot be undone. Python: `delete_repo`.
    ///
    /// # Errors
    /// `RepoNotFound` when it is not there and [`missing_ok`](Call::missing_ok) is off, `Forbidden` without rights.
    ///
    /// Endpoint: `DELETE /api/repos/delete`.
    pub fn delete_repo(&self, repo: impl Into<RepoArg>) -> DeleteRepoCall<M> {
        self.call(DeleteRepo { request: DeleteRequest(self.arg(repo)), missing_ok: false })
    }
}
