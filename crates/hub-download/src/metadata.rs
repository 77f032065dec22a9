//! What a file is, without its content.

use http::{
    HeaderMap,
    header::{ACCEPT_ENCODING, CONTENT_LENGTH, ETAG},
};
use hub_transport::{CallInfo, RedirectMode, RetryClass, Transport, head};
use hub_types::{
    CommitHash, RepoRef, Revision, SafeRelPath,
    error_code::{X_LINKED_ETAG, X_LINKED_SIZE, X_REPO_COMMIT},
    route,
};

use crate::{ContentId, DownloadError};

/// A file of a commit, as the Hub describes it. Python: `HfFileMetadata`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileMetadata {
    /// The commit that the revision leads to.
    pub commit: CommitHash,
    /// What identifies the content.
    pub id: ContentId,
    /// Size of the content in bytes.
    pub size: u64,
}

/// Asks for commit, etag and size of a file. Python: `get_hf_file_metadata`.
///
/// Redirects inside the Hub are followed (a renamed repository); the one to a storage host is not, because the answer
/// that redirects has the facts.
///
/// # Errors
/// [`DownloadError::Transport`] with `RepoNotFound`, `RevisionNotFound`, `EntryNotFound`, `GatedRepo` and what else can go
/// wrong with a request; [`DownloadError::Metadata`] when the answer lacks one of the three.
///
/// Endpoint: `HEAD /{id}/resolve/{rev}/{path}`.
pub async fn file_metadata(
    transport: &Transport,
    repo: &RepoRef,
    revision: &Revision,
    path: &SafeRelPath,
) -> Result<FileMetadata, DownloadError> {
    let call = CallInfo::new("hf_hub_download", format!("{repo} {path}"), RetryClass::Read);
    let request = head(route::repo(repo).resolve(revision, path.as_str()))
        .header(ACCEPT_ENCODING, "identity")
        .extension(RedirectMode::Relative)
        .finish()?;
    let response = transport.open(call, request).await?;
    let headers = response.headers();
    let missing = |header| DownloadError::Metadata { path: path.to_string(), header };
    let commit = text(headers, X_REPO_COMMIT).and_then(|commit| commit.parse().ok());
    let etag = text(headers, X_LINKED_ETAG).or_else(|| text(headers, ETAG.as_str()));
    // The length of a redirect's own body says nothing about the file.
    let length = if response.status().is_success() { text(headers, CONTENT_LENGTH.as_str()) } else { None };
    let size = text(headers, X_LINKED_SIZE).or(length).and_then(|size| size.parse().ok());
    Ok(FileMetadata {
        commit: commit.ok_or_else(|| missing(X_REPO_COMMIT))?,
        id: ContentId::from_etag(etag.ok_or_else(|| missing("etag"))?),
        size: size.ok_or_else(|| missing("content-length"))?,
    })
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}
