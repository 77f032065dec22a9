//! Signing in with a token, and out.

use askama::Template;
use http::{Response, StatusCode, header::SET_COOKIE};

use super::{form, request::Request, session, shell::Shell};
use crate::{Body, api_error::ApiError, body::Incoming};

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage {
    shell: Shell,
    back: String,
    problem: Option<&'static str>,
}

/// The longest token that is looked at. A cookie has to hold it.
const LONGEST: usize = 200;

/// The form that asks for a token.
pub(super) fn page(request: &Request, problem: Option<&'static str>) -> Result<Response<Body>, ApiError> {
    let back = request.context.query.get("back").and_then(own_path).unwrap_or("/").to_owned();
    show(request, back, problem)
}

fn show(request: &Request, back: String, problem: Option<&'static str>) -> Result<Response<Body>, ApiError> {
    let page = SignInPage { shell: request.shell("Sign in"), back, problem };
    let status = if problem.is_some() { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    request.html_with(status, &page)
}

/// Begins a session, if the token is one of this Hub's, and goes back.
pub(super) async fn enter(request: &Request, body: &mut Incoming) -> Result<Response<Body>, ApiError> {
    let form = form::read(request, body).await?;
    let back = form.get("back").and_then(own_path).unwrap_or("/").to_owned();
    let token = form.get("token").unwrap_or_default().trim().to_owned();
    let asked = token.clone();
    let known = request.context.blocking(move |hub| Ok(hub.store.authenticate(&asked)?.is_some())).await?;
    if !known || token.len() > LONGEST {
        return show(request, back, Some("This Hub knows no such token, or it has ended."));
    }
    let mut response = request.see(&back);
    response.headers_mut().insert(SET_COOKIE, session::begin(&request.context, &token)?);
    Ok(response)
}

/// Ends the session.
pub(super) async fn leave(request: &Request, body: &mut Incoming) -> Result<Response<Body>, ApiError> {
    form::read(request, body).await?;
    let mut response = request.see("/");
    response.headers_mut().insert(SET_COOKIE, session::end(&request.context));
    Ok(response)
}

/// A path of this Hub; what could lead a browser elsewhere is none.
fn own_path(text: &str) -> Option<&str> {
    let is_own = text.starts_with('/')
        && !text.starts_with("//")
        && !text.contains(|c: char| c == '\\' || c.is_control())
        && !is_below(text, "/login")
        && !is_below(text, "/logout");
    is_own.then_some(text)
}

/// Whether a path is this one, with or without a query.
fn is_below(text: &str, path: &str) -> bool {
    text.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn one_comes_back_to_this_hub_alone() {
        for own in ["/", "/ada/demo?x=1", "/datasets/ada/demo/tree/main/a%20b", "/login-team/demo"] {
            assert_eq!(own_path(own), Some(own));
        }
        for other in [
            "",
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil",
            "/\u{1}",
            "javascript:x",
            "a",
            "/login",
            "/login?back=/login",
            "/logout",
        ] {
            assert_eq!(own_path(other), None, "{other:?}");
        }
    }
}
