//! What happened on this Hub, and in one repository: newest first, without what the viewer may not see.

use askama::Template;
use http::Response;
use hub_types::RepoType;

use super::{
    repo_head::{RepoHead, Tab},
    request::Request,
    shell::Shell,
    shown::{self, Paths, When},
};
use crate::{
    Body,
    api_error::ApiError,
    route::rights::{self, Access},
    store::{FeedEvent, FeedPlace, FeedStep, Identity},
};

const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "activity.html")]
struct ActivityPage {
    shell: Shell,
    feed: Feed,
}

#[derive(Template)]
#[template(path = "repo_activity.html")]
struct RepoActivityPage {
    shell: Shell,
    head: RepoHead,
    feed: Feed,
}

/// A part of a feed: `templates/feed.html`, which finds it in a field `feed`.
struct Feed {
    lines: Vec<Line>,
    first: Option<String>,
    next: Option<String>,
    /// Whether it is of all repositories, so that each line names its own.
    of_all: bool,
}

/// One thing that happened.
struct Line {
    who: String,
    who_path: Option<String>,
    verb: String,
    /// What it was done to, and where that is.
    what: Option<(String, Option<String>)>,
    after: String,
    repo: String,
    repo_path: String,
    when: When,
}

/// What happened on this Hub.
pub(super) async fn of_hub(request: &Request) -> Result<Response<Body>, ApiError> {
    let after = place(request)?;
    let caller = request.caller.clone();
    let (events, next) = request
        .context
        .blocking(move |hub| {
            Ok(hub.store.feed(None, &|repo| rights::sees(caller.as_deref(), repo), after, PAGE)?)
        })
        .await?;
    let feed = Feed::new(request.caller.as_deref(), "/activity", (events, next), after, true);
    request.html(&ActivityPage { shell: request.shell("Activity"), feed })
}

/// What happened in a repository, which the viewer sees.
pub(super) async fn of_repo(request: &Request, access: Access) -> Result<Response<Body>, ApiError> {
    let after = place(request)?;
    let read = request.read(access, Tab::Activity, move |hub, access, _| {
        Ok(hub.store.feed(
            Some(&access.repo),
            &|repo| rights::sees(access.caller.as_ref(), repo),
            after,
            PAGE,
        )?)
    });
    let (head, found) = read.await?;
    let path = format!("{}/activity", head.paths.base());
    let feed = Feed::new(request.caller.as_deref(), &path, found, after, false);
    request.html(&RepoActivityPage { shell: request.shell(head.title("Activity")), head, feed })
}

fn place(request: &Request) -> Result<Option<FeedPlace>, ApiError> {
    Ok(request.context.query.get("before").map(str::parse).transpose()?)
}

impl Feed {
    fn new(
        caller: Option<&Identity>,
        path: &str,
        (events, next): (Vec<FeedEvent>, Option<FeedPlace>),
        after: Option<FeedPlace>,
        of_all: bool,
    ) -> Self {
        Self {
            lines: events.into_iter().map(|event| Line::new(caller, event, of_all)).collect(),
            first: after.map(|_| path.to_owned()),
            next: next.map(|place| format!("{path}?before={place}")),
            of_all,
        }
    }
}

impl Line {
    fn new(caller: Option<&Identity>, event: FeedEvent, of_all: bool) -> Self {
        let paths = Paths::new(&event.repo.repo);
        let who_path = event.who.as_deref().filter(|_| event.has_account);
        let who_path = who_path.map(shown::account);
        let kind = match event.repo.repo.repo_type {
            RepoType::Space => "Space",
            other => other.singular(),
        };
        let mut after = String::new();
        let (verb, what) = match event.step {
            FeedStep::Made if of_all => (format!("made the {kind}"), None),
            FeedStep::Made => (format!("made this {kind}"), None),
            FeedStep::Pushed { tip, title, alone } => {
                if !alone {
                    "with other changes".clone_into(&mut after);
                }
                // Who may not read the files has no page of the commit.
                let path = rights::reads_files(caller, &event.repo).then(|| paths.commit(&tip));
                let title = if title.is_empty() { shown::short(&tip).to_owned() } else { title };
                ("committed".to_owned(), Some((title, path)))
            }
            FeedStep::Discussed { number, title, is_pull_request, status, opened } => {
                let kind = if is_pull_request { "pull request" } else { "discussion" };
                let verb = match (opened, status.as_deref()) {
                    (true, _) => format!("opened the {kind}"),
                    (false, None) => format!("commented on the {kind}"),
                    (false, Some(status @ ("closed" | "merged"))) => format!("{status} the {kind}"),
                    (false, Some(status)) => {
                        after = format!("to {status}");
                        format!("set the {kind}")
                    }
                };
                let text = format!("#{number} {}", shown::cut(&title, 200));
                (verb, Some((text, Some(paths.discussion(number)))))
            }
        };
        Self {
            who: event.who.unwrap_or_else(|| "Somebody who is gone".to_owned()),
            who_path,
            verb,
            what,
            after,
            repo: event.repo.repo.id.to_string(),
            repo_path: paths.base().to_owned(),
            when: When::new(event.time),
        }
    }

    /// The word before the repository.
    fn of(&self) -> &'static str {
        if self.what.is_some() { "in " } else { "" }
    }
}
