//! Which commits the branches and tags of a repository led to.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::Read,
    path::Path,
};

use hub_types::CommitHash;

use crate::DownloadError;
use crate::cache::walk::{path_in, walk};

/// More than any note has: what is longer names no commit.
const LONGEST: u64 = 128;

/// The notes of a repository.
#[derive(Debug, Default)]
pub(super) struct Refs {
    /// For each commit the names that led to it.
    pub(super) by_commit: BTreeMap<CommitHash, BTreeSet<String>>,
    /// Notes that name no commit, each in a sentence.
    pub(super) unclear: Vec<String>,
}

/// Reads the notes in the folder of a repository.
pub(super) fn read(root: &Path) -> Result<Refs, DownloadError> {
    let folder = root.join("refs");
    let mut refs = Refs::default();
    walk(&folder, &mut |file| {
        if file.file_name().is_some_and(|name| name == ".DS_Store") {
            return;
        }
        match commit_in(file) {
            Some(commit) => {
                refs.by_commit.entry(commit).or_default().insert(path_in(&folder, file));
            }
            None => refs.unclear.push(format!("{} names no commit", file.display())),
        }
    })?;
    Ok(refs)
}

/// The commit that a note names.
pub(super) fn commit_in(file: &Path) -> Option<CommitHash> {
    if !fs::metadata(file).ok()?.is_file() {
        return None;
    }
    let mut text = String::new();
    File::open(file).ok()?.take(LONGEST).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
