//! Making, removing and shortening branches.

use bytes::Bytes;
use http::{Request, response::Parts};
use hub_transport::{Body, Done, Endpoint, Error, RetryClass, decode_done, decode_json, delete, post};
use hub_types::{
    CreateBranchRequest, Message, RepoRef, Revision, SuperSquashRequest, SuperSquashResponse, route,
};

use super::{commits::ListRepoCommits, new_ref::RefName};
use crate::{
    Async, Call, HfApi, Mode, Operation,
    args::{HasRepo, of_a_revision},
    repo_arg::RepoArg,
};

/// The call that [`HfApi::create_branch`] makes.
pub type CreateBranchCall<M = Async> = Call<CreateBranch, M>;
/// The call that [`HfApi::delete_branch`] makes.
pub type DeleteBranchCall<M = Async> = Call<DeleteBranch, M>;
/// The call that [`HfApi::super_squash_history`] makes.
pub type SuperSquashCall<M = Async> = Call<SuperSquash, M>;

/// A branch to make.
#[derive(Debug, Clone)]
pub struct CreateBranch {
    repo: RepoArg,
    branch: String,
    revision: Option<String>,
    exist_ok: bool,
}

of_a_revision!(CreateBranch);

impl<M: Mode> CreateBranchCall<M> {
    /// Whether a branch that is there already is fine, wherever it leads. Off unless set. Python: `exist_ok`.
    pub fn exist_ok(self, exist_ok: bool) -> Self {
        self.edit(|operation| operation.exist_ok = exist_ok)
    }
}

impl Operation for CreateBranch {
    type Output = ();

    async fn run(self, api: HfApi) -> Result<(), crate::Error> {
        let (repo, revision) = self.repo.at(self.revision.as_deref())?;
        let branch = self.branch.parse()?;
        let starting_point = revision.as_ref().map(ToString::to_string);
        let body = CreateBranchRequest::new().starting_point(starting_point);
        let name = RefName { kind: "branch", repo: &repo, name: &self.branch, list: |refs| refs.branches };
        let create = PostBranch { repo: repo.clone(), branch, body };
        name.create(api.transport()?, &create, revision.as_ref(), self.exist_ok).await
    }
}

/// `POST /api/{models}/{id}/branch/{branch}`
#[derive(Debug)]
struct PostBranch {
    repo: RepoRef,
    branch: Revision,
    body: CreateBranchRequest,
}

impl Endpoint for PostBranch {
    const NAME: &'static str = "create_branch";
    type Output = Done;

    fn class(&self) -> RetryClass {
        RetryClass::Ambiguous
    }

    fn target(&self) -> String {
        format!("{} of {}", self.branch, self.repo)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        post(route::repo(&self.repo).branch(&self.branch)).json(&self.body).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<Done, Error> {
        decode_done(head, &body)
    }
}

/// A branch to remove.
#[derive(Debug, Clone)]
pub struct DeleteBranch {
    repo: RepoArg,
    branch: String,
}

impl HasRepo for DeleteBranch {
    fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
        &mut self.repo
    }
}

impl Operation for DeleteBranch {
    type Output = ();

    async fn run(self, api: HfApi) -> Result<(), crate::Error> {
        let repo = self.repo.get()?;
        let delete = RemoveBranch { repo: repo.clone(), branch: self.branch.parse()? };
        let name = RefName { kind: "branch", repo: &repo, name: &self.branch, list: |refs| refs.branches };
        name.delete(api.transport()?, &delete).await
    }
}

/// `DELETE /api/{models}/{id}/branch/{branch}`
#[derive(Debug)]
struct RemoveBranch {
    repo: RepoRef,
    branch: Revision,
}

impl Endpoint for RemoveBranch {
    const NAME: &'static str = "delete_branch";
    type Output = Done;

    fn class(&self) -> RetryClass {
        RetryClass::Ambiguous
    }

    fn target(&self) -> String {
        format!("{} of {}", self.branch, self.repo)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        delete(route::repo(&self.repo).branch(&self.branch)).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<Done, Error> {
        decode_done(head, &body)
    }
}

/// A history to replace by one commit.
#[derive(Debug, Clone)]
pub struct SuperSquash {
    repo: RepoArg,
    branch: Option<String>,
    commit_message: Option<String>,
}

impl HasRepo for SuperSquash {
    fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
        &mut self.repo
    }
}

