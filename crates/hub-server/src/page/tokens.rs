//! One's own tokens.
//!
//! No token makes another that may do more than itself, or that lasts longer, and none ends what may do more. So whoever finds one
//! gains nothing by it that ends later than it.

use askama::Template;
use http::{HeaderValue, Response, StatusCode, header::CACHE_CONTROL};
use hub_types::query::Query;
use jiff::Timestamp;
use serde_json::json;

use super::{form, request::Request, shell::Shell, shown::When};
use crate::{
    Body,
    api_error::ApiError,
    body::Incoming,
    store::{Identity, StoreError, TokenRole, token_end},
};

const DAY: u64 = 86_400;
/// Most tokens that are shown, and that somebody makes here.
const MOST: usize = 100;

#[derive(Template)]
#[template(path = "tokens.html")]
struct TokensPage {
    shell: Shell,
    tokens: Vec<Row>,
    /// How many are not shown.
    more: usize,
    /// The roles that a new one may have.
    roles: Vec<&'static str>,
    only_reads: bool,
    /// When the token of the session ends, which none can outlast that is made with it.
    own_end: Option<When>,
    name: String,
    days: String,
    done: Option<&'static str>,
    problem: Option<String>,
}

struct Row {
    name: String,
    role: &'static str,
    since: When,
    end: Option<When>,
    has_ended: bool,
    /// Whether it is the one that the viewer signed in with.
    is_own: bool,
    may_revoke: bool,
}

/// The text of a new token, this once.
#[derive(Template)]
#[template(path = "new_token.html")]
struct NewTokenPage {
    shell: Shell,
    name: String,
    role: &'static str,
    end: Option<When>,
    secret: String,
}

/// The tokens, and a form for a new one.
pub(super) async fn page(request: &Request) -> Result<Response<Body>, ApiError> {
    show(request, None, &Query::default()).await
}

async fn show(
    request: &Request,
    problem: Option<(StatusCode, String)>,
    typed: &Query,
) -> Result<Response<Body>, ApiError> {
    let viewer = request.viewer()?.clone();
    let user = viewer.user.name.clone();
    let all = request.context.blocking(move |hub| Ok(hub.store.tokens(Some(&user))?)).await?;
    let now = Timestamp::now();
    let more = all.len().saturating_sub(MOST);
    let names: Vec<_> = all.iter().map(|token| (token.name.clone(), token.role)).collect();
    let row = |token: crate::store::StoredToken| Row {
        is_own: token.name == viewer.token_name,
        may_revoke: may_revoke(&viewer, &token.name, &names),
        role: token.role.as_str(),
        since: When::new(token.created_at),
        has_ended: token.expires.is_some_and(|end| end <= now),
        end: token.expires.map(When::new),
        name: token.name,
    };
    let (status, problem) = problem.unzip();
    let get = |name: &str| typed.get(name).unwrap_or_default().to_owned();
    let page = TokensPage {
        shell: request.shell("Tokens"),
        tokens: all.into_iter().take(MOST).map(row).collect(),
        more,
        roles: roles(&viewer),
        only_reads: viewer.role == TokenRole::Read,
        own_end: viewer.expires.map(When::new),
        name: get("name"),
        days: get("days"),
        done: (request.context.query.get("done") == Some("revoked")).then_some("The token was revoked."),
        problem,
    };
    request.html_with(status, &page)
}

/// The roles that a token may give on.
fn roles(viewer: &Identity) -> Vec<&'static str> {
    let all = [TokenRole::Read, TokenRole::Write, TokenRole::Admin];
    all.into_iter().filter(|role| *role <= viewer.role).map(TokenRole::as_str).collect()
}

/// Whether the viewer may end the tokens of a name. A token that reads ends itself alone.
fn may_revoke(viewer: &Identity, name: &str, tokens: &[(String, TokenRole)]) -> bool {
    let mut named = tokens.iter().filter(|(known, _)| known == name);
    let may_not_do_more = named.clone().all(|(_, role)| *role <= viewer.role);
    may_not_do_more
        && (viewer.role > TokenRole::Read || (name == viewer.token_name && named.nth(1).is_none()))
}

/// Makes a token and shows its text.
pub(super) async fn create(request: &Request, body: &mut Incoming) -> Result<Response<Body>, ApiError> {
    let typed = form::read(request, body).await?;
    match make(request, &typed).await {
        Ok(page) => {
            let mut response = request.html(&page)?;
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
            Ok(response)
        }
        Err(error) => show(request, Some(form::problem(error)?), &typed).await,
    }
}

