//! Making repositories.

use std::time::Duration;

use bytes::Bytes;
use http::{Request, response::Parts};
use hub_transport::{Body, Claims, Endpoint, Error, ErrorKind, RetryClass, Transport, decode_json, post};
use hub_types::{
    CreateRepoRequest, CreateRepoResponse, Message, RepoId, RepoInfo, RepoType, RepoUrl, route,
    space::{NewSpace, SpaceHardware, SpaceSetting, SpaceStorage},
};

use super::{
    info::GetInfo,
    new_repo::{in_namespace, made_repo, made_since, repo_claim, repo_url},
    settings::check_visibility,
    spaces::{check_sleep_time, template_called},
};
use crate::{Async, Call, HfApi, Mode, Operation, args::HasRepo, repo_arg::RepoArg};

/// The call that [`HfApi::create_repo`] makes.
pub type CreateRepoCall<M = Async> = Call<CreateRepo, M>;

/// What a repository should be like.
#[derive(Debug, Clone)]
pub struct CreateRepo {
    repo: RepoArg,
    private: Option<bool>,
    visibility: Option<String>,
    region: Option<String>,
    exist_ok: bool,
    space_sdk: Option<String>,
    space_template: Option<String>,
    space: NewSpace,
    resource_group_id: Option<String>,
}

impl HasRepo for CreateRepo {
    fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
        &mut self.repo
    }
}

impl<M: Mode> CreateRepoCall<M> {
    /// Whether only its owners see it; the account's default unless set. Python: `private`.
    pub fn private(self, private: bool) -> Self {
        self.edit(|operation| operation.private = Some(private))
    }

    /// `public`, `private`, or for Spaces `protected`, instead of [`private`](Self::private). Python: `visibility`.
    pub fn visibility(self, visibility: impl Into<String>) -> Self {
        self.edit(|operation| operation.visibility = Some(visibility.into()))
    }

    /// Where in the world it is stored: `us` or `eu`; the Hub's choice unless set. Paid organisations only. Python:
    /// `region`.
    pub fn region(self, region: impl Into<String>) -> Self {
        self.edit(|operation| operation.region = Some(region.into()))
    }

    /// Whether a repository that is there already is fine. Off unless set. Python: `exist_ok`.
    pub fn exist_ok(self, exist_ok: bool) -> Self {
        self.edit(|operation| operation.exist_ok = exist_ok)
    }

    /// What runs a Space: `gradio`, `docker`, `static`. Required for Spaces without a template. Python: `space_sdk`.
    pub fn space_sdk(self, sdk: impl Into<String>) -> Self {
        self.edit(|operation| operation.space_sdk = Some(sdk.into()))
    }

    /// The template that a Space begins as, by its id or its name: one of
    /// [`list_space_templates`](HfApi::list_space_templates), which is asked for first. It says what runs the Space, and
    /// whether that is private unless you say it. Python: `space_template`.
    pub fn space_template(self, template: impl Into<String>) -> Self {
        self.edit(|operation| operation.space_template = Some(template.into()))
    }

    /// What a Space shall run on, such as `cpu-basic`. Python: `space_hardware`.
    pub fn space_hardware(self, hardware: impl Into<SpaceHardware>) -> Self {
        self.edit(|operation| operation.space.hardware = Some(hardware.into()))
    }

    /// What a Space may keep beyond a restart. Python: `space_storage`.
    pub fn space_storage(self, storage: impl Into<SpaceStorage>) -> Self {
        self.edit(|operation| operation.space.storage = Some(storage.into()))
    }

    /// Seconds without a visit after which a Space goes to sleep; -1 for never. Python: `space_sleep_time`.
    pub fn space_sleep_time(self, seconds: i64) -> Self {
        self.edit(|operation| operation.space.sleep_time_seconds = Some(seconds))
    }

    /// The secrets of a Space. Python: `space_secrets`.
    pub fn space_secrets(self, secrets: impl IntoIterator<Item = SpaceSetting>) -> Self {
        self.edit(|operation| operation.space.secrets = secrets.into_iter().collect())
    }

