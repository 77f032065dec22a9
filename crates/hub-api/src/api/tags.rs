//! Making and removing tags.

use bytes::Bytes;
use http::{Request, response::Parts};
use hub_transport::{Body, Done, Endpoint, Error, RetryClass, decode_done, delete, post};
use hub_types::{CreateTagRequest, RepoRef, Revision, route};

use super::new_ref::RefName;
use crate::{
    Async, Call, HfApi, Mode, Operation,
    args::{HasRepo, of_a_revision},
    repo_arg::RepoArg,
};

/// The call that [`HfApi::create_tag`] makes.
pub type CreateTagCall<M = Async> = Call<CreateTag, M>;
/// The call that [`HfApi::delete_tag`] makes.
pub type DeleteTagCall<M = Async> = Call<DeleteTag, M>;

/// A tag to make.
#[derive(Debug, Clone)]
pub struct CreateTag {
    repo: RepoArg,
    tag: String,
    revision: Option<String>,
    message: Option<String>,
    exist_ok: bool,
}

of_a_revision!(CreateTag);

impl<M: Mode> CreateTagCall<M> {
    /// Text of the tag, which makes it an annotated one; a lightweight tag unless set. Python: `tag_message`.
    pub fn tag_message(self, message: impl Into<String>) -> Self {
        self.edit(|operation| operation.message = Some(message.into()))
    }

    /// Whether a tag that is there already is fine, wherever it leads. Off unless set. Python: `exist_ok`.
    pub fn exist_ok(self, exist_ok: bool) -> Self {
        self.edit(|operation| operation.exist_ok = exist_ok)
    }
}

impl Operation for CreateTag {
    type Output = ();

    async fn run(self, api: HfApi) -> Result<(), crate::Error> {
        let (repo, revision) = self.repo.at_or_main(self.revision.as_deref())?;
        let tag: Revision = self.tag.parse()?;
        let name = RefName { kind: "tag", repo: &repo, name: tag.as_str(), list: |refs| refs.tags };
        let body = CreateTagRequest::new(tag.as_str()).message(self.message);
        let create = PostTag { repo: repo.clone(), revision: revision.clone(), body };
        name.create(api.transport()?, &create, Some(&revision), self.exist_ok).await
    }
}

/// `POST /api/{models}/{id}/tag/{rev}`
#[derive(Debug)]
struct PostTag {
    repo: RepoRef,
    revision: Revision,
    body: CreateTagRequest,
}

impl Endpoint for PostTag {
    const NAME: &'static str = "create_tag";
    type Output = Done;

    fn class(&self) -> RetryClass {
        RetryClass::Ambiguous
    }

    fn target(&self) -> String {
        format!("{} of {}", self.body.tag, self.repo)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        post(route::repo(&self.repo).tag(&self.revision)).json(&self.body).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<Done, Error> {
        decode_done(head, &body)
    }
}

/// A tag to remove.
#[derive(Debug, Clone)]
pub struct DeleteTag {
    repo: RepoArg,
    tag: String,
}

impl HasRepo for DeleteTag {
    fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
        &mut self.repo
    }
}

impl Operation for DeleteTag {
    type Output = ();

    async fn run(self, api: HfApi) -> Result<(), crate::Error> {
        let repo = self.repo.get()?;
        let delete = RemoveTag { repo: repo.clone(), tag: self.tag.parse()? };
        let name = RefName { kind: "tag", repo: &repo, name: &self.tag, list: |refs| refs.tags };
        name.delete(api.transport()?, &delete).await
    }
}

/// `DELETE /api/{models}/{id}/tag/{tag}`
#[derive(Debug)]
struct RemoveTag {
    repo: RepoRef,
    tag: Revision,
}

impl Endpoint for RemoveTag {
    const NAME: &'static str = "delete_tag";
    type Output = Done;

    fn class(&self) -> RetryClass {
        RetryClass::Ambiguous
    }

    fn target(&self) -> String {
        format!("{} of {}", self.tag, self.repo)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        delete(route::repo(&self.repo).tag(&self.tag)).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<Done, Error> {
        decode_done(head, &body)
    }
}

impl<M: Mode> HfApi<M> {
    /// Tags [`revision`](Call::revision), or `main`. Python: `create_tag`.
    ///
    /// When the response is lost, the call finds out whether the tag was made.
    ///
    /// # Errors
    /// `Conflict` when it exists and [`exist_ok`](Call::exist_ok) is off, `BadRequest` for a name that cannot be,
    /// `RevisionNotFound` for the revision, `Forbidden` without rights.
    ///
    /// Endpoint: `POST /api/{models}/{id}/tag/{rev}`.
    pub fn create_tag(&self, repo: impl Into<RepoArg>, tag: impl Into<String>) -> CreateTagCall<M> {
        let (repo, tag) = (self.arg(repo), tag.into());
        self.call(CreateTag { repo, tag, revision: None, message: None, exist_ok: false })
    }

    /// Removes a tag. Python: `delete_tag`.
    ///
    /// # Errors
    /// `RevisionNotFound` when it is not there, `Forbidden` without rights.
    ///
    /// Endpoint: `DELETE /api/{models}/{id}/tag/{tag}`.
    pub fn delete_tag(&self, repo: impl Into<RepoArg>, tag: impl Into<String>) -> DeleteTagCall<M> {
        self.call(DeleteTag { repo: self.arg(repo), tag: tag.into() })
    }
}
