//! Taking commits out of a cache.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
};

use hub_types::CommitHash;

use crate::{Cache, CacheInfo, CachedRepo, CachedRevision, DownloadError, disk::io_error};

/// What is to be deleted, and how much room that gives. Python: `DeleteCacheStrategy`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "nothing is deleted before `execute`"]
pub struct Deletion {
    /// Bytes that become free.
    pub freed: u64,
    /// Repositories that go as a whole.
    pub repos: BTreeSet<PathBuf>,
    /// Folders of commits.
    pub snapshots: BTreeSet<PathBuf>,
    /// Notes of branches and tags.
    pub refs: BTreeSet<PathBuf>,
    /// Contents that no other commit has.
    pub blobs: BTreeSet<PathBuf>,
    /// Ids that are not in the cache.
    pub missing: Vec<String>,
}

impl CacheInfo {
    /// Plans to delete commits, named by their whole ids. Python: `delete_revisions`.
    pub fn delete_revisions<'a>(&self, commits: impl IntoIterator<Item = &'a CommitHash>) -> Deletion {
        let mut wanted: BTreeSet<&str> = commits.into_iter().map(CommitHash::as_str).collect();
        let mut plan = Deletion::default();
        let chosen = wanted.clone();
        for repo in &self.repos {
            let (gone, kept): (Vec<_>, Vec<_>) =
                repo.revisions.iter().partition(|revision| chosen.contains(revision.commit.as_str()));
            for revision in &gone {
                wanted.remove(revision.commit.as_str());
            }
            plan.add(repo, &gone, &kept);
        }
        plan.missing = wanted.into_iter().map(str::to_owned).collect();
        plan
    }

    /// Plans to delete every commit that no branch or tag leads to. Python: `hf cache prune`.
    pub fn prune(&self) -> Deletion {
        let revisions = self.repos.iter().flat_map(|repo| &repo.revisions);
        self.delete_revisions(revisions.filter(|revision| revision.refs.is_empty()).map(|one| &one.commit))
    }
}

impl Deletion {
    /// Whether nothing is deleted.
    pub fn is_empty(&self) -> bool {
        self.repos.is_empty() && self.snapshots.is_empty()
    }

    fn add(&mut self, repo: &CachedRepo, gone: &[&CachedRevision], kept: &[&CachedRevision]) {
        if gone.is_empty() {
            return;
        }
        if kept.is_empty() {
            self.freed += repo.size_on_disk + repo.incomplete;
            self.repos.insert(repo.path.clone());
            return;
        }
        let used: BTreeSet<&Path> =
            kept.iter().flat_map(|revision| &revision.files).map(|file| file.blob.as_path()).collect();
        for revision in gone {
            self.snapshots.insert(revision.path.clone());
            self.refs.extend(revision.refs.iter().map(|name| repo.path.join("refs").join(name)));
            for file in revision.files.iter().filter(|file| !used.contains(file.blob.as_path())) {
                if self.blobs.insert(file.blob.clone()) {
                    self.freed += file.size_on_disk;
                }
            }
        }
    }

    /// Deletes. Waits for the disk. What is gone already is no error.
    ///
    /// Notes go first and contents last, so that an interruption leaves a cache in which nothing leads nowhere.
    ///
    /// # Errors
    /// [`DownloadError::Io`]; what comes after it is left.
    pub fn execute(&self, cache: &Cache) -> Result<(), DownloadError> {
        for path in &self.refs {
            gone(path, fs::remove_file(path))?;
        }
        for path in &self.snapshots {
            gone(path, fs::remove_dir_all(path))?;
        }
        for path in &self.blobs {
            gone(path, fs::remove_file(path))?;
        }
        for path in &self.repos {
            // Renamed first: a folder that is half deleted would look like a repository.
            let beside = cache.root().join(format!(".locks/deleting-{}", std::process::id()));
            if let Some(parent) = beside.parent() {
                fs::create_dir_all(parent).map_err(|error| io_error("create", parent, error))?;
            }
            gone(path, fs::rename(path, &beside))?;
            gone(&beside, fs::remove_dir_all(&beside))?;
        }
        Ok(())
    }
}

fn gone(path: &Path, result: io::Result<()>) -> Result<(), DownloadError> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error("delete", path, error)),
        _ => Ok(()),
    }
}
