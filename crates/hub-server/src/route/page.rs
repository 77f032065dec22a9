//! The paths of the pages, as a browser shows them. They are those of the Hub's own website where that has the page.

use hub_types::{ParseError, RepoId, RepoRef, RepoType, Revision, route::revision_and_path};
use percent_encoding::percent_decode_str;

/// A page, or what one sends a form to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum PagePath {
    /// What a visitor sees first.
    Start,
    /// Style and script, by name.
    Asset(String),
    /// The repositories of a kind.
    List(RepoType),
    /// A user or an organisation.
    Account(String),
    /// What happened on this Hub.
    Activity,
    SignIn,
    SignOut,
    /// Making a repository.
    NewRepo,
    /// One's own tokens.
    Tokens,
    /// Ends one of one's own tokens.
    RevokeToken,
    Repo {
        repo: RepoRef,
        page: RepoPage,
    },
}

/// A page of a repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum RepoPage {
    Card,
    /// A folder.
    Tree(Revision, String),
    /// A file.
    Blob(Revision, String),
    /// The history of a revision, or of one path of it.
    Commits(Revision, String),
    Commit(Revision),
    /// Branches and tags.
    Refs,
    /// Makes or deletes a branch or tag.
    ChangeRef(RefChange),
    Compare(Revision, Revision),
    Activity,
    Discussions,
    NewDiscussion,
    Discussion(u64),
    /// The changes of a pull request.
    DiscussionFiles(u64),
    DiscussionChange(u64, DiscussionChange),
    Settings,
    Setting(SettingChange),
    Like,
    Upload(Revision),
    Edit(Revision, String),
    Delete(Revision, String),
}

/// What is done with a ref.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RefChange {
    CreateBranch,
    DeleteBranch,
    CreateTag,
    DeleteTag,
}

/// What is done with a discussion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DiscussionChange {
    Comment,
    Title,
    Status,
    Merge,
    EditComment(String),
    HideComment(String),
}

/// What is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SettingChange {
    /// Private and gated.
    Access,
    Move,
    Delete,
    AddSecret,
    DeleteSecret,
    AddVariable,
    DeleteVariable,
}

/// Reads the path of a page.
///
/// # Errors
/// When a revision or an id in it breaks the rules.
pub(crate) fn parse(path: &str) -> Result<Option<PagePath>, ParseError> {
    let Some(path) = path.strip_prefix('/') else { return Ok(None) };
    let path = path.strip_suffix('/').unwrap_or(path);
    let decoded: Result<Vec<_>, _> =
        path.split('/').map(|segment| percent_decode_str(segment).decode_utf8()).collect();
    let Ok(decoded) = decoded else { return Ok(None) };
    let segments: Vec<&str> = decoded.iter().map(|segment| &**segment).collect();
    Ok(Some(match segments.as_slice() {
        [] | [""] => PagePath::Start,
        ["_page", name] => PagePath::Asset((*name).to_owned()),
        ["activity"] => PagePath::Activity,
        ["login"] => PagePath::SignIn,
        ["logout"] => PagePath::SignOut,
        ["new"] => PagePath::NewRepo,
        ["settings", "tokens"] => PagePath::Tokens,
        ["settings", "tokens", "revoke"] => PagePath::RevokeToken,
        ["api" | "_xet" | "settings", ..] => return Ok(None),
        [word] => match kind(word) {
            Some(repo_type) => PagePath::List(repo_type),
            None => PagePath::Account((*word).to_owned()),
        },
        [first, rest @ ..] => {
            let (repo_type, id) = match kind(first) {
                // Models have no word in the paths of their pages.
                Some(RepoType::Model) => return Ok(None),
                Some(repo_type) => (repo_type, rest),
                None => (RepoType::Model, segments.as_slice()),
            };
            let [namespace, name, rest @ ..] = id else { return Ok(None) };
            let Some(page) = repo_page(rest)? else { return Ok(None) };
            PagePath::Repo { repo: RepoRef::new(repo_type, RepoId::new(namespace, name)?), page }
        }
    }))
}

fn kind(word: &str) -> Option<RepoType> {
    RepoType::ALL.into_iter().find(|repo_type| repo_type.plural() == word)
}

