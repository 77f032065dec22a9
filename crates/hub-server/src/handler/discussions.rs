//! `GET /api/{models}/{id}/discussions` and `.../{num}`.

use http::Response;
use hub_types::{
    DiscussionStatus,
    discussion::{DiscussionAuthor, Event, FilesWithConflicts, PullRequestChanges},
};
use serde_json::{Map, Value, json};

use super::{avatar_url, commits::escape, timestamp};
use crate::{
    Body,
    api_error::ApiError,
    context::{Context, Inner},
    respond,
    route::rights::Access,
    store::{
        CommitId, Conflicts, DiscussionFilter, DiscussionRecord, EventRecord, GitRepo, PullRequest,
        RepoRecord, reference,
    },
};

const PAGE: usize = 20;

/// Lists discussions and pull requests, newest first, by page number.
pub(crate) async fn list(context: &Context, access: Access) -> Result<Response<Body>, ApiError> {
    let query = context.query.clone();
    let start = query.number("p")?.unwrap_or(0).saturating_mul(PAGE);
    let filter = DiscussionFilter {
        is_pull_request: one_of(query.get("type"), "type", ["discussion", "pull_request"])?,
        open: one_of(query.get("status"), "status", ["closed", "open"])?,
        author: query.get("author").map(str::to_owned),
    };
    let response = context
        .blocking(move |hub| {
            let list = hub.store.list_discussions(&access.repo, &filter, start, PAGE)?;
            let page = list
                .page
                .iter()
                .map(|one| summary(hub, &access.repo, one))
                .collect::<Result<Vec<_>, ApiError>>()?;
            Ok(json!({
                "discussions": page,
                "count": list.count,
                "start": start,
                "numClosedDiscussions": list.closed,
            }))
        })
        .await?;
    respond::ok(&response)
}

/// Whether a parameter is the second of two words; `None` for `all` and when it is not there.
pub(crate) fn one_of(
    given: Option<&str>,
    name: &str,
    [no, yes]: [&str; 2],
) -> Result<Option<bool>, ApiError> {
    match given {
        None | Some("all") => Ok(None),
        Some(word) if word == yes => Ok(Some(true)),
        Some(word) if word == no => Ok(Some(false)),
        Some(word) => Err(ApiError::bad_request(format!(
            "\"{name}\" must be \"all\", \"{no}\" or \"{yes}\", not \"{word}\""
        ))),
    }
}

/// Describes one discussion or pull request with its events.
pub(crate) async fn details(
    context: &Context,
    access: Access,
    number: u64,
) -> Result<Response<Body>, ApiError> {
    let with_diff = context.query.flag("diff");
    let response = context
        .blocking(move |hub| {
            let one = hub.store.current_discussion(&access.repo, number)?;
            let mut described = common(hub, &access.repo, &one)?;
            described.extend(more(hub, &access.repo, &one, with_diff)?);
            Ok(described)
        })
        .await?;
    respond::ok(&response)
}

/// What list and details have.
fn common(hub: &Inner, repo: &RepoRecord, one: &DiscussionRecord) -> Result<Map<String, Value>, ApiError> {
    Ok(Map::from_iter([
        ("num".to_owned(), json!(one.number)),
        ("title".to_owned(), json!(one.title)),
        ("status".to_owned(), json!(one.status)),
        ("isPullRequest".to_owned(), json!(one.pull_request.is_some())),
        ("createdAt".to_owned(), json!(timestamp(one.created_at))),
        ("pinned".to_owned(), json!(false)),
        ("author".to_owned(), json!(author(hub, &one.author)?)),
        ("repo".to_owned(), json!({"name": repo.repo.id, "type": repo.repo.repo_type})),
    ]))
}

/// An entry of the list.
fn summary(hub: &Inner, repo: &RepoRecord, one: &DiscussionRecord) -> Result<Map<String, Value>, ApiError> {
    let owner = repo.repo.id.namespace().unwrap_or_default();
    let owner_type = match hub.store.find_account(owner)? {
        Some(account) if account.is_org => "org",
        _ => "user",
    };
    let mut fields = common(hub, repo, one)?;
    fields.extend([
        (
            "repoOwner".to_owned(),
            json!({
                "name": owner, "type": owner_type, "isParticipating": false, "isDiscussionAuthor": owner == one.author,
            }),
        ),
        ("topReactions".to_owned(), json!([])),
        ("numReactionUsers".to_owned(), json!(0)),
        ("numComments".to_owned(), json!(one.comments)),
    ]);
    Ok(fields)
}

