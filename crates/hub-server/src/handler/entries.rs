//! Entries of a repository as the tree and paths-info answers write them.

use hub_types::{
    TreeEntry,
    tree::{EntryKind, LastCommit, TreeLfs},
};
use serde_json::json;

use super::timestamp;
use crate::{
    api_error::ApiError,
    context::Inner,
    store::{self, CommitId, Entry, GitRepo, RepoRecord},
};

/// Describes entries of a repository; with `expand` also the commits that last changed them.
pub(crate) fn describe_all(
    (hub, repo): (&Inner, &RepoRecord),
    git: &GitRepo,
    commit: CommitId,
    entries: Vec<Entry>,
    expand: bool,
) -> Result<Vec<TreeEntry>, ApiError> {
    let mut described: Vec<TreeEntry> = entries.into_iter().map(describe).collect();
    if hub.offers_xet {
        let oids = described.iter().map(|entry| entry.lfs.as_ref().map(|lfs| lfs.oid.as_str()));
        let hashes = hub.store.xet().hashes(repo, oids)?;
        for (entry, hash) in described.iter_mut().zip(hashes) {
            if let Some(hash) = hash {
                entry.extra.insert("xetHash".to_owned(), json!(hash));
            }
        }
    }
    if expand {
        let paths: Vec<String> = described.iter().map(|entry| entry.path.clone()).collect();
        let mut last = git.last_change(commit, &paths)?;
        for entry in &mut described {
            entry.last_commit = last
                .remove(&entry.path)
                .map(|commit| LastCommit::new(commit.id.to_string(), commit.title, timestamp(commit.time)));
            if entry.is_file() {
                // Python indexes both scans without asking whether they are there.
                let scan = json!({"status": "unscanned"});
                let status = json!({"status": "unscanned", "avScan": scan, "pickleImportScan": scan});
                entry.extra.insert("securityFileStatus".to_owned(), status);
            }
        }
    }
    Ok(described)
}

fn describe(entry: Entry) -> TreeEntry {
    let kind = match entry.kind {
        store::EntryKind::File => EntryKind::File,
        store::EntryKind::Directory => EntryKind::Directory,
        store::EntryKind::Other => EntryKind::Other("unknown".to_owned()),
    };
    let mut described = TreeEntry::new(kind, entry.oid.to_string(), entry.size, entry.path);
    let pointer_size = entry.pointer_size;
    described.lfs = entry.lfs.map(|lfs| TreeLfs::new(lfs.oid, lfs.size).pointer_size(pointer_size));
    described
}