fn repo_page(rest: &[&str]) -> Result<Option<RepoPage>, ParseError> {
    use RepoPage as P;
    Ok(Some(match rest {
        [] => P::Card,
        ["tree", rest @ ..] if !rest.is_empty() => {
            let (revision, path) = revision_and_path(rest)?;
            P::Tree(revision, path)
        }
        ["blob", rest @ ..] if rest.len() >= 2 => {
            let (revision, path) = revision_and_path(rest)?;
            P::Blob(revision, path)
        }
        ["commits", rest @ ..] if !rest.is_empty() => {
            let (revision, path) = revision_and_path(rest)?;
            P::Commits(revision, path)
        }
        ["commit", revision] => P::Commit(revision.parse()?),
        ["refs"] => P::Refs,
        ["refs", "create-branch"] => P::ChangeRef(RefChange::CreateBranch),
        ["refs", "delete-branch"] => P::ChangeRef(RefChange::DeleteBranch),
        ["refs", "create-tag"] => P::ChangeRef(RefChange::CreateTag),
        ["refs", "delete-tag"] => P::ChangeRef(RefChange::DeleteTag),
        ["compare", rest @ ..] => match rest.join("/").split_once("..") {
            Some((base, head)) => P::Compare(base.parse()?, head.parse()?),
            None => return Ok(None),
        },
        ["activity"] => P::Activity,
        ["discussions"] => P::Discussions,
        ["discussions", "new"] => P::NewDiscussion,
        ["discussions", number, rest @ ..] => {
            let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
            let Some(number) = number.parse().ok().filter(|_| is_number) else { return Ok(None) };
            let change = match rest {
                [] => return Ok(Some(P::Discussion(number))),
                ["files"] => return Ok(Some(P::DiscussionFiles(number))),
                ["comment"] => DiscussionChange::Comment,
                ["title"] => DiscussionChange::Title,
                ["status"] => DiscussionChange::Status,
                ["merge"] => DiscussionChange::Merge,
                ["comment", id, "edit"] => DiscussionChange::EditComment((*id).to_owned()),
                ["comment", id, "hide"] => DiscussionChange::HideComment((*id).to_owned()),
                _ => return Ok(None),
            };
            P::DiscussionChange(number, change)
        }
        ["settings"] => P::Settings,
        ["settings", what] => P::Setting(match *what {
            "access" => SettingChange::Access,
            "move" => SettingChange::Move,
            "delete" => SettingChange::Delete,
            "add-secret" => SettingChange::AddSecret,
            "delete-secret" => SettingChange::DeleteSecret,
            "add-variable" => SettingChange::AddVariable,
            "delete-variable" => SettingChange::DeleteVariable,
            _ => return Ok(None),
        }),
        ["like"] => P::Like,
        ["upload", rest @ ..] if !rest.is_empty() => P::Upload(rest.join("/").parse()?),
        ["edit", rest @ ..] if rest.len() >= 2 => {
            let (revision, path) = revision_and_path(rest)?;
            P::Edit(revision, path)
        }
        ["delete", rest @ ..] if rest.len() >= 2 => {
            let (revision, path) = revision_and_path(rest)?;
            P::Delete(revision, path)
        }
        _ => return Ok(None),
    }))
}

#[cfg(test)]
mod tests {
    use hub_types::route;

    use super::*;

    #[test]
    fn the_addresses_that_the_api_gives_are_pages() {
        let revision: Revision = "refs/pr/1".parse().unwrap();
        for repo_type in RepoType::ALL {
            let repo = RepoRef::new(repo_type, "ada/demo".parse().unwrap());
            let routes = route::repo(&repo);
            let table = [
                (routes.page(), RepoPage::Card),
                (routes.tree_page(&revision, "a b"), RepoPage::Tree(revision.clone(), "a b".to_owned())),
                (routes.blob_page(&revision, "a/b"), RepoPage::Blob(revision.clone(), "a/b".to_owned())),
                (routes.commit_page("abc"), RepoPage::Commit("abc".parse().unwrap())),
                (routes.discussion_page(7), RepoPage::Discussion(7)),
            ];
            for (path, page) in table {
                let expected = PagePath::Repo { repo: repo.clone(), page };
                assert_eq!(parse(&path).unwrap(), Some(expected), "{path}");
            }
        }
    }

    #[test]
    fn what_belongs_to_the_api_or_to_git_is_no_page() {
        for path in [
            "/api/models",
            "/_xet/0",
            "/ada/demo/resolve/main/a",
            "/ada/demo/raw/main/a",
            "/ada/demo.git/info/refs",
            "/models/ada/demo",
            "/settings/nothing",
            "",
        ] {
            assert!(matches!(parse(path), Ok(None) | Err(_)), "{path}: {:?}", parse(path));
        }
        assert_eq!(parse("/").unwrap(), Some(PagePath::Start));
        assert_eq!(parse("/datasets/").unwrap(), Some(PagePath::List(RepoType::Dataset)));
        assert_eq!(parse("/ada").unwrap(), Some(PagePath::Account("ada".to_owned())));
    }
}
