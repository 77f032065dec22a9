//! Copies of repositories.

use bytes::Bytes;
use http::{Request, response::Parts};
use hub_transport::{Body, Claims, Endpoint, Error, ErrorKind, RetryClass, decode_json, post};
use hub_types::{
    CreateRepoResponse, RepoId, RepoRef, RepoType, RepoUrl, route,
    space::{DuplicateRequest, NewSpace, SpaceHardware, SpaceSetting, SpaceStorage},
};

use super::check_sleep_time;
use crate::{
    Async, Call, HfApi, Mode, Operation,
    api::{
        new_repo::{in_namespace, made_repo, made_since, repo_claim, repo_url},
        settings::check_visibility,
    },
    args::HasRepo,
    repo_arg::RepoArg,
};

/// The call that [`HfApi::duplicate_repo`] and [`HfApi::duplicate_space`] make.
pub type DuplicateRepoCall<M = Async> = Call<DuplicateRepo, M>;

/// What to copy, and what the copy shall be like.
#[derive(Debug, Clone)]
pub struct DuplicateRepo {
    from: RepoArg,
    to: Option<String>,
    private: Option<bool>,
    visibility: Option<String>,
    resource_group_id: Option<String>,
    exist_ok: bool,
    space: NewSpace,
}

impl HasRepo for DuplicateRepo {
    fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
        &mut self.from
    }
}

impl<M: Mode> DuplicateRepoCall<M> {
    /// What the copy is called: `name` or `namespace/name`; the same name in the caller's namespace unless set. Python:
    /// `to_id`.
    pub fn to_id(self, id: impl Into<String>) -> Self {
        self.edit(|operation| operation.to = Some(id.into()))
    }

    /// Whether only its owners see the copy; as the original unless set. Python: `private`.
    pub fn private(self, private: bool) -> Self {
        self.edit(|operation| operation.private = Some(private))
    }

    /// `public`, `private`, or for Spaces `protected`, instead of [`private`](Self::private). Python: `visibility`.
    pub fn visibility(self, visibility: impl Into<String>) -> Self {
        self.edit(|operation| operation.visibility = Some(visibility.into()))
    }

    /// The resource group of an organisation that the copy belongs to: 24 hexadecimal digits. Python:
    /// `resource_group_id`.
    pub fn resource_group_id(self, id: impl Into<String>) -> Self {
        self.edit(|operation| operation.resource_group_id = Some(id.into()))
    }

    /// Whether a repository that is there already is fine. Off unless set. Python: `exist_ok`.
    pub fn exist_ok(self, exist_ok: bool) -> Self {
        self.edit(|operation| operation.exist_ok = exist_ok)
    }

    /// What a copy of a Space runs on. Python: `hardware`.
    pub fn hardware(self, hardware: impl Into<SpaceHardware>) -> Self {
        self.edit(|operation| operation.space.hardware = Some(hardware.into()))
    }

    /// What a copy of a Space may keep beyond a restart. Python: `storage`.
    pub fn storage(self, storage: impl Into<SpaceStorage>) -> Self {
        self.edit(|operation| operation.space.storage = Some(storage.into()))
    }

    /// Seconds without a visit after which a copy of a Space goes to sleep; -1 for never. Python: `sleep_time`.
    pub fn sleep_time(self, seconds: i64) -> Self {
        self.edit(|operation| operation.space.sleep_time_seconds = Some(seconds))
    }

    /// The secrets of a copy of a Space; those of the original are not copied. Python: `secrets`.
    pub fn secrets(self, secrets: impl IntoIterator<Item = SpaceSetting>) -> Self {
        self.edit(|operation| operation.space.secrets = secrets.into_iter().collect())
    }

    /// Variables of a copy of a Space, besides those of the original. Python: `variables`.
    pub fn variables(self, variables: impl IntoIterator<Item = SpaceSetting>) -> Self {
        self.edit(|operation| operation.space.variables = variables.into_iter().collect())
    }
}

/// `POST /api/{models}/{id}/duplicate`
#[derive(Debug)]
struct PostDuplicate {
    from: RepoRef,
    body: DuplicateRequest,
}

impl Endpoint for PostDuplicate {
    const NAME: &'static str = "duplicate_repo";
    type Output = CreateRepoResponse;

    fn class(&self) -> RetryClass {
        RetryClass::Ambiguous
    }

