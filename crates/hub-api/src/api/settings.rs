//! What a repository is called, and who sees it.

use bytes::Bytes;
use http::{Request, response::Parts};
use hub_transport::{
    Body, Done, Endpoint, Error, ErrorKind, RetryClass, Transport, decode_done, decode_json, post, put,
};
use hub_types::{Gated, Message, MoveRepoRequest, RepoId, RepoInfo, RepoRef, RepoSettings, route};

use super::{
    identity::GetWhoAmI,
    info::GetInfo,
    new_repo::{forget_repo, silent},
};
use crate::{Async, Call, HfApi, Mode, Operation, args::HasRepo, repo_arg::RepoArg};

/// The call that [`HfApi::move_repo`] makes.
pub type MoveRepoCall<M = Async> = Call<MoveRepo, M>;
/// The call that [`HfApi::update_repo_visibility`] and [`HfApi::update_repo_settings`] make.
pub type UpdateSettingsCall<M = Async> = Call<UpdateSettings, M>;

/// A repository and the name that it shall have.
#[derive(Debug, Clone)]
pub struct MoveRepo {
    from: RepoArg,
    to: String,
}

impl HasRepo for MoveRepo {
    fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
        &mut self.from
    }
}

impl Operation for MoveRepo {
    type Output = ();

    async fn run(self, api: HfApi) -> Result<(), crate::Error> {
        let from = self.from.get()?;
        let to: RepoId = self.to.parse()?;
        for id in [&from.id, &to] {
            if id.namespace().is_none() {
                return Err(crate::Error::setup(format!(
                    "both names of a move are namespace/name, not {id}"
                )));
            }
        }
        let to = RepoRef::new(from.repo_type, to);
        let transport = api.transport()?;
        let endpoint = PostMove { from: from.clone(), to: to.clone() };
        let doubt = match transport.send(&endpoint).await {
            Ok(Done::Said) => None,
            Ok(Done::Silent) => Some(silent(&endpoint)),
            Err(error) if error.maybe_processed() => Some(error),
            Err(error) => {
                let more = "see https://hf.co/docs/hub/repositories-settings#renaming-or-transferring-a-repo";
                return Err(error.with_hint(more).into());
            }
        };
        if let Some(error) = doubt
            && !has_moved(transport, &from, &to).await
        {
            return Err(error.with_hint("it was not moved, or could not be looked up").into());
        }
        forget_repo(transport, &from);
        Ok(())
    }
}

/// Whether the new name exists, and the old one leads to it or to nothing.
async fn has_moved(transport: &Transport, from: &RepoRef, to: &RepoRef) -> bool {
    let is_new = |info: &RepoInfo| info.id().eq_ignore_ascii_case(to.id.as_str());
    let there = transport.send(&GetInfo::<RepoInfo>::new(to.into())).await.is_ok_and(|info| is_new(&info));
    there
        && match transport.send(&GetInfo::<RepoInfo>::new(from.into())).await {
            Ok(info) => is_new(&info),
            Err(error) => error.is_not_found(),
        }
}

/// `POST /api/repos/move`
#[derive(Debug)]
struct PostMove {
    from: RepoRef,
    to: RepoRef,
}

impl Endpoint for PostMove {
    const NAME: &'static str = "move_repo";
    type Output = Done;

    fn class(&self) -> RetryClass {
        RetryClass::Ambiguous
    }

    fn target(&self) -> String {
        format!("{} to {}", self.from, self.to.id)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let Self { from, to } = self;
        let body = MoveRepoRequest::new(from.repo_type, from.id.clone(), to.id.clone());
        post(route::MOVE_REPO).json(&body).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<Done, Error> {
        decode_done(head, &body)
    }
}

/// Settings to change.
#[derive(Debug, Clone)]
pub struct UpdateSettings {
    repo: RepoArg,
    organization: Option<String>,
    name: Option<String>,
    settings: RepoSettings,
}

impl HasRepo for UpdateSettings {
    fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
        &mut self.repo
    }
}

impl<M: Mode> UpdateSettingsCall<M> {
    /// Whether only its owners see it; unchanged unless set. Python: `private`.
    pub fn private(self, private: bool) -> Self {
        self.edit(|operation| operation.settings.private = Some(private))
    }

    /// `public`, `private`, or for Spaces `protected`, instead of [`private`](Self::private); unchanged unless set.
    /// Python: `visibility`.
    pub fn visibility(self, visibility: impl Into<String>) -> Self {
        self.edit(|operation| operation.settings.visibility = Some(visibility.into()))
    }

    /// Whether access to the files must be asked for: `Gated::Mode` with `auto` or `manual`, or `Gated::Flag(false)`;
    /// unchanged unless set. Python: `gated`.
    pub fn gated(self, gated: Gated) -> Self {
        self.edit(|operation| operation.settings.gated = Some(gated))
    }
}

impl<M: Mode> UpdateSettingsCall<M> {
    /// The namespace, for an id without one; the caller's own unless set. Python: `organization`.
    pub fn organization(self, organization: impl Into<String>) -> Self {
        self.edit(|operation| operation.organization = Some(organization.into()))
    }

    /// Another name than that in the id, in the same namespace. Python: `name`, which the id has replaced.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.edit(|operation| operation.name = Some(name.into()))
    }
}