    /// The variables of a Space. Python: `space_variables`.
    pub fn space_variables(self, variables: impl IntoIterator<Item = SpaceSetting>) -> Self {
        self.edit(|operation| operation.space.variables = variables.into_iter().collect())
    }

    /// The resource group of an organisation that the repository belongs to: 24 hexadecimal digits. Python:
    /// `resource_group_id`.
    pub fn resource_group_id(self, id: impl Into<String>) -> Self {
        self.edit(|operation| operation.resource_group_id = Some(id.into()))
    }
}

/// `POST /api/repos/create`
#[derive(Debug)]
struct PostCreate {
    target: String,
    body: CreateRepoRequest,
}

impl Endpoint for PostCreate {
    const NAME: &'static str = "create_repo";
    type Output = CreateRepoResponse;

    fn class(&self) -> RetryClass {
        RetryClass::Ambiguous
    }

    fn target(&self) -> String {
        self.target.clone()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        post(route::CREATE_REPO).json(&self.body).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<CreateRepoResponse, Error> {
        made_repo(decode_json(head, &body)?, self.body.organization.as_deref(), &self.body.name)
    }
}

/// The Hub's text while another request works on the same name; the call is worth repeating.
const BUSY: &str = "another conflicting operation is in progress";
/// How often a busy name is tried again.
const BUSY_ATTEMPTS: u32 = 5;

impl CreateRepo {
    /// Finds what cannot be before anything is sent.
    fn check(&self) -> Result<(), crate::Error> {
        let repo = self.repo.get()?;
        check_visibility(self.private, self.visibility.as_deref())?;
        if repo.repo_type == RepoType::Space {
            if self.space_sdk.is_none() && self.space_template.is_none() {
                let text = Message::from("a Space needs an SDK: set ").and_argument("space_sdk");
                let text =
                    text.text(" to gradio, docker or static, or name a ").and_argument("space_template");
                return Err(crate::Error::setup(text));
            }
            return check_sleep_time(self.space.sleep_time_seconds, self.space.hardware.as_ref());
        }
        if self.space_template.is_some() {
            return Err(crate::Error::setup(format!("a template is for Spaces: {repo} is not one")));
        }
        if self.space_sdk.is_some() || self.space != NewSpace::new() {
            tracing::warn!("what a Space is given is ignored: {repo} is not a Space");
        }
        Ok(())
    }

    /// Lets the template, if there is one, say what it says.
    async fn take_template(&mut self, transport: &Transport) -> Result<Option<RepoId>, crate::Error> {
        let Some(wanted) = &self.space_template else { return Ok(None) };
        let template = template_called(transport, wanted).await?;
        if let Some(sdk) = self.space_sdk.as_ref().filter(|sdk| **sdk != template.sdk) {
            let text = format!("the template {:?} runs on {}, not on {sdk}", template.name, template.sdk);
            return Err(crate::Error::setup(text));
        }
        self.space_sdk = Some(template.sdk);
        if template.preferred_private && self.visibility.is_none() {
            self.private.get_or_insert(true);
        }
        Ok(Some(template.repo_id))
    }

    fn request(&self, template: Option<RepoId>) -> Result<PostCreate, crate::Error> {
        let repo = self.repo.get()?;
        let mut body = CreateRepoRequest::new(repo.repo_type, &repo.id)
            .private(self.private)
            .visibility(self.visibility.clone());
        if repo.repo_type == RepoType::Space {
            body = body.sdk(self.space_sdk.clone()).template(template).space(self.space.clone());
        }
        for (name, value) in [("resourceGroupId", &self.resource_group_id), ("region", &self.region)] {
            if let Some(value) = value {
                body.extra.insert(name.to_owned(), value.as_str().into());
            }
        }
        Ok(PostCreate { target: repo.to_string(), body })
    }

