//! Downloading the weights of a repository.

use std::{collections::BTreeSet, path::PathBuf};

use hub_transport::Transport;
use hub_types::{
    CommitHash, Revision, SafeRelPath,
    weights::safetensors::{INDEX_FILE, SINGLE_FILE},
};

use super::local::files_in;
use super::request::WeightsRequest;
use super::safetensors::{Layout, layout, paths};
use crate::disk::blocking;
use crate::{DownloadError, SnapshotRequest, Target, snapshot_download};

/// Brings the weights of a repository to their target, and returns the files in order: `model.safetensors`, or those that
/// `model.safetensors.index.json` names. All of one commit, and each checked against its hash. The filter of `wanted` does not
/// count.
///
/// # Errors
/// [`DownloadError::NotASafetensorsRepo`] if it has neither file; those of [`snapshot_download`].
///
/// Endpoints: info, tree, and `GET /{id}/resolve/{commit}/{path}` for each file.
pub async fn download_safetensors(
    transport: &Transport,
    wanted: SnapshotRequest,
) -> Result<Vec<PathBuf>, DownloadError> {
    let what = format!("{} at {}", wanted.repo, wanted.revision);
    let not_there = |error| match error {
        DownloadError::NotASafetensorsRepo { .. } => DownloadError::NotASafetensorsRepo { what },
        error => error,
    };
    let (files, revision, here) = match &wanted.target {
        Target::Folder(_) if !wanted.options.local_files_only => named(transport, &wanted).await?,
        _ => {
            let filter = |path: &str| path == SINGLE_FILE || path == INDEX_FILE;
            let folder = snapshot_download(transport, wanted.clone().filter(filter)).await?;
            // In a cache the folder has the name of its commit.
            let commit: Option<CommitHash> =
                folder.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
            let revision = match (&wanted.target, commit) {
                (Target::Cache(_), Some(commit)) => commit.into(),
                _ => wanted.revision.clone(),
            };
            let files = blocking(move || files_in(&folder)).await.map_err(not_there)?;
            (files, revision, vec![SINGLE_FILE.to_owned(), INDEX_FILE.to_owned()])
        }
    };
    let mut names: BTreeSet<String> = files.iter().map(ToString::to_string).collect();
    names.extend(here);
    let shards = wanted.revision(revision).filter(move |path| names.contains(path));
    let folder = snapshot_download(transport, shards).await?;
    Ok(files.iter().map(|file| folder.join(file.as_str())).collect())
}

/// What the Hub says: the files of the weights, the commit that they are of, and what else is wanted. A folder may have others.
async fn named(
    transport: &Transport,
    wanted: &SnapshotRequest,
) -> Result<(Vec<SafeRelPath>, Revision, Vec<String>), DownloadError> {
    let weights = WeightsRequest::new(wanted.repo.clone())
        .revision(wanted.revision.clone())
        .timeouts(wanted.options.timeouts);
    Ok(match layout(transport, &weights).await? {
        Layout::Single(located) => (vec![located.file.path], located.file.commit.into(), Vec::new()),
        Layout::Sharded(index, located) => {
            (paths(&index)?, located.file.commit.into(), vec![INDEX_FILE.to_owned()])
        }
    })
}
