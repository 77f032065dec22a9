//! Signed in or not: the cookie of a browser, and the token that its forms carry.

use std::sync::Arc;

use http::{
    HeaderMap, HeaderValue, Method,
    header::{AUTHORIZATION, CACHE_CONTROL, COOKIE, VARY},
    request::Parts,
};
use hub_types::{hex, route::RepoRoute, route::Route};
use subtle::ConstantTimeEq;

use super::asked;
use crate::{
    api_error::{ApiError, header_text},
    context::{Context, Inner},
    signed::{Purpose, Signer},
    store::SESSION,
};

/// Over TLS a browser takes this name only from this host, and for all of it.
const SECURE: &str = "__Host-hub";
const PLAIN: &str = "hub";
/// The longest cookie that is looked at.
const LONGEST: usize = 2048;

/// The request is let in by its cookie, whose text this is.
#[derive(Debug, Clone)]
pub(super) struct Carried(String);

/// Gives a request the token that its cookie holds, where a browser may show it: for pages, and for reading files. The API and git
/// know no cookies, so that no page of another site can use it through a browser. A token that is good for nothing any more is left
/// out: whoever has it is nobody. `base` is where the caller reaches the hub.
pub(crate) async fn carry_token(hub: &Arc<Inner>, base: &str, parts: &mut Parts) {
    if hub.shows_pages && takes_cookies(hub, parts) {
        carry(hub, base, parts).await;
    }
}

/// As [`carry_token`], whatever the request is for: the caller lets nobody in by it.
pub(super) async fn carry(hub: &Arc<Inner>, base: &str, parts: &mut Parts) {
    if parts.headers.contains_key(AUTHORIZATION) {
        return;
    }
    let Some(cookie) = cookie(&parts.headers, &name(base)) else { return };
    let Some(token) = hub.store.open_session(&cookie) else { return };
    let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {token}")) else { return };
    let store = hub.store.clone();
    let found = tokio::task::spawn_blocking(move || store.authenticate(&token)).await;
    // What the database says is said by whoever asks it next.
    if matches!(found, Ok(Ok(None))) {
        return;
    }
    value.set_sensitive(true);
    parts.headers.insert(AUTHORIZATION, value);
    parts.extensions.insert(Carried(cookie));
}

fn takes_cookies(hub: &Inner, parts: &Parts) -> bool {
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    let is_file = || {
        let route = hub_types::route::parse(parts.uri.path());
        matches!(route, Ok(Route::Repo { action: RepoRoute::Resolve(..) | RepoRoute::Raw(..), .. }))
    };
    asked::asked(hub, parts).is_some() || (reads && is_file())
}

/// Whether a cookie let the request in.
pub(crate) fn is_carried(parts: &Parts) -> bool {
    parts.extensions.get::<Carried>().is_some()
}

/// Says of a file that it is for one browser: what is between here and there must not keep it, as it may where no header says
/// who asked.
pub(crate) fn for_one_browser(headers: &mut HeaderMap) {
    headers.append(VARY, HeaderValue::from_static("cookie"));
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    }
}

/// The `Set-Cookie` of a session that begins.
pub(super) fn begin(context: &Context, token: &str) -> Result<HeaderValue, ApiError> {
    let sealed = context.hub().store.seal_session(token)?;
    Ok(set_cookie(context, &sealed, SESSION.as_secs()))
}

/// The `Set-Cookie` of a session that ends.
pub(super) fn end(context: &Context) -> HeaderValue {
    set_cookie(context, "", 0)
}

fn set_cookie(context: &Context, value: &str, seconds: i64) -> HeaderValue {
    let secure = if is_secure(&context.base) { "; Secure" } else { "" };
    let name = name(&context.base);
    let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
    let mut value = header_text(&text);
    value.set_sensitive(true);
    value
}

fn is_secure(base: &str) -> bool {
    base.starts_with("https://")
}

/// The name of the cookie. A browser gives the cookies of one port to every port of a host, where another hub may be.
fn name(base: &str) -> String {
    if is_secure(base) {
        return SECURE.to_owned();
    }
    let port = base.rsplit_once(':').map(|(_, port)| port);
    match port.filter(|port| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())) {
        Some(port) => format!("{PLAIN}-{port}"),
        None => PLAIN.to_owned(),
    }
}

/// The cookie of this name. Of several nobody knows which one this Hub has set, and which one a neighbour, so that none counts.
fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let sent = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut named = sent
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    let only = named.next().filter(|value| value.len() <= LONGEST)?;
    named.next().is_none().then(|| only.to_owned())
}

/// What the forms carry that are shown in this session. Another session has another, and so has nobody.
pub(super) fn form_token(signer: &Signer, parts: &Parts) -> String {
    let cookie = parts.extensions.get::<Carried>().map_or("", |carried| &carried.0);
    hex::encode(&signer.sign(Purpose::Form, cookie))
}

/// Refuses a form without the token of its session.
///
/// # Errors
/// 403.
pub(super) fn must_carry(expected: &str, given: Option<&str>) -> Result<(), ApiError> {
    if bool::from(expected.as_bytes().ct_eq(given.unwrap_or_default().as_bytes())) {
        return Ok(());
    }
    Err(ApiError::forbidden(
        "This form is not of your session any more, and nothing was changed: load the page again and send it once more",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookies(values: &[&'static str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(COOKIE, HeaderValue::from_static(value));
        }
        headers
    }

    #[test]
    fn each_hub_of_a_host_has_a_name_for_its_cookie() {
        for (base, expected) in [
            ("http://localhost", "hub"),
            ("http://localhost:8080", "hub-8080"),
            ("http://[::1]:81", "hub-81"),
            ("http://[::1]", "hub"),
            ("https://hub.example", "__Host-hub"),
            ("https://hub.example:8443", "__Host-hub"),
        ] {
            assert_eq!(name(base), expected, "{base}");
        }
    }

    #[test]
    fn of_several_cookies_of_one_name_none_counts() {
        let one = |values: &[&'static str]| cookie(&cookies(values), "hub");
        assert_eq!(one(&["a=1; hub=2; hubx=3"]).as_deref(), Some("2"));
        assert_eq!(one(&["a=1", "hub=1:x=="]).as_deref(), Some("1:x=="));
        for several in [&["hub=1; hub=2"][..], &["hub=1", "hub=2"], &["hub=1; hub=1"], &["hub=; hub=1"]] {
            assert_eq!(one(several), None, "{several:?}");
        }
        assert_eq!(one(&["HUB=1; a=hub"]), None);
        let long = HeaderValue::from_str(&format!("hub={}", "x".repeat(LONGEST + 1))).unwrap();
        assert_eq!(cookie(&HeaderMap::from_iter([(COOKIE, long)]), "hub"), None);
    }
}
