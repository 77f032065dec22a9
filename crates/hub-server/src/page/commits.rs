//! The history of a revision, or of one file or folder of it.

use askama::Template;
use http::Response;
use hub_types::Revision;

use super::{
    commit::CommitLine,
    repo_head::{RepoHead, Tab},
    request::Request,
    revision_select::{self, Found, RevisionSelect},
    shell::Shell,
    shown::{self, Paths},
};
use crate::{
    Body,
    api_error::ApiError,
    context::Inner,
    route::rights::Access,
    store::{CommitRecord, EntryKind, LookBack},
};

/// Commits of a page.
const PAGE: usize = 50;
/// The last page that can be asked for.
const LAST_PAGE: usize = 1_000_000;
/// Commits that are looked at for a page of the history of one file, and bytes of their folders.
const LOOK_BACK: LookBack = LookBack::new(1000, 64 << 20);

#[derive(Template)]
#[template(path = "commits.html")]
struct CommitsPage {
    shell: Shell,
    head: RepoHead,
    revision: String,
    path: String,
    crumbs: Vec<(String, String)>,
    select: RevisionSelect,
    rows: Vec<Row>,
    /// How many commits there are; of one file it is not known.
    total: Option<String>,
    is_first: bool,
    older: Option<String>,
}

/// A commit.
struct Row {
    commit: CommitLine,
    id: String,
    /// The files at the commit.
    files: String,
}

/// Where a page begins.
enum Start {
    /// So many pages after the newest.
    Page(usize),
    /// At a commit.
    From(Revision),
}

struct History {
    select: RevisionSelect,
    rows: Vec<Row>,
    total: Option<String>,
    older: Option<String>,
}

impl CommitsPage {
    fn tree(&self, path: &str) -> String {
        self.head.paths.tree(&self.revision, path)
    }

    fn newest(&self) -> String {
        self.head.paths.commits(&self.revision, &self.path)
    }
}

/// Shows a history.
pub(super) async fn page(
    request: &Request,
    access: Access,
    revision: Revision,
    path: String,
) -> Result<Response<Body>, ApiError> {
    let path = path.trim_matches('/').to_owned();
    let chosen = revision_select::chosen(request)?;
    let start = start(request)?;
    let is_first = matches!(start, Start::Page(0));
    let (asked, wanted) = (revision.clone(), path.clone());
    let (head, found) = request
        .read(access, Tab::Files, move |hub, access, head| match chosen {
            Some(chosen) => Ok(Found::Elsewhere(head.paths.commits(chosen.as_str(), &wanted))),
            None => read((hub, access, head), &asked, &wanted, &start),
        })
        .await?;
    let History { select, rows, total, older } = match found {
        Found::Here(history) => *history,
        Found::Elsewhere(path) => return Ok(request.see(&path)),
    };
    let title = if path.is_empty() { "History".to_owned() } else { format!("History of {path}") };
    let shell = request.shell(head.title(&title));
    let (revision, crumbs) = (revision.to_string(), shown::crumbs(&path));
    request.html(&CommitsPage { shell, head, revision, path, crumbs, select, rows, total, is_first, older })
}

fn start(request: &Request) -> Result<Start, ApiError> {
    let query = &request.context.query;
    if let Some(commit) = query.get("from") {
        return commit.parse().map(Start::From).map_err(|_| ApiError::revision_not_found(commit));
    }
    match query.number("p")?.unwrap_or(0) {
        page if page > LAST_PAGE => Err(ApiError::bad_request("\"p\" is beyond every history")),
        page => Ok(Start::Page(page)),
    }
}

fn read(
    (hub, access, head): (&Inner, &Access, &RepoHead),
    revision: &Revision,
    path: &str,
    start: &Start,
) -> Result<Found<History>, ApiError> {
    let git = hub.store.git(&access.repo)?;
    let tip = git.resolve(revision.as_str())?;
    let here = head.paths.commits(revision.as_str(), path);
    let (commits, total, older) = match (path, start) {
        ("", start) => {
            let page = if let Start::Page(page) = start { *page } else { 0 };
            let (commits, total) = git.log(tip, page.saturating_mul(PAGE), PAGE)?;
            let has_older = (page + 1).saturating_mul(PAGE) < total;
            (
                commits,
                Some(shown::counted(total, "commit")),
                has_older.then(|| format!("{here}?p={}", page + 1)),
            )
        }
        (path, start) => {
            let from = if let Start::From(from) = start { git.resolve(from.as_str())? } else { tip };
            let log = git.path_log(from, path, PAGE, LOOK_BACK)?;
            (log.commits, None, log.next.map(|next| format!("{here}?from={next}")))
        }
    };
    let is_folder = match path {
        "" => true,
        path => git.entry(tip, path)?.is_some_and(|entry| entry.kind == EntryKind::Directory),
    };
    Ok(Found::Here(Box::new(History {
        select: RevisionSelect::read(&git, &head.paths, revision, here)?,
        rows: commits.iter().map(|commit| row(commit, &head.paths, path, is_folder)).collect(),
        total,
        older,
    })))
}

fn row(commit: &CommitRecord, paths: &Paths, path: &str, is_folder: bool) -> Row {
    let id = commit.id.to_string();
    let files = if is_folder { paths.tree(&id, path) } else { paths.blob(&id, path) };
    Row { commit: CommitLine::new(commit, paths), id, files }
}
