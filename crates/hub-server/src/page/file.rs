//! A file: what it is, and what is in it as far as that can be shown.

use askama::Template;
use http::Response;
use hub_types::{Revision, SafeRelPath};

use super::{
    commit::CommitLine,
    content::{self, LargeFile},
    file_view::{Part, View},
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
    route::rights::Access,
    store::{Entry, EntryKind, GitRepo, LookBack},
};

/// The longest target of a link that is shown, in bytes.
const LONGEST_TARGET: usize = 1000;
/// How far back is looked for what changed it last.
const LOOK_BACK: LookBack = LookBack::new(1000, 16 << 20);

#[derive(Template)]
#[template(path = "file.html")]
struct FilePage {
    shell: Shell,
    head: RepoHead,
    revision: String,
    path: String,
    crumbs: Vec<(String, String)>,
    select: RevisionSelect,
    size: String,
    last: Option<CommitLine>,
    large: Option<Large>,
    /// Whether it can be had; what is a link cannot.
    is_file: bool,
    /// Whether the source is shown of what could be shown otherwise.
    is_plain: bool,
    view: View,
}

/// What is said of a large file.
struct Large {
    oid: String,
    xet_hash: Option<String>,
}

struct File {
    select: RevisionSelect,
    size: u64,
    last: Option<CommitLine>,
    part: Part,
}

impl FilePage {
    fn folder(&self, path: &str) -> String {
        self.head.paths.tree(&self.revision, path)
    }

    fn here(&self) -> String {
        self.head.paths.blob(&self.revision, &self.path)
    }

    fn raw(&self) -> String {
        match self.large {
            Some(_) => self.resolve(),
            None => self.head.paths.raw(&self.revision, &self.path),
        }
    }

    fn resolve(&self) -> String {
        self.head.paths.resolve(&self.revision, &self.path)
    }

    fn history(&self) -> String {
        self.head.paths.commits(&self.revision, &self.path)
    }

    fn edit(&self) -> String {
        self.head.paths.edit(&self.revision, &self.path)
    }

    fn delete(&self) -> String {
        self.head.paths.delete(&self.revision, &self.path)
    }

    fn name(&self) -> &str {
        self.crumbs.last().map_or("", |(name, _)| name)
    }

    fn may_change(&self) -> bool {
        self.head.may_propose && self.select.moves
    }

    fn may_edit(&self) -> bool {
        self.may_change() && self.large.is_none() && self.view.is_text()
    }
}

/// Shows a file.
pub(super) async fn page(
    request: &Request,
    access: Access,
    revision: Revision,
    path: String,
) -> Result<Response<Body>, ApiError> {
    let chosen = revision_select::chosen(request)?;
    let is_plain = request.context.query.flag("plain");
    let (asked, wanted) = (revision.clone(), path.clone());
    let (head, found) = request
        .read(access, Tab::Files, move |hub, access, head| match chosen {
            Some(chosen) => {
                let git = hub.store.git(&access.repo)?;
                let path = revision_select::path_at(&git, git.resolve(chosen.as_str())?, &wanted)?;
                Ok(Found::Elsewhere(match path {
                    "" => head.paths.tree(chosen.as_str(), ""),
                    path => head.paths.blob(chosen.as_str(), path),
                }))
            }
            None => read((hub, access, head), &asked, &wanted, is_plain),
        })
        .await?;
    let File { select, size, last, part } = match found {
        Found::Here(file) => *file,
        Found::Elsewhere(path) => return Ok(request.see(&path)),
    };
    let revision = revision.to_string();
    let large = part.large.as_ref().map(|file| Large {
        oid: file.pointer.oid.clone(),
        xet_hash: file.kept.and_then(|kept| kept.by_xet).map(|hash| hash.to_string()),
    });
    let is_file = part.other.is_none();
    let view = part.view(request, &head.paths, &revision, &path).await?;
    let shell = request.shell(head.title(&shown::upright(&path)));
    let (crumbs, size) = (shown::crumbs(&path), shown::size(size));
    request.html(&FilePage {
        shell,
        head,
        revision,
        path,
        crumbs,
        select,
        size,
        last,
        large,
        is_file,
        is_plain,
        view,
    })
}

fn read(
    (hub, access, head): (&Inner, &Access, &RepoHead),
    revision: &Revision,
    path: &str,
    is_plain: bool,
) -> Result<Found<File>, ApiError> {
    let git = hub.store.git(&access.repo)?;
    let commit = git.resolve(revision.as_str())?;
    let missing = || ApiError::entry_not_found(path).with_commit(&commit.to_string());
    let safe: SafeRelPath = path.parse().map_err(|_| missing())?;
    let entry = git.entry(commit, safe.as_str())?.ok_or_else(missing)?;
    match entry.kind {
        EntryKind::Directory => return Ok(Found::Elsewhere(head.paths.tree(revision.as_str(), path))),
        EntryKind::File | EntryKind::Other => {}
    }
    let large = entry.lfs.clone().map(|pointer| LargeFile::find(hub, &access.repo, pointer)).transpose()?;
    let mut part = Part::new(path, entry.size, is_plain, large);
    if entry.kind == EntryKind::Other {
        part.other = Some(link(&git, &entry));
    } else if part.large.is_none() {
        part.head = content::head(&git, &entry, part.most())?;
    }
    let name = path.to_owned();
    let mut look_back = LOOK_BACK;
    let mut last = git.last_change_within(commit, std::slice::from_ref(&name), &mut look_back)?;
    let here = head.paths.blob(revision.as_str(), path);
    Ok(Found::Here(Box::new(File {
        select: RevisionSelect::read(&git, &head.paths, revision, here)?,
        size: entry.size,
        last: last.remove(path).map(|commit| CommitLine::new(&commit, &head.paths)),
        part,
    })))
}

/// What is at the path of a symbolic link or a submodule. Blocks.
fn link(git: &GitRepo, entry: &Entry) -> String {
    match content::head(git, entry, LONGEST_TARGET) {
        Ok(target) => {
            let target = shown::upright(&String::from_utf8_lossy(&target));
            format!("It is a symbolic link to {target:?}. A clone has it; here it leads nowhere.")
        }
        // git has no such object: it is of another repository.
        Err(_) => format!(
            "It is a submodule: the commit {} of another repository, which .gitmodules names.",
            entry.oid
        ),
    }
}
