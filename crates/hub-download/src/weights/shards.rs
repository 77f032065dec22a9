//! The heads of weights in several files.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use http::{Request, response::Parts};
use hub_endpoints::paths_info;
use hub_transport::{Body, Endpoint, Error, RetryClass, Transport, decode_json, get};
use hub_types::{
    CommitHash, RepoRef, RepoType, Revision, SafeRelPath, route,
    weights::{
        WeightsError,
        safetensors::{INDEX_FILE, SafetensorsFileMetadata, SafetensorsHeaders, SafetensorsIndex},
    },
};

use super::head::head_of;
use super::request::{WeightsRequest, wrong};
use crate::listing::metadata::metadata_within;
use crate::read::located::Located;
use crate::{ContentId, DownloadError, RemoteFile};

/// Up to so many files, one request for all heads is not worth the two that say whether they are of the right commit.
const FEW: usize = 2;
/// How many heads are read at once.
const AT_ONCE: usize = 8;

type Heads = BTreeMap<String, SafetensorsFileMetadata>;

/// `GET /api/models/{id}/safetensors-metadata/{index}`
#[derive(Debug)]
struct GetHeads<'a> {
    repo: &'a RepoRef,
}

impl Endpoint for GetHeads<'_> {
    const NAME: &'static str = "get_safetensors_metadata";
    type Output = SafetensorsHeaders;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        self.repo.to_string()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get(route::repo(self.repo).safetensors_metadata(INDEX_FILE)).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<SafetensorsHeaders, Error> {
        decode_json(head, &body)
    }
}

/// All heads in one response; `None` where the Hub does not give it, or not of this commit.
pub(super) async fn in_one_request(
    transport: &Transport,
    wanted: &WeightsRequest,
    index: &SafetensorsIndex,
    commit: &CommitHash,
) -> Option<Heads> {
    let is_offered = wanted.repo.repo_type == RepoType::Model && wanted.revision.is_none();
    if !is_offered || wanted.local_files_only || index.files().len() <= FEW {
        return None;
    }
    let found = match transport.send(&GetHeads { repo: &wanted.repo }).await {
        Ok(found) => found,
        Err(error) => {
            tracing::debug!(%error, "the Hub does not give all heads in one response; each is read by itself");
            return None;
        }
    };
    let files = index.files();
    let mut heads = found.headers;
    heads.retain(|file, _| files.contains(file.as_str()));
    if found.index.weight_map != index.weight_map || heads.len() != files.len() {
        return None;
    }
    // It does not say which commit it is of: the one that was there before and is there still.
    let path: SafeRelPath = INDEX_FILE.parse().ok()?;
    let now = metadata_within(transport, &wanted.repo, &Revision::default(), &path, None).await.ok()?;
    (now.commit == *commit).then_some(heads)
}

/// Each head by itself, of one commit.
pub(super) async fn one_by_one(
    transport: &Transport,
    wanted: &WeightsRequest,
    paths: Vec<SafeRelPath>,
) -> Result<Heads, DownloadError> {
    let located = located(transport, wanted, paths).await?;
    let heads = stream::iter(located).map(|located| async move {
        let head = head_of(transport, &located, wanted.timeouts).await?;
        Ok((located.file.path.to_string(), head))
    });
    heads.buffered(AT_ONCE).try_collect().await
}

/// Finds files of a commit: in the cache, and the rest with one request for all of them.
async fn located(
    transport: &Transport,
    wanted: &WeightsRequest,
    paths: Vec<SafeRelPath>,
) -> Result<Vec<Located>, DownloadError> {
    let mut found = Vec::new();
    let mut missing = Vec::new();
    for path in paths {
        let file = wanted.file(path);
        match file.cached(&file.revision).await? {
            Some(located) => found.push(located),
            None if wanted.local_files_only => return Err(file.not_here()),
            None => missing.push((file.revision, file.path)),
        }
    }
    let Some((revision, _)) = missing.first() else { return Ok(found) };
    let commit = revision.as_commit().ok_or(DownloadError::Stopped)?;
    let names: Vec<String> = missing.iter().map(|(_, path)| path.to_string()).collect();
    let entries = paths_info(transport, &wanted.repo, revision, &names, false).await?;
    let mut entries: BTreeMap<_, _> = entries.into_iter().map(|entry| (entry.path.clone(), entry)).collect();
    for (_, path) in missing {
        let entry = entries.remove(path.as_str()).filter(|entry| entry.is_file());
        let Some(entry) = entry else {
            let reason = format!("it names {path}, which is not in the repository");
            return Err(wrong(INDEX_FILE)(WeightsError::Broken(reason)));
        };
        let id = ContentId::from_etag(entry.content_id());
        found.push(Located::on_hub(RemoteFile::new(
            wanted.repo.clone(),
            commit.clone(),
            path,
            entry.size,
            id,
        )));
    }
    Ok(found)
}
