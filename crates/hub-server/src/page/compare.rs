//! What is different between two revisions.

use askama::Template;
use http::{Response, StatusCode};
use hub_types::{Revision, query::Query};

use super::{
    commit::CommitLine,
    diff_view::DiffView,
    form,
    refs::revision_of,
    repo_head::{RepoHead, Tab},
    request::Request,
    shell::Shell,
    shown::Paths,
};
use crate::{
    Body,
    api_error::ApiError,
    route::rights::Access,
    store::{CommitId, GitRepo},
};

/// Commits that are shown.
const MOST_COMMITS: usize = 100;
/// Refs to choose from. With more one writes the name.
const MOST_CHOICES: usize = 200;

#[derive(Template)]
#[template(path = "compare.html")]
struct ComparePage {
    shell: Shell,
    head: RepoHead,
    from: String,
    to: String,
    choices: Option<Vec<Choices>>,
    compared: Option<Compared>,
    problem: Option<String>,
    /// Where the form leads, which chooses other revisions.
    action: String,
}

/// Refs of a kind.
struct Choices {
    kind: &'static str,
    all: Vec<Choice>,
}

struct Choice {
    name: String,
    is_from: bool,
    is_to: bool,
}

struct Compared {
    commits: Vec<CommitLine>,
    is_more: bool,
    diff: DiffView,
}

/// What `to` has otherwise than `from`. The form of the page asks for this one too, with two names in the query.
pub(super) async fn page(
    request: &Request,
    access: Access,
    from: Revision,
    to: Revision,
) -> Result<Response<Body>, ApiError> {
    if let Some(path) = chosen(&request.context.query, &access)? {
        return Ok(request.see(&path));
    }
    let (head, (page, choices, status)) = request
        .read(access, Tab::Files, move |hub, access, head| {
            let git = hub.store.git(&access.repo)?;
            let found = git.resolve(from.as_str()).and_then(|from| Ok((from, git.resolve(to.as_str())?)));
            let (compared, status, problem) = match found {
                Ok((old, new)) => (Some(Compared::read(&git, head, old, new)?), StatusCode::OK, None),
                Err(error) => {
                    let (status, problem) = form::problem(error.into())?;
                    (None, status, Some(problem))
                }
            };
            let choices = choices(&git, [from.as_str(), to.as_str()])?;
            Ok(((from.to_string(), to.to_string(), compared, problem), choices, status))
        })
        .await?;
    let (from, to, compared, problem) = page;
    let shell = request.shell(head.title(&format!("{from}..{to}")));
    let action = head.paths.compare(&from, &to);
    let page = ComparePage { shell, head, from, to, choices, compared, problem, action };
    request.html_with(status, &page)
}

/// The path of the page for what was chosen in the form, if something was.
fn chosen(query: &Query, access: &Access) -> Result<Option<String>, ApiError> {
    let revision = |name| query.get(name).map(|text: &str| text.trim().parse::<Revision>()).transpose();
    let (Some(from), Some(to)) = (revision("from")?, revision("to")?) else { return Ok(None) };
    Ok(Some(Paths::new(&access.repo.repo).compare(from.as_str(), to.as_str())))
}

impl Compared {
    fn read(git: &GitRepo, head: &RepoHead, old: CommitId, new: CommitId) -> Result<Self, ApiError> {
        let (commits, is_more) = git.newest_since(new, &[old], MOST_COMMITS)?;
        Ok(Self {
            commits: commits.iter().map(|commit| CommitLine::new(commit, &head.paths)).collect(),
            is_more,
            diff: DiffView::read(git, head, Some(old), new)?,
        })
    }
}

/// The refs by kind, and what is chosen now if it is none of them; nothing where they are too many.
fn choices(git: &GitRepo, now: [&str; 2]) -> Result<Option<Vec<Choices>>, ApiError> {
    let refs = git.refs()?;
    if refs.len() > MOST_CHOICES {
        return Ok(None);
    }
    let [from, to] = now;
    let choice = |name: &str| Choice { name: name.to_owned(), is_from: name == from, is_to: name == to };
    let of_kind = |kind, prefix: &str| {
        let of_kind = refs.iter().filter(|one| one.full_name.starts_with(prefix));
        let mut all: Vec<_> = of_kind.map(|one| choice(revision_of(&refs, &one.full_name))).collect();
        if prefix == "refs/pr/" {
            // The newest first: it has the longest number.
            all.sort_by(|a, b| (b.name.len(), &b.name).cmp(&(a.name.len(), &a.name)));
        }
        Choices { kind, all }
    };
    let mut all = vec![
        of_kind("Branches", "refs/heads/"),
        of_kind("Tags", "refs/tags/"),
        of_kind("Pull requests", "refs/pr/"),
        of_kind("Conversions", "refs/convert/"),
    ];
    let is_there = |name: &str| all.iter().any(|choices| choices.all.iter().any(|one| one.name == name));
    let mut others: Vec<Choice> = now.into_iter().filter(|name| !is_there(name)).map(choice).collect();
    others.dedup_by(|a, b| a.name == b.name);
    all.push(Choices { kind: "Others", all: others });
    all.retain(|choices| !choices.all.is_empty());
    Ok(Some(all))
}