async fn make(request: &Request, typed: &Query) -> Result<NewTokenPage, ApiError> {
    let viewer = request.viewer()?.clone();
    let name = typed.get("name").unwrap_or_default().trim().to_owned();
    let role = typed.get("role").and_then(TokenRole::from_word);
    let role = role.ok_or_else(|| ApiError::bad_request("Choose what the token may do."))?;
    if role > viewer.role {
        return Err(ApiError::forbidden("A token makes no other that may do more than itself"));
    }
    let valid_for = match typed.get("days").unwrap_or_default().trim() {
        "" => None,
        days => {
            let days = days.parse::<u32>().map_err(|_| ApiError::bad_request("Days are a number."))?;
            Some(u64::from(days) * DAY)
        }
    };
    let end = token_end(&name, valid_for).map_err(ApiError::bad_request)?;
    let end = [end, viewer.expires].into_iter().flatten().min();
    let (user, named) = (viewer.user.name.clone(), name.clone());
    let secret = request
        .context
        .blocking(move |hub| {
            if hub.store.tokens(Some(&user))?.len() >= MOST {
                let message = format!("You have {MOST} tokens or more: revoke those that you do not need.");
                return Err(ApiError::bad_request(message));
            }
            hub.store.issue_token(&user, &named, role, end).map_err(|error| match error {
                StoreError::TokenExists { token_name, .. } => {
                    ApiError::new(StatusCode::CONFLICT, format!("You have a token {token_name:?} already."))
                }
                other => other.into(),
            })
        })
        .await?;
    request.context.changed(viewer.user.name.clone());
    let expires = end.map(|end| format!("{end:.0}"));
    request.context.details(json!({"name": name, "role": role, "expires_at": expires}));
    let shell = request.shell("New token");
    Ok(NewTokenPage { shell, name, role: role.as_str(), end: end.map(When::new), secret })
}

/// Ends a token.
pub(super) async fn revoke(request: &Request, body: &mut Incoming) -> Result<Response<Body>, ApiError> {
    let form = form::read(request, body).await?;
    let name = form.get("name").unwrap_or_default().to_owned();
    let (viewer, named) = (request.viewer()?.clone(), name.clone());
    let user = viewer.user.name.clone();
    let is_own = name == viewer.token_name;
    request
        .context
        .blocking(move |hub| {
            let all = hub.store.tokens(Some(&viewer.user.name))?;
            let names: Vec<_> = all.into_iter().map(|token| (token.name, token.role)).collect();
            if !may_revoke(&viewer, &named, &names) {
                return Err(ApiError::forbidden(
                    "You are signed in with a token that may not end this one: sign in with one that may do as much",
                ));
            }
            hub.store.revoke_token(&viewer.user.name, &named).map_err(|error| match error {
                StoreError::TokenNotFound { .. } => {
                    ApiError::new(StatusCode::NOT_FOUND, "You have no token of this name")
                }
                other => other.into(),
            })
        })
        .await?;
    request.context.changed(user);
    request.context.details(json!({"name": name}));
    // Whoever ends the token of the session is signed out by that.
    Ok(request.see(if is_own { "/login" } else { "/settings/tokens?done=revoked" }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Account;

    fn viewer(role: TokenRole) -> Identity {
        let user = Account {
            key: 1,
            name: "ada".into(),
            is_org: false,
            fullname: None,
            email: None,
            created_at: Timestamp::UNIX_EPOCH,
        };
        let (created_at, token_name) = (Timestamp::UNIX_EPOCH, "own".into());
        Identity { user, token_name, role, created_at, expires: None, orgs: Vec::new() }
    }

    #[test]
    fn no_token_ends_what_may_do_more() {
        use TokenRole::{Admin, Read, Write};
        let all = [("own", Read), ("other", Read), ("laptop", Write), ("root", Admin)];
        let all: Vec<_> = all.map(|(name, role)| (name.to_owned(), role)).into();
        let ends = |role| {
            let viewer = viewer(role);
            let names = all.iter().map(|(name, _)| name.as_str());
            names.filter(|name| may_revoke(&viewer, name, &all)).collect::<Vec<_>>()
        };
        assert_eq!(ends(Read), ["own"]);
        assert_eq!(ends(Write), ["own", "other", "laptop"]);
        assert_eq!(ends(Admin), ["own", "other", "laptop", "root"]);
        let twice = [("own".to_owned(), Read), ("own".to_owned(), Read)];
        assert!(!may_revoke(&viewer(Read), "own", &twice), "the other one would end too");
        let mixed = [("own".to_owned(), Write), ("own".to_owned(), Admin)];
        assert!(!may_revoke(&viewer(Write), "own", &mixed));
    }

    #[test]
    fn no_token_gives_more_than_it_has() {
        assert_eq!(roles(&viewer(TokenRole::Read)), ["read"]);
        assert_eq!(roles(&viewer(TokenRole::Write)), ["read", "write"]);
        assert_eq!(roles(&viewer(TokenRole::Admin)), ["read", "write", "admin"]);
    }
}
