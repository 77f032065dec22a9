//! What a file is, without its content.

use std::fmt;

use http::{
    HeaderMap, Response, Uri,
    header::{ACCEPT_ENCODING, CONTENT_LENGTH, ETAG, LOCATION},
};
use hub_endpoints::PathsInfo;
use hub_transport::{
    Body, CallInfo, EffectiveUri, RedactedUrl, RedirectMode, RetryClass, Timeouts, Transport, head,
};
use hub_types::{
    CommitHash, RepoRef, Revision, SafeRelPath,
    error_code::{X_LINKED_ETAG, X_LINKED_SIZE, X_REPO_COMMIT},
    route,
};
use hub_xet::{MerkleHash, wire::XET_HASH_HEADER};

use crate::{ContentId, DownloadError};

/// A file of a commit, as the Hub describes it. Python: `HfFileMetadata`.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileMetadata {
    /// The commit that the revision leads to. Python: `commit_hash`.
    pub commit: CommitHash,
    /// What identifies the content. Python: `etag`.
    pub id: ContentId,
    /// Size of the content in bytes.
    pub size: u64,
    /// The Xet hash, if the Hub has the file by Xet. Python: `xet_file_data.file_hash`.
    pub xet_hash: Option<MerkleHash>,
    /// Where the content is: the URL of a storage host, which may be signed and is good for a short time, or that of
    /// the file itself. `Debug` leaves its query out.
    pub location: Uri,
}

impl fmt::Debug for FileMetadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileMetadata")
            .field("commit", &self.commit)
            .field("id", &self.id)
            .field("size", &self.size)
            .field("xet_hash", &self.xet_hash)
            .field("location", &RedactedUrl::new(&self.location, None))
            .finish()
    }
}

/// Asks for commit, etag, size and place of a file.
///
/// Redirects inside the Hub are followed (a renamed repository); the one to a storage host is not, because the response
/// that redirects has the facts.
///
/// # Errors
/// [`DownloadError::Transport`] with `RepoNotFound`, `RevisionNotFound`, `EntryNotFound`, `GatedRepo` and what else can go
/// wrong with a request; [`DownloadError::Metadata`] when the response lacks commit, etag or size.
///
/// Endpoint: `HEAD /{id}/resolve/{rev}/{path}`.
pub async fn file_metadata(
    transport: &Transport,
    repo: &RepoRef,
    revision: &Revision,
    path: &SafeRelPath,
) -> Result<FileMetadata, DownloadError> {
    metadata_within(transport, repo, revision, path, None).await
}

/// [`file_metadata`]. With `limits` it is asked for once and within them.
pub(crate) async fn metadata_within(
    transport: &Transport,
    repo: &RepoRef,
    revision: &Revision,
    path: &SafeRelPath,
    limits: Option<Timeouts>,
) -> Result<FileMetadata, DownloadError> {
    let call = CallInfo::new("hf_hub_download", format!("{repo} {path}"), RetryClass::Read);
    let url = route::repo(repo).resolve(revision, path.as_str());
    let response = ask(transport, call, &url, limits).await?;
    let (facts, size) = read(&response, path.as_str())?;
    match size {
        Some(size) if !facts.id.is_opaque() && facts.id.allows(size) => Ok(facts),
        _ => confirmed(transport, repo, path, (facts, size), limits).await,
    }
}

/// The facts with hash and size as the listing of the commit has them, where a proxy or a server of another kind has changed
/// what the response says or left the size out: without a hash nothing could check the content.
async fn confirmed(
    transport: &Transport,
    repo: &RepoRef,
    path: &SafeRelPath,
    (facts, size): (FileMetadata, Option<u64>),
    limits: Option<Timeouts>,
) -> Result<FileMetadata, DownloadError> {
    let revision = Revision::from(facts.commit.clone());
    let paths = vec![path.to_string()];
    let endpoint = PathsInfo { repo, revision: &revision, paths, expand: false, once_within: limits };
    let listed = transport
        .send(&endpoint)
        .await
        .map(|entries| entries.into_iter().find(|entry| entry.path == path.as_str() && entry.is_file()));
    match listed {
        Ok(Some(entry)) => {
            let id = ContentId::of_entry(&entry);
            if !id.is_opaque() && id.allows(entry.size) {
                return Ok(FileMetadata { id, size: entry.size, ..facts });
            }
        }
        Ok(None) => {}
        Err(error) => {
            tracing::debug!(%error, %path, "the listing of the commit does not say what the file is")
        }
    }
    if !size.is_some_and(|size| facts.id.allows(size)) {
        return Err(DownloadError::Metadata { path: path.to_string(), header: "content-length" });
    }
    tracing::warn!(%path, "the Hub gives no hash of this file: its content is checked by its size only");
    Ok(facts)
}

/// [`file_metadata`] of the file at a URL: whole, or relative to the endpoint. Python: `get_hf_file_metadata`.
///
/// # Errors
/// As for [`file_metadata`]; `Build` for what is not a URL.
pub async fn metadata_at(transport: &Transport, url: &str) -> Result<FileMetadata, DownloadError> {
    let wrong =
        || hub_transport::Error::build("the URL of the file is not a URL").with_hint("hf_hub_url gives one");
    let uri = Uri::try_from(url).map_err(|_| wrong())?;
    let shown = RedactedUrl::new(&uri, None).to_string();
    let call = CallInfo::new("get_hf_file_metadata", shown.as_str(), RetryClass::Read);
    let (facts, size) = read(&ask(transport, call, url, None).await?, &shown)?;
    size.map(|_| facts).ok_or(DownloadError::Metadata { path: shown, header: "content-length" })
}

async fn ask(
    transport: &Transport,
    call: CallInfo,
    url: &str,
    limits: Option<Timeouts>,
) -> Result<Response<Body>, DownloadError> {
    let request = head(url).header(ACCEPT_ENCODING, "identity").extension(RedirectMode::Relative);
    Ok(transport.open(call, request.once_within(limits).finish()?).await?)
}

/// The facts of a response, and the size if it says one.
fn read(response: &Response<Body>, file: &str) -> Result<(FileMetadata, Option<u64>), DownloadError> {
    let headers = response.headers();
    let missing = |header| DownloadError::Metadata { path: file.to_owned(), header };
    let commit: CommitHash = text(headers, X_REPO_COMMIT)
        .and_then(|commit| commit.parse().ok())
        .ok_or_else(|| missing(X_REPO_COMMIT))?;
    let linked = text(headers, X_LINKED_ETAG).map(ContentId::from_etag);
    let in_git = || text(headers, ETAG.as_str()).map(|etag| ContentId::in_git(etag, &commit));
    let id = linked.or_else(in_git).ok_or_else(|| missing("etag"))?;
    let here = response.status().is_success();
    // The length of a redirect's own body says nothing about the file.
    let length = text(headers, CONTENT_LENGTH.as_str()).filter(|_| here);
    let size = text(headers, X_LINKED_SIZE).or(length).map(str::parse::<u64>).transpose();
    let size = size.map_err(|_| missing("content-length"))?;
    let elsewhere =
        text(headers, LOCATION.as_str()).filter(|_| !here).and_then(|location| location.parse().ok());
    let asked = response.extensions().get().map(|EffectiveUri(uri)| uri.clone());
    let facts = FileMetadata {
        commit,
        id,
        size: size.unwrap_or_default(),
        xet_hash: text(headers, XET_HASH_HEADER).and_then(|hash| hash.parse().ok()),
        location: elsewhere.or(asked).unwrap_or_default(),
    };
    Ok((facts, size))
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
