//! What other programs, and earlier runs, left on the disk.

use std::fs;
use std::path::{Component, Path};
use std::sync::OnceLock;

use hub_commit::large::testing::journal as read_journal;
use hub_download::testing::{folder_note, tree_note};
use hub_download::{Cache, Cached};
use hub_types::{RepoRef, RepoType, SafeRelPath};
use tempfile::TempDir;

use super::text;

pub(super) const JOURNAL_WORDS: &[&str] = &[
    "{\"fact\":",
    "\"lfs\"",
    "\"git\"",
    "\"forget\"",
    "\"staged\"",
    "\"unstaged\"",
    "\"path\":",
    "\"state\":",
    "[1,2,3,4,5]",
    "\"sha256\":",
    "\"id\":",
    "\"blocks\":",
    "\"target\":",
    "\"staging\":",
    "\"mark\":",
    "}\n",
    "\n",
    "null",
];
pub(super) const CACHE_WORDS: &[&str] = &[
    "{\"format_version\":1,\"files\":{",
    "\"size\":",
    "\"blob_id\":",
    "\"lfs_sha256\":",
    "null",
    "}",
    "\n",
    "1111111111111111111111111111111111111111",
    "../",
    "/",
    "\0",
    "1e400",
    "nan",
    "inf",
    "-1",
];

pub(super) fn journal(data: &[u8]) {
    let written = read_journal(data).unwrap();
    assert_eq!(read_journal(&written).unwrap(), written, "a journal says the same after it was shortened");
}

pub(super) fn cache(data: &[u8]) {
    tree_note(data);
    if let Some(note) = text(data) {
        folder_note(note);
    }
    reference(data);
}

/// The note of a branch, in a cache that holds one file: it leads to nothing outside, whatever it says.
fn reference(data: &[u8]) {
    static CACHE: OnceLock<TempDir> = OnceLock::new();
    let root = CACHE.get_or_init(|| {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("models--ada--demo");
        let snapshot = folder.join("snapshots").join("1".repeat(40));
        fs::create_dir_all(&snapshot).unwrap();
        fs::write(snapshot.join("a.txt"), "a").unwrap();
        fs::write(folder.join("secret"), "s").unwrap();
        fs::create_dir_all(folder.join("refs")).unwrap();
        root
    });
    let repo = RepoRef::new(RepoType::Model, "ada/demo".parse().unwrap());
    fs::write(root.path().join("models--ada--demo/refs/main"), data).unwrap();
    let cache = Cache::new(root.path());
    for name in ["a.txt", "secret"] {
        let path: SafeRelPath = name.parse().unwrap();
        if let Cached::File(found) = cache.find(&repo, &"main".parse().unwrap(), &path).unwrap() {
            assert!(
                found.starts_with(root.path().join("models--ada--demo/snapshots")) && !climbs(&found),
                "{found:?}"
            );
        }
    }
    let found = cache.scan().unwrap();
    assert!(found.repos.len() <= 1);
}

fn climbs(path: &Path) -> bool {
    path.components().any(|part| part == Component::ParentDir)
}
