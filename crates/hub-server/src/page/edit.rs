//! A text file that is edited in a browser, or a new one.

use askama::Template;
use http::{Response, StatusCode};
use hub_types::{
    Revision, SafeRelPath, base64,
    commit::{CommitLine, DeletedPath, InlineFile},
    preupload::{PreuploadFile, UploadMode},
    query::Query,
};

use super::{
    commit_form::{self, CommitFields, Target},
    editable, form,
    repo_head::{RepoHead, Tab},
    request::Request,
    shell::Shell,
};
use crate::{
    Body,
    api_error::ApiError,
    body::{self, Incoming},
    context::Inner,
    handler::preupload::Rules,
    route::{rights::Access, table::Needs},
    store::{CommitId, EntryKind, GitRepo, SAMPLE},
};

/// What is said when the file was changed while somebody edited it.
const CHANGED: &str = "This file was changed since you began to edit it, and nothing was saved. Your text is below. Look at the file \
     as it is now, and take over what you need: saving again replaces it.";

#[derive(Template)]
#[template(path = "edit.html")]
struct EditPage {
    shell: Shell,
    head: RepoHead,
    fields: CommitFields,
    action: String,
    /// Where it is, and where it is to be.
    old: String,
    path: String,
    text: String,
    /// The commit that the text is of.
    parent: String,
    is_new: bool,
    /// The page to go back to.
    back: String,
    problem: Option<String>,
}

/// What a form says.
struct Typed {
    fields: CommitFields,
    path: String,
    text: String,
    parent: String,
}

impl Typed {
    fn of(form: &Query) -> Result<Self, ApiError> {
        let get = |name: &str| form.get(name).unwrap_or_default();
        Ok(Self {
            fields: CommitFields::sent(get)?,
            path: get("path").to_owned(),
            text: get("text").to_owned(),
            parent: get("parent").to_owned(),
        })
    }
}

/// The editor.
pub(super) async fn page(
    request: &Request,
    access: Access,
    revision: Revision,
    path: String,
) -> Result<Response<Body>, ApiError> {
    show(request, access, revision, path, None).await
}

/// The editor with a file, or with what somebody typed and what was wrong with it.
async fn show(
    request: &Request,
    access: Access,
    revision: Revision,
    path: String,
    sent: Option<(StatusCode, String, Typed)>,
) -> Result<Response<Body>, ApiError> {
    path.parse::<SafeRelPath>()?;
    let (wanted, old) = (revision.clone(), path.clone());
    let is_first = sent.is_none();
    let (head, (target, is_new, before)) = request
        .read(access, Tab::Files, move |hub, access, _| {
            access.must(Needs::Files)?;
            let target = Target::find(hub, access, &wanted)?;
            let git = hub.store.git(&access.repo)?;
            let is_new = git.entry(target.tip, &old)?.is_none();
            // What somebody typed is shown whatever the file has become.
            let before = if is_first { text_at(&git, target.tip, &old)? } else { None };
            Ok((target, is_new, before))
        })
        .await?;
    let name = revision.as_str();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let back = if is_new { head.paths.tree(name, folder) } else { head.paths.blob(name, &path) };
    let mut page = EditPage {
        shell: request.shell(head.title("Edit")),
        fields: CommitFields::new(&revision, target, ""),
        action: head.paths.edit(name, &path),
        path: path.clone(),
        is_new,
        text: before.unwrap_or_default(),
        parent: target.tip.to_string(),
        back,
        problem: None,
        head,
        old: path,
    };
    let mut status = StatusCode::OK;
    if let Some((failed, problem, typed)) = sent {
        status = failed;
        // Who was told of a change by somebody else, and saves again, means it.
        if failed != StatusCode::PRECONDITION_FAILED {
            page.parent = typed.parent;
        }
        page.fields = typed.fields.of(&revision, target);
        (page.path, page.text, page.problem) = (typed.path, typed.text, Some(problem));
    }
    page.fields.usual = format!("{} {}", if page.is_new { "Create" } else { "Update" }, page.old);
    request.html_with(status, &page)
}

/// The text of a file that can be edited; `None` where nothing is.
///
/// # Errors
/// 422 for what cannot be edited.
fn text_at(git: &GitRepo, commit: CommitId, path: &str) -> Result<Option<String>, ApiError> {
    let Some(entry) = git.entry(commit, path)? else { return Ok(None) };
    let refuse = |why: &str| ApiError::unprocessable(format!("{path:?} cannot be edited here: {why}."));
    match entry.kind {
        EntryKind::Directory => Err(refuse("it is a folder")),
        EntryKind::Other => Err(refuse("it is a link")),
        EntryKind::File if entry.lfs.is_some() => {
            Err(refuse("it is kept in LFS; upload a file of this name to replace it"))
        }
        EntryKind::File if entry.size > editable::LARGEST as u64 => Err(refuse("it is larger than 1 MiB")),
        EntryKind::File => editable::text(git.blob(entry.oid)?).map(Some).map_err(refuse),
    }
}