impl<M: Mode> SuperSquashCall<M> {
    /// The branch; `main` unless set. Python: `branch`.
    pub fn branch(self, branch: impl Into<String>) -> Self {
        self.edit(|operation| operation.branch = Some(branch.into()))
    }

    /// Message of the commit that remains, at most 500 characters; a default that names the branch unless set. Python:
    /// `commit_message`.
    pub fn commit_message(self, message: impl Into<String>) -> Self {
        self.edit(|operation| operation.commit_message = Some(message.into()))
    }
}

impl Operation for SuperSquash {
    type Output = String;

    async fn run(self, api: HfApi) -> Result<String, crate::Error> {
        let (repo, branch) = self.repo.at_or_main(self.branch.as_deref())?;
        let message = self.commit_message.filter(|message| !message.trim().is_empty());
        let message = message.unwrap_or_else(|| format!("Super-squash branch '{branch}'"));
        if message.chars().count() > 500 {
            return Err(crate::Error::setup(
                Message::argument("commit_message").text(" may have at most 500 characters"),
            ));
        }
        let title = message.lines().next().unwrap_or_default().trim_end().to_owned();
        let transport = api.transport()?;
        let squash = PostSquash { repo, branch, body: SuperSquashRequest::new().message(message) };
        match transport.send(&squash).await {
            // A second time would take along what others have committed since: only the branch itself can tell.
            Err(error) if error.maybe_processed() => {
                let history = ListRepoCommits::at(&squash.repo, &squash.branch);
                match transport.page(&history, None).await.map(|page| page.items) {
                    Ok(mut commits) if commits.len() == 1 => match commits.pop().transpose() {
                        Ok(Some(commit)) if commit.title == title => Ok(commit.id),
                        _ => {
                            Err(error.with_hint("the branch has one commit, but not of this message").into())
                        }
                    },
                    _ => Err(error.with_hint("the branch has its history, or could not be looked up").into()),
                }
            }
            other => Ok(other?),
        }
    }
}

/// `POST /api/{models}/{id}/super-squash/{branch}`
#[derive(Debug)]
struct PostSquash {
    repo: RepoRef,
    branch: Revision,
    body: SuperSquashRequest,
}

impl Endpoint for PostSquash {
    const NAME: &'static str = "super_squash_history";
    type Output = String;

    fn class(&self) -> RetryClass {
        RetryClass::Ambiguous
    }

    fn target(&self) -> String {
        format!("{} of {}", self.branch, self.repo)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        post(route::repo(&self.repo).super_squash(&self.branch)).json(&self.body).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<String, Error> {
        decode_json::<SuperSquashResponse>(head, &body).map(|response| response.commit_id)
    }
}

impl<M: Mode> HfApi<M> {
    /// Makes a branch at [`revision`](Call::revision), or at the default branch. Python: `create_branch`.
    ///
    /// When the response is lost, the call finds out whether the branch was made.
    ///
    /// # Errors
    /// `Conflict` when it exists and [`exist_ok`](Call::exist_ok) is off, `BadRequest` for a name that cannot be,
    /// `RevisionNotFound` for the revision, `Forbidden` without rights.
    ///
    /// Endpoint: `POST /api/{models}/{id}/branch/{branch}`.
    pub fn create_branch(&self, repo: impl Into<RepoArg>, branch: impl Into<String>) -> CreateBranchCall<M> {
        let (repo, branch) = (self.arg(repo), branch.into());
        self.call(CreateBranch { repo, branch, revision: None, exist_ok: false })
    }

    /// Removes a branch. Python: `delete_branch`.
    ///
    /// # Errors
    /// `RevisionNotFound` when it is not there, `Forbidden` for `main` or without rights.
    ///
    /// Endpoint: `DELETE /api/{models}/{id}/branch/{branch}`.
    pub fn delete_branch(&self, repo: impl Into<RepoArg>, branch: impl Into<String>) -> DeleteBranchCall<M> {
        self.call(DeleteBranch { repo: self.arg(repo), branch: branch.into() })
    }

    /// Replaces the history of a branch by one commit with the same files, and returns the id of that commit. The
    /// history cannot be brought back. Python: `super_squash_history`.
    ///
    /// # Errors
    /// `RevisionNotFound` when the branch is not there, `Forbidden` without rights.
    ///
    /// Endpoint: `POST /api/{models}/{id}/super-squash/{branch}`.
    pub fn super_squash_history(&self, repo: impl Into<RepoArg>) -> SuperSquashCall<M> {
        self.call(SuperSquash { repo: self.arg(repo), branch: None, commit_message: None })
    }
}
