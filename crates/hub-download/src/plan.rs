//! What a download would do. Nothing is written, not even a folder.

use std::{fs, path::PathBuf};

use hub_transport::Transport;
use serde::Serialize;

use crate::cache::shared::{SharedEntry, SharedStore};
use crate::{
    DownloadError, DownloadOptions, FileRequest, RemoteFile, SnapshotRequest, Target,
    disk::{blocking, io_error},
    file_metadata,
};

/// What a download would do with one file. Python: `DryRunFileInfo`, whose names its JSON form has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlannedFile {
    /// The commit that the file is of.
    #[serde(rename = "commit_hash")]
    pub commit: String,
    /// Bytes of its content.
    #[serde(rename = "file_size")]
    pub size: u64,
    /// Path in the repository.
    #[serde(rename = "filename")]
    pub path: String,
    /// Where it is, or would be.
    pub local_path: PathBuf,
    /// Whether its content is here.
    pub is_cached: bool,
    /// Whether it would be fetched.
    pub will_download: bool,
}

/// What [`hf_hub_download`](crate::hf_hub_download) would do. Always asks the Hub.
///
/// # Errors
/// As for [`file_metadata`].
///
/// Endpoint: `HEAD /{id}/resolve/{rev}/{path}`.
pub async fn plan_file(transport: &Transport, wanted: FileRequest) -> Result<PlannedFile, DownloadError> {
    let FileRequest { repo, revision, path, target, options } = wanted;
    let facts = file_metadata(transport, &repo, &revision, &path).await?;
    let file = RemoteFile::new(repo, facts.commit, path, facts.size, facts.id).xet_hash(facts.xet_hash);
    blocking(move || plan(&target, &options, &file)).await
}

/// What [`snapshot_download`](crate::snapshot_download) would do with each file, by path.
///
/// # Errors
/// Those of the requests, and [`DownloadError::Invalid`] for a name that could lead out of the folder.
///
/// Endpoints: info, tree.
pub async fn plan_snapshot(
    transport: &Transport,
    wanted: SnapshotRequest,
) -> Result<Vec<PlannedFile>, DownloadError> {
    let (target, options) = (wanted.target.clone(), wanted.options.clone());
    let mut fresh = wanted;
    // To look for a listing in a folder makes the folder of the notes.
    fresh.options.force |= matches!(target, Target::Folder(_));
    let files = fresh.choose(&fresh.listing(transport).await?)?;
    blocking(move || files.iter().map(|file| plan(&target, &options, file)).collect()).await
}

/// Waits for the disk. A file in a folder counts as here by its hash, one in a cache by the name and size of its content, also if another
/// repository has it.
fn plan(target: &Target, options: &DownloadOptions, file: &RemoteFile) -> Result<PlannedFile, DownloadError> {
    let whole = |metadata: fs::Metadata| metadata.is_file() && metadata.len() == file.size;
    let (local_path, is_cached) = match target {
        Target::Cache(cache) => {
            let folder = cache.folder(&file.repo);
            let pointer = folder.pointer(&file.commit, &file.path)?;
            let store = SharedStore::of(cache.root());
            let is_shared = || SharedEntry::of(cache.root(), file).is_some_and(|entry| entry.is_usable());
            let here = store.content_of(&folder.blob(&file.id)).is_some_and(|(_, metadata)| whole(metadata))
                || fs::symlink_metadata(&pointer).is_ok_and(whole)
                || options.uses_shared_blobs() && is_shared();
            (pointer, here)
        }
        Target::Folder(folder) => {
            let place = file.path.under(folder)?;
            let here = fs::metadata(&place).is_ok_and(whole)
                && file.id.matches_file(&place).map_err(|error| io_error("read", &place, error))?
                    == Some(true);
            (place, here)
        }
    };
    Ok(PlannedFile {
        commit: file.commit.to_string(),
        size: file.size,
        path: file.path.to_string(),
        local_path,
        is_cached,
        will_download: options.force || !is_cached,
    })
}
