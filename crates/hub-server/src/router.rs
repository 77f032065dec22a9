//! From a path to the handler that answers it.

use http::{Method, Response, StatusCode, request::Parts};
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
        lfs_link::LfsLink,
        rights::{self, Access, Need},
        table,
    },
};

/// Answers a request.
pub(crate) async fn dispatch(
    context: Context,
    parts: Parts,
    body: &mut Incoming,
) -> Result<Response<Body>, ApiError> {
    let route = route::parse(parts.uri.path()).map_err(|error| unreadable(&parts.method, &error))?;
    let operations = table::of(&route);
    if operations.is_empty() {
        return Err(nowhere());
    }
    if !operations.iter().any(|operation| operation.answers(&parts.method)) {
        return Err(ApiError::method_not_allowed(&table::allowed(operations)));
    }
    match route {
        Route::WhoAmI => handler::whoami::whoami(context, parts).await,
        Route::CreateRepo => handler::repos::create(context, parts, body).await,
        Route::DeleteRepo => handler::repos::delete(context, parts, body).await,
        Route::MoveRepo => handler::moves::move_repo(context, parts, body).await,
        Route::ValidateYaml => handler::validate_yaml::validate(parts, body).await,
        Route::Metrics => handler::tag_lists::metrics(context, parts).await,
        Route::ListRepos(repo_type) => handler::search::list(context, parts, repo_type).await,
        Route::TagsByType(repo_type) => handler::tag_lists::by_type(context, parts, repo_type).await,
        Route::SpacesHardware => respond::ok(&handler::spaces::hardware()),
        Route::SpaceTemplates => handler::space_templates::list(context).await,
        Route::UserLikes(user) => handler::likes::of_user(&context, &parts, user).await,
        Route::Repo { repo, action } => {
            let asked = handler::moves::Asked::new(&context, &parts, &repo);
            match in_repo(context, parts, body, repo, action).await {
                Err(missing) if missing.is_repo_not_found() => asked.redirect_or(missing).await,
                response => response,
            }
        }
    }
}

async fn in_repo(
    context: Context,
    parts: Parts,
    body: &mut Incoming,
    repo: RepoRef,
    action: RepoRoute,
) -> Result<Response<Body>, ApiError> {
    let admit = async |need| admit(&context, &parts, repo.clone(), need).await;
    match action {
        RepoRoute::Info(revision) => handler::info::info(&context, admit(Need::Read).await?, revision).await,
        RepoRoute::Refs => handler::refs::refs(&context, admit(Need::Read).await?).await,
        RepoRoute::Branch(branch) => {
            let access = admit(Need::Write).await?;
            if parts.method == Method::DELETE {
                handler::branches::delete(&context, access, branch).await
            } else {
                handler::branches::create(&context, access, body, branch).await
            }
        }
        RepoRoute::Tag(name) => {
            let access = admit(Need::Write).await?;
            if parts.method == Method::DELETE {
                handler::tags::delete(&context, access, name).await
            } else {
                handler::tags::create(&context, access, body, name).await
            }
        }
        RepoRoute::SuperSquash(branch) => {
            let access = admit(Need::Write).await?;
            handler::branches::squash(&context, access, body, branch).await
        }
        RepoRoute::Settings => handler::settings::update(&context, admit(Need::Write).await?, body).await,
        RepoRoute::AuthCheck { write } => {
            handler::auth_check::response(admit(if write { Need::Write } else { Need::Read }).await?)
        }
        RepoRoute::Duplicate => {
            handler::duplicate::duplicate(&context, admit(Need::Contribute).await?, body).await
        }
        RepoRoute::Space(route) => {
            let access = admit(handler::spaces::need(route, &parts.method)).await?;
            handler::spaces::response(&context, access, &parts, body, route).await
        }
        RepoRoute::Like => {
            let access = admit(Need::Contribute).await?;
            handler::likes::set(&context, access, parts.method == Method::POST).await
        }
        RepoRoute::Likers => handler::likes::of_repo(&context, admit(Need::Read).await?).await,
        RepoRoute::Tree(revision, path) => {
            handler::tree::tree(&context, admit(Need::Read).await?, revision, path).await
        }
        RepoRoute::TreeSize(revision, path) => {
            handler::tree::size(&context, admit(Need::Read).await?, revision, path).await
        }
        RepoRoute::Compare(base, head) => {
            let access = rights::admit_to_files(admit(Need::Read).await?)?;
            handler::refs::compare(&context, access, base, head).await
        }
        RepoRoute::PathsInfo(revision) => {
            let access = admit(Need::Read).await?;
            handler::paths_info::paths_info(&context, access, &parts, body, revision).await
        }
        RepoRoute::Commits(revision) => {
            handler::commits::commits(&context, admit(Need::Read).await?, revision).await
        }
        RepoRoute::Preupload(revision) => {
            let access = admit_commit(&context, &parts, repo, &revision).await?;
            handler::preupload::preupload(&context, access, body, revision).await
        }
        RepoRoute::Commit(revision) => {
            let access = admit_commit(&context, &parts, repo, &revision).await?;
            handler::commit::commit(&context, access, &parts, body, revision).await
        }
        RepoRoute::Discussions if parts.method == Method::POST => {
            handler::discussion_changes::create(&context, admit(Need::Contribute).await?, body).await
        }
        RepoRoute::DiscussionAction(number, action) => {
            let access = admit(Need::Contribute).await?;
            handler::discussion_changes::change(&context, access, number, action, body).await
        }
        RepoRoute::Discussions => handler::discussions::list(&context, admit(Need::Read).await?).await,
        RepoRoute::Discussion(number) => {
            handler::discussions::details(&context, admit(Need::Read).await?, number).await
        }
        RepoRoute::Git(route) => {
            let access = admit(handler::git::need(&context, route)).await?;
            handler::git::response(&context, access, &parts, body, route).await
        }
        RepoRoute::LfsLocks => {
            admit(Need::Read).await?;
            handler::lfs::no_locks()
        }
        RepoRoute::LfsBatch => {
            let access = admit(Need::Read).await?;
            handler::lfs::batch(&context, access, body).await
        }
        RepoRoute::LfsLink(rest) => lfs_link(&context, &parts, body, repo, &rest).await,
        RepoRoute::Resolve(revision, path) => {
            handler::resolve::resolve(&context, &parts, repo, revision, path).await
        }
        RepoRoute::Raw(revision, path) => handler::resolve::raw(&context, &parts, repo, revision, path).await,
    }
}

