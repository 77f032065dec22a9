//! Branches and tags, and what makes and deletes them.

use askama::Template;
use http::{Method, Response, StatusCode};
use hub_types::{Revision, query::Query, route};
use serde_json::{Value, json};
use url::form_urlencoded::Serializer;

use super::{
    commit::CommitLine,
    form,
    repo_head::{RepoHead, Tab},
    request::Request,
    shell::Shell,
    shown::{self, Paths},
};
use crate::{
    Body,
    api_error::ApiError,
    body::Incoming,
    route::{page::RefChange, rights::Access},
    store::{GitRepo, RefInfo},
};

/// Refs of a page, of each kind.
const MOST: usize = 100;

#[derive(Template)]
#[template(path = "refs.html")]
struct RefsPage {
    shell: Shell,
    head: RepoHead,
    sections: Vec<Section>,
    typed: Typed,
    problem: Option<String>,
}

/// The refs of a kind.
struct Section {
    title: &'static str,
    /// The anchor, and the parameter that says where the page begins.
    id: &'static str,
    /// One of them.
    word: &'static str,
    count: String,
    rows: Vec<Row>,
    /// The next page.
    next: Option<String>,
    /// Where a form that deletes one is sent.
    delete: Option<String>,
}

struct Row {
    name: String,
    tree: String,
    commit: CommitLine,
    is_default: bool,
    /// What is in it that the default branch does not have.
    compare: Option<String>,
}

/// What was typed into the forms.
#[derive(Default)]
struct Typed {
    branch: String,
    start: String,
    tag: String,
    revision: String,
    message: String,
}

impl Typed {
    fn of(form: &Query) -> Self {
        let text = |name| form.get(name).unwrap_or_default().trim().to_owned();
        Self {
            branch: text("branch"),
            start: text("start"),
            tag: text("tag"),
            revision: text("revision"),
            message: text("message"),
        }
    }
}

pub(super) async fn page(request: &Request, access: Access) -> Result<Response<Body>, ApiError> {
    show(request, access, Typed::default(), None).await
}

async fn show(
    request: &Request,
    access: Access,
    typed: Typed,
    problem: Option<(StatusCode, String)>,
) -> Result<Response<Body>, ApiError> {
    let query = request.context.query.clone();
    let (head, sections) = request
        .read(access, Tab::Files, move |hub, access, head| {
            let git = hub.store.git(&access.repo)?;
            let refs = git.refs()?;
            let section =
                |prefix, title, id, word| Section::read(&git, head, &refs, &query, (prefix, title, id, word));
            let mut sections = vec![
                section("refs/heads/", "Branches", "branches", "branch")?,
                section("refs/tags/", "Tags", "tags", "tag")?,
            ];
            let converted = section("refs/convert/", "Conversions", "conversions", "conversion")?;
            sections.extend((!converted.rows.is_empty()).then_some(converted));
            Ok(sections)
        })
        .await?;
    let (status, problem) = problem.unzip();
    let shell = request.shell(head.title("Branches and tags"));
    let page = RefsPage { shell, head, sections, typed, problem };
    request.html_with(status, &page)
}

impl Section {
    fn read(
        git: &GitRepo,
        head: &RepoHead,
        refs: &[RefInfo],
        query: &Query,
        (prefix, title, id, word): (&str, &'static str, &'static str, &'static str),
    ) -> Result<Self, ApiError> {
        let of_kind = || refs.iter().filter_map(|one| Some((one.full_name.strip_prefix(prefix)?, one)));
        let after = query.get(id).unwrap_or_default();
        let mut found = of_kind().filter(|(name, _)| *name > after);
        let mut rows = Vec::new();
        for (name, one) in found.by_ref().take(MOST) {
            let default = &head.default_branch;
            let is_default = prefix == "refs/heads/" && name == default;
            let revision = revision_of(refs, &one.full_name);
            let compared = head.may_read_files && !is_default;
            rows.push(Row {
                name: name.to_owned(),
                tree: head.paths.tree(revision, ""),
                commit: CommitLine::new(&git.commit(one.target_commit)?, &head.paths),
                is_default,
                compare: compared.then(|| head.paths.compare(default, revision)),
            });
        }
        let last = rows.last().map(|row| row.name.clone());
        let next = last.filter(|_| found.next().is_some()).map(|last| {
            let others =
                query.pairs().filter(|(name, _)| *name != id && matches!(*name, "branches" | "tags"));
            let mut query = Serializer::new(String::new());
            query.extend_pairs(others).append_pair(id, &last);
            format!("{}?{}#{id}", head.paths.refs(), query.finish())
        });
        let delete =
            (head.may_write && word != "conversion").then(|| format!("{}/delete-{word}", head.paths.refs()));
        Ok(Self { title, id, word, count: shown::count(of_kind().count()), rows, next, delete })
    }
}

/// The shortest name that leads to a ref. What a branch and a tag are called, is the branch.
pub(super) fn revision_of<'r>(refs: &[RefInfo], full_name: &'r str) -> &'r str {
    let Some(tag) = full_name.strip_prefix("refs/tags/") else { return shown::ref_name(full_name) };
    let branch = format!("refs/heads/{tag}");
    let is_a_branch = refs.binary_search_by(|one| one.full_name.cmp(&branch)).is_ok();
    if is_a_branch { full_name } else { tag }
}

/// Makes or deletes a branch or a tag. What the API refuses is said above the forms, which have what was typed.
pub(super) async fn change(
    request: &Request,
    access: Access,
    body: &mut Incoming,
    change: RefChange,
) -> Result<Response<Body>, ApiError> {
    let form = form::read(request, body).await?;
    let typed = Typed::of(&form);
    match perform(request, &access, change, &typed).await {
        Ok(_) => Ok(request.see(&Paths::new(&access.repo.repo).refs())),
        Err(error) => {
            let problem = form::problem(error)?;
            let is_typed = matches!(change, RefChange::CreateBranch | RefChange::CreateTag);
            let typed = if is_typed { typed } else { Typed::default() };
            show(request, access, typed, Some(problem)).await
        }
    }
}

async fn perform(
    request: &Request,
    access: &Access,
    change: RefChange,
    typed: &Typed,
) -> Result<Value, ApiError> {
    let routes = route::repo(&access.repo.repo);
    let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    match change {
        RefChange::CreateBranch => {
            let branch = name("branch", &typed.branch)?;
            let json = json!({"startingPoint": given(&typed.start)});
            form::call(request, Method::POST, &routes.branch(&branch), &json).await
        }
        RefChange::DeleteBranch => {
            let branch = name("branch", &typed.branch)?;
            form::call(request, Method::DELETE, &routes.branch(&branch), &Value::Null).await
        }
        RefChange::CreateTag => {
            let tag = name("tag", &typed.tag)?;
            let revision = name("revision", &typed.revision)?;
            let json = json!({"tag": tag, "message": given(&typed.message)});
            form::call(request, Method::POST, &routes.tag(&revision), &json).await
        }
        RefChange::DeleteTag => {
            let tag = name("tag", &typed.tag)?;
            form::call(request, Method::DELETE, &routes.tag(&tag), &Value::Null).await
        }
    }
}

fn name(what: &str, text: &str) -> Result<Revision, ApiError> {
    text.parse().map_err(|error: hub_types::ParseError| {
        ApiError::bad_request(format!("This cannot be the name of a {what}: {}", error.reason()))
    })
}
