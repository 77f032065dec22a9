//! What `hub serve` shows to a browser. One file for each page.
//!
//! A page is answered where a browser asks: with `text/html` in `Accept`, and `POST` with a form. Everybody else is answered as if there were none. A
//! page reads what it shows through the same store and rights as the API, and a form is sent on to the operation of the API that it
//! stands for: see [`form`].

mod account;
mod activity;
mod asset;
mod card;
mod commit;
mod commits;
mod compare;
mod csv_table;
mod diff;
mod discussion;
mod discussion_changes;
mod discussions;
mod edit;
mod error;
mod file;
mod form;
mod highlight;
mod like;
mod list;
mod markdown;
mod multipart;
mod new_repo;
mod refs;
mod repo_head;
mod request;
mod session;
mod settings;
mod shell;
mod shown;
mod sign_in;
mod start;
mod tokens;
mod tree;
mod upload;
mod use_this;
mod weights;

use http::{Method, Response, request::Parts};
use hub_types::RepoRef;

use self::request::Request;
use crate::{
    Body,
    api_error::ApiError,
    body::Incoming,
    context::Context,
    route::{
        page::{self, PagePath, RepoPage},
        rights,
        table::{self, Needs},
    },
};

pub(crate) use self::session::carry_token;

/// The page that a request is for, if it is for one.
pub(crate) fn asked(context: &Context, parts: &Parts) -> Option<PagePath> {
    if !context.hub().shows_pages {
        return None;
    }
    // What cannot be read is no page, and the API says what is wrong with it.
    let path = page::parse(parts.uri.path()).ok().flatten()?;
    let is_for_a_browser =
        request::wants_html(&parts.headers) && (parts.method != Method::POST || form::is_form(parts));
    (is_for_a_browser || matches!(path, PagePath::Asset(_))).then_some(path)
}

/// Answers with a page, and with one that says what went wrong.
pub(crate) async fn response(
    context: Context,
    parts: Parts,
    body: &mut Incoming,
    path: PagePath,
) -> Response<Body> {
    let mut request = Request::new(context, parts);
    let answered = match request.identify().await {
        Ok(()) => answer(&request, body, path).await,
        Err(error) => Err(error),
    };
    let response = answered.unwrap_or_else(|error| error::page(&request, error));
    request::with_headers(response)
}

/// The page of an error, for a browser that asked for something else, such as a file.
pub(crate) async fn error(context: Context, parts: Parts, error: ApiError) -> Response<Body> {
    let mut request = Request::new(context, parts);
    // Who asks is not known, then.
    let _ = request.identify().await;
    request::with_headers(error::page(&request, error))
}

/// Whether a browser is to be told of an error by a page.
pub(crate) fn tells_errors(context: &Context, parts: &Parts) -> bool {
    let path = parts.uri.path();
    context.hub().shows_pages
        && matches!(parts.method, Method::GET | Method::HEAD)
        && request::wants_html(&parts.headers)
        && !path.starts_with("/api/")
        && !path.starts_with("/_xet/")
}

async fn answer(request: &Request, body: &mut Incoming, path: PagePath) -> Result<Response<Body>, ApiError> {
    let operations = table::of_page(&path);
    let method = &request.parts.method;
    let Some(operation) = operations.iter().find(|operation| operation.answers(method)) else {
        return Err(ApiError::method_not_allowed(&table::allowed(operations)));
    };
    let posts = *method == Method::POST;
    if posts {
        request.must_be_of_this_site()?;
    }
    match path {
        PagePath::Repo { repo, page } => in_repo(request, body, repo, page, operation.needs, posts).await,
        PagePath::Asset(name) => asset::response(request, &name),
        PagePath::Start => start::page(request).await,
        PagePath::List(repo_type) => list::page(request, repo_type).await,
        PagePath::Account(name) => account::page(request, &name).await,
        PagePath::Activity => activity::of_hub(request).await,
        PagePath::SignIn if posts => sign_in::enter(request, body).await,
        PagePath::SignIn => sign_in::page(request, None),
        PagePath::SignOut => sign_in::leave(request, body).await,
        own => {
            enter(request, operation.needs).await?;
            match own {
                PagePath::NewRepo if posts => new_repo::create(request, body).await,
                PagePath::NewRepo => new_repo::page(request),
                PagePath::RevokeToken => tokens::revoke(request, body).await,
                _ if posts => tokens::create(request, body).await,
                _ => tokens::page(request, None).await,
            }
        }
    }
}

/// Refuses who has not what a page without a repository needs.
async fn enter(request: &Request, needs: Needs) -> Result<(), ApiError> {
    let headers = request.parts.headers.clone();
    request.context.blocking(move |hub| rights::enter(&hub.store, &headers, needs)).await.map(drop)
}

async fn in_repo(
    request: &Request,
    body: &mut Incoming,
    repo: RepoRef,
    page: RepoPage,
    needs: Needs,
    posts: bool,
) -> Result<Response<Body>, ApiError> {
    use RepoPage as P;
    let headers = request.parts.headers.clone();
    let asked = repo.clone();
    let admitted =
        request.context.blocking(move |hub| rights::admit(&hub.store, &headers, &asked, needs)).await;
    let access = match admitted {
        Err(missing) if missing.is_repo_not_found() => {
            let moved = crate::handler::moves::Asked::new(&request.context, &request.parts, &repo);
            return moved.redirect_or(missing).await;
        }
        access => access?,
    };
    match page {
        P::Card => card::page(request, access).await,
        P::Tree(revision, path) => tree::page(request, access, revision, path).await,
        P::Blob(revision, path) => file::page(request, access, revision, path).await,
        P::Commits(revision, path) => commits::page(request, access, revision, path).await,
        P::Commit(commit) => commit::page(request, access, commit).await,
        P::Compare(base, head) => compare::page(request, access, base, head).await,
        P::Activity => activity::of_repo(request, access).await,
        P::Refs => refs::page(request, access).await,
        P::ChangeRef(change) => refs::change(request, access, body, change).await,
        P::Discussions => discussions::page(request, access).await,
        P::NewDiscussion if posts => discussion_changes::create(request, access, body).await,
        P::NewDiscussion => discussion_changes::new_page(request, access).await,
        P::Discussion(number) => discussion::page(request, access, number).await,
        P::DiscussionFiles(number) => discussion::files_page(request, access, number).await,
        P::DiscussionChange(number, change) => {
            discussion_changes::change(request, access, body, number, change).await
        }
        P::Like => like::set(request, access, body).await,
        P::Settings => settings::page(request, access).await,
        P::Setting(change) => settings::change(request, access, body, change).await,
        P::Upload(revision) if posts => upload::commit(request, access, body, revision).await,
        P::Upload(revision) => upload::page(request, access, revision).await,
        P::Edit(revision, path) if posts => edit::commit(request, access, body, revision, path).await,
        P::Edit(revision, path) => edit::page(request, access, revision, path).await,
        P::Delete(revision, path) if posts => edit::delete(request, access, body, revision, path).await,
        P::Delete(revision, path) => edit::delete_page(request, access, revision, path).await,
    }
}
