//! Paths as a server reads them.

use percent_encoding::percent_decode_str;

use super::{DiscussionAction, GitRoute, LockRoute, RepoRoute, Route, SpaceRoute};
use crate::{ParseError, RepoRef, RepoType, Revision, query::digits};

/// Reads the path of a request: without query, percent-decoded once, segment by segment.
///
/// Two segments after the kind are an id with a namespace, so `/api/models/gpt2/refs` names the model `gpt2/refs`; with
/// a third one the reading that has a meaning is taken.
/// A revision may come encoded (`refs%2Fpr%2F1`) or, as the JavaScript client sends it, as three segments (`refs/pr/1`).
///
/// # Errors
/// When the path is not one that the Hub has, an id or revision breaks the rules, or a segment is not UTF-8.
pub fn parse(path: &str) -> Result<Route, ParseError> {
    let fail = |reason: &str| ParseError::new("path", path, reason);
    let trimmed = path.strip_prefix('/').ok_or_else(|| fail("it does not start with '/'"))?;
    let segments = trimmed
        .split('/')
        .map(|segment| percent_decode_str(segment).decode_utf8().map(|text| text.into_owned()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|_| fail("a segment is not UTF-8"))?;
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    match segments.as_slice() {
        ["api", "whoami-v2"] => Ok(Route::WhoAmI),
        ["api", "repos", "create"] => Ok(Route::CreateRepo),
        ["api", "repos", "delete"] => Ok(Route::DeleteRepo),
        ["api", "repos", "move"] => Ok(Route::MoveRepo),
        ["api", "users", user, "likes"] => Ok(Route::UserLikes((*user).to_owned())),
        ["api", "validate-yaml"] => Ok(Route::ValidateYaml),
        ["api", "metrics"] => Ok(Route::Metrics),
        ["api", "models-tags-by-type"] => Ok(Route::TagsByType(RepoType::Model)),
        ["api", "datasets-tags-by-type"] => Ok(Route::TagsByType(RepoType::Dataset)),
        ["api", "spaces", "hardware"] => Ok(Route::SpacesHardware),
        ["api", "spaces", "templates"] => Ok(Route::SpaceTemplates),
        ["api", "models"] => Ok(Route::ListRepos(RepoType::Model)),
        ["api", "datasets"] => Ok(Route::ListRepos(RepoType::Dataset)),
        ["api", "spaces"] => Ok(Route::ListRepos(RepoType::Space)),
        ["api", kind, rest @ ..] => match RepoType::ALL.into_iter().find(|t| t.plural() == *kind) {
            Some(repo_type) => match with_repo(repo_type, rest, api_action)? {
                Route::Repo { action: RepoRoute::Space(_), .. } if repo_type != RepoType::Space => {
                    Err(fail("only Spaces have that"))
                }
                route => Ok(route),
            },
            None => Err(fail("the Hub has no such URL")),
        },
        [kind, rest @ ..] => match RepoType::ALL.into_iter().find(|t| t.plural() == *kind) {
            Some(repo_type) => with_repo(repo_type, rest, web_action),
            None => with_repo(RepoType::Model, &segments, web_action),
        },
        [] => Err(fail("the Hub has no such URL")),
    }
}

/// Tries the first two segments as an id, then the first alone, and keeps the first reading that has an action.
fn with_repo(
    repo_type: RepoType,
    segments: &[&str],
    action: fn(&[&str]) -> Result<Option<RepoRoute>, ParseError>,
) -> Result<Route, ParseError> {
    let mut problem = None;
    for (id, rest) in readings(segments) {
        match id.strip_suffix(".git").unwrap_or(&id).parse() {
            Ok(id) => match action(rest)? {
                Some(action) => return Ok(Route::Repo { repo: RepoRef::new(repo_type, id), action }),
                None => continue,
            },
            Err(error) => problem = problem.or(Some(error)),
        }
    }
    Err(problem.unwrap_or_else(|| {
        ParseError::new("path", format!("/{}", segments.join("/")), "the Hub has no such URL")
    }))
}

fn readings<'s>(segments: &'s [&'s str]) -> impl Iterator<Item = (String, &'s [&'s str])> {
    let with_namespace = match segments {
        [namespace, name, rest @ ..] => Some((format!("{namespace}/{name}"), rest)),
        _ => None,
    };
    let alone = match segments {
        [name, rest @ ..] => Some(((*name).to_owned(), rest)),
        [] => None,
    };
    with_namespace.into_iter().chain(alone)
}

fn api_action(rest: &[&str]) -> Result<Option<RepoRoute>, ParseError> {
    Ok(Some(match rest {
        [] => RepoRoute::Info(None),
        ["refs"] => RepoRoute::Refs,
        ["settings"] => RepoRoute::Settings,
        ["auth-check"] => RepoRoute::AuthCheck { write: false },
        ["auth-check", "write"] => RepoRoute::AuthCheck { write: true },
        ["duplicate"] => RepoRoute::Duplicate,
        ["lfs-files", "duplicate"] => RepoRoute::DuplicateLfsFiles,
        [word @ ("xet-read-token" | "xet-write-token"), rest @ ..] if !rest.is_empty() => {
            RepoRoute::XetToken { write: *word == "xet-write-token", revision: rest.join("/").parse()? }
        }
        ["like"] => RepoRoute::Like,
        ["likers"] => RepoRoute::Likers,
        [word @ ("branch" | "tag" | "super-squash"), rest @ ..] if !rest.is_empty() => {
            let name = rest.join("/").parse()?;
            match *word {
                "branch" => RepoRoute::Branch(name),
                "tag" => RepoRoute::Tag(name),
                _ => RepoRoute::SuperSquash(name),
            }
        }
        ["discussions"] => RepoRoute::Discussions,
        ["discussions", number] => match digits(number) {
            Some(number) => RepoRoute::Discussion(number),
            None => return Ok(None),
        },
        ["discussions", number, rest @ ..] => match (digits(number), discussion_action(rest)) {
            (Some(number), Some(action)) => RepoRoute::DiscussionAction(number, action),
            _ => return Ok(None),
        },
        [word @ ("revision" | "paths-info" | "commits" | "preupload" | "commit"), rest @ ..]
            if !rest.is_empty() =>
        {
            let revision = rest.join("/").parse()?;
            match *word {
                "revision" => RepoRoute::Info(Some(revision)),
                "paths-info" => RepoRoute::PathsInfo(revision),
                "commits" => RepoRoute::Commits(revision),
                "preupload" => RepoRoute::Preupload(revision),
                _ => RepoRoute::Commit(revision),
            }
        }
        ["tree", rest @ ..] if !rest.is_empty() => {
            let (revision, path) = revision_and_path(rest)?;
            RepoRoute::Tree(revision, path)
        }
        ["compare", rest @ ..] => match rest.join("/").split_once("..") {
            Some((base, head)) => RepoRoute::Compare(base.parse()?, head.parse()?),
            None => return Ok(None),
        },
        ["treesize", rest @ ..] if !rest.is_empty() => {
            let (revision, path) = revision_and_path(rest)?;
            RepoRoute::TreeSize(revision, path)
        }
        [word] => match SpaceRoute::ALL.into_iter().find(|route| route.word() == *word) {
            Some(route) => RepoRoute::Space(route),
            None => return Ok(None),
        },
        _ => return Ok(None),
    }))
}

fn discussion_action(rest: &[&str]) -> Option<DiscussionAction> {
    match rest {
        ["comment"] => Some(DiscussionAction::Comment),
        ["title"] => Some(DiscussionAction::Title),
        ["status"] => Some(DiscussionAction::Status),
        ["merge"] => Some(DiscussionAction::Merge),
        ["comment", id, "edit"] => Some(DiscussionAction::EditComment((*id).to_owned())),
        ["comment", id, "hide"] => Some(DiscussionAction::HideComment((*id).to_owned())),
        _ => None,
    }
}

fn web_action(rest: &[&str]) -> Result<Option<RepoRoute>, ParseError> {
    Ok(Some(match rest {
        ["info", "refs"] => RepoRoute::Git(GitRoute::Refs),
        ["git-upload-pack"] => RepoRoute::Git(GitRoute::UploadPack),
        ["git-receive-pack"] => RepoRoute::Git(GitRoute::ReceivePack),
        ["info", "lfs", "locks"] => RepoRoute::LfsLocks(LockRoute::All),
        ["info", "lfs", "locks", "verify"] => RepoRoute::LfsLocks(LockRoute::Verify),
        ["info", "lfs", "locks", id, "unlock"] => RepoRoute::LfsLocks(LockRoute::Unlock((*id).to_owned())),
        ["info", "lfs", "objects", "batch"] => RepoRoute::LfsBatch,
        ["info", "lfs", rest @ ..] if !rest.is_empty() => RepoRoute::LfsLink(rest.join("/")),
        [word @ ("resolve" | "raw"), rest @ ..] if rest.len() >= 2 => {
            let (revision, path) = revision_and_path(rest)?;
            if *word == "resolve" {
                RepoRoute::Resolve(revision, path)
            } else {
                RepoRoute::Raw(revision, path)
            }
        }
        _ => return Ok(None),
    }))
}

/// Reads the end of a path that has a revision and, behind it, the path of a file: for servers with paths of their own. The segments
/// are decoded. `refs/x/y` sent as three segments is taken together, as the JavaScript client sends it; otherwise the first segment is
/// the revision.
///
/// ```
/// let (revision, path) = hub_types::route::revision_and_path(&["refs", "pr", "1", "a", "b.txt"])?;
/// assert_eq!((revision.as_str(), path.as_str()), ("refs/pr/1", "a/b.txt"));
/// # Ok::<(), hub_types::ParseError>(())
/// ```
///
/// # Errors
/// When the revision breaks the rules.
pub fn revision_and_path(segments: &[&str]) -> Result<(Revision, String), ParseError> {
    let (revision, path) = match segments {
        ["refs", kind, name, rest @ ..] => (format!("refs/{kind}/{name}"), rest),
        [revision, rest @ ..] => ((*revision).to_owned(), rest),
        [] => (String::new(), segments),
    };
    let path = path.join("/");
    Ok((revision.parse()?, path.trim_end_matches('/').to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::route;

    fn repo(repo_type: RepoType, id: &str) -> RepoRef {
        RepoRef::new(repo_type, id.parse().unwrap())
    }

    fn action(path: &str) -> (RepoRef, RepoRoute) {
        match parse(path).unwrap() {
            Route::Repo { repo, action } => (repo, action),
            other => panic!("{path}: {other:?}"),
        }
    }

    #[test]
    fn what_only_spaces_have_is_read_back_for_them_alone() {
        let space = repo(RepoType::Space, "ada/demo");
        for space_route in SpaceRoute::ALL {
            let path = route::repo(&space).space(space_route);
            assert_eq!(action(&path), (space.clone(), RepoRoute::Space(space_route)));
            assert!(parse(&path.replace("/spaces/", "/models/")).is_err());
        }
        assert_eq!(parse(route::SPACES_HARDWARE).unwrap(), Route::SpacesHardware);
        assert_eq!(parse(route::SPACE_TEMPLATES).unwrap(), Route::SpaceTemplates);
    }

    #[test]
    fn every_path_that_a_client_writes_is_read_back() {
        let revision: Revision = "refs/pr/1".parse().unwrap();
        for repo_type in RepoType::ALL {
            for id in ["ada/demo", "gpt2"] {
                let repo = repo(repo_type, id);
                let routes = route::repo(&repo);
                let table = [
                    (routes.info(None), RepoRoute::Info(None)),
                    (routes.info(Some(&revision)), RepoRoute::Info(Some(revision.clone()))),
                    (routes.refs(), RepoRoute::Refs),
                    (routes.branch(&revision), RepoRoute::Branch(revision.clone())),
                    (routes.tag(&revision), RepoRoute::Tag(revision.clone())),
                    (routes.super_squash(&revision), RepoRoute::SuperSquash(revision.clone())),
                    (routes.settings(), RepoRoute::Settings),
                    (routes.auth_check(false), RepoRoute::AuthCheck { write: false }),
                    (routes.auth_check(true), RepoRoute::AuthCheck { write: true }),
                    (routes.duplicate_lfs_files(), RepoRoute::DuplicateLfsFiles),
                    (
                        routes.xet_token(true, &revision),
                        RepoRoute::XetToken { write: true, revision: revision.clone() },
                    ),
                    (
                        routes.xet_token(false, &Revision::main()),
                        RepoRoute::XetToken { write: false, revision: Revision::main() },
                    ),
                    (routes.like(), RepoRoute::Like),
                    (routes.likers(), RepoRoute::Likers),
                    (routes.tree(&revision, ""), RepoRoute::Tree(revision.clone(), String::new())),
                    (routes.tree(&revision, "a b/ü%"), RepoRoute::Tree(revision.clone(), "a b/ü%".into())),
                    (routes.paths_info(&revision), RepoRoute::PathsInfo(revision.clone())),
                    (routes.commits(&revision), RepoRoute::Commits(revision.clone())),
                    (routes.preupload(&revision), RepoRoute::Preupload(revision.clone())),
                    (routes.commit(&revision), RepoRoute::Commit(revision.clone())),
                    (routes.discussions(), RepoRoute::Discussions),
                    (routes.lfs_batch(), RepoRoute::LfsBatch),
                    (
                        routes.resolve(&revision, "x/y.bin"),
                        RepoRoute::Resolve(revision.clone(), "x/y.bin".into()),
                    ),
                ];
                for (path, expected) in table {
                    if id == "gpt2"
                        && matches!(
                            expected,
                            RepoRoute::Refs
                                | RepoRoute::Discussions
                                | RepoRoute::Settings
                                | RepoRoute::AuthCheck { write: false }
                                | RepoRoute::Like
                                | RepoRoute::Likers
                                | RepoRoute::DuplicateLfsFiles
                        )
                    {
                        continue;
                    }
                    assert_eq!(action(&path), (repo.clone(), expected), "{path}");
                }
            }
        }
    }

    #[test]
    fn searches_are_read_back() {
        for repo_type in RepoType::ALL {
            assert_eq!(parse(&route::list_repos(repo_type)).unwrap(), Route::ListRepos(repo_type));
        }
        for repo_type in [RepoType::Model, RepoType::Dataset] {
            assert_eq!(parse(&route::tags_by_type(repo_type)).unwrap(), Route::TagsByType(repo_type));
        }
        assert_eq!(parse(route::METRICS).unwrap(), Route::Metrics);
    }

    #[test]
    fn what_is_done_to_a_discussion_is_read_back() {
        use DiscussionAction as A;
        let repo = repo(RepoType::Dataset, "ada/demo");
        let routes = route::repo(&repo);
        assert_eq!(action(&routes.discussion(7)).1, RepoRoute::Discussion(7));
        let id = || "64a/b".to_owned();
        for done in [A::Comment, A::Title, A::Status, A::Merge, A::EditComment(id()), A::HideComment(id())] {
            let path = routes.discussion_action(7, &done);
            assert_eq!(action(&path), (repo.clone(), RepoRoute::DiscussionAction(7, done)), "{path}");
        }
        for path in ["discussions/x", "discussions/1/nothing", "discussions/1/comment/a"] {
            assert!(parse(&format!("/api/models/ada/demo/{path}")).is_err(), "{path}");
        }
    }

    #[test]
    fn a_revision_sent_as_three_segments_is_one_revision() {
        assert_eq!(
            action("/api/models/ada/demo/tree/refs/pr/1/docs/a"),
            (
                repo(RepoType::Model, "ada/demo"),
                RepoRoute::Tree("refs/pr/1".parse().unwrap(), "docs/a".into())
            )
        );
        assert_eq!(
            action("/api/models/ada/demo/commits/refs/pr/1").1,
            RepoRoute::Commits("refs/pr/1".parse().unwrap())
        );
    }

    #[test]
    fn a_path_may_come_with_encoded_slashes() {
        let expected = RepoRoute::Tree(Revision::main(), "docs/a".into());
        assert_eq!(action("/api/models/ada/demo/tree/main/docs%2Fa").1, expected);
    }

    #[test]
    fn the_git_suffix_is_not_part_of_the_id() {
        for path in ["/ada/demo.git/info/lfs/objects/batch", "/ada/demo/info/lfs/objects/batch"] {
            assert_eq!(action(path), (repo(RepoType::Model, "ada/demo"), RepoRoute::LfsBatch));
        }
    }

    #[test]
    fn what_the_hub_does_not_have_is_refused() {
        for path in [
            "",
            "/",
            "/api",
            "/api/models/",
            "/api/spaces-tags-by-type",
            "/api/nothing",
            "/ada/demo/nothing",
            "/api/models/ada/demo/x",
            "x",
            "/%FF/a",
        ] {
            assert!(parse(path).is_err(), "{path}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(path in "/?(api/)?[a-z./%0-9-]{0,60}") {
            let _ = parse(&path);
        }

        #[test]
        fn file_paths_survive_the_round_trip(path in "[a-zA-Z0-9 %ü?#&+_.-]{1,20}(/[a-zA-Z0-9 %ü?#&+_.-]{1,20}){0,3}") {
            let repo = repo(RepoType::Model, "ada/demo");
            let text = route::repo(&repo).resolve(&Revision::main(), &path);
            prop_assert_eq!(action(&text).1, RepoRoute::Resolve(Revision::main(), path));
        }
    }
}
