//! All files of a commit: asked for, and kept in the form of the Python client.

use std::{collections::BTreeMap, fs, path::Path};

use bytes::Bytes;
use futures_util::TryStreamExt;
use http::{Request, response::Parts};
use hub_transport::{
    Body, Endpoint, Error, PagedEndpoint, RetryClass, Timeouts, Transport, decode_json, get,
};
use hub_types::{CommitHash, RepoRef, Revision, TreeEntry, lfs, route};
use serde::{Deserialize, Serialize};

use crate::{ContentId, DownloadError, disk::put, options::within};

const FORMAT: u32 = 1;

/// The files of a commit, by path. Python: what `trees/COMMIT.json` holds.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Tree {
    format_version: u32,
    pub(crate) files: BTreeMap<String, Listed>,
}

/// One file of a commit.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(crate) size: u64,
    blob_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lfs_sha256: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lfs_size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    xet_hash: Option<String>,
}

impl Listed {
    fn new(entry: TreeEntry) -> Self {
        let xet_hash = entry.extra.get("xetHash").and_then(|hash| hash.as_str()).map(ToOwned::to_owned);
        let (lfs_sha256, lfs_size) = entry.lfs.map(|lfs| (lfs.oid, lfs.size)).unzip();
        Self { size: entry.size, blob_id: entry.oid, lfs_sha256, lfs_size, xet_hash }
    }

    /// What identifies the content.
    pub(crate) fn id(&self) -> ContentId {
        ContentId::from_etag(self.lfs_sha256.as_deref().unwrap_or(&self.blob_id))
    }

    fn is_usable(&self) -> bool {
        self.lfs_sha256.as_deref().is_none_or(lfs::is_oid) && !self.id().is_opaque()
    }
}

impl Tree {
    /// Asks the Hub. With `limits` each page is asked for once and within them.
    pub(crate) async fn fetch(
        transport: &Transport,
        repo: &RepoRef,
        commit: &CommitHash,
        limits: Option<Timeouts>,
    ) -> Result<Self, DownloadError> {
        let entries = transport.stream(WholeTree { repo: repo.clone(), at: at(commit)?, limits }, None);
        let files = entries
            .try_filter_map(|entry| async move {
                Ok(entry.is_file().then(|| (entry.path.clone(), Listed::new(entry))))
            })
            .try_collect()
            .await?;
        Ok(Self { format_version: FORMAT, files })
    }

    /// What was kept of an earlier answer. Waits for the disk.
    pub(crate) fn read(place: &Path) -> Option<Self> {
        Self::parse(&fs::read(place).ok()?)
    }

    pub(crate) fn parse(json: &[u8]) -> Option<Self> {
        let tree: Self = serde_json::from_slice(json).ok()?;
        (tree.format_version == FORMAT && tree.files.values().all(Listed::is_usable)).then_some(tree)
    }

    /// Keeps the answer: a commit never changes. Waits for the disk.
    pub(crate) fn write(&self, place: &Path) -> Result<(), DownloadError> {
        let folder = place.parent().unwrap_or(place);
        put(place, folder, |made| fs::write(made, serde_json::to_vec(self)?))
    }
}

fn at(commit: &CommitHash) -> Result<Revision, DownloadError> {
    Ok(Revision::try_from(commit.to_string())?)
}

/// `GET /api/{models}/{id}/tree/{commit}?recursive=true`
struct WholeTree {
    repo: RepoRef,
    at: Revision,
    limits: Option<Timeouts>,
}

impl PagedEndpoint for WholeTree {
    const NAME: &'static str = "snapshot_download";
    type Item = TreeEntry;

    fn target(&self) -> String {
        self.repo.to_string()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let request =
            get(route::repo(&self.repo).tree(&self.at, "")).query("recursive", true).query("expand", false);
        within(request, self.limits).finish()
    }
}

/// The commit that a branch or tag leads to now: `GET /api/{models}/{id}/revision/{rev}`
pub(crate) struct Head<'a> {
    pub(crate) repo: &'a RepoRef,
    pub(crate) revision: &'a Revision,
    /// With limits it is asked for once and within them.
    pub(crate) limits: Option<Timeouts>,
}

#[derive(Deserialize)]
pub(crate) struct Info {
    /// Without any commit there is none.
    pub(crate) sha: Option<CommitHash>,
}

impl Endpoint for Head<'_> {
    const NAME: &'static str = "snapshot_download";
    type Output = Info;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        self.repo.to_string()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        within(get(route::repo(self.repo).info(Some(self.revision))), self.limits).finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<Info, Error> {
        decode_json(head, &body)
    }
}
