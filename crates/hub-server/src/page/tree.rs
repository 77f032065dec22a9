//! What is in a folder, page by page.

use askama::Template;
use http::Response;
use hub_types::{Revision, SafeRelPath, TreeEntry};

use super::{
    commit::CommitLine,
    content, markdown,
    repo_head::{RepoHead, Tab},
    request::Request,
    revision_select::{self, Found, RevisionSelect},
    shell::Shell,
    shown,
};
use crate::{
    Body,
    api_error::ApiError,
    context::Inner,
    handler::{entries, tree::Cursor},
    route::rights::Access,
    store::{CommitId, Entry, EntryKind, GitRepo, LookBack, StoreError},
};

/// Entries of a page.
const PAGE: usize = 100;
/// How far back is looked for what changed them last.
const LOOK_BACK: LookBack = LookBack::new(300, 2 << 20);
/// Names that are tried for a new file.
const MOST_NAMES: usize = 20;
const README: &str = "README.md";

#[derive(Template)]
#[template(path = "tree.html")]
struct TreePage {
    shell: Shell,
    head: RepoHead,
    revision: String,
    path: String,
    crumbs: Vec<(String, String)>,
    select: RevisionSelect,
    commit: CommitLine,
    rows: Vec<Row>,
    /// The path of a file that is not there.
    free: String,
    is_first: bool,
    /// The next page.
    next: Option<String>,
    /// The README of the folder, as HTML.
    readme: Option<String>,
}

/// An entry.
struct Row {
    name: String,
    path: String,
    is_folder: bool,
    size: String,
    /// `LFS`, `Xet`, or what else it is.
    mark: &'static str,
    last: Option<CommitLine>,
}

struct Folder {
    select: RevisionSelect,
    commit: CommitLine,
    rows: Vec<Row>,
    free: String,
    next: Option<String>,
    readme: Option<String>,
}

impl TreePage {
    fn at(&self, path: &str) -> String {
        self.head.paths.tree(&self.revision, path)
    }

    fn folder(&self) -> &str {
        self.crumbs.last().map_or("the root", |(name, _)| name)
    }

    fn history(&self) -> String {
        self.head.paths.commits(&self.revision, &self.path)
    }

    /// Where a file is written that is not there yet.
    fn new_file(&self) -> String {
        self.head.paths.edit(&self.revision, &self.free)
    }

    /// Whether files can be added here.
    fn may_add(&self) -> bool {
        self.head.may_propose && self.select.moves
    }

    fn upload(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        let upload = self.head.paths.upload(&self.revision);
        if self.path.is_empty() {
            return upload;
        }
        format!("{upload}?{}", query.append_pair("folder", &self.path).finish())
    }
}

/// Shows a folder.
pub(super) async fn page(
    request: &Request,
    access: Access,
    revision: Revision,
    path: String,
) -> Result<Response<Body>, ApiError> {
    let path = path.trim_end_matches('/').to_owned();
    let chosen = revision_select::chosen(request)?;
    let cursor = request.context.query.get("cursor").map(Cursor::parse).transpose()?;
    let is_first = cursor.is_none();
    let (asked, folder) = (revision.clone(), path.clone());
    let (head, found) = request
        .read(access, Tab::Files, move |hub, access, head| match chosen {
            Some(chosen) => {
                let git = hub.store.git(&access.repo)?;
                let path = revision_select::path_at(&git, git.resolve(chosen.as_str())?, &folder)?;
                Ok(Found::Elsewhere(head.paths.tree(chosen.as_str(), path)))
            }
            None => read((hub, access, head), &asked, &folder, cursor),
        })
        .await?;
    let Folder { select, commit, rows, free, next, readme } = match found {
        Found::Here(folder) => *folder,
        Found::Elsewhere(path) => return Ok(request.see(&path)),
    };
    let revision = revision.to_string();
    let readme = match readme {
        Some(text) => {
            let (paths, revision, folder) = (head.paths.clone(), revision.clone(), path.clone());
            let render = move || markdown::render_file(&text, &paths, &revision, &folder);
            Some(content::in_turn(render).await?)
        }
        None => None,
    };
    let name = if path.is_empty() { "Files" } else { path.as_str() };
    let shell = request.shell(head.title(&shown::upright(name)));
    let crumbs = shown::crumbs(&path);
    request.html(&TreePage {
        shell,
        head,
        revision,
        path,
        crumbs,
        select,
        commit,
        rows,
        free,
        is_first,
        next,
        readme,
    })
}