    /// The repository that is there already, when the caller is content with it.
    async fn existing(&self, api: &HfApi, error: Error) -> Result<RepoUrl, crate::Error> {
        let repo = self.repo.get()?;
        let readable = match error.kind() {
            ErrorKind::Conflict => true,
            // A token that may read but not create must not be told that the repository is missing.
            ErrorKind::Unauthorized | ErrorKind::Forbidden => {
                match in_namespace(api.transport()?, &repo).await {
                    Ok(repo) => {
                        api.transport()?.send(&GetInfo::<RepoInfo>::new((&repo).into())).await.is_ok()
                    }
                    Err(_) => false,
                }
            }
            _ => false,
        };
        match readable {
            true => repo_url(api.transport()?, error.context().existing_url.as_deref(), &repo),
            false => Err(error.into()),
        }
    }
}

impl Operation for CreateRepo {
    type Output = RepoUrl;

    async fn run(mut self, api: HfApi) -> Result<RepoUrl, crate::Error> {
        self.check()?;
        let transport = api.transport()?;
        let template = self.take_template(transport).await?;
        let create = self.request(template)?;
        let repo = self.repo.get()?;
        let claim = repo_claim(&repo);
        let _turn = crate::api::turn(transport, &claim).await;
        let owner = Claims::owner(&**transport.rng());
        let begun = transport.clock().now();
        let mut attempt = 0;
        // Whether an attempt may have made the repository although no response said so.
        let mut unknown = false;
        loop {
            match transport.send(&create).await {
                Ok(created) => {
                    transport.claims().claim_anew(&claim, &owner);
                    return repo_url(transport, Some(&created.url), &repo);
                }
                Err(error)
                    if error.server_message().is_some_and(|text| text.contains(BUSY))
                        && attempt < BUSY_ATTEMPTS =>
                {
                    attempt += 1;
                    transport.clock().sleep(Duration::from_millis(200 << attempt)).await;
                }
                Err(error) if error.maybe_processed() || unknown => {
                    // What one attempt has left open no later response settles.
                    let error = error.in_doubt();
                    let another = transport.claims().is_anothers(&claim, &owner);
                    match made_since(transport, &repo, begun).await {
                        Ok(Some(made)) if self.exist_ok || (made && !another) => {
                            transport.claims().claim_anew(&claim, &owner);
                            let repo = in_namespace(transport, &repo).await?;
                            return repo_url(transport, error.context().existing_url.as_deref(), &repo);
                        }
                        Ok(Some(_)) => {
                            let hint = "it exists, and it is not known whether this call has created it";
                            return Err(error.with_hint(hint).into());
                        }
                        // The name is free: at most one of two attempts can have it.
                        Ok(None) if !unknown && transport.may_repeat() => unknown = true,
                        Ok(None) | Err(_) => {
                            let hint = "it is not known whether it was created: look before you try again";
                            return Err(error.with_hint(hint).into());
                        }
                    }
                }
                Err(error) if self.exist_ok => return self.existing(&api, error).await,
                Err(error) if error.kind() == ErrorKind::Conflict => {
                    return Err(error
                        .with_hint(Message::argument("exist_ok").text(" takes the one that is there"))
                        .into());
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl<M: Mode> HfApi<M> {
    /// Makes a repository and returns its URL. Python: `create_repo`.
    ///
    /// When the response is lost, the call finds out whether the repository was made: it is made once, and reported once.
    ///
    /// An id without a namespace is made in the caller's own. The new repository holds a first commit with
    /// `.gitattributes`.
    ///
    /// # Errors
    /// `Conflict` when it exists and [`exist_ok`](Call::exist_ok) is off, `Forbidden` without rights on the namespace,
    /// [`Error::Setup`](crate::Error::Setup) for a Space without an SDK, a template that there is not or that runs on
    /// another SDK, and for [`private`](Call::private) together with [`visibility`](Call::visibility).
    ///
    /// Endpoint: `POST /api/repos/create`.
    pub fn create_repo(&self, repo: impl Into<RepoArg>) -> CreateRepoCall<M> {
        self.call(CreateRepo {
            repo: self.arg(repo),
            private: None,
            visibility: None,
            region: None,
            exist_ok: false,
            space_sdk: None,
            space_template: None,
            space: NewSpace::new(),
            resource_group_id: None,
        })
    }
}