    fn target(&self) -> String {
        format!("{} as {}", self.from, self.body.repository)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        post(route::repo(&self.from).duplicate()).json(&self.body).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<CreateRepoResponse, Error> {
        made_repo(decode_json(head, &body)?, self.body.repository.namespace(), self.body.repository.name())
    }
}

impl DuplicateRepo {
    async fn target(&self, api: &HfApi, from: &RepoRef) -> Result<RepoRef, crate::Error> {
        let id: RepoId = match &self.to {
            Some(id) => id.parse()?,
            None => from.id.name().parse()?,
        };
        Ok(in_namespace(api.transport()?, &RepoRef::new(from.repo_type, id)).await?)
    }
}

impl Operation for DuplicateRepo {
    type Output = RepoUrl;

    async fn run(self, api: HfApi) -> Result<RepoUrl, crate::Error> {
        let from = self.from.get()?;
        check_visibility(self.private, self.visibility.as_deref())?;
        check_sleep_time(self.space.sleep_time_seconds, self.space.hardware.as_ref())?;
        if from.repo_type != RepoType::Space && self.space != NewSpace::new() {
            tracing::warn!("what a Space is given is ignored: {from} is not a Space");
        }
        let copy = self.target(&api, &from).await?;
        let repository = copy.id.clone();
        let space = if from.repo_type == RepoType::Space { self.space } else { NewSpace::new() };
        let Self { private, visibility, resource_group_id, .. } = self;
        let body = DuplicateRequest::new(repository)
            .private(private)
            .visibility(visibility)
            .resource_group_id(resource_group_id)
            .space(space);
        let transport = api.transport()?;
        let claim = repo_claim(&copy);
        let _turn = crate::api::turn(transport, &claim).await;
        let owner = Claims::owner(&**transport.rng());
        let another = transport.claims().is_anothers(&claim, &owner);
        let begun = transport.clock().now();
        let stated = match transport.send(&PostDuplicate { from, body }).await {
            Ok(made) => Some(made.url),
            Err(error) if self.exist_ok && error.kind() == ErrorKind::Conflict => {
                error.context().existing_url.clone()
            }
            Err(error) if error.maybe_processed() => {
                let hint = match made_since(transport, &copy, begun).await {
                    Ok(Some(made)) if self.exist_ok || (made && !another) => None,
                    Ok(Some(_)) => Some("it exists, and it is not known whether this call has made it"),
                    Ok(None) => Some("the copy may still be made: look before you try again"),
                    Err(_) => Some("it is not known whether the copy was made: look before you try again"),
                };
                if let Some(hint) = hint {
                    return Err(error.with_hint(hint).into());
                }
                None
            }
            Err(error) => return Err(error.into()),
        };
        transport.claims().claim_anew(&claim, &owner);
        repo_url(transport, stated.as_deref(), &copy)
    }
}

impl<M: Mode> HfApi<M> {
    /// Copies a repository into a namespace of the caller's and returns the URL of the copy. Python:
    /// `duplicate_repo`.
    ///
    /// The files of the default branch are copied, not the history. When the response is lost, the call looks whether the
    /// copy was made.
    ///
    /// # Errors
    /// `RepoNotFound`, `Conflict` when the copy exists and [`exist_ok`](Call::exist_ok) is off, `Forbidden` without rights
    /// on the namespace.
    ///
    /// Endpoint: `POST /api/{models}/{id}/duplicate`.
    pub fn duplicate_repo(&self, from: impl Into<RepoArg>) -> DuplicateRepoCall<M> {
        self.call(DuplicateRepo {
            from: self.arg(from),
            to: None,
            private: None,
            visibility: None,
            resource_group_id: None,
            exist_ok: false,
            space: NewSpace::new(),
        })
    }

    /// Copies a Space: [`duplicate_repo`](Self::duplicate_repo) for Spaces. Its variables are copied, its secrets are not.
    /// Python: `duplicate_space`.
    ///
    /// # Errors
    /// As for [`duplicate_repo`](Self::duplicate_repo).
    ///
    /// Endpoint: `POST /api/spaces/{id}/duplicate`.
    pub fn duplicate_space(&self, from: impl Into<RepoArg>) -> DuplicateRepoCall<M> {
        self.duplicate_repo(super::space(from))
    }
}
