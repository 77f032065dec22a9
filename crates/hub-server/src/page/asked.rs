//! Whether a request is one of a browser for a page.

use http::{Method, header::CONTENT_TYPE, request::Parts};
#[cfg(feature = "serve")]
use hub_types::RepoRef;

#[cfg(feature = "serve")]
use crate::route::table::{self, Needs, Operation};
use crate::{
    browser::wants_html,
    context::Inner,
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

/// Whether a request is for what everybody is let have who is to sign in: the form for it, and what makes it look as it does.
#[cfg(feature = "serve")]
pub(crate) fn is_needed_to_sign_in(hub: &Inner, parts: &Parts) -> bool {
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    reads && matches!(asked(hub, parts), Some(PagePath::Asset(_) | PagePath::SignIn))
}

/// Whether a request is an attempt to sign in.
#[cfg(feature = "serve")]
pub(crate) fn signs_in(hub: &Inner, parts: &Parts) -> bool {
    parts.method == Method::POST && matches!(asked(hub, parts), Some(PagePath::SignIn))
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
pub(crate) fn tells_errors(hub: &Inner, parts: &Parts) -> bool {
    let path = parts.uri.path();
    hub.shows_pages
        && (matches!(parts.method, Method::GET | Method::HEAD) || is_form(parts))
        && wants_html(&parts.headers)
        && !path.starts_with("/api/")
        && !path.starts_with("/_xet/")
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
