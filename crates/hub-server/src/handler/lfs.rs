//! Git LFS: batch, uploads in one piece and in parts, verify, and downloads.

use http::{
    HeaderValue, Response, StatusCode,
    header::{CONTENT_LENGTH, CONTENT_TYPE, ETAG},
    request::Parts,
};
use hub_types::{
    RepoRef,
    error_code::X_REPO_COMMIT,
    lfs::{
        BatchObject, BatchRequest, BatchResponse, CHUNK_SIZE, CompletionRequest, MEDIA_TYPE, ObjectId,
        Operation,
    },
};

use super::{JSON_LIMIT, lfs_links::Links, linked::Linked, read_json, resolve, xet};
use crate::{
    Body,
    api_error::{ApiError, header_text},
    body::{self, Incoming},
    context::Context,
    disposition::{Disposition, as_svg},
    respond,
    route::rights::Access,
    signed::{Grant, LinkAction},
    store::{LfsError, RepoRecord, Room, Source},
};

const MAX_OBJECTS: usize = 1000;

/// Reads what is asked of many objects.
pub(crate) async fn read_batch(body: &mut Incoming) -> Result<BatchRequest, ApiError> {
    let request: BatchRequest = read_json(body, JSON_LIMIT).await?;
    if request.objects.len() > MAX_OBJECTS {
        let message = format!("at most {MAX_OBJECTS} objects may be asked about at once");
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message));
    }
    if !matches!(request.hash_algo.as_deref(), None | Some("sha256" | "sha_256")) {
        return Err(ApiError::unprocessable("the only hash algorithm is sha256"));
    }
    Ok(request)
}

/// Answers where objects go or come from. Who can upload by Xet is told to.
pub(crate) async fn batch(
    context: &Context,
    access: Access,
    request: BatchRequest,
) -> Result<Response<Body>, ApiError> {
    let knows = |name: &str| request.transfers.iter().any(|transfer| transfer == name);
    let in_parts = knows("multipart");
    let by_xet = context.hub().offers_xet && knows("xet") && request.operation == Operation::Upload;
    let links = Links { context: context.clone(), repo: access.repo.clone() };
    let grants = xet::Grants { context: context.clone(), access };
    let objects = context
        .blocking(move |hub| {
            if request.operation == Operation::Upload {
                links.must_have_room(hub, &request.objects)?;
            }
            let xet = by_xet.then(|| grants.upload_action(hub, request.reference.as_ref()));
            let response = |object: ObjectId| match request.operation {
                Operation::Download => links.download(hub, object),
                Operation::Upload => links.upload(hub, object, in_parts, xet.as_ref()),
            };
            request.objects.into_iter().map(response).collect::<Result<Vec<_>, ApiError>>()
        })
        .await?;
    let has_parts = |object: &BatchObject| {
        let upload = object.actions.as_ref().and_then(|actions| actions.upload.as_ref());
        upload.is_some_and(|action| action.header.contains_key(CHUNK_SIZE))
    };
    let transfer = match () {
        () if by_xet => "xet",
        () if objects.iter().any(has_parts) => "multipart",
        () => "basic",
    };
    let response = BatchResponse::new(objects).transfer(transfer.to_owned());
    Ok(respond::typed_json(StatusCode::OK, MEDIA_TYPE, &response))
}

/// Checks that the URL of a request was signed for what it is used for.
///
/// A repository that is not there answers like a bad signature, so nothing can be learnt about private ones.
async fn signed(
    context: &Context,
    repo: RepoRef,
    oid: String,
    action: LinkAction,
) -> Result<Signed, ApiError> {
    let query = context.query.clone();
    context
        .blocking(move |hub| {
            let refuse = || ApiError::forbidden("this URL has expired or is not valid, ask for a new one");
            let size = query.get("size").and_then(|text| text.parse().ok()).ok_or_else(refuse)?;
            let found = hub.store.find_repo(&repo)?;
            let repo = found.map_or_else(|| hub.store.moved_repo(&repo), |repo| Ok(Some(repo)))?;
            let repo = repo.ok_or_else(refuse)?;
            let grant = Grant { action, oid, size };
            if !hub.signer.allows(&repo, &grant, &query) {
                return Err(refuse());
            }
            if repo.disabled {
                return Err(ApiError::disabled());
            }
            Ok(Signed { repo, oid: grant.oid, size })
        })
        .await
}

struct Signed {
    repo: RepoRecord,
    oid: String,
    size: u64,
}

fn upload_id(context: &Context) -> String {
    context.query.get("upload").unwrap_or_default().to_owned()
}

/// Takes an object whole.
pub(crate) async fn put(
    context: &Context,
    repo: RepoRef,
    oid: String,
    parts: &Parts,
    body: &mut Incoming,
) -> Result<Response<Body>, ApiError> {
    let Signed { repo, oid, size } = signed(context, repo, oid, LinkAction::Upload).await?;
    if let Some(length) = parts.headers.get(CONTENT_LENGTH)
        && length.to_str().ok().and_then(|text| text.parse().ok()) != Some(size)
    {
        return Err(ApiError::unprocessable(format!(
            "the object has {size} bytes, the request another number"
        )));
    }
    let _room = hold_room(context, &repo, &oid, size).await?;
    let lfs = context.hub().store.lfs();
    lfs.put(&repo, &oid, size, body::data_stream(body)).await.map_err(upload_error)?;
    Ok(with_etag(&format!("\"{oid}\"")))
}

