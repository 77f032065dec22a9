//! Signed in or not: the cookie of a browser, and the token that its forms carry.

use http::{
    HeaderMap, HeaderValue, Method,
    header::{AUTHORIZATION, COOKIE},
    request::Parts,
};
use hub_types::{hex, route::RepoRoute, route::Route};
use subtle::ConstantTimeEq;

use crate::{
    api_error::ApiError,
    context::Context,
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
/// know no cookies, so that no page of another site can use it through a browser.
pub(crate) fn carry_token(context: &Context, parts: &mut Parts, is_page: bool) {
    let reads = matches!(parts.method, Method::GET | Method::HEAD);
    let is_file = || {
        let route = hub_types::route::parse(parts.uri.path());
        matches!(route, Ok(Route::Repo { action: RepoRoute::Resolve(..) | RepoRoute::Raw(..), .. }))
    };
    if parts.headers.contains_key(AUTHORIZATION)
        || !context.hub().shows_pages
        || !(is_page || (reads && is_file()))
    {
        return;
    }
    let Some(cookie) = cookie(&parts.headers, name(context)) else { return };
    let token = context.hub().store.open_session(&cookie);
    if let Some(Ok(mut value)) = token.map(|token| HeaderValue::from_str(&format!("Bearer {token}"))) {
        value.set_sensitive(true);
        parts.headers.insert(AUTHORIZATION, value);
        parts.extensions.insert(Carried(cookie));
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
    let secure = if is_secure(context) { "; Secure" } else { "" };
    let text =
        format!("{}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}", name(context));
    let mut value = crate::api_error::header_text(&text);
    value.set_sensitive(true);
    value
}

fn is_secure(context: &Context) -> bool {
    context.base.starts_with("https://")
}

fn name(context: &Context) -> &'static str {
    if is_secure(context) { SECURE } else { PLAIN }
}

fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let sent = headers.get_all(COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    sent.flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && value.len() <= LONGEST)
        .map(|(_, value)| value.to_owned())
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
