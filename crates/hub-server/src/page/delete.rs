//! Removing a file or a folder, after it was asked whether that is meant.

use askama::Template;
use http::{Response, StatusCode};
use hub_types::{
    Revision, SafeRelPath,
    commit::{CommitLine, DeletedPath},
};

use super::{
    commit_form::{self, CommitFields, Target},
    form,
    repo_head::{RepoHead, Tab},
    request::Request,
    shell::Shell,
};
use crate::{
    Body,
    api_error::ApiError,
    body::{self, Incoming},
    context::Inner,
    route::rights::Access,
    store::EntryKind,
};

#[derive(Template)]
#[template(path = "delete.html")]
struct DeletePage {
    shell: Shell,
    head: RepoHead,
    fields: CommitFields,
    action: String,
    path: String,
    is_folder: bool,
    parent: String,
    /// The page to go back to.
    back: String,
    problem: Option<String>,
}

/// Asks whether it is meant.
pub(super) async fn page(
    request: &Request,
    access: Access,
    revision: Revision,
    path: String,
) -> Result<Response<Body>, ApiError> {
    show(request, access, revision, path, None).await
}

async fn show(
    request: &Request,
    access: Access,
    revision: Revision,
    path: String,
    sent: Option<(StatusCode, String, CommitFields)>,
) -> Result<Response<Body>, ApiError> {
    path.parse::<SafeRelPath>()?;
    let (wanted, asked) = (revision.clone(), path.clone());
    let (head, (target, is_folder)) = request
        .read(access, Tab::Files, move |hub, access, _| {
            let target = Target::find(hub, access, &wanted)?;
            let entry = hub.store.git(&access.repo)?.entry(target.tip, &asked)?;
            let entry = entry.ok_or_else(|| ApiError::entry_not_found(&asked))?;
            Ok((target, entry.kind == EntryKind::Directory))
        })
        .await?;
    let name = revision.as_str();
    let back = if is_folder { head.paths.tree(name, &path) } else { head.paths.blob(name, &path) };
    let (status, problem, mut fields) = match sent {
        Some((status, problem, fields)) => (status, Some(problem), fields.of(&revision, target)),
        None => (StatusCode::OK, None, CommitFields::new(&revision, target, "")),
    };
    fields.usual = format!("Delete {path}");
    let page = DeletePage {
        shell: request.shell(head.title("Delete")),
        action: head.paths.delete(name, &path),
        head,
        fields,
        path,
        is_folder,
        parent: target.tip.to_string(),
        back,
        problem,
    };
    request.html_with(status, &page)
}

/// Removes it by a commit, or proposes that.
pub(super) async fn commit(
    request: &Request,
    access: Access,
    body: &mut Incoming,
    revision: Revision,
    path: String,
) -> Result<Response<Body>, ApiError> {
    let form = form::read(request, body).await?;
    let fields = CommitFields::sent(|name| form.get(name).unwrap_or_default())?;
    let parent = form.get("parent").unwrap_or_default().to_owned();
    let removal = Removal {
        access: access.clone(),
        revision: revision.clone(),
        path: path.clone(),
        parent,
        fields: CommitFields { usual: format!("Delete {path}"), ..fields.clone() },
    };
    let made = async {
        let lines = request.context.blocking(move |hub| removal.lines(hub)).await?;
        let body = body::text(lines);
        commit_form::send(request, &access, &revision, fields.proposes, body).await
    };
    match made.await {
        Ok(made) => Ok(request.see(&made)),
        Err(error) => {
            let (status, problem) = form::problem(error)?;
            let is_changed = status == StatusCode::PRECONDITION_FAILED;
            let changed =
                "It was changed since you opened this page, and nothing was deleted. Look at it again.";
            let problem = if is_changed { changed.to_owned() } else { problem };
            show(request, access, revision, path, Some((status, problem, fields))).await
        }
    }
}

struct Removal {
    access: Access,
    revision: Revision,
    path: String,
    parent: String,
    fields: CommitFields,
}

impl Removal {
    /// The lines of the commit. Blocks.
    fn lines(self, hub: &Inner) -> Result<String, ApiError> {
        let proposes = self.fields.proposes;
        let target = Target::find(hub, &self.access, &self.revision)?.must(proposes)?;
        let git = hub.store.git(&self.access.repo)?;
        let seen = commit_form::seen(&git, &self.parent)?;
        let parent = target.follow(&git, seen, proposes, &[&self.path])?;
        let mut lines = self.fields.header(Some(parent))?;
        lines.push_str(&commit_form::line(&CommitLine::DeletedEntry(DeletedPath::new(self.path)))?);
        Ok(lines)
    }
}
