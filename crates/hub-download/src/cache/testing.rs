//! Caches for tests.

use std::{fs, os::unix::fs::symlink, path::Path};

use hub_types::{CommitHash, RepoRef, RepoType};

/// A commit id of this digit alone.
pub(crate) fn commit(digit: char) -> CommitHash {
    digit.to_string().repeat(40).parse().unwrap()
}

/// A model.
pub(crate) fn repo(id: &str) -> RepoRef {
    RepoRef::new(RepoType::Model, id.parse().unwrap())
}

/// Puts a commit with these files, each with the name of its blob of 1,000 bytes, into a repository; a branch leads to it, unless the
/// name of that is empty.
pub(crate) fn filled(cache: &Path, repo: &str, commit: &CommitHash, branch: &str, files: &[(&str, &str)]) {
    let repo = cache.join(repo);
    for folder in ["refs", "blobs"] {
        fs::create_dir_all(repo.join(folder)).unwrap();
    }
    if !branch.is_empty() {
        fs::write(repo.join("refs").join(branch), commit.as_str()).unwrap();
    }
    for (path, blob) in files {
        fs::write(repo.join("blobs").join(blob), vec![7; 1_000]).unwrap();
        let place = repo.join("snapshots").join(commit.as_str()).join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        symlink(repo.join("blobs").join(blob), place).unwrap();
    }
}
