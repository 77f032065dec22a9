//! `POST /api/{models}/{id}/lfs-files/duplicate`: gives files to another repository.

use http::{Response, StatusCode};
use hub_types::{RepoId, RepoRef, RepoType};
use hub_xet::wire::{DuplicateRequest, DuplicateResponse};
use serde_json::json;

use crate::{
    Body,
    api_error::ApiError,
    body::Incoming,
    context::Context,
    handler::{JSON_LIMIT, read_json},
    respond,
    route::{
        rights::{self, Access},
        table::Needs,
    },
    store::NewFile,
};

/// Most files of a request; the official client sends fewer.
const MOST: usize = 1000;

/// Registers files of a repository in another one, where a commit can then name them. Nothing is copied.
pub(crate) async fn duplicate(
    context: &Context,
    access: Access,
    body: &mut Incoming,
) -> Result<Response<Body>, ApiError> {
    let request: DuplicateRequest = read_json(body, JSON_LIMIT).await?;
    if request.files.len() > MOST {
        let message = format!("at most {MOST} files may be given at once");
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message));
    }
    let kind: RepoType = request.target.kind.parse().map_err(bad_target)?;
    let id: RepoId = request.target.name.parse().map_err(bad_target)?;
    let target = RepoRef::new(kind, id);
    let files: Vec<NewFile> = request
        .files
        .into_iter()
        .map(|file| NewFile { file: file.xet_hash, oid: file.sha256.to_ascii_lowercase() })
        .collect();
    let missing = context
        .blocking(move |hub| {
            let caller = access.caller.clone();
            let found = hub.store.find_repo(&target)?.filter(|repo| rights::sees(caller.as_ref(), repo));
            let repo = found.ok_or_else(|| ApiError::repo_not_found(caller.is_none()))?;
            if repo.disabled {
                return Err(ApiError::disabled());
            }
            let target = Access { caller, repo };
            // What is given becomes a file by a commit, which may be a pull request.
            target.must(Needs::Contribute)?;
            let xet = hub.store.xet();
            let sizes = xet.sizes(&access.repo, &files)?;
            let named: Vec<_> = files.iter().map(|file| file.oid.as_str()).zip(sizes).collect();
            let _room = hub.store.hold_room(&target.repo, &named, 0)?;
            Ok(xet.give(&access.repo, &target.repo, &files)?)
        })
        .await?;
    let failed = missing.into_iter().map(|file| {
        let error = "the repository has no such file by Xet";
        json!({"xetHash": file.file, "sha256": file.oid, "error": error})
    });
    respond::ok(&DuplicateResponse { failed: failed.collect() })
}

fn bad_target(error: hub_types::ParseError) -> ApiError {
    ApiError::bad_request(error.to_string())
}