async fn hold_room(
    context: &Context,
    repo: &RepoRecord,
    oid: &str,
    size: u64,
) -> Result<Option<Room>, ApiError> {
    let (repo, oid) = (repo.clone(), oid.to_owned());
    context.blocking(move |hub| Ok(hub.store.hold_room(&repo, &[(&oid, size)], 0)?)).await
}

/// Takes one part of an object.
pub(crate) async fn put_part(
    context: &Context,
    repo: RepoRef,
    oid: String,
    number: u32,
    body: &mut Incoming,
) -> Result<Response<Body>, ApiError> {
    let upload = upload_id(context);
    signed(context, repo, oid, LinkAction::Part { upload: upload.clone(), number }).await?;
    let lfs = context.hub().store.lfs();
    let etag = lfs.put_part(&upload, number, body::data_stream(body)).await.map_err(upload_error)?;
    Ok(with_etag(&etag))
}

fn with_etag(etag: &str) -> Response<Body> {
    let mut response = respond::whole(StatusCode::OK, "text/plain; charset=utf-8", "");
    response.headers_mut().insert(ETAG, header_text(etag));
    response
}

/// Puts the parts of an object together.
pub(crate) async fn complete(
    context: &Context,
    repo: RepoRef,
    oid: String,
    body: &mut Incoming,
) -> Result<Response<Body>, ApiError> {
    let upload = upload_id(context);
    let signed = signed(context, repo, oid, LinkAction::Complete { upload: upload.clone() }).await?;
    let request: CompletionRequest = read_json(body, JSON_LIMIT).await?;
    if request.oid != signed.oid {
        return Err(ApiError::unprocessable("this URL is for another object"));
    }
    let parts: Vec<_> = request.parts.into_iter().map(|part| (part.part_number, part.etag)).collect();
    let _room = hold_room(context, &signed.repo, &signed.oid, signed.size).await?;
    let lfs = context.hub().store.lfs();
    lfs.complete(&signed.repo, &signed.oid, &upload, &parts).await.map_err(upload_error)?;
    Ok(respond::typed_json(StatusCode::OK, MEDIA_TYPE, &serde_json::json!({"success": true})))
}

pub(crate) fn upload_error(error: LfsError) -> ApiError {
    match error {
        LfsError::Mismatch { .. } | LfsError::InvalidPart { .. } => {
            ApiError::unprocessable(error.to_string())
        }
        LfsError::UnknownUpload => ApiError::new(StatusCode::NOT_FOUND, error.to_string()),
        LfsError::Body(source) => match source.downcast::<ApiError>() {
            Ok(error) => *error,
            Err(source) => ApiError::bad_request(format!("the upload broke off: {source}")),
        },
        LfsError::Store(error) => error.into(),
    }
}

/// Says whether an object has arrived.
pub(crate) async fn verify(
    context: &Context,
    repo: RepoRef,
    body: &mut Incoming,
) -> Result<Response<Body>, ApiError> {
    let object: ObjectId = read_json(body, JSON_LIMIT).await?;
    let signed = signed(context, repo, object.oid.clone(), LinkAction::Verify).await?;
    let size = object.size;
    let stored = context.blocking(move |hub| Ok(hub.store.whole(&signed.repo, &signed.oid)?)).await?;
    if stored != Some(size) {
        return Err(ApiError::new(StatusCode::NOT_FOUND, "the object does not exist"));
    }
    Ok(respond::typed_json(StatusCode::OK, MEDIA_TYPE, &object))
}

/// Sends an object, or a range of it. What came by Xet is put together while it is sent.
pub(crate) async fn get(
    context: &Context,
    repo: RepoRef,
    oid: String,
    parts: &Parts,
) -> Result<Response<Body>, ApiError> {
    let commit = context.query.get("commit").map(str::to_owned);
    let disposition = Disposition::read(&context.query);
    let action = LinkAction::Download { commit: commit.clone(), disposition: disposition.clone() };
    let Signed { repo, oid, size } = signed(context, repo, oid, action).await?;
    let (owner, wanted) = (repo.clone(), oid.clone());
    let kept = context
        .blocking(move |hub| {
            let kept = hub.store.kept(&owner, &wanted)?.filter(|kept| kept.size == size);
            kept.ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, "the object does not exist"))
        })
        .await?;
    let etag = format!("\"{oid}\"");
    let (mut response, range) = resolve::partial(parts, size, &etag)?;
    if !context.head && response.status() != StatusCode::NOT_MODIFIED {
        let length = range.end - range.start;
        let store = &context.hub().store;
        let content = match kept.source {
            Source::Chunks(file) => store.xet().read_file(&file, range).await?,
            Source::Object => store.lfs().read(&oid, range).await?,
        };
        *response.body_mut() = Body::stream(length, content);
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    if let Some(disposition) = disposition {
        disposition.describe(headers);
        if disposition.is_svg() {
            as_svg(headers);
        }
    }
    if let Some(commit) = commit {
        // Python follows redirects within one host and reads from the last response what the first one said of the file.
        headers.insert(X_REPO_COMMIT, header_text(&commit));
        let linked = Linked { oid, size, by_xet: kept.by_xet, commit };
        linked.describe(headers, linked.xet_urls(context, &repo).as_ref());
    }
    Ok(response)
}
