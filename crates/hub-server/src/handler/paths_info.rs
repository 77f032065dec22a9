//! `POST /api/{models}/{id}/paths-info/{rev}`.

use http::{Response, StatusCode, request::Parts};
use hub_types::{Revision, tree::PathsInfoRequest};

use super::{JSON_LIMIT, entries, form};
use crate::{
    Body,
    api_error::ApiError,
    body::{self, Incoming},
    context::Context,
    respond,
    route::rights::Access,
};

const MAX_PATHS: usize = 2000;

/// Describes the entries at given paths; unknown ones are left out.
pub(crate) async fn paths_info(
    context: &Context,
    access: Access,
    parts: &Parts,
    body: &mut Incoming,
    revision: Revision,
) -> Result<Response<Body>, ApiError> {
    let bytes = body::read_all(body, JSON_LIMIT).await?;
    let request = match form(parts, &bytes) {
        Some(form) => {
            form.once_each(&["paths"])?;
            PathsInfoRequest::new(form.all("paths").map(str::to_owned).collect()).expand(form.flag("expand"))
        }
        None => serde_json::from_slice(&bytes).map_err(|error| super::invalid_json(&error))?,
    };
    if request.paths.is_empty() || request.paths.iter().any(String::is_empty) {
        return Err(ApiError::bad_request("\"paths\" must be a list of paths that are not empty"));
    }
    if request.paths.len() > MAX_PATHS {
        let message = format!("at most {MAX_PATHS} paths may be asked for at once");
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message));
    }
    let response = context
        .blocking(move |hub| {
            let git = hub.store.git(&access.repo)?;
            let commit = git.resolve(revision.as_str())?;
            let paths = request.paths.iter().map(|path| path.trim_end_matches('/'));
            let found = git.entries(commit, paths)?.into_iter().flatten().collect();
            entries::describe_all((hub, &access.repo), &git, commit, found, request.expand)
        })
        .await?;
    respond::ok(&response)
}
