//! The heads of safetensors files on the Hub.

use hub_transport::{ErrorKind, Transport};
use hub_types::{
    Revision, SafeRelPath,
    weights::{
        WeightsError,
        safetensors::{
            INDEX_FILE, MAX_INDEX, SINGLE_FILE, SafetensorsFileMetadata, SafetensorsIndex,
            SafetensorsRepoMetadata,
        },
    },
};

use super::head::head_of;
use super::request::{WeightsRequest, wrong};
use super::shards;
use crate::read::located::Located;
use crate::read::{locate, locate_with};
use crate::{DownloadError, ReadRequest};

/// Reads the head of one safetensors file; the range of `wanted` does not count. Python:
/// `parse_safetensors_file_metadata`.
///
/// # Errors
/// [`DownloadError::Weights`] for what is no such file; those of [`read_file`](crate::read_file).
///
/// Endpoint: `HEAD` and `GET /{id}/resolve/{rev}/{path}`: the first 100,001 bytes, and the rest of the header if it is longer.
pub async fn parse_safetensors_file_metadata(
    transport: &Transport,
    wanted: ReadRequest,
) -> Result<SafetensorsFileMetadata, DownloadError> {
    head_of(transport, &locate(transport, &wanted).await?, wanted.timeouts).await
}

/// Reads the heads of all weights of a repository: of `model.safetensors`, or of the files that `model.safetensors.index.json`
/// names. All of one commit. Python: `get_safetensors_metadata`.
///
/// The default branch of a model in more than two files needs one request for all heads, where the Hub offers that.
///
/// # Errors
/// [`DownloadError::NotASafetensorsRepo`] if it has neither file; [`DownloadError::Weights`] for a file that is none of
/// safetensors; those of [`read_file`](crate::read_file).
///
/// Endpoints: `HEAD` and `GET /{id}/resolve/{rev}/{path}`, `POST /api/{models}/{id}/paths-info/{commit}`,
/// `GET /api/models/{id}/safetensors-metadata/{index}`.
pub async fn get_safetensors_metadata(
    transport: &Transport,
    wanted: WeightsRequest,
) -> Result<SafetensorsRepoMetadata, DownloadError> {
    let (index, commit) = match layout(transport, &wanted).await? {
        Layout::Single(located) => {
            let head = head_of(transport, &located, wanted.timeouts).await?;
            let found = SafetensorsRepoMetadata::of_file(SINGLE_FILE, head).map_err(wrong(SINGLE_FILE))?;
            return Ok(found.commit(located.file.commit));
        }
        Layout::Sharded(index, located) => (index, located.file.commit),
    };
    let heads = shards::heads(transport, &wanted, &index, &commit, paths(&index)?).await?;
    let found = SafetensorsRepoMetadata::of_shards(index, heads).map_err(wrong(INDEX_FILE))?;
    Ok(found.commit(commit))
}

/// How the weights of a repository are stored.
pub(super) enum Layout {
    Single(Located),
    /// With the index file.
    Sharded(SafetensorsIndex, Located),
}

/// Finds out how weights are stored, in which commit. Where the Hub does not say it, an index in the cache does.
pub(super) async fn layout(transport: &Transport, wanted: &WeightsRequest) -> Result<Layout, DownloadError> {
    let (single, index) = (wanted.file(known(SINGLE_FILE)?), wanted.file(known(INDEX_FILE)?));
    let kept = index.cached(&index.revision).await?;
    let located = match (locate_with(transport, &single, kept.is_some()).await, kept) {
        (Ok(located), _) => return Ok(Layout::Single(located)),
        (Err(error), _) if is_missing(&error) => {
            // The same commit says where the index is.
            let commit = error.as_transport().and_then(|error| error.context().repo_commit.as_deref());
            let pinned = commit.and_then(|commit| commit.parse::<Revision>().ok());
            let index = index.revision(pinned.unwrap_or(single.revision));
            let nothing = |error| {
                if is_missing(&error) {
                    return DownloadError::NotASafetensorsRepo { what: wanted.describe() };
                }
                error
            };
            locate(transport, &index).await.map_err(nothing)?
        }
        (Err(error), Some(kept)) => single.stand_in(error, kept)?,
        (Err(error), None) => return Err(error),
    };
    let (size, most) = (located.file.size, MAX_INDEX);
    if size > most {
        return Err(wrong(INDEX_FILE)(WeightsError::TooLarge { what: "the index", size, most }));
    }
    let json = located.read(transport, 0..u64::MAX, wanted.timeouts).await?;
    let index = SafetensorsIndex::parse(&json).map_err(wrong(INDEX_FILE))?;
    Ok(Layout::Sharded(index, located))
}

/// The files that an index names, in order.
pub(super) fn paths(index: &SafetensorsIndex) -> Result<Vec<SafeRelPath>, DownloadError> {
    index.files().into_iter().map(|file| Ok(file.parse()?)).collect()
}

/// One of the files that weights are expected in.
fn known(path: &str) -> Result<SafeRelPath, DownloadError> {
    Ok(path.parse()?)
}

/// Whether an error says that there is no such file; in a cache, that nobody knows of it.
fn is_missing(error: &DownloadError) -> bool {
    match error {
        DownloadError::LocalEntryNotFound { .. } => true,
        DownloadError::Transport(error) => error.kind() == ErrorKind::EntryNotFound,
        _ => false,
    }
}
