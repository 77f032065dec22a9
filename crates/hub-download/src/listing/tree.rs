//! All files of a commit: asked for, and kept in the form of the Python client.

use std::{collections::BTreeMap, fs, path::Path};

use futures_util::TryStreamExt;
use hub_endpoints::ListRepoTree;
use hub_transport::{Timeouts, Transport};
use hub_types::{
    CommitHash, RepoRef, Revision, SafeRelPath, TreeEntry, lfs,
    tree::{EntryKind, TreeLfs},
};
use hub_xet::MerkleHash;
use serde::{Deserialize, Serialize};

use crate::disk::put;
use crate::{ContentId, DownloadError};

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
        ContentId::listed(self.lfs_sha256.as_deref(), &self.blob_id)
    }

    /// The Xet hash, if the Hub has the file by Xet.
    pub(crate) fn xet_hash(&self) -> Option<MerkleHash> {
        self.xet_hash.as_deref()?.parse().ok()
    }

    /// The entry that the Hub listed, as far as it was kept.
    fn entry(&self, path: &str) -> TreeEntry {
        let mut entry = TreeEntry::new(EntryKind::File, &self.blob_id, self.size, path);
        let size = self.lfs_size.unwrap_or(self.size);
        entry.lfs = self.lfs_sha256.as_ref().map(|oid| TreeLfs::new(oid, size));
        entry.extra.extend(self.xet_hash.as_ref().map(|hash| ("xetHash".to_owned(), hash.as_str().into())));
        entry
    }

    fn is_usable(&self) -> bool {
        self.lfs_sha256.as_deref().is_none_or(lfs::is_oid)
            && self.xet_hash.as_deref().is_none_or(lfs::is_oid)
            && !self.id().is_opaque()
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
        let whole = ListRepoTree::whole(repo.clone(), Revision::from(commit.clone()));
        let entries = transport.stream(ListRepoTree { once_within: limits, ..whole }, None);
        let files = entries
            .try_filter_map(|entry| async move {
                Ok(entry.is_file().then(|| (entry.path.clone(), Listed::new(entry))))
            })
            .try_collect()
            .await?;
        Ok(Self { format_version: FORMAT, files })
    }

    /// The files as the Hub listed them, by path.
    pub(crate) fn entries(&self) -> Vec<TreeEntry> {
        self.files.iter().map(|(path, listed)| listed.entry(path)).collect()
    }

    /// What was kept of an earlier response. Waits for the disk.
    pub(crate) fn read(place: &Path) -> Option<Self> {
        Self::parse(&fs::read(place).ok()?)
    }

    pub(crate) fn parse(json: &[u8]) -> Option<Self> {
        let tree: Self = serde_json::from_slice(json).ok()?;
        let is_usable =
            |(path, listed): (&String, &Listed)| listed.is_usable() && path.parse::<SafeRelPath>().is_ok();
        (tree.format_version == FORMAT && tree.files.iter().all(is_usable)).then_some(tree)
    }

    /// Keeps the response: a commit never changes. Waits for the disk.
    pub(crate) fn write(&self, place: &Path) -> Result<(), DownloadError> {
        let folder = place.parent().unwrap_or(place);
        put(place, folder, |made| fs::write(made, serde_json::to_vec(self)?))
    }
}
