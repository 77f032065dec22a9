//! Whether a request is one of a browser for a page.

use http::{
    HeaderMap, Method,
    header::{ACCEPT, CONTENT_TYPE},
    request::Parts,
};
#[cfg(feature = "serve")]
use hub_types::RepoRef;

#[cfg(feature = "serve")]
use crate::route::table::{self, Needs, Operation};
use crate::{
    context::{Context, Inner},
    route::page::{self, PagePath},
};

/// The page that a request is for, if it is for one.
pub(crate) fn asked(hub: &Inner, parts: &Parts) -> Option<PagePath> {
    if !hub.shows_pages {
        return None;
    }
    // What cannot be read is no page, and the API says what is wrong with it.
    let path = page::parse(parts.uri.path()).ok().flatten()?;
    let is_for_a_browser = wants_html(&parts.headers) && (parts.method != Method::POST || is_form(parts));
    (is_for_a_browser || matches!(path, PagePath::Asset(_))).then_some(path)
}

/// What a form for one of these pages changes, and the repository that its path names.
#[cfg(feature = "serve")]
pub(crate) fn change(hub: &Inner, parts: &Parts) -> Option<(&'static Operation, Option<RepoRef>)> {
    let path = asked(hub, parts).filter(|_| parts.method == Method::POST)?;
    let operation = table::of_page(&path).iter().find(|operation| operation.answers(&parts.method))?;
    let repo = match path {
        PagePath::Repo { repo, .. } => Some(repo),
        _ => None,
    };
    // Signing in and out needs nothing, and changes nothing.
    (operation.needs != Needs::Nothing).then_some((operation, repo))
}

/// Whether a browser is to be told of an error by a page.
pub(crate) fn tells_errors(context: &Context, parts: &Parts) -> bool {
    let path = parts.uri.path();
    context.hub().shows_pages
        && matches!(parts.method, Method::GET | Method::HEAD)
        && wants_html(&parts.headers)
        && !path.starts_with("/api/")
        && !path.starts_with("/_xet/")
}

/// Whether the caller wants a page.
fn wants_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).into_iter().filter_map(|value| value.to_str().ok());
    accepted
        .flat_map(|value| value.split(','))
        .filter_map(|one| one.split(';').next())
        .any(|media_type| media_type.trim().eq_ignore_ascii_case("text/html"))
}

/// Whether a request is a form of a page.
fn is_form(parts: &Parts) -> bool {
    let media_type =
        parts.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    ["application/x-www-form-urlencoded", "multipart/form-data"]
        .iter()
        .any(|form| media_type.eq_ignore_ascii_case(form))
}