/// Saves the text as a commit, or proposes it.
pub(super) async fn commit(
    request: &Request,
    access: Access,
    body: &mut Incoming,
    revision: Revision,
    path: String,
) -> Result<Response<Body>, ApiError> {
    let typed = Typed::of(&form::read(request, body).await?)?;
    match save(request, &access, &revision, &path, &typed).await {
        Ok(made) => Ok(request.see(&made)),
        Err(error) => {
            let (status, problem) = form::problem(error)?;
            let is_changed = status == StatusCode::PRECONDITION_FAILED;
            let problem = if is_changed { CHANGED.to_owned() } else { problem };
            show(request, access, revision, path, Some((status, problem, typed))).await
        }
    }
}

async fn save(
    request: &Request,
    access: &Access,
    revision: &Revision,
    path: &str,
    typed: &Typed,
) -> Result<String, ApiError> {
    let proposes = typed.fields.proposes;
    let edit = Edit {
        access: access.clone(),
        revision: revision.clone(),
        old: path.to_owned(),
        new: typed.path.clone(),
        text: typed.text.clone(),
        parent: typed.parent.clone(),
        fields: typed.fields.clone(),
    };
    let lines = request.context.blocking(move |hub| edit.lines(hub)).await?;
    let body = body::text(lines);
    commit_form::send(request, access, revision, proposes, body).await
}

/// What is to be saved.
struct Edit {
    access: Access,
    revision: Revision,
    old: String,
    new: String,
    text: String,
    parent: String,
    fields: CommitFields,
}

impl Edit {
    /// The lines of the commit. Blocks.
    fn lines(mut self, hub: &Inner) -> Result<String, ApiError> {
        self.access.must(Needs::Files)?;
        let proposes = self.fields.proposes;
        let target = Target::find(hub, &self.access, &self.revision)?.must(proposes)?;
        for path in [&self.old, &self.new] {
            path.parse::<SafeRelPath>()?;
        }
        if self.text.contains('\0') {
            let message = "The text has a NUL in it, which no text file has: take that character out.";
            return Err(ApiError::bad_request(message));
        }
        let git = hub.store.git(&self.access.repo)?;
        let seen = commit_form::seen(&git, &self.parent)?;
        let before = text_at(&git, seen, &self.old)?;
        let text = editable::restore(before.as_deref(), &self.text);
        let is_renamed = self.new != self.old;
        if text.len() > editable::LARGEST {
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "The text is larger than 1 MiB."));
        }
        if !is_renamed && before.as_ref() == Some(&text) {
            return Err(ApiError::bad_request("Nothing was changed."));
        }
        if is_renamed && git.entry(target.tip, &self.new)?.is_some() {
            let message = format!("There is a {:?} already.", self.new);
            return Err(ApiError::new(StatusCode::CONFLICT, message));
        }
        must_be_regular(&git, target.tip, &self.new, &text)?;
        let parent = target.follow(&git, seen, proposes, &[&self.old, &self.new])?;
        self.fields.usual = match &before {
            Some(_) if is_renamed => format!("Rename {} to {}", self.old, self.new),
            Some(_) => format!("Update {}", self.old),
            None => format!("Create {}", self.new),
        };
        let mut lines = self.fields.header(Some(parent))?;
        if is_renamed && before.is_some() {
            lines.push_str(&commit_form::line(&CommitLine::DeletedFile(DeletedPath::new(self.old)))?);
        }
        lines.push_str(&commit_form::line(&CommitLine::File(InlineFile::new(self.new, text)))?);
        Ok(lines)
    }
}

/// Refuses a name whose files are for LFS.
fn must_be_regular(git: &GitRepo, tip: CommitId, path: &str, text: &str) -> Result<(), ApiError> {
    let sample = text.as_bytes().get(..SAMPLE).unwrap_or(text.as_bytes());
    let asked = PreuploadFile::new(path, text.len() as u64).sample(base64::encode(sample));
    match Rules::at(git, tip, None, None)?.mode(&asked) {
        UploadMode::Regular => Ok(()),
        UploadMode::Lfs => Err(ApiError::unprocessable(format!(
            "{path:?} is kept in LFS, as .gitattributes says: give it another name, or upload it as a file."
        ))),
    }
}