async fn admit(context: &Context, parts: &Parts, repo: RepoRef, need: Need) -> Result<Access, ApiError> {
    let headers = parts.headers.clone();
    context.blocking(move |hub| rights::admit(&hub.store, &headers, &repo, need)).await
}

/// What is said of a path that is none of the Hub's. What cannot be a revision is nowhere, and nothing is made of that name.
async fn lfs_link(
    context: &Context,
    parts: &Parts,
    body: &mut Incoming,
    repo: RepoRef,
    path: &str,
) -> Result<Response<Body>, ApiError> {
    match LfsLink::parse(path).ok_or_else(nowhere)? {
        LfsLink::Verify => handler::lfs::verify(context, repo, body).await,
        LfsLink::Complete(oid) => handler::lfs::complete(context, repo, oid, body).await,
        LfsLink::Object(oid) if parts.method == Method::PUT => {
            handler::lfs::put(context, repo, oid, parts, body).await
        }
        LfsLink::Object(oid) => handler::lfs::get(context, repo, oid, parts).await,
        LfsLink::Part(oid, part) => handler::lfs::put_part(context, repo, oid, part, body).await,
    }
}

fn nowhere() -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, "Sorry, we can't find what you are looking for.")
}

fn unreadable(method: &Method, error: &ParseError) -> ApiError {
    match error.what() {
        "revision" if matches!(*method, Method::GET | Method::HEAD | Method::DELETE) => {
            ApiError::revision_not_found(error.input())
        }
        "revision" => ApiError::bad_request(error.to_string()),
        _ => nowhere(),
    }
}

/// A commit is for those who write to the repository; one that opens a pull request is for all who see it, and so are
/// more commits on a pull request for its author.
async fn admit_commit(
    context: &Context,
    parts: &Parts,
    repo: RepoRef,
    revision: &hub_types::Revision,
) -> Result<Access, ApiError> {
    let headers = parts.headers.clone();
    let opens = context.query.flag("create_pr");
    let number = revision.pull_request_number();
    context
        .blocking(move |hub| {
            if opens {
                return rights::admit(&hub.store, &headers, &repo, Need::Contribute);
            }
            let Some(number) = number else { return rights::admit(&hub.store, &headers, &repo, Need::Write) };
            let access = rights::admit(&hub.store, &headers, &repo, Need::Contribute)?;
            let caller = access.user()?;
            let own = hub
                .store
                .discussion(&access.repo, number)
                .is_ok_and(|pull_request| pull_request.author == caller.user.name);
            if own || rights::writes(caller, &access.repo) {
                return Ok(access);
            }
            Err(ApiError::forbidden("You don't have the rights to change this pull request"))
        })
        .await
}
