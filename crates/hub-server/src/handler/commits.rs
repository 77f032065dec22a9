//! `GET /api/{models}/{id}/commits/{rev}`.

use http::{HeaderName, HeaderValue, Response, request::Parts};
use hub_types::{Extra, GitCommitInfo, Revision, commit::CommitAuthor, route};
use serde_json::json;

use super::{next_url, timestamp, with_next};
use crate::{
    Body, api_error::ApiError, conditional::Validator, context::Context, respond, route::rights::Access,
    store::CommitRecord,
};

const DEFAULT_LIMIT: usize = 50;
const MAX_LIMIT: usize = 1000;

/// Lists the commits that lead to a revision, newest first, by page number.
pub(crate) async fn commits(
    context: &Context,
    access: Access,
    parts: &Parts,
    revision: Revision,
) -> Result<Response<Body>, ApiError> {
    let validator = Validator::of(context, parts);
    let page = context.query.number("p")?.unwrap_or(0);
    let limit = super::page_size(&context.query, DEFAULT_LIMIT, MAX_LIMIT)?;
    let formatted = context.query.all("expand").any(|name| name == "formatted");
    let path = route::repo(&access.repo.repo).commits(&revision);
    let skip = page.saturating_mul(limit);
    let (tag, found) = context
        .blocking(move |hub| {
            let git = hub.store.git(&access.repo)?;
            let commit = git.resolve(revision.as_str())?;
            let (tag, is_known) = validator.with(commit.to_string()).tag();
            let found = if is_known { None } else { Some(git.log(commit, skip, limit)?) };
            Ok((tag, found))
        })
        .await?;
    let Some((found, total)) = found else { return Ok(tag.not_modified()) };
    let commits: Vec<_> = found.iter().map(|commit| describe(commit, formatted)).collect();
    let mut response = tag.on(respond::ok(&commits)?);
    response.headers_mut().insert(HeaderName::from_static("x-total-count"), HeaderValue::from(total));
    if skip.saturating_add(found.len()) < total && !found.is_empty() {
        let next = [("p", (page + 1).to_string()), ("limit", limit.to_string())];
        response = with_next(response, &next_url(context, &path, &next));
    }
    Ok(response)
}

fn describe(commit: &CommitRecord, formatted: bool) -> GitCommitInfo {
    let mut extra = Extra::new();
    if formatted {
        let texts = json!({"title": escape(&commit.title), "message": escape(&commit.message)});
        extra.insert("formatted".to_owned(), texts);
    }
    GitCommitInfo::new(commit.id.to_string(), &commit.title, timestamp(commit.time))
        .message(&commit.message)
        .authors([CommitAuthor::new(&commit.author)])
        .extra(extra)
}

/// A text as HTML.
pub(crate) fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut html, c| {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
        html
    })
}
