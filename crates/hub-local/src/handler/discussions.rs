//! `GET /api/{models}/{id}/discussions` and `.../{num}`: the pull requests that commits opened.

use http::{Response, StatusCode};
use serde_json::{Map, Value, json};

use super::{commits::escape, timestamp};
use crate::{
    Body,
    auth::Access,
    respond::{self, ApiError},
    server::{Context, Inner},
    store::{GitRepo, PullRequest, RepoRecord, StoreError},
};

const PAGE: usize = 20;
/// Commits of a pull request that its events show.
const MAX_COMMITS: usize = 200;

/// Lists discussions and pull requests, newest first, by page number.
pub(crate) async fn list(context: &Context, access: Access) -> Result<Response<Body>, ApiError> {
    let query = context.query.clone();
    let start = query.number("p")?.unwrap_or(0).saturating_mul(PAGE);
    let answer = context
        .blocking(move |hub| {
            let open = |one: &PullRequest| matches!(one.status.as_str(), "open" | "draft");
            let wanted = |one: &PullRequest| {
                let kind = query.get("type").is_none_or(|kind| matches!(kind, "all" | "pull_request"));
                let author = query.get("author").is_none_or(|author| author == one.author);
                let status = match query.get("status") {
                    Some("open") => open(one),
                    Some("closed") => !open(one),
                    _ => true,
                };
                kind && author && status
            };
            let all = hub.store.list_discussions(&access.repo)?;
            let closed = all.iter().filter(|one| !open(one)).count();
            let found: Vec<_> = all.iter().filter(|one| wanted(one)).collect();
            let page = found
                .iter()
                .skip(start)
                .take(PAGE)
                .map(|one| summary(hub, &access.repo, one))
                .collect::<Result<Vec<_>, ApiError>>()?;
            Ok(json!({
                "discussions": page,
                "count": found.len(),
                "start": start,
                "numClosedDiscussions": closed,
            }))
        })
        .await?;
    respond::ok(&answer)
}

/// Describes one pull request with its events.
pub(crate) async fn details(
    context: &Context,
    access: Access,
    number: u64,
) -> Result<Response<Body>, ApiError> {
    let answer = context
        .blocking(move |hub| {
            let one = hub.store.discussion(&access.repo, number).map_err(|error| match error {
                StoreError::DiscussionNotFound { .. } => {
                    ApiError::new(StatusCode::NOT_FOUND, "Discussion not found")
                }
                other => other.into(),
            })?;
            let git = hub.store.git(&access.repo)?;
            let mut described = summary(hub, &access.repo, &one)?;
            if let Value::Object(fields) = &mut described {
                let mut changes = Map::from_iter([("base".to_owned(), json!(one.target))]);
                if let Ok(head) = git.resolve(&format!("refs/pr/{number}")) {
                    changes.insert("headCommitId".to_owned(), json!(head.to_string()));
                }
                fields.insert("collection".to_owned(), json!("discussions"));
                fields.insert("locked".to_owned(), json!(false));
                fields.insert("changes".to_owned(), Value::Object(changes));
                fields.insert("filesWithConflicts".to_owned(), conflicts(&git, &one)?);
                fields.insert("events".to_owned(), events(&git, &one)?);
            }
            Ok(described)
        })
        .await?;
    respond::ok(&answer)
}

fn summary(hub: &Inner, repo: &RepoRecord, one: &PullRequest) -> Result<Value, ApiError> {
    let owner = repo.repo.id.namespace().unwrap_or_default();
    let owner_type = match hub.store.find_account(owner)? {
        Some(account) if account.is_org => "org",
        _ => "user",
    };
    let fullname = hub.store.find_account(&one.author)?.and_then(|account| account.fullname);
    Ok(json!({
        "num": one.number,
        "title": one.title,
        "status": one.status,
        "isPullRequest": true,
        "createdAt": timestamp(one.created_at),
        "pinned": false,
        "author": {
            "name": one.author, "fullname": fullname.as_deref().unwrap_or(&one.author), "type": "user", "isPro": false,
        },
        "repo": {"name": repo.repo.id, "type": repo.repo.repo_type},
        "repoOwner": {
            "name": owner, "type": owner_type, "isParticipating": false, "isDiscussionAuthor": owner == one.author,
        },
        "topReactions": [],
        "numReactionUsers": 0,
        "numComments": 1,
    }))
}

/// An empty list when the pull request is based on the tip of its branch; otherwise `true`, which stands for "unknown".
fn conflicts(git: &GitRepo, one: &PullRequest) -> Result<Value, ApiError> {
    Ok(if git.resolve(&one.target)? == one.base { json!([]) } else { json!(true) })
}

fn events(git: &GitRepo, one: &PullRequest) -> Result<Value, ApiError> {
    let author = json!({"name": one.author, "type": "user"});
    let created = timestamp(one.created_at);
    let mut events = vec![json!({
        "id": format!("{:024x}", one.number << 16),
        "type": "comment",
        "createdAt": created,
        "author": author,
        "data": {
            "edited": false, "hidden": false, "numEdits": 0, "editors": [one.author], "editorAvatarUrls": [], "reactions": [],
            "latest": {
                "raw": one.description, "html": format!("<p>{}</p>", escape(&one.description)),
                "updatedAt": created, "author": {"name": one.author},
            },
        },
    })];
    if let Ok(head) = git.resolve(&format!("refs/pr/{}", one.number)) {
        let (commits, _) = git.log(head, 0, MAX_COMMITS)?;
        let own: Vec<_> = commits.into_iter().take_while(|commit| commit.id != one.base).collect();
        for (position, commit) in own.iter().rev().enumerate() {
            events.push(json!({
                "id": format!("{:024x}", (one.number << 16) + position as u64 + 1),
                "type": "commit",
                "createdAt": timestamp(commit.time),
                "author": {"name": commit.author, "type": "user"},
                "data": {"subject": commit.title, "oid": commit.id.to_string()},
            }));
        }
    }
    Ok(Value::Array(events))
}
