//! One commit: what it says and what it changed.

use askama::Template;
use http::Response;
use hub_types::Revision;

use super::{
    diff_view::DiffView,
    repo_head::{RepoHead, Tab},
    request::Request,
    shell::Shell,
    shown::{self, Paths, When},
};
use crate::{Body, api_error::ApiError, route::rights::Access, store::CommitRecord};

/// Characters of a text that are shown.
const LONGEST_MESSAGE: usize = 20_000;

#[derive(Template)]
#[template(path = "commit.html")]
struct CommitPage {
    shell: Shell,
    head: RepoHead,
    commit: CommitLine,
    id: String,
    message: String,
    parents: Vec<Parent>,
    /// The files at this commit, and the history that leads to it.
    tree: String,
    history: String,
    diff: DiffView,
}

struct Parent {
    short: String,
    path: String,
}

/// A commit in a list.
#[derive(Debug, Clone)]
pub(super) struct CommitLine {
    pub(super) title: String,
    pub(super) author: String,
    pub(super) when: When,
    pub(super) short: String,
    pub(super) path: String,
}

impl CommitLine {
    pub(super) fn new(commit: &CommitRecord, paths: &Paths) -> Self {
        let id = commit.id.to_string();
        let title = commit.title.trim();
        Self {
            title: if title.is_empty() { "(no title)".to_owned() } else { shown::title(title) },
            author: shown::title(&commit.author),
            when: When::new(commit.time),
            short: shown::short(&id).to_owned(),
            path: paths.commit(&id),
        }
    }
}

/// What a commit changed from its first parent.
pub(super) async fn page(
    request: &Request,
    access: Access,
    revision: Revision,
) -> Result<Response<Body>, ApiError> {
    let (head, (commit, diff)) = request
        .read(access, Tab::Files, move |hub, access, head| {
            let git = hub.store.git(&access.repo)?;
            let commit = git.commit(git.resolve(revision.as_str())?)?;
            let diff = DiffView::read(&git, head, commit.parents.first().copied(), commit.id)?;
            Ok((commit, diff))
        })
        .await?;
    let id = commit.id.to_string();
    let parents = commit.parents.iter().map(|parent| {
        let id = parent.to_string();
        Parent { short: shown::short(&id).to_owned(), path: head.paths.commit(&id) }
    });
    let line = CommitLine::new(&commit, &head.paths);
    request.html(&CommitPage {
        shell: request.shell(head.title(&line.title)),
        message: shown::cut(&commit.message, LONGEST_MESSAGE),
        parents: parents.collect(),
        tree: head.paths.tree(&id, ""),
        history: head.paths.commits(&id, ""),
        commit: line,
        id,
        head,
        diff,
    })
}
