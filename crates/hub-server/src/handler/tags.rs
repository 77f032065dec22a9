//! `POST` and `DELETE /api/{models}/{id}/tag/{rev}`.

use http::Response;
use hub_types::{CreateTagRequest, Revision};
use jiff::Timestamp;

use super::{
    JSON_LIMIT,
    branches::{full_name, gone, new_name, ref_error},
    done, read_json,
    repos::signature,
};
use crate::{
    Body, api_error::ApiError, body::Incoming, context::Context, route::rights::Access, store::NewRef,
};

const TAGS: &str = "refs/tags/";

/// Tags a revision; with a message the tag is an annotated one.
pub(crate) async fn create(
    context: &Context,
    access: Access,
    body: &mut Incoming,
    revision: Revision,
) -> Result<Response<Body>, ApiError> {
    let CreateTagRequest { tag, message, .. } = read_json(body, JSON_LIMIT).await?;
    let full_name = new_name(TAGS, "tag", &tag)?;
    context.details(serde_json::json!({"tag": tag}));
    let tagger = signature(access.user()?, context);
    context
        .blocking(move |hub| {
            let git = hub.store.git(&access.repo)?;
            let commit = git.resolve(revision.as_str())?;
            let new = match message.filter(|message| !message.trim().is_empty()) {
                Some(message) => {
                    let (name, time) = (tag.clone(), Timestamp::now());
                    NewRef::Annotated { commit, name, tagger, time, message }
                }
                None => NewRef::Commit(commit),
            };
            git.create_ref(&full_name, new, false).map_err(|error| ref_error(error, "tag", &tag))
        })
        .await?;
    Ok(done())
}

/// Removes a tag.
pub(crate) async fn delete(
    context: &Context,
    access: Access,
    tag: Revision,
) -> Result<Response<Body>, ApiError> {
    let full_name = full_name(TAGS, "tag", tag.as_str())?;
    context.blocking(move |hub| hub.store.git(&access.repo)?.delete_ref(&full_name).map_err(gone)).await?;
    Ok(done())
}
