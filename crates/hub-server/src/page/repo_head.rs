//! What all pages of a repository begin with: its name, what it is, and the way to its other pages.

use hub_types::RepoType;

use super::{
    request::Request,
    shown::{self, Paths},
};
use crate::{
    api_error::ApiError,
    context::Inner,
    route::{rights::Access, table::Needs},
    store::DiscussionFilter,
};

/// The page of a repository that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tab {
    Card,
    Files,
    Discussions,
    Activity,
    Settings,
}

/// The head of a repository's pages: `templates/repo_head.html`, which finds it in a field `head`.
#[derive(Debug, Clone)]
pub(super) struct RepoHead {
    pub(super) paths: Paths,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) repo_type: RepoType,
    pub(super) private: bool,
    pub(super) gated: bool,
    pub(super) likes: u64,
    /// Whether the viewer likes it.
    pub(super) is_liked: bool,
    /// Open discussions and pull requests.
    pub(super) open: u64,
    /// `main`, unless HEAD says something else.
    pub(super) default_branch: String,
    /// What the viewer may do.
    pub(super) may_read_files: bool,
    pub(super) may_propose: bool,
    pub(super) may_write: bool,
    pub(super) tab: Tab,
}

impl RepoHead {
    /// Reads it. Blocks.
    pub(super) fn read(hub: &Inner, access: &Access, tab: Tab) -> Result<Self, ApiError> {
        let repo = &access.repo;
        let open = DiscussionFilter { open: Some(true), ..DiscussionFilter::default() };
        let is_liked = match &access.caller {
            Some(caller) => hub.store.likes(&caller.user, repo)?,
            None => false,
        };
        let default_branch = hub.store.git(repo)?.default_branch()?;
        Ok(Self {
            paths: Paths::new(&repo.repo),
            namespace: repo.repo.id.namespace().unwrap_or_default().to_owned(),
            name: repo.repo.id.name().to_owned(),
            repo_type: repo.repo.repo_type,
            private: repo.private,
            gated: repo.gated.is_some(),
            likes: hub.store.count_likes(repo)?,
            is_liked,
            open: hub.store.list_discussions(repo, &open, 0, 0)?.count,
            default_branch: shown::ref_name(&default_branch).to_owned(),
            may_read_files: access.must(Needs::Files).is_ok(),
            may_propose: access.must(Needs::Contribute).is_ok(),
            may_write: access.must(Needs::Write).is_ok(),
            tab,
        })
    }

    pub(super) fn kind(&self) -> &'static str {
        shown::kind(self.repo_type)
    }

    /// The listing that it is found in.
    pub(super) fn listing(&self) -> String {
        shown::listing(self.repo_type)
    }

    pub(super) fn id(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// The title of a page about it.
    pub(super) fn title(&self, page: &str) -> String {
        if page.is_empty() { self.id() } else { format!("{page} · {}", self.id()) }
    }

    pub(super) fn on_card(&self) -> bool {
        self.tab == Tab::Card
    }

    pub(super) fn on_files(&self) -> bool {
        self.tab == Tab::Files
    }

    pub(super) fn on_discussions(&self) -> bool {
        self.tab == Tab::Discussions
    }

    pub(super) fn on_activity(&self) -> bool {
        self.tab == Tab::Activity
    }

    pub(super) fn on_settings(&self) -> bool {
        self.tab == Tab::Settings
    }
}

impl Request {
    /// Runs what reads the store for a page of a repository, with the head of the page.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        access: Access,
        tab: Tab,
        read: impl FnOnce(&Inner, &Access, &RepoHead) -> Result<T, ApiError> + Send + 'static,
    ) -> Result<(RepoHead, T), ApiError> {
        self.context
            .blocking(move |hub| {
                let head = RepoHead::read(hub, &access, tab)?;
                let read = read(hub, &access, &head)?;
                Ok((head, read))
            })
            .await
    }
}
