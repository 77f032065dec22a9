//! `POST /api/repos/move`, and the way from an old name to the new one.

use http::{HeaderMap, Response, StatusCode, Uri, header::LOCATION, request::Parts};
use hub_types::{MoveRepoRequest, RepoId, RepoRef, route};

use super::{JSON_LIMIT, done, read_json};
use crate::{
    Body,
    api_error::{ApiError, header_text},
    body::Incoming,
    context::Context,
    respond,
    route::{rights, table::Needs},
    store::{Identity, StoreError},
};

/// Gives a repository another name.
pub(crate) async fn move_repo(
    context: Context,
    caller: Identity,
    parts: Parts,
    body: &mut Incoming,
) -> Result<Response<Body>, ApiError> {
    let headers = parts.headers;
    let MoveRepoRequest { from_repo, to_repo, repo_type, .. } = read_json(body, JSON_LIMIT).await?;
    let (Some(_), Some(namespace)) = (from_repo.namespace(), to_repo.namespace()) else {
        return Err(ApiError::bad_request("\"fromRepo\" and \"toRepo\" must be \"namespace/name\""));
    };
    let namespace = namespace.to_owned();
    context.changed(format!("{repo_type} {from_repo} -> {to_repo}"));
    context
        .blocking(move |hub| {
            let access =
                rights::admit(&hub.store, &headers, &RepoRef::new(repo_type, from_repo), Needs::Write)?;
            let namespace = rights::own_namespace(&caller, &namespace)?;
            let id = RepoId::new(&namespace, to_repo.name())
                .map_err(|error| ApiError::bad_request(error.to_string()))?;
            hub.store.move_repo(&access.repo, &RepoRef::new(repo_type, id)).map_err(|error| match error {
                StoreError::RepoExists { .. } => ApiError::new(
                    StatusCode::CONFLICT,
                    format!("A {repo_type} repository called {to_repo} already exists"),
                ),
                other => other.into(),
            })
        })
        .await?;
    Ok(done())
}

/// What a request asked for, kept in case that the repository has another name by now.
pub(crate) struct Asked {
    context: Context,
    headers: HeaderMap,
    uri: Uri,
    repo: RepoRef,
}

impl Asked {
    /// Keeps what is needed to find the repository.
    pub(crate) fn new(context: &Context, parts: &Parts, repo: &RepoRef) -> Self {
        let (headers, uri) = (parts.headers.clone(), parts.uri.clone());
        Self { context: context.clone(), headers, uri, repo: repo.clone() }
    }

    /// 307 to the same thing under the new name, relative to this hub and with its query; else the error.
    pub(crate) async fn redirect_or(self, missing: ApiError) -> Result<Response<Body>, ApiError> {
        let Self { context, headers, uri, repo } = self;
        let now = context.blocking(move |hub| rights::moved_to(&hub.store, &headers, &repo)).await?;
        let Some(path) = now.and_then(|now| route::renamed(uri.path(), &now.id)) else { return Err(missing) };
        let location = uri.query().map_or_else(|| path.clone(), |query| format!("{path}?{query}"));
        let text = format!("Temporary Redirect. Redirecting to {path}");
        let mut response = respond::whole(StatusCode::TEMPORARY_REDIRECT, "text/plain; charset=utf-8", text);
        response.headers_mut().insert(LOCATION, header_text(&location));
        Ok(response)
    }
}
