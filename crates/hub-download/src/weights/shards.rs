//! The heads of weights in several files.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use http::{Request, response::Parts};
use hub_endpoints::paths_info;
use hub_transport::{Body, Endpoint, Error, RetryClass, Transport, decode_json, get};
use hub_types::{
    CommitHash, RepoRef, RepoType, Revision, SafeRelPath, TreeEntry, route,
    weights::{
        WeightsError,
        safetensors::{INDEX_FILE, SafetensorsFileMetadata, SafetensorsHeaders, SafetensorsIndex},
    },
};

use super::head::head_of;
use super::request::{WeightsRequest, wrong};
use crate::listing::metadata::metadata_within;
use crate::read::located::Located;
use crate::{ContentId, DownloadError, ReadRequest, RemoteFile};

/// Up to so many files that are not here, one request for all heads is not worth the two that say whether they are of the right commit.
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

/// The heads of all files that an index names, at `paths`: from the cache what it has, and the rest in one response, or each by itself.
pub(super) async fn heads(
    transport: &Transport,
    wanted: &WeightsRequest,
    index: &SafetensorsIndex,
    commit: &CommitHash,
    paths: Vec<SafeRelPath>,
) -> Result<Heads, DownloadError> {
    let (mut found, missing) = in_cache(&wanted.at(commit.clone().into()), paths).await?;
    if missing.len() > FEW
        && let Some(heads) = in_one_request(transport, wanted, index, commit).await
    {
        return Ok(heads);
    }
    found.extend(on_hub(transport, commit, missing).await?);
    let heads = stream::iter(found).map(|located| async move {
        let head = head_of(transport, &located, wanted.timeouts).await?;
        Ok((located.file.path.to_string(), head))
    });
    heads.buffered(AT_ONCE).try_collect().await
}

/// All heads in one response; `None` where the Hub does not give it, or not of this commit.
async fn in_one_request(
    transport: &Transport,
    wanted: &WeightsRequest,
    index: &SafetensorsIndex,
    commit: &CommitHash,
) -> Option<Heads> {
    let is_offered = wanted.repo.repo_type == RepoType::Model && wanted.revision.is_none();
    if !is_offered || wanted.local_files_only {
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

/// Files of a commit that are in the cache, and those that are not.
async fn in_cache(
    wanted: &WeightsRequest,
    paths: Vec<SafeRelPath>,
) -> Result<(Vec<Located>, Vec<ReadRequest>), DownloadError> {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for path in paths {
        let file = wanted.file(path);
        match file.cached(&file.revision).await? {
            Some(located) => found.push(located),
            None if wanted.local_files_only => return Err(file.not_here()),
            None => missing.push(file),
        }
    }
    Ok((found, missing))
}

/// Finds files of a commit on the Hub, with one request for all of them.
async fn on_hub(
    transport: &Transport,
    commit: &CommitHash,
    files: Vec<ReadRequest>,
) -> Result<Vec<Located>, DownloadError> {
    let Some(first) = files.first() else { return Ok(Vec::new()) };
    let names: Vec<String> = files.iter().map(|file| file.path.to_string()).collect();
    let entries = paths_info(transport, &first.repo, &Revision::from(commit.clone()), &names, false).await;
    let entries = entries.map_err(|error| first.absent(error.into()))?;
    let mut entries: BTreeMap<String, TreeEntry> =
        entries.into_iter().map(|entry| (entry.path.clone(), entry)).collect();
    files
        .into_iter()
        .map(|ReadRequest { repo, path, .. }| {
            let Some(entry) = entries.remove(path.as_str()).filter(TreeEntry::is_file) else {
                let reason = format!("it names {path}, which is not in the repository");
                return Err(wrong(INDEX_FILE)(WeightsError::Broken(reason)));
            };
            let id = ContentId::of_entry(&entry);
            Ok(Located::on_hub(RemoteFile::new(repo, commit.clone(), path, entry.size, id)))
        })
        .collect()
}
