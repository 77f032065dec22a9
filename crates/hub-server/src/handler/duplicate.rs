//! `POST /api/{models}/{id}/duplicate`.

use http::{Response, StatusCode};
use hub_types::{RepoId, RepoRef, RepoType, route, space::DuplicateRequest};
use serde_json::json;

use super::{JSON_LIMIT, read_json, repos, spaces};
use crate::{
    Body,
    api_error::ApiError,
    body::Incoming,
    context::Context,
    respond,
    route::rights::{self, Access},
    store::{NewRepo, StoreError},
};

/// Makes a copy in a namespace of the caller's.
pub(crate) async fn duplicate(
    context: &Context,
    access: Access,
    body: &mut Incoming,
) -> Result<Response<Body>, ApiError> {
    let request: DuplicateRequest = read_json(body, JSON_LIMIT).await?;
    let caller = access.user()?;
    let namespace = request.repository.namespace().unwrap_or(&caller.user.name);
    let namespace = rights::own_namespace(caller, namespace)?;
    let id = RepoId::new(&namespace, request.repository.name())
        .map_err(|error| ApiError::bad_request(error.to_string()))?;
    let repo_type = access.repo.repo.repo_type;
    let is_space = repo_type == RepoType::Space;
    if is_space {
        spaces::check_new(&request.space)?;
    }
    let private = repos::is_private(request.private, request.visibility.as_deref())?;
    let new = NewRepo {
        repo: RepoRef::new(repo_type, id),
        private: private.unwrap_or(access.repo.private),
        sdk: access.repo.sdk.clone(),
        creator: caller.user.key,
        author: repos::signature(caller, context),
        lfs_multipart_threshold: access.repo.lfs_multipart_threshold,
    };
    context.changed(new.repo.to_string());
    let page = context.absolute(&route::repo(&new.repo).page());
    let url = page.clone();
    context
        .blocking(move |hub| {
            let copy = hub.store.duplicate_repo(&access.repo, new).map_err(|error| match error {
                StoreError::RepoExists { .. } => {
                    ApiError::new(StatusCode::CONFLICT, format!("You already created this {repo_type} repo"))
                        .with_url(url)
                }
                other => other.into(),
            })?;
            if is_space { spaces::equip(hub, &copy, &request.space) } else { Ok(()) }
        })
        .await?;
    respond::ok(&json!({ "url": page }))
}