/// An account as messages show it. Commits may name somebody who has none.
fn author(hub: &Inner, name: &str) -> Result<DiscussionAuthor, ApiError> {
    let mut author = DiscussionAuthor::new(name);
    let mut add = |key: &str, value: Value| author.extra.insert(key.to_owned(), value);
    add("type", json!("user"));
    if let Some(account) = hub.store.find_account(name)? {
        add("_id", json!(format!("{:024x}", account.key)));
        add("fullname", json!(account.fullname.as_deref().unwrap_or(name)));
        add("avatarUrl", json!(avatar_url(account.key)));
        for word in ["isPro", "isHf", "isHfAdmin", "isMod"] {
            add(word, json!(false));
        }
    }
    Ok(author)
}

/// What only the details have.
fn more(
    hub: &Inner,
    repo: &RepoRecord,
    one: &DiscussionRecord,
    with_diff: bool,
) -> Result<Map<String, Value>, ApiError> {
    let events = hub.store.events(repo, one.number)?;
    let mut fields = Map::new();
    // The opening comment is as old and as unique as the discussion.
    fields.insert("_id".to_owned(), json!(events.first().map(|event| &event.id)));
    let events =
        events.into_iter().map(|event| shown(hub, repo, event)).collect::<Result<Vec<_>, ApiError>>()?;
    fields.insert("collection".to_owned(), json!("discussions"));
    fields.insert("locked".to_owned(), json!(false));
    fields.insert("events".to_owned(), json!(events));
    if let Some(pull_request) = &one.pull_request {
        let git = hub.store.git(repo)?;
        let head = git.resolve(&reference(one.number)).ok();
        let mut changes = PullRequestChanges::new(&pull_request.target);
        changes.merge_commit_id = pull_request.merge_commit.map(|commit| commit.to_string());
        changes.head_commit_id = head.map(|head| head.to_string());
        fields.insert("changes".to_owned(), json!(changes));
        fields.insert("filesWithConflicts".to_owned(), json!(conflicts(&git, one, pull_request, head)?));
        if with_diff && let Some(head) = head {
            let base = base(&git, one, pull_request, head)?;
            fields.insert("diff".to_owned(), json!(git.diff(base, head)?));
        }
    } else {
        fields.insert("isReport".to_owned(), json!(false));
    }
    Ok(fields)
}

/// What keeps a pull request from being merged.
pub(crate) fn conflicts(
    git: &GitRepo,
    one: &DiscussionRecord,
    pull_request: &PullRequest,
    head: Option<CommitId>,
) -> Result<FilesWithConflicts, ApiError> {
    let merged = one.status == DiscussionStatus::Merged;
    let found = match (head, git.resolve(&pull_request.target)) {
        (Some(head), Ok(tip)) if !merged => git.conflicts(tip, head)?,
        _ => Conflicts::Paths(Vec::new()),
    };
    Ok(match found {
        Conflicts::Paths(paths) => FilesWithConflicts::Paths(paths),
        Conflicts::Unrelated => FilesWithConflicts::Unknown(true),
    })
}

/// What the changes are counted from: where the two histories part, as long as they do.
pub(crate) fn base(
    git: &GitRepo,
    one: &DiscussionRecord,
    pull_request: &PullRequest,
    head: CommitId,
) -> Result<CommitId, ApiError> {
    let common = match git.resolve(&pull_request.target) {
        Ok(tip) if one.status != DiscussionStatus::Merged => git.merge_base(tip, head)?,
        _ => None,
    };
    Ok(common.unwrap_or(pull_request.base))
}

/// An event as messages show it: texts also as HTML.
pub(crate) fn shown(hub: &Inner, repo: &RepoRecord, event: EventRecord) -> Result<Event<Value>, ApiError> {
    let EventRecord { id, kind, author: name, created_at, mut data } = event;
    if let Some(latest) = data.get_mut("latest") {
        complete(hub, latest)?;
    }
    for version in data.get_mut("history").and_then(Value::as_array_mut).into_iter().flatten() {
        complete(hub, version)?;
    }
    let mut by = author(hub, &name)?;
    by.extra.insert("isOwner".to_owned(), json!(repo.repo.id.namespace() == Some(name.as_str())));
    Ok(Event::new(id, kind, timestamp(created_at), by, data))
}

/// Adds to a version of a comment what is not stored with it: the text as HTML, and who its author is.
fn complete(hub: &Inner, version: &mut Value) -> Result<(), ApiError> {
    let Value::Object(fields) = version else { return Ok(()) };
    let raw = fields.get("raw").and_then(Value::as_str).unwrap_or_default();
    let html = if raw.is_empty() { String::new() } else { format!("<p>{}</p>", escape(raw)) };
    fields.insert("html".to_owned(), json!(html));
    let name = fields.get("author").and_then(|by| by.get("name")).and_then(Value::as_str).map(str::to_owned);
    if let Some(name) = name {
        fields.insert("author".to_owned(), json!(author(hub, &name)?));
    }
    Ok(())
}
