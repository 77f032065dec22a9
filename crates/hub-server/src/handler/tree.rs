//! `GET /api/{models}/{id}/tree/{rev}/{path}`.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Response;
use hub_types::{
    Revision, route,
    tree::{MAX_PAGE, MAX_PAGE_EXPANDED},
};

use super::{entries, next_url, with_next};
use crate::{Body, api_error::ApiError, context::Context, respond, route::rights::Access};

/// Lists a folder, page by page.
///
/// All pages of one listing come from the same commit: the cursor names it, so a branch that moves between two pages
/// does not repeat or drop entries.
pub(crate) async fn tree(
    context: &Context,
    access: Access,
    revision: Revision,
    path: String,
) -> Result<Response<Body>, ApiError> {
    let query = &context.query;
    let (recursive, expand) = (query.flag("recursive"), query.flag("expand"));
    let most = if expand { MAX_PAGE_EXPANDED } else { MAX_PAGE };
    let limit = super::page_size(query, most, most)?;
    let cursor = query.get("cursor").map(Cursor::parse).transpose()?;
    let url = route::repo(&access.repo.repo).tree(&revision, &path);
    let folder = path.trim_end_matches('/').to_owned();
    let (page, next) = context
        .blocking(move |hub| {
            let git = hub.store.git(&access.repo)?;
            let start = cursor.as_ref().map_or(0, |cursor| cursor.start);
            let commit = git.resolve(cursor.as_ref().map_or(revision.as_str(), |cursor| &cursor.commit))?;
            let mut listed = git.list(commit, &folder, recursive)?;
            let more = listed.len() > start.saturating_add(limit);
            let page = listed.drain(start.min(listed.len())..).take(limit).collect();
            let next = more.then(|| Cursor { commit: commit.to_string(), start: start + limit });
            Ok((entries::describe_all((hub, &access.repo), &git, commit, page, expand)?, next))
        })
        .await?;
    let response = respond::ok(&page)?;
    Ok(match next {
        Some(cursor) => {
            let changed = [("cursor", cursor.to_text()), ("limit", limit.to_string())];
            with_next(response, &next_url(context, &url, &changed))
        }
        None => response,
    })
}

/// Answers `GET /api/{models}/{id}/treesize/{rev}/{path}`: the bytes of all files below a folder, large ones whole.
pub(crate) async fn size(
    context: &Context,
    access: Access,
    revision: Revision,
    path: String,
) -> Result<Response<Body>, ApiError> {
    let folder = path.trim_end_matches('/').to_owned();
    let response = context
        .blocking(move |hub| {
            let git = hub.store.git(&access.repo)?;
            let files = git.list(git.resolve(revision.as_str())?, &folder, true)?;
            let size = files.iter().fold(0_u64, |sum, entry| sum.saturating_add(entry.size));
            Ok(serde_json::json!({"path": folder, "size": size}))
        })
        .await?;
    respond::ok(&response)
}

/// Where a listing goes on.
#[derive(Debug, PartialEq, Eq)]
struct Cursor {
    commit: String,
    start: usize,
}

impl Cursor {
    fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}:{}", self.commit, self.start))
    }

    fn parse(text: &str) -> Result<Self, ApiError> {
        let read = || {
            let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
            let (commit, start) = text.split_once(':')?;
            let is_commit = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
            Some(Self { commit: is_commit.then(|| commit.to_owned())?, start: start.parse().ok()? })
        };
        read().ok_or_else(|| ApiError::bad_request("this cursor is not one that this hub gave"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_survive_the_round_trip_and_others_are_refused() {
        let cursor = Cursor { commit: "a".repeat(40), start: 1000 };
        assert_eq!(Cursor::parse(&cursor.to_text()).unwrap(), cursor);
        for wrong in ["", "!", "bWFpbjox", &URL_SAFE_NO_PAD.encode(format!("{}:-1", "a".repeat(40)))] {
            assert!(Cursor::parse(wrong).is_err(), "{wrong}");
        }
    }
}
