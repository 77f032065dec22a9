//! `GET /api/{models}/{id}/tree/{rev}/{path}`.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{Response, request::Parts};
use hub_types::{
    Revision, route,
    tree::{MAX_PAGE, MAX_PAGE_EXPANDED},
};

use super::{entries, next_url, with_next};
use crate::{
    Body, api_error::ApiError, conditional::Validator, context::Context, respond, route::rights::Access,
};

/// Lists a folder, page by page.
///
/// All pages of one listing come from the same commit: the cursor names it, so a branch that moves between two pages
/// does not repeat or drop entries.
pub(crate) async fn tree(
    context: &Context,
    access: Access,
    parts: &Parts,
    revision: Revision,
    path: String,
) -> Result<Response<Body>, ApiError> {
    let validator = Validator::of(context, parts);
    let query = &context.query;
    let (recursive, expand) = (query.flag("recursive"), query.flag("expand"));
    let most = if expand { MAX_PAGE_EXPANDED } else { MAX_PAGE };
    let limit = super::page_size(query, most, most)?;
    let cursor = query.get("cursor").map(Cursor::parse).transpose()?;
    let url = route::repo(&access.repo.repo).tree(&revision, &path);
    let folder = path.trim_end_matches('/').to_owned();
    let (tag, found) = context
        .blocking(move |hub| {
            let git = hub.store.git(&access.repo)?;
            let commit = git.resolve(cursor.as_ref().map_or(revision.as_str(), |cursor| &cursor.commit))?;
            let (tag, is_known) = validator.with(commit.to_string()).tag();
            if is_known {
                return Ok((tag, None));
            }
            let after = cursor.as_ref().map(|cursor| cursor.after.as_str());
            let (page, more) = git.list_page(commit, &folder, recursive, after, limit)?;
            let last = page.last().filter(|_| more);
            let next = last.map(|last| Cursor { commit: commit.to_string(), after: last.path.clone() });
            Ok((tag, Some((entries::describe_all((hub, &access.repo), &git, commit, page, expand)?, next))))
        })
        .await?;
    let Some((page, next)) = found else { return Ok(tag.not_modified()) };
    let response = tag.on(respond::ok(&page)?);
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
            let mut size = 0_u64;
            git.each_file(git.resolve(revision.as_str())?, &folder, |file| {
                size = size.saturating_add(file.size)
            })?;
            Ok(serde_json::json!({"path": folder, "size": size}))
        })
        .await?;
    respond::ok(&response)
}

/// Where a listing goes on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) commit: String,
    /// The last path of the page before.
    pub(crate) after: String,
}

impl Cursor {
    pub(crate) fn to_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}:{}", self.commit, self.after))
    }

    pub(crate) fn parse(text: &str) -> Result<Self, ApiError> {
        let read = || {
            let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
            let (commit, after) = text.split_once(':')?;
            let is_commit = commit.len() == 40 && commit.bytes().all(|b| b.is_ascii_hexdigit());
            Some(Self { commit: is_commit.then(|| commit.to_owned())?, after: after.to_owned() })
        };
        read().ok_or_else(|| ApiError::bad_request("this cursor is not one that this hub gave"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_survive_the_round_trip_and_others_are_refused() {
        let cursor = Cursor { commit: "a".repeat(40), after: "a/b:ü".to_owned() };
        assert_eq!(Cursor::parse(&cursor.to_text()).unwrap(), cursor);
        for wrong in ["", "!", "bWFpbjox", &URL_SAFE_NO_PAD.encode("a".repeat(40))] {
            assert!(Cursor::parse(wrong).is_err(), "{wrong}");
        }
    }
}