fn read(
    (hub, access, head): (&Inner, &Access, &RepoHead),
    revision: &Revision,
    folder: &str,
    cursor: Option<Cursor>,
) -> Result<Found<Folder>, ApiError> {
    let git = hub.store.git(&access.repo)?;
    let commit = git.resolve(cursor.as_ref().map_or(revision.as_str(), |cursor| &cursor.commit))?;
    if !folder.is_empty() {
        let entry =
            folder.parse::<SafeRelPath>().ok().map(|path| git.entry(commit, path.as_str())).transpose()?;
        if entry.flatten().is_some_and(|entry| entry.kind == EntryKind::File) {
            return Ok(Found::Elsewhere(head.paths.blob(revision.as_str(), folder)));
        }
    }
    let after = cursor.as_ref().map(|cursor| cursor.after.as_str());
    let (page, more) = git.list_page(commit, folder, false, after, PAGE)?;
    let here = head.paths.tree(revision.as_str(), folder);
    let next = page.last().filter(|_| more).map(|last| {
        let cursor = Cursor { commit: commit.to_string(), after: last.path.clone() };
        format!("{here}?cursor={}", cursor.to_text())
    });
    let names: Vec<String> = page.iter().map(|entry| entry.path.clone()).collect();
    let mut look_back = LOOK_BACK;
    let mut last = git.last_change_within(commit, &names, &mut look_back)?;
    let described = entries::describe_all((hub, &access.repo), &git, commit, page, false)?;
    let rows = described
        .into_iter()
        .map(|entry| {
            let last = last.remove(&entry.path).map(|commit| CommitLine::new(&commit, &head.paths));
            row(entry, last, head, revision)
        })
        .collect();
    Ok(Found::Here(Box::new(Folder {
        select: RevisionSelect::read(&git, &head.paths, revision, here)?,
        commit: CommitLine::new(&git.commit(commit)?, &head.paths),
        rows,
        free: free_name(&git, commit, folder)?,
        next,
        readme: readme(&git, commit, folder, head)?,
    })))
}

fn row(entry: TreeEntry, last: Option<CommitLine>, head: &RepoHead, revision: &Revision) -> Row {
    let is_folder = entry.kind == hub_types::tree::EntryKind::Directory;
    let is_xet = entry.extra.contains_key("xetHash");
    let mark = match &entry.lfs {
        Some(_) if is_xet => "Xet",
        Some(_) => "LFS",
        None if is_folder || entry.is_file() => "",
        None => "link or submodule",
    };
    let path = match () {
        () if is_folder => head.paths.tree(revision.as_str(), &entry.path),
        // A link says there where it leads.
        () if head.may_read_files => head.paths.blob(revision.as_str(), &entry.path),
        () => String::new(),
    };
    Row {
        name: shown::upright(entry.path.rsplit('/').next().unwrap_or(&entry.path)),
        path,
        is_folder,
        size: if entry.is_file() { shown::size(entry.size) } else { String::new() },
        mark,
        last,
    }
}

/// The path of a file of a folder that is not there: `new.txt`, or with a number.
fn free_name(git: &GitRepo, commit: CommitId, folder: &str) -> Result<String, StoreError> {
    let at = |name: &str| if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
    let names = std::iter::once(at("new.txt")).chain((2..=MOST_NAMES).map(|n| at(&format!("new-{n}.txt"))));
    for path in names {
        if git.entry(commit, &path)?.is_none() {
            return Ok(path);
        }
    }
    Ok(at(&format!("new-{commit}.txt")))
}

/// The README of a folder; that of the root is the card, which has a page of its own.
fn readme(
    git: &GitRepo,
    commit: CommitId,
    folder: &str,
    head: &RepoHead,
) -> Result<Option<String>, StoreError> {
    if folder.is_empty() || !head.may_read_files {
        return Ok(None);
    }
    let found = git.entry(commit, &format!("{folder}/{README}"))?;
    let is_text = |entry: &Entry| entry.kind == EntryKind::File && entry.lfs.is_none();
    let Some(entry) = found.filter(is_text) else { return Ok(None) };
    let most = markdown::LONGEST;
    Ok(content::text(content::head(git, &entry, most)?, entry.size <= most as u64))
}