impl UpdateSettings {
    /// The repository; an id without a namespace is that of the organization, else of the caller.
    async fn target(&self, transport: &Transport) -> Result<RepoRef, crate::Error> {
        let RepoRef { repo_type, id } = self.repo.get()?;
        let name = self.name.as_deref().unwrap_or(id.name());
        let namespace = id.namespace().or(self.organization.as_deref());
        // Both are checked before anybody is asked who the caller is.
        let id = RepoId::new(namespace.unwrap_or("me"), name)?;
        if namespace.is_some() {
            return Ok(RepoRef::new(repo_type, id));
        }
        let me = transport.send(&GetWhoAmI).await?;
        Ok(RepoRef::new(repo_type, RepoId::new(&me.name, name)?))
    }

    fn check(&self) -> Result<(), crate::Error> {
        let RepoSettings { private, visibility, gated, .. } = &self.settings;
        check_visibility(*private, visibility.as_deref())?;
        let problem = match (private, visibility, gated) {
            (None, None, None) => Message::from("at least one setting must be given: ")
                .and_argument("private")
                .text(", ")
                .and_argument("visibility")
                .text(" or ")
                .and_argument("gated"),
            (_, _, Some(Gated::Flag(true))) => no_mode(),
            (_, _, Some(Gated::Mode(mode))) if !matches!(mode.as_str(), "auto" | "manual") => no_mode(),
            _ => return Ok(()),
        };
        Err(crate::Error::setup(problem))
    }
}

fn no_mode() -> Message {
    Message::argument("gated").text(" must be auto, manual or false")
}

/// Refuses two responses to who sees a repository, and words that are none.
pub(super) fn check_visibility(private: Option<bool>, visibility: Option<&str>) -> Result<(), crate::Error> {
    match (private, visibility) {
        (Some(_), Some(_)) => Err(crate::Error::setup(
            Message::argument("private").text(" and ").and_argument("visibility").text(" exclude each other"),
        )),
        (None, Some(word)) if !matches!(word, "public" | "private" | "protected") => {
            Err(crate::Error::setup(
                Message::argument("visibility").text(" must be public, private or protected"),
            ))
        }
        _ => Ok(()),
    }
}

impl Operation for UpdateSettings {
    type Output = RepoSettings;

    async fn run(self, api: HfApi) -> Result<RepoSettings, crate::Error> {
        self.check()?;
        let transport = api.transport()?;
        let repo = self.target(transport).await?;
        Ok(transport.send(&PutSettings { repo, settings: self.settings }).await?)
    }
}

/// `PUT /api/{models}/{id}/settings`
#[derive(Debug)]
struct PutSettings {
    repo: RepoRef,
    settings: RepoSettings,
}

impl Endpoint for PutSettings {
    const NAME: &'static str = "update_repo_settings";
    type Output = RepoSettings;

    fn class(&self) -> RetryClass {
        RetryClass::Set
    }

    fn target(&self) -> String {
        self.repo.to_string()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        put(route::repo(&self.repo).settings()).json(&self.settings).finish()
    }

    /// A response that leaves out what was to change does not say that it changed.
    fn decode(&self, head: &Parts, body: Bytes) -> Result<RepoSettings, Error> {
        let now: RepoSettings = decode_json(head, &body)?;
        let seen = |settings: &RepoSettings| settings.private.is_some() || settings.visibility.is_some();
        let gated = self.settings.gated.is_none() || now.gated.is_some();
        if gated && (!seen(&self.settings) || seen(&now)) {
            return Ok(now);
        }
        Err(Error::new(ErrorKind::Decode, "the response does not name the settings that were to change"))
    }
}

impl<M: Mode> HfApi<M> {
    /// Gives a repository another name or another owner; the old name leads to it from then on. Both ids need a
    /// namespace. Python: `move_repo`.
    ///
    /// When the response is lost, the call finds out whether the repository was moved.
    ///
    /// # Errors
    /// `Conflict` when the new name is taken, `RepoNotFound`, `Forbidden` without rights on either side.
    ///
    /// Endpoint: `POST /api/repos/move`.
    pub fn move_repo(&self, from: impl Into<RepoArg>, to_id: impl Into<String>) -> MoveRepoCall<M> {
        self.call(MoveRepo { from: self.arg(from), to: to_id.into() })
    }

    /// Makes a repository private or public, and returns what was changed. An id without a namespace is the caller's
    /// own. Python: `update_repo_visibility`.
    ///
    /// # Errors
    /// `RepoNotFound`, `Forbidden` without rights.
    ///
    /// Endpoint: `PUT /api/{models}/{id}/settings`.
    pub fn update_repo_visibility(&self, repo: impl Into<RepoArg>, private: bool) -> UpdateSettingsCall<M> {
        self.update_repo_settings(repo).private(private)
    }

    /// Changes who sees a repository and who gets its files, and returns what was changed. An id without a namespace is
    /// the caller's own. Python: `update_repo_settings`.
    ///
    /// # Errors
    /// [`Error::Setup`](crate::Error::Setup) when no setting is given or two exclude each other; `RepoNotFound`,
    /// `Forbidden` without rights.
    ///
    /// Endpoint: `PUT /api/{models}/{id}/settings`.
    pub fn update_repo_settings(&self, repo: impl Into<RepoArg>) -> UpdateSettingsCall<M> {
        self.call(UpdateSettings {
            repo: self.arg(repo),
            organization: None,
            name: None,
            settings: RepoSettings::new(),
        })
    }
}
