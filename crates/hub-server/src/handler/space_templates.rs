//! `GET /api/spaces/templates`: public Spaces whose cards have the tag `template`.

use http::Response;
use hub_types::{
    RepoId, RepoType,
    space::{SpaceTemplate, SpaceTemplates},
};

use crate::{
    Body,
    api_error::ApiError,
    card,
    context::{Context, Inner},
    respond,
    store::{FoundRepo, RepoQuery, RepoRecord},
};

/// The tag of the card by which a Space is a template.
const TEMPLATE: &str = "template";
/// The tag of a template whose copies are better private.
const PREFERRED_PRIVATE: &str = "template-private";
/// The most templates that there can be.
const MOST: usize = 1000;

/// Lists all templates, by their ids.
pub(crate) async fn list(context: Context) -> Result<Response<Body>, ApiError> {
    let found = context.blocking(all).await?;
    respond::ok(&SpaceTemplates::new(found.into_iter().filter_map(described).collect()))
}

/// The template with this id, which must run on `sdk`.
pub(crate) fn find(hub: &Inner, id: &RepoId, sdk: Option<&str>) -> Result<RepoRecord, ApiError> {
    let found = all(hub)?.into_iter().map(|one| one.record).find(|one| one.repo.id == *id);
    let template =
        found.ok_or_else(|| ApiError::bad_request(format!("\"{id}\" is no template for Spaces")))?;
    if template.sdk.as_deref() != sdk {
        return Err(ApiError::bad_request(format!("\"sdk\" is not that of the template \"{id}\"")));
    }
    Ok(template)
}

fn all(hub: &Inner) -> Result<Vec<FoundRepo>, ApiError> {
    let tags = vec![TEMPLATE.to_owned()];
    Ok(hub.store.search_repos(&RepoQuery { tags, ..RepoQuery::of_all(RepoType::Space, MOST) })?)
}

fn described(found: FoundRepo) -> Option<SpaceTemplate> {
    let FoundRepo { record, card, tags, .. } = found;
    let title = card.as_ref().and_then(|card| card::text(card, "title"));
    let name = title.unwrap_or_else(|| record.repo.id.name().to_owned());
    let preferred_private = tags.iter().any(|tag| tag == PREFERRED_PRIVATE);
    Some(SpaceTemplate::new(name, record.repo.id, record.sdk?).preferred_private(preferred_private))
}
