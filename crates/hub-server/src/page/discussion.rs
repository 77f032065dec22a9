//! A discussion or pull request: what was said and done, and what can be.

use askama::Template;
use http::{Response, StatusCode};
use hub_types::{DiscussionStatus, query::Query};

use super::{
    diff_view::DiffView,
    discussion_events::{EventView, Events, Status, Text, What},
    pull_request::{Mergeable, PullRequestView},
    repo_head::{RepoHead, Tab},
    request::Request,
    shell::Shell,
    shown::{self, When},
};
use crate::{
    Body,
    api_error::ApiError,
    context::Inner,
    handler::discussions::base,
    route::rights::Access,
    store::{DiscussionRecord, EventsFrom, reference},
};

#[derive(Template)]
#[template(path = "discussion.html")]
struct DiscussionPage {
    shell: Shell,
    head: RepoHead,
    about: About,
    events: Vec<EventView>,
    /// The pages before and after this one.
    before: Option<String>,
    next: Option<String>,
    pull_request: Option<PullRequestView>,
    typed: Typed,
    problem: Option<String>,
}

/// What all pages of a discussion have.
struct About {
    number: u64,
    path: String,
    title: String,
    status: Status,
    author: String,
    author_path: String,
    when: When,
    /// Whether the viewer may change title and status.
    may_change: bool,
    may_close: bool,
    may_open: bool,
    /// A draft is opened for the first time.
    is_draft: bool,
}

/// What was typed into the forms, and was refused.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) title: Option<String>,
    pub(super) comment: String,
}

#[derive(Template)]
#[template(path = "discussion_edit.html")]
struct EditPage {
    shell: Shell,
    head: RepoHead,
    about: About,
    id: String,
    text: String,
    problem: Option<String>,
}

#[derive(Template)]
#[template(path = "discussion_files.html")]
struct FilesPage {
    shell: Shell,
    head: RepoHead,
    about: About,
    diff: Option<DiffView>,
}

impl About {
    fn new(one: &DiscussionRecord, head: &RepoHead, viewer: Option<&str>) -> Self {
        let may_change = viewer.is_some_and(|name| name == one.author || head.may_write)
            && one.status != DiscussionStatus::Merged;
        Self {
            number: one.number,
            path: head.paths.discussion(one.number),
            title: shown::title(&one.title),
            status: Status::of(one),
            author: one.author.clone(),
            author_path: shown::account(&one.author),
            when: When::new(one.created_at),
            may_change,
            may_close: may_change && one.status.is_open(),
            may_open: may_change && one.status != DiscussionStatus::Open,
            is_draft: one.status == DiscussionStatus::Draft,
        }
    }

    fn shell_title(&self, head: &RepoHead) -> String {
        head.title(&format!("{} (#{})", self.title, self.number))
    }
}

/// The name of a caller who may write something.
fn viewer<'a>(access: &'a Access, head: &RepoHead) -> Option<&'a str> {
    access.caller.as_ref().filter(|_| head.may_propose).map(|caller| caller.user.name.as_str())
}

pub(super) async fn page(request: &Request, access: Access, number: u64) -> Result<Response<Body>, ApiError> {
    match request.context.query.get("edit") {
        Some(id) => edit_page(request, access, number, id.to_owned(), None).await,
        None => show(request, access, number, Typed::default(), None).await,
    }
}

/// Where the query says that the page begins.
fn from(query: &Query) -> Result<EventsFrom, ApiError> {
    Ok(match (query.number("from")?, query.get("at")) {
        (Some(position), _) => EventsFrom::Position(position as u64),
        (None, Some("end")) => EventsFrom::End,
        (None, Some(id)) => EventsFrom::Event(id.to_owned()),
        (None, None) => EventsFrom::Position(0),
    })
}

/// The page, with what is to be mended in a form that was sent.
pub(super) async fn show(
    request: &Request,
    access: Access,
    number: u64,
    typed: Typed,
    problem: Option<(StatusCode, String)>,
) -> Result<Response<Body>, ApiError> {
    let from = if problem.is_some() { EventsFrom::End } else { from(&request.context.query)? };
    let base = request.context.base.clone();
    let (head, (about, (events, before, next), pull_request)) = request
        .read(access, Tab::Discussions, move |hub, access, head| {
            let one = hub.store.current_discussion(&access.repo, number)?;
            let viewer = viewer(access, head);
            let page = hub.store.event_page(&access.repo, number, &from)?;
            let mut events = Events::new(head, number, viewer);
            let shown: Vec<_> = page.events.into_iter().map(|event| events.show(event)).collect();
            let pull_request = PullRequestView::read(hub, access, head, &one, &base)?;
            Ok((About::new(&one, head, viewer), (shown, page.before, page.next), pull_request))
        })
        .await?;
    let to = |position: u64| format!("{}?from={position}", about.path);
    let (status, problem) = problem.unzip();
    let page = DiscussionPage {
        shell: request.shell(about.shell_title(&head)),
        before: before.map(to),
        next: next.map(to),
        head,
        about,
        events,
        pull_request,
        typed,
        problem,
    };
    request.html_with(status, &page)
}

/// A form with a comment of one's own.
pub(super) async fn edit_page(
    request: &Request,
    access: Access,
    number: u64,
    id: String,
    refused: Option<(String, (StatusCode, String))>,
) -> Result<Response<Body>, ApiError> {
    let asked = id.clone();
    let (head, (about, text)) = request
        .read(access, Tab::Discussions, move |hub, access, head| {
            let viewer = viewer(access, head);
            let one = hub.store.discussion(&access.repo, number)?;
            let comment = hub.store.latest_comment(&access.repo, number, &asked)?;
            if viewer != Some(&*comment.author) {
                return Err(ApiError::forbidden("Only its author can edit a comment"));
            }
            let text = comment.data.pointer("/latest/raw").and_then(serde_json::Value::as_str);
            Ok((About::new(&one, head, viewer), text.unwrap_or_default().to_owned()))
        })
        .await?;
    let (typed, problem) = refused.unzip();
    let (status, problem) = problem.unzip();
    let page = EditPage {
        shell: request.shell(about.shell_title(&head)),
        head,
        about,
        id,
        text: typed.unwrap_or(text),
        problem,
    };
    request.html_with(status, &page)
}

/// What a pull request changes.
pub(super) async fn files_page(
    request: &Request,
    access: Access,
    number: u64,
) -> Result<Response<Body>, ApiError> {
    let (head, (about, diff)) = request
        .read(access, Tab::Discussions, move |hub, access, head| {
            let one = hub.store.current_discussion(&access.repo, number)?;
            let diff = changes(hub, access, head, &one)?;
            Ok((About::new(&one, head, viewer(access, head)), diff))
        })
        .await?;
    let shell = request.shell(head.title(&format!("Files of #{number}")));
    request.html(&FilesPage { shell, head, about, diff })
}

/// The changes of a pull request; none of one whose ref is gone.
fn changes(
    hub: &Inner,
    access: &Access,
    head: &RepoHead,
    one: &DiscussionRecord,
) -> Result<Option<DiffView>, ApiError> {
    let Some(pull_request) = &one.pull_request else {
        return Err(ApiError::new(StatusCode::NOT_FOUND, "This discussion is not a pull request"));
    };
    let git = hub.store.git(&access.repo)?;
    let Ok(tip) = git.resolve(&reference(one.number)) else { return Ok(None) };
    let from = base(&git, one, pull_request, tip)?;
    DiffView::read(&git, head, Some(from), tip).map(Some)
}
