//! What `hub serve` shows to a browser. One file for each page.
//!
//! A page is answered where a browser asks: with `text/html` in `Accept`, and `POST` with a form. Everybody else is answered as if there were none. A
//! page reads what it shows through the same store and rights as the API, and a form is sent on to the operation of the API that it
//! stands for: see [`form`].

mod account;
mod activity;
mod asked;
mod asset;
mod card;
mod card_facts;
mod commit;
mod commit_form;
mod commits;
mod compare;
mod content;
mod csv_table;
mod delete;
mod diff;
mod diff_view;
mod discussion;
mod discussion_changes;
mod discussion_events;
mod discussions;
mod edit;
mod editable;
mod error;
mod file;
mod file_view;
mod form;
mod highlight;
mod json_text;
mod like;
mod list;
mod markdown;
mod multipart;
mod new_repo;
mod pull_request;
mod refs;
mod repo_head;
mod repo_item;
mod request;
mod revision_select;
mod session;
mod settings;
mod shell;
mod shown;
mod sign_in;
mod start;
mod tokens;
mod tree;
mod unsent;
mod upload;
mod uploading;
mod use_this;
mod weights;
mod workers;

use std::sync::Arc;

use http::{Method, Response, request::Parts};
use hub_types::RepoRef;

use self::{request::Request, unsent::Unsent};
use crate::{
    Body,
    api_error::ApiError,
    body::Incoming,
    context::{Context, Inner},
    respond,
    route::{
        page::{PagePath, RepoPage},
        rights,
        table::{self, Needs},
    },
    router,
};

#[cfg(feature = "serve")]
pub(crate) use self::{
    asked::{change, is_needed_to_sign_in, signs_in},
    session::carry_token,
};

/// Answers a request: a browser with a page, everybody else as the API does.
pub(crate) async fn dispatch(
    context: Context,
    mut parts: Parts,
    body: &mut Incoming,
) -> Result<Response<Body>, ApiError> {
    session::carry_token(&context.hub, &context.base, &mut parts).await;
    if let Some(path) = asked::asked(&context.hub, &parts) {
        return Ok(response(context, parts, body, path).await);
    }
    let is_carried = session::is_carried(&parts);
    let response = if asked::tells_errors(&context.hub, &parts) {
        match router::operation(context.clone(), parts.clone(), body).await {
            Err(said) => Ok(error(context, parts, said).await),
            response => response,
        }
    } else {
        router::operation(context, parts, body).await
    };
    response.map(|mut response| {
        if is_carried {
            session::for_one_browser(response.headers_mut());
        }
        response
    })
}

/// Answers with a page, and with one that says what went wrong.
async fn response(context: Context, parts: Parts, body: &mut Incoming, path: PagePath) -> Response<Body> {
    let mut request = Request::new(context, parts);
    let answered = match request.identify().await {
        Ok(()) => answer(&request, body, path.clone()).await,
        Err(error) => Err(error),
    };
    let response = match answered {
        Ok(response) => response,
        Err(error) => {
            let unsent = Unsent::read(&request, body, &path).await;
            error::page(&request, error, unsent)
        }
    };
    request::with_headers(response)
}

/// Answers with an error, before it is known what is asked for: a browser with a page, everybody else as the API does. `base` is where
/// the caller reaches the hub.
pub(crate) fn refusal(
    (hub, base): (&Arc<Inner>, &str),
    parts: &Parts,
    request_id: &str,
    error: ApiError,
) -> Response<Body> {
    if !asked::tells_errors(hub, parts) {
        return respond::error(error);
    }
    let context = Context::unasked(hub, base, request_id);
    let request = Request::new(context, parts.clone());
    request::with_headers(error::page(&request, error, None))
}

/// The page of an error, for a browser that asked for something else, such as a file.
async fn error(context: Context, mut parts: Parts, error: ApiError) -> Response<Body> {
    session::carry(&context.hub, &context.base, &mut parts).await;
    let mut request = Request::new(context, parts);
    // Who asks is not known, then.
    let _ = request.identify().await;
    request::with_headers(error::page(&request, error, None))
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
        PagePath::Asset(name) => asset::response(&request.context, &name),
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
                _ => tokens::page(request).await,
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
        P::Delete(revision, path) if posts => delete::commit(request, access, body, revision, path).await,
        P::Delete(revision, path) => delete::page(request, access, revision, path).await,
    }
}
