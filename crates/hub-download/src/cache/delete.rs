//! Taking commits out of a cache.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use hub_types::CommitHash;

use crate::cache::doomed::{doomed_folder, finish_deletions, gone, put_aside, remove_tree};
use crate::{Cache, CacheInfo, CachedRepo, CachedRevision, DownloadError};

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
    /// Notes go first and blobs last, so that an interruption leaves a cache in which nothing leads nowhere. What is to go
    /// is moved aside before it is deleted: what an interrupted deletion left is deleted by the next one, and by the next
    /// download.
    ///
    /// # Errors
    /// [`DownloadError::Io`]; what comes after it is left.
    pub fn execute(&self, cache: &Cache) -> Result<(), DownloadError> {
        self.execute_while(cache, &mut || true)
    }

    /// [`Self::execute`] for as long as `goes_on` says so, before each step.
    fn execute_while(&self, cache: &Cache, goes_on: &mut dyn FnMut() -> bool) -> Result<(), DownloadError> {
        for path in &self.refs {
            if !goes_on() {
                return Ok(());
            }
            gone(path, fs::remove_file(path))?;
        }
        if !self.is_empty() {
            let doomed = doomed_folder(cache.root())?;
            for (number, path) in self.snapshots.iter().chain(&self.blobs).chain(&self.repos).enumerate() {
                if !goes_on() {
                    return Ok(());
                }
                put_aside(path, &doomed.join(number.to_string()))?;
            }
            if !goes_on() {
                return Ok(());
            }
            remove_tree(&doomed)?;
        }
        finish_deletions(cache.root());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cache with two commits of one repository, which share a blob, and another repository.
    #[cfg(unix)]
    fn filled(root: &Path) -> [CommitHash; 3] {
        let commits = ["1", "2", "3"].map(|digit| digit.repeat(40).parse::<CommitHash>().unwrap());
        let [one, two, three] = &commits;
        for (repo, commit, name, files) in [
            ("models--ada--demo", one, "old", vec![("a", "aa"), ("d/b", "bb")]),
            ("models--ada--demo", two, "main", vec![("a", "aa"), ("c", "cc")]),
            ("datasets--ada--data", three, "main", vec![("x", "dd"), ("y", "ee")]),
        ] {
            let repo = root.join(repo);
            for folder in ["refs", "blobs"] {
                fs::create_dir_all(repo.join(folder)).unwrap();
            }
            fs::write(repo.join("refs").join(name), commit.as_str()).unwrap();
            for (path, blob) in files {
                fs::write(repo.join("blobs").join(blob), vec![7; 1_000]).unwrap();
                let place = repo.join("snapshots").join(commit.as_str()).join(path);
                fs::create_dir_all(place.parent().unwrap()).unwrap();
                std::os::unix::fs::symlink(repo.join("blobs").join(blob), place).unwrap();
            }
        }
        commits
    }

    #[cfg(unix)]
    #[test]
    fn a_deletion_that_is_killed_before_any_of_its_steps_leaves_a_whole_cache_and_the_next_one_completes_it()
    {
        let mut step = 0;
        loop {
            let folder = tempfile::tempdir().unwrap();
            let cache = Cache::new(folder.path());
            let [one, _, three] = filled(folder.path());
            let plan = cache.scan().unwrap().delete_revisions([&one, &three]);
            assert_eq!(plan.freed, 3_000);
            let mut left: usize = step;
            let mut killed = false;
            plan.execute_while(&cache, &mut || {
                killed = left == 0;
                left = left.saturating_sub(1);
                !killed
            })
            .unwrap();
            let info = cache.scan().unwrap();
            assert_eq!(info.warnings, [""; 0], "step {step}: something leads nowhere");
            let kept =
                info.repos.iter().flat_map(|repo| &repo.revisions).find(|one| one.refs.contains("main"));
            assert!(kept.is_some_and(|revision| revision.files.len() == 2), "step {step}");
            // The same command once more.
            cache.scan().unwrap().delete_revisions([&one, &three]).execute(&cache).unwrap();
            let names = |folder: &str| fs::read_dir(cache.root().join(folder)).map_or(0, Iterator::count);
            assert_eq!((names(".locks"), names("datasets--ada--data")), (0, 0), "step {step}");
            let info = cache.scan().unwrap();
            assert_eq!((info.repos.len(), info.repos[0].revisions.len()), (1, 1), "step {step}");
            assert!(names("models--ada--demo/blobs") <= 3 && names("models--ada--demo/snapshots") == 1);
            if !killed {
                break;
            }
            step += 1;
        }
        // Two notes, a snapshot, a blob, a repository, and the end.
        assert_eq!(step, 5);
    }

    #[test]
    fn a_download_that_completes_a_deletion_under_way_does_not_make_it_miss_anything() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path());
        let [one, _, three] = filled(folder.path());
        let plan = cache.scan().unwrap().delete_revisions([&one, &three]);
        plan.execute_while(&cache, &mut || {
            finish_deletions(cache.root());
            true
        })
        .unwrap();
        let info = cache.scan().unwrap();
        assert_eq!((info.repos.len(), info.repos[0].revisions.len()), (1, 1));
        for gone in plan.snapshots.iter().chain(&plan.blobs).chain(&plan.repos) {
            assert!(!gone.exists(), "{}", gone.display());
        }
    }
}
