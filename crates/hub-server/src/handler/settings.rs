//! `PUT /api/{models}/{id}/settings`.

use http::Response;
use hub_types::{Gated, RepoSettings, RepoType};

use super::{JSON_LIMIT, read_json, repos};
use crate::{
    Body, api_error::ApiError, body::Incoming, context::Context, respond, route::rights::Access,
    store::NewSettings,
};

/// Changes who sees the repository and who gets its files; answers with what was changed.
pub(crate) async fn update(
    context: &Context,
    access: Access,
    body: &mut Incoming,
) -> Result<Response<Body>, ApiError> {
    let settings: RepoSettings = read_json(body, JSON_LIMIT).await?;
    if let Some((unknown, _)) = settings.extra.iter().next() {
        return Err(ApiError::bad_request(format!("this hub has no setting \"{unknown}\"")));
    }
    let new = NewSettings {
        private: repos::is_private(settings.private, settings.visibility.as_deref())?,
        gated: settings.gated.clone().map(|gated| mode(access.repo.repo.repo_type, gated)).transpose()?,
    };
    if new == NewSettings::default() {
        return Err(ApiError::bad_request("at least one setting must be given"));
    }
    context.details(serde_json::json!(settings));
    context.blocking(move |hub| Ok(hub.store.change_settings(&access.repo, &new)?)).await?;
    respond::ok(&settings)
}

fn mode(repo_type: RepoType, gated: Gated) -> Result<Option<String>, ApiError> {
    match gated {
        Gated::Flag(false) => Ok(None),
        Gated::Mode(_) if repo_type == RepoType::Space => {
            Err(ApiError::bad_request("a Space cannot be gated"))
        }
        Gated::Mode(mode) if matches!(mode.as_str(), "auto" | "manual") => Ok(Some(mode)),
        _ => Err(ApiError::bad_request("\"gated\" must be false, \"auto\" or \"manual\"")),
    }
}
