//! `GET /api/models-tags-by-type`, `/api/datasets-tags-by-type` and `/api/metrics`.

use std::collections::BTreeMap;

use http::{Response, request::Parts};
use hub_types::{RepoType, TagsByType};

use super::known_tags;
use crate::{Body, api_error::ApiError, context::Context, respond, route::rights};

/// Lists the tags of a kind in groups: those of the seed's file, otherwise the known ones and those of the public repositories.
pub(crate) async fn by_type(
    context: Context,
    parts: Parts,
    repo_type: RepoType,
) -> Result<Response<Body>, ApiError> {
    let only = context.query.get("type").map(str::to_owned);
    let mut tags = context
        .blocking(move |hub| {
            rights::identify(&hub.store, &parts.headers)?;
            match hub.documents.tags(repo_type) {
                Some(tags) => Ok(tags.clone()),
                None => Ok(known_tags::with_known(repo_type, hub.store.tags_by_type(repo_type)?)),
            }
        })
        .await?;
    if let Some(only) = only {
        let group = tags.0.remove(&only).unwrap_or_default();
        tags = TagsByType(BTreeMap::from([(only, group)]));
    }
    respond::ok(&tags)
}

/// Lists metrics: those of the seed's file, otherwise none.
pub(crate) async fn metrics(context: Context, parts: Parts) -> Result<Response<Body>, ApiError> {
    let for_check = context.clone();
    for_check.blocking(move |hub| rights::identify(&hub.store, &parts.headers)).await?;
    respond::ok(&context.hub().documents.metrics)
}
