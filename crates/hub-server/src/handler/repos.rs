//! `POST /api/repos/create` and `DELETE /api/repos/delete`.

use http::{Response, StatusCode, request::Parts};
use hub_types::{CreateRepoRequest, CreateRepoResponse, DeleteRepoRequest, RepoId, RepoRef, RepoType, route};

use super::{JSON_LIMIT, read_json, space_templates, spaces};
use crate::{
    Body,
    api_error::ApiError,
    body::Incoming,
    context::Context,
    respond,
    route::{rights, table::Needs},
    store::{Identity, NewRepo, Signature, StoreError},
};

/// What may run a Space. `streamlit` is not offered any more, but old clients send it.
const SDKS: [&str; 4] = ["gradio", "docker", "static", "streamlit"];

/// Makes a repository.
pub(crate) async fn create(
    context: Context,
    caller: Identity,
    body: &mut Incoming,
) -> Result<Response<Body>, ApiError> {
    let request: CreateRepoRequest = read_json(body, JSON_LIMIT).await?;
    let repo_type = request.repo_type.unwrap_or_default();
    let namespace = request.organization.as_deref().unwrap_or(&caller.user.name);
    let namespace = rights::own_namespace(&caller, namespace)?;
    let id =
        RepoId::new(&namespace, &request.name).map_err(|error| ApiError::bad_request(error.to_string()))?;
    let private = match is_private(request.private, request.visibility.as_deref())? {
        Some(private) => private,
        None => context.blocking(move |hub| Ok(hub.store.is_private_by_default(&namespace)?)).await?,
    };
    let new = NewRepo {
        repo: RepoRef::new(repo_type, id),
        private,
        sdk: sdk(repo_type, request.sdk)?,
        creator: caller.user.key,
        author: signature(&caller, &context),
        lfs_multipart_threshold: request.lfs_multipart_threshold,
    };
    let (space, template) = (request.space, request.template);
    if repo_type == RepoType::Space {
        spaces::check_new(&space)?;
    } else if template.is_some() {
        return Err(ApiError::bad_request("\"template\" is for Spaces"));
    }
    let for_response = context.clone();
    let record = context
        .blocking(move |hub| {
            let repo = new.repo.clone();
            let template = template
                .map(|template| space_templates::find(hub, &template, new.sdk.as_deref()))
                .transpose()?;
            let made = match &template {
                Some(template) => hub.store.duplicate_repo(template, new),
                None => hub.store.create_repo(new),
            };
            let record = made.map_err(|error| match error {
                StoreError::RepoExists { .. } => {
                    let canonical =
                        hub.store.find_repo(&repo).ok().flatten().map_or(repo, |found| found.repo);
                    ApiError::new(StatusCode::CONFLICT, format!("You already created this {repo_type} repo"))
                        .with_url(for_response.absolute(&route::repo(&canonical).page()))
                }
                other => other.into(),
            })?;
            if repo_type == RepoType::Space {
                spaces::equip(hub, &record, &space)?;
            }
            Ok(record)
        })
        .await?;
    context.changed(record.repo.to_string());
    context.details(serde_json::json!({"private": record.private}));
    let response = CreateRepoResponse::new(context.absolute(&route::repo(&record.repo).page()))
        .name(record.repo.id.to_string())
        .id(record.internal_id);
    respond::ok(&response)
}

/// What a request says about who sees a repository, in one of two ways.
pub(super) fn is_private(private: Option<bool>, visibility: Option<&str>) -> Result<Option<bool>, ApiError> {
    match (private, visibility) {
        (Some(_), Some(_)) => Err(ApiError::bad_request("\"private\" and \"visibility\" exclude each other")),
        (private, None) => Ok(private),
        (None, Some("public")) => Ok(Some(false)),
        (None, Some("private")) => Ok(Some(true)),
        (None, Some(other)) => Err(ApiError::bad_request(format!(
            "\"visibility\" must be \"public\" or \"private\" on this hub, not \"{other}\""
        ))),
    }
}

fn sdk(repo_type: RepoType, sdk: Option<String>) -> Result<Option<String>, ApiError> {
    match (repo_type, sdk) {
        (RepoType::Space, Some(sdk)) if SDKS.contains(&sdk.as_str()) => Ok(Some(sdk)),
        (RepoType::Space, _) => {
            Err(ApiError::bad_request(format!("a Space needs \"sdk\", one of {}", SDKS.join(", "))))
        }
        _ => Ok(None),
    }
}

/// Author of what the caller does: its name and a URL that reaches nobody.
pub(crate) fn signature(caller: &Identity, context: &Context) -> Signature {
    let name = caller.user.name.clone();
    let email = format!("{name}@users.noreply.{}", context.host());
    Signature { name, email }
}

/// Removes a repository. The response is the text `OK`.
pub(crate) async fn delete(
    context: Context,
    parts: Parts,
    body: &mut Incoming,
) -> Result<Response<Body>, ApiError> {
    let headers = parts.headers;
    let for_caller = headers.clone();
    let caller = context.blocking(move |hub| rights::identify(&hub.store, &for_caller)).await?;
    let caller = caller.ok_or_else(ApiError::sign_in)?;
    let request: DeleteRepoRequest = read_json(body, JSON_LIMIT).await?;
    let namespace = request.organization.as_deref().unwrap_or(&caller.user.name);
    let id =
        RepoId::new(namespace, &request.name).map_err(|error| ApiError::bad_request(error.to_string()))?;
    let repo = RepoRef::new(request.repo_type.unwrap_or_default(), id);
    context.changed(repo.to_string());
    context
        .blocking(move |hub| {
            let access = rights::admit(&hub.store, &headers, &repo, Needs::Write)?;
            hub.store.delete_repo(&access.repo).map_err(|error| match error {
                StoreError::RepoNotFound { .. } => ApiError::repo_not_found(false),
                other => other.into(),
            })
        })
        .await?;
    Ok(respond::whole(StatusCode::OK, "text/plain; charset=utf-8", "OK"))
}
