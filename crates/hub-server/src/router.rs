//! From a path to the handler that answers it.

use std::pin::Pin;

use http::{Method, Response, header::AUTHORIZATION, request::Parts};
use hub_types::{
    ParseError, RepoRef,
    route::{self, RepoRoute, Route},
};

use crate::{
    Body,
    api_error::ApiError,
    body::Incoming,
    context::Context,
    handler, respond,
    route::{
        cas, exceptions,
        lfs_link::LfsLink,
        rights::{self, Access},
        table::{self, Needs},
    },
    store::Identity,
};

/// Answers an operation of the API, of git or of the store of Xet.
pub(crate) fn operation<'b>(
    context: Context,
    parts: Parts,
    body: &'b mut Incoming,
) -> Pin<Box<dyn Future<Output = Result<Response<Body>, ApiError>> + Send + 'b>> {
    Box::pin(answer(context, parts, body))
}

async fn answer(context: Context, parts: Parts, body: &mut Incoming) -> Result<Response<Body>, ApiError> {
    if let Some(cas) = cas::parse(parts.uri.path()) {
        return handler::xet::response(&context, &parts, body, cas).await;
    }
    let route = route::parse(parts.uri.path()).map_err(|error| unreadable(&parts.method, &error))?;
    let operations = table::of(&route);
    if operations.is_empty() {
        return Err(ApiError::nowhere());
    }
    let Some(operation) = operations.iter().find(|operation| operation.answers(&parts.method)) else {
        if is_like_without_namespace(&route) && matches!(parts.method, Method::POST | Method::DELETE) {
            return Err(ApiError::repo_not_found(!parts.headers.contains_key(AUTHORIZATION)));
        }
        return Err(ApiError::method_not_allowed(&table::allowed(operations)));
    };
    let needs = operation.needs;
    match route {
        Route::Repo { repo, action } => {
            let asked = handler::moves::Asked::new(&context, &parts, &repo);
            match in_repo(context, parts, body, repo, (action, needs)).await {
                Err(missing) if missing.is_repo_not_found() => asked.redirect_or(missing).await,
                response => response,
            }
        }
        Route::WhoAmI => handler::whoami::whoami(&caller(&context, &parts, needs).await?),
        Route::CreateRepo => {
            let caller = caller(&context, &parts, needs).await?;
            handler::repos::create(context, caller, body).await
        }
        Route::DeleteRepo => {
            caller(&context, &parts, needs).await?;
            handler::repos::delete(context, parts, body).await
        }
        Route::MoveRepo => {
            let caller = caller(&context, &parts, needs).await?;
            handler::moves::move_repo(context, caller, parts, body).await
        }
        // What needs nothing.
        Route::ValidateYaml => handler::validate_yaml::validate(parts, body).await,
        Route::Metrics => handler::tag_lists::metrics(context, parts).await,
        Route::ListRepos(repo_type) => handler::search::list(context, parts, repo_type).await,
        Route::TagsByType(repo_type) => handler::tag_lists::by_type(context, parts, repo_type).await,
        Route::SpacesHardware => respond::ok(&handler::spaces::hardware()),
        Route::SpaceTemplates => handler::space_templates::list(context).await,
        Route::UserLikes(user) => handler::likes::of_user(&context, &parts, user).await,
    }
}

/// Whether a path reads as the repository `x/like`, where `x` may have been meant: no repository of this Hub is without a namespace.
fn is_like_without_namespace(route: &Route) -> bool {
    matches!(route, Route::Repo { repo, action: RepoRoute::Info(None) } if repo.id.name() == "like")
}

