//! `GET /{id}/resolve/{rev}/{path}` and `/raw/`: the content of files.

use std::ops::Range;

use bytes::Bytes;
use http::{
    HeaderValue, Response, StatusCode,
    header::{
        ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, IF_RANGE, LOCATION,
        RANGE,
    },
    request::Parts,
};
use hub_types::{Revision, SafeRelPath, error_code::X_REPO_COMMIT, range};

use super::{
    lfs_links::Links,
    linked::{self, Linked},
};
use crate::{
    Body,
    api_error::{ApiError, header_text},
    conditional,
    context::{Context, Inner},
    disposition::{Disposition, as_svg},
    respond,
    route::rights::Access,
    store::{CommitId, Content, Entry, RepoRecord},
};

/// Bytes at the beginning of a large file by which it is taken for text or not, as git does.
const LOOKED_AT: u64 = 8_000;

/// Sends a file: a regular one itself, an LFS file by a redirect to a URL that carries its own permission.
pub(crate) async fn resolve(
    context: &Context,
    parts: &Parts,
    access: Access,
    revision: Revision,
    path: String,
) -> Result<Response<Body>, ApiError> {
    let links = context.clone();
    let (found, linked) = context
        .blocking(move |hub| {
            let found = find(hub, access, &revision, &path)?;
            let links = Links { context: links, repo: found.repo.clone() };
            let linked = match &found.entry.lfs {
                Some(lfs) => {
                    let disposition = Disposition::of(&found.entry.path, &links.context.query);
                    let url = links.content(hub, &lfs.oid, lfs.size, Some((found.commit, disposition))).href;
                    let by_xet = hub.store.kept(&found.repo, &lfs.oid)?.and_then(|kept| kept.by_xet);
                    let (oid, commit) = (lfs.oid.clone(), found.commit.to_string());
                    Some((url, Linked { oid, size: lfs.size, by_xet, commit }))
                }
                None => None,
            };
            Ok((found, linked))
        })
        .await?;
    let Some((url, linked)) = &linked else {
        let disposition = Disposition::of(&found.entry.path, &context.query);
        let is_svg = found.is_text && disposition.is_svg();
        let mut response = blob(context, parts, found)?;
        if is_svg {
            as_svg(response.headers_mut());
        }
        return Ok(response);
    };
    let urls = linked.xet_urls(context, &found.repo);
    let mut response = match &urls {
        Some(urls) if linked::wants_file_info(parts) => linked.file_info(urls),
        _ => {
            let text = format!("Found. Redirecting to {}", url.split('?').next().unwrap_or_default());
            let mut response = respond::whole(StatusCode::FOUND, "text/plain; charset=utf-8", text);
            let headers = response.headers_mut();
            headers.insert(LOCATION, header_text(url));
            headers.insert(ETAG, linked.etag());
            headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
            response
        }
    };
    let headers = response.headers_mut();
    linked.describe(headers, urls.as_ref());
    headers.insert(X_REPO_COMMIT, header_text(&found.commit.to_string()));
    Ok(response)
}

/// A file that the caller may see.
struct Found {
    repo: RepoRecord,
    commit: CommitId,
    entry: Entry,
    content: Content,
    /// Whether it is text in UTF-8.
    is_text: bool,
}

/// Sends a blob as git has it: for an LFS file the text of its pointer.
pub(crate) async fn raw(
    context: &Context,
    parts: &Parts,
    access: Access,
    revision: Revision,
    path: String,
) -> Result<Response<Body>, ApiError> {
    let mut found = context.blocking(move |hub| find(hub, access, &revision, &path)).await?;
    found.entry.size = found.entry.pointer_size.unwrap_or(found.entry.size);
    blob(context, parts, found)
}

/// The file at a path. Everything that is not a file is not found, as on the Hub.
fn find(hub: &Inner, access: Access, revision: &Revision, path: &str) -> Result<Found, ApiError> {
    let git = hub.store.git(&access.repo)?;
    let (commit, file) = match path.parse::<SafeRelPath>() {
        Ok(path) => git.file(revision.as_str(), path.as_str())?,
        Err(_) => (git.resolve(revision.as_str())?, None),
    };
    let (entry, mut content) =
        file.ok_or_else(|| ApiError::entry_not_found(path).with_commit(&commit.to_string()))?;
    let is_text = match &mut content {
        Content::Small(content) => is_text(content, true),
        Content::Large(reader) => is_text(reader.peek(LOOKED_AT)?, false),
    };
    Ok(Found { repo: access.repo, commit, entry, content, is_text })
}

/// Whether this is text in UTF-8 without NUL; what is not `whole` may end within a character.
fn is_text(content: &[u8], whole: bool) -> bool {
    let is_utf8 = match std::str::from_utf8(content) {
        Ok(_) => true,
        Err(error) => !whole && error.error_len().is_none(),
    };
    is_utf8 && !content.contains(&0)
}

fn blob(context: &Context, parts: &Parts, found: Found) -> Result<Response<Body>, ApiError> {
    let Found { commit, entry, content, is_text, .. } = found;
    let media_type = if is_text { "text/plain; charset=utf-8" } else { "application/octet-stream" };
    let etag = format!("\"{}\"", entry.oid);
    let (mut response, range) = partial(parts, entry.size, &etag)?;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    Disposition::of(&entry.path, &context.query).describe(headers);
    headers.insert(X_REPO_COMMIT, header_text(&commit.to_string()));
    if response.status() == StatusCode::NOT_MODIFIED {
        return Ok(response);
    }
    *response.body_mut() = match content {
        Content::Small(content) => {
            let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX).min(content.len());
            let range = index(range.start)..index(range.end);
            Body::bytes(Bytes::from(content).slice(range))
        }
        // Of a request for the head nothing more is read.
        Content::Large(_) if context.head => Body::empty(),
        Content::Large(reader) => {
            Body::stream(range.end - range.start, reader.pieces(range.start, range.end))
        }
    };
    Ok(response)
}

/// The head of a response with a file of `size` bytes, and which of them to send: none where the caller has the file (304).
///
/// # Errors
/// 416 when the range begins after the end.
pub(crate) fn partial(
    parts: &Parts,
    size: u64,
    etag: &str,
) -> Result<(Response<Body>, Range<u64>), ApiError> {
    let mut response = Response::new(Body::empty());
    if conditional::names(&parts.headers, etag) {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        response.headers_mut().insert(ETAG, header_text(etag));
        return Ok((response, 0..0));
    }
    let part = range::parse(wanted_range(&parts.headers, etag), size);
    let content_range = part.content_range(size).map(|text| header_text(&text));
    let Some(range) = part.bytes(size) else {
        let message = format!("the content has only {size} bytes");
        let error = ApiError::new(StatusCode::RANGE_NOT_SATISFIABLE, message);
        return Err(content_range
            .into_iter()
            .fold(error, |error, text| error.with_header(CONTENT_RANGE, text)));
    };
    if let Some(content_range) = content_range {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        response.headers_mut().insert(CONTENT_RANGE, content_range);
    }
    let headers = response.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(range.end - range.start));
    headers.insert(ETAG, header_text(etag));
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    Ok((response, range))
}

/// The `Range` header, unless `If-Range` names another file.
fn wanted_range<'h>(headers: &'h HeaderMap, etag: &str) -> Option<&'h str> {
    let range = headers.get(RANGE)?.to_str().ok()?;
    let same = headers.get(IF_RANGE).is_none_or(|condition| condition.as_bytes() == etag.as_bytes());
    same.then_some(range)
}