/// Answers what is asked of a repository. Whoever comes here has what the table says of it, or what an exception says.
async fn in_repo(
    context: Context,
    parts: Parts,
    body: &mut Incoming,
    repo: RepoRef,
    (action, needs): (RepoRoute, Needs),
) -> Result<Response<Body>, ApiError> {
    if let RepoRoute::LfsLink(rest) = &action {
        return lfs_link(&context, &parts, body, repo, rest).await;
    }
    let access = admit(&context, &parts, repo, (action.clone(), needs)).await?;
    let posts = parts.method == Method::POST;
    match action {
        RepoRoute::Info(revision) => handler::info::info(&context, access, &parts, revision).await,
        RepoRoute::Refs => handler::refs::refs(&context, access, &parts).await,
        RepoRoute::Branch(branch) if posts => handler::branches::create(&context, access, body, branch).await,
        RepoRoute::Branch(branch) => handler::branches::delete(&context, access, branch).await,
        RepoRoute::Tag(revision) if posts => handler::tags::create(&context, access, body, revision).await,
        RepoRoute::Tag(tag) => handler::tags::delete(&context, access, tag).await,
        RepoRoute::SuperSquash(branch) => handler::branches::squash(&context, access, body, branch).await,
        RepoRoute::Settings => handler::settings::update(&context, access, body).await,
        RepoRoute::AuthCheck { .. } => handler::auth_check::response(),
        RepoRoute::Duplicate => handler::duplicate::duplicate(&context, access, body).await,
        RepoRoute::DuplicateLfsFiles => handler::xet::duplicate(&context, access, body).await,
        RepoRoute::XetToken { write, revision } => {
            handler::xet::token(&context, access, write, revision).await
        }
        RepoRoute::Space(route) => handler::spaces::response(&context, access, &parts, body, route).await,
        RepoRoute::Like => handler::likes::set(&context, access, posts).await,
        RepoRoute::Likers => handler::likes::of_repo(&context, access).await,
        RepoRoute::Tree(revision, path) => {
            handler::tree::tree(&context, access, &parts, revision, path).await
        }
        RepoRoute::TreeSize(revision, path) => handler::tree::size(&context, access, revision, path).await,
        RepoRoute::Compare(base, head) => handler::refs::compare(&context, access, base, head).await,
        RepoRoute::PathsInfo(revision) => {
            handler::paths_info::paths_info(&context, access, &parts, body, revision).await
        }
        RepoRoute::Commits(revision) => handler::commits::commits(&context, access, &parts, revision).await,
        RepoRoute::Preupload(revision) => {
            handler::preupload::preupload(&context, access, body, revision).await
        }
        RepoRoute::Commit(revision) => {
            handler::commit::commit(&context, access, &parts, body, revision).await
        }
        RepoRoute::Discussions if posts => handler::discussion_changes::create(&context, access, body).await,
        RepoRoute::DiscussionAction(number, action) => {
            handler::discussion_changes::change(&context, access, number, action, body).await
        }
        RepoRoute::Discussions => handler::discussions::list(&context, access).await,
        RepoRoute::Discussion(number) => handler::discussions::details(&context, access, number).await,
        RepoRoute::Git(route) => handler::git::response(&context, access, &parts, body, route).await,
        RepoRoute::LfsLocks(route) => handler::locks::response(&context, access, &parts, body, route).await,
        RepoRoute::LfsBatch => {
            let request = handler::lfs::read_batch(body).await?;
            access.must(exceptions::of_batch(&request))?;
            handler::lfs::batch(&context, access, request).await
        }
        // Answered above.
        RepoRoute::LfsLink(_) => Err(ApiError::nowhere()),
        RepoRoute::Resolve(revision, path) => {
            handler::resolve::resolve(&context, &parts, access, revision, path).await
        }
        RepoRoute::Raw(revision, path) => {
            handler::resolve::raw(&context, &parts, access, revision, path).await
        }
    }
}

async fn admit(
    context: &Context,
    parts: &Parts,
    repo: RepoRef,
    (action, needs): (RepoRoute, Needs),
) -> Result<Access, ApiError> {
    let (headers, query) = (parts.headers.clone(), context.query.clone());
    context
        .blocking(move |hub| exceptions::admit(&hub.store, &headers, &repo, (&action, needs), &query))
        .await
}

/// The caller of a request that needs one and names no repository in its path.
async fn caller(context: &Context, parts: &Parts, needs: Needs) -> Result<Identity, ApiError> {
    let headers = parts.headers.clone();
    let caller = context.blocking(move |hub| rights::enter(&hub.store, &headers, needs)).await?;
    caller.ok_or_else(ApiError::sign_in)
}

/// A URL that carries its permission, which the handlers check.
async fn lfs_link(
    context: &Context,
    parts: &Parts,
    body: &mut Incoming,
    repo: RepoRef,
    path: &str,
) -> Result<Response<Body>, ApiError> {
    match LfsLink::parse(path).ok_or_else(ApiError::nowhere)? {
        LfsLink::Verify => handler::lfs::verify(context, repo, body).await,
        LfsLink::Complete(oid) => handler::lfs::complete(context, repo, oid, body).await,
        LfsLink::Object(oid) if parts.method == Method::PUT => {
            handler::lfs::put(context, repo, oid, parts, body).await
        }
        LfsLink::Object(oid) => handler::lfs::get(context, repo, oid, parts).await,
        LfsLink::Part(oid, part) => handler::lfs::put_part(context, repo, oid, part, body).await,
    }
}

fn unreadable(method: &Method, error: &ParseError) -> ApiError {
    match error.what() {
        "revision" if matches!(*method, Method::GET | Method::HEAD | Method::DELETE) => {
            ApiError::revision_not_found(error.input())
        }
        "revision" => ApiError::bad_request(error.to_string()),
        // What cannot be a revision is nowhere, and nothing is made of that name.
        _ => ApiError::nowhere(),
    }
}
