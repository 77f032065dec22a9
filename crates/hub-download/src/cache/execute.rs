//! Carries a deletion out.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::cache::doomed::{doomed_folder, finish_deletions, gone, put_aside, remove_tree};
use crate::cache::incomplete;
use crate::cache::layout::{RepoFolder, repo_of};
use crate::cache::shared::SharedStore;
use crate::disk::sweep;
use crate::{Cache, Deletion, DownloadError, SystemDisk};

impl Deletion {
    /// Deletes. Waits for the disk. What is gone already is no error. What is being downloaded at the moment stays, and so does what
    /// another process has begun to use meanwhile.
    ///
    /// Notes go first and blobs last, so that an interruption leaves a cache in which nothing leads nowhere. What is to go
    /// is moved aside before it is deleted: what an interrupted deletion left is deleted by the next one, and by the next
    /// download; what it left in the shared store, by the next [`prune`](crate::CacheInfo::prune).
    ///
    /// # Errors
    /// [`DownloadError::Io`]; what comes after it is left.
    pub fn execute(&self, cache: &Cache) -> Result<(), DownloadError> {
        self.execute_while(cache, &mut || true)
    }

    /// [`Self::execute`] for as long as `goes_on` says so, before each step.
    fn execute_while(&self, cache: &Cache, goes_on: &mut dyn FnMut() -> bool) -> Result<(), DownloadError> {
        let store = SharedStore::of(cache.root());
        // By what leads there, which is gone afterwards.
        let used = self.shared_of(&store);
        for path in &self.refs {
            if !goes_on() {
                return Ok(());
            }
            gone(path, fs::remove_file(path))?;
        }
        for path in &self.incomplete {
            incomplete::remove(cache.root(), &SystemDisk, path)?;
        }
        let aside = self.snapshots.iter().chain(&self.files).chain(&self.blobs).chain(&self.repos);
        if aside.clone().next().is_some() {
            let doomed = doomed_folder(cache.root())?;
            for (number, path) in aside.enumerate() {
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
        if !used.is_empty() {
            let linked = store.linked();
            used.iter().for_each(|entry| store.sweep(&SystemDisk, entry, &linked));
        }
        finish_deletions(cache.root());
        if self.sweeps {
            sweep_made(cache.root());
            store.sweep_made();
        }
        Ok(())
    }

    /// The blobs of the shared store that may be needed no longer.
    fn shared_of(&self, store: &SharedStore) -> BTreeSet<PathBuf> {
        if !store.is_marked() {
            return BTreeSet::new();
        }
        let blobs_of = |repo: &PathBuf| fs::read_dir(repo.join("blobs")).into_iter().flatten().flatten();
        let of_repos = self.repos.iter().flat_map(blobs_of).map(|entry| entry.path());
        let blobs = self.blobs.iter().cloned().chain(of_repos);
        let entries = blobs.filter_map(|blob| store.entry_of(&blob));
        entries.chain(self.shared.iter().filter(|path| store.has_path(path)).cloned()).collect()
    }
}

/// Removes what killed processes left half made in the repositories of a cache.
fn sweep_made(cache: &Path) {
    sweep(cache);
    for entry in fs::read_dir(cache).into_iter().flatten().flatten() {
        if let Some(repo) = repo_of(&entry.file_name().to_string_lossy()) {
            RepoFolder::new(cache, &repo).scratch().iter().for_each(|folder| sweep(folder));
        }
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use hub_types::{RepoRef, RepoType};

    use super::*;
    use crate::cache::shared::{SharedEntry, tests::HASH};
    use crate::cache::testing::{self, commit, repo};
    use crate::{CacheInfo, CachePart};

    /// A cache with two commits of one repository, which share a blob, and another repository.
    fn filled(cache: &std::path::Path) {
        for (repo, digit, name, files) in [
            ("models--ada--demo", '1', "old", [("a", "aa"), ("d/b", "bb")]),
            ("models--ada--demo", '2', "main", [("a", "aa"), ("c", "cc")]),
            ("datasets--ada--data", '3', "main", [("x", "dd"), ("y", "ee")]),
        ] {
            testing::filled(cache, repo, &commit(digit), name, &files);
        }
    }

    fn plan(info: &CacheInfo) -> Deletion {
        let data = RepoRef::new(RepoType::Dataset, "ada/data".parse().unwrap());
        info.delete_revisions([(&repo("ada/demo"), &commit('1')), (&data, &commit('3'))])
    }

    #[test]
    fn a_deletion_that_is_killed_before_any_of_its_steps_leaves_a_whole_cache_and_the_next_one_completes_it()
    {
        let mut step = 0;
        loop {
            let folder = tempfile::tempdir().unwrap();
            let cache = Cache::new(folder.path());
            filled(folder.path());
            let first = plan(&cache.scan().unwrap());
            assert_eq!(first.freed, 3_000);
            let mut left: usize = step;
            let mut killed = false;
            first
                .execute_while(&cache, &mut || {
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
            plan(&cache.scan().unwrap()).execute(&cache).unwrap();
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
        filled(folder.path());
        let plan = plan(&cache.scan().unwrap());
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

    /// A cache with two repositories that share a blob of 1,000 bytes, and have one of their own each.
    fn shared(cache: &std::path::Path) {
        for (repo, digit) in [("models--ada--one", '1'), ("models--ada--two", '2')] {
            testing::filled(cache, repo, &commit(digit), "main", &[("a", "aa"), ("own", "bb")]);
            let entry = SharedEntry::new(cache, &HASH.parse().unwrap(), 1_000).unwrap();
            assert!(entry.publish(&SystemDisk, &cache.join(repo).join("blobs/aa"), false).unwrap());
        }
    }

    #[test]
    fn what_repositories_share_counts_once_and_goes_with_the_last_of_them() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path());
        shared(folder.path());
        let info = cache.scan().unwrap();
        assert_eq!(info.warnings, [""; 0]);
        assert_eq!((info.size_on_disk, info.repos[0].size_on_disk), (3_000, 2_000));
        assert_eq!(info.shared[0].users.as_ref().map(|users| users.len()), Some(2));
        let file = &info.repos[0].revisions[0].files[0];
        assert_eq!(file.blob, folder.path().join("models--ada--one/blobs/aa"));
        assert_eq!(file.shared.as_ref(), Some(&info.shared[0].path));

        let of = |info: &CacheInfo, id: &str| info.delete([CachePart::Repo(repo(id))]);
        let both = info.delete([CachePart::Repo(repo("ada/one")), CachePart::Repo(repo("ada/two"))]);
        assert_eq!((both.freed, both.shared.len()), (3_000, 1));
        let one = of(&info, "ada/one");
        assert_eq!((one.freed, one.shared.len()), (1_000, 0));
        one.execute(&cache).unwrap();
        let info = cache.scan().unwrap();
        assert_eq!((info.size_on_disk, info.repos.len()), (2_000, 1));
        let two = of(&info, "ada/two");
        assert_eq!(two.freed, 2_000);
        two.execute(&cache).unwrap();
        let info = cache.scan().unwrap();
        assert_eq!((info.size_on_disk, info.repos.len(), info.shared.len()), (0, 0, 0));
    }

    #[test]
    fn prune_finds_what_was_left_in_the_store_and_nothing_that_somebody_may_use() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path());
        shared(folder.path());
        assert!(cache.scan().unwrap().prune().is_empty());
        // Somebody deleted the folders by hand.
        for repo in ["models--ada--one", "models--ada--two"] {
            fs::remove_dir_all(folder.path().join(repo)).unwrap();
        }
        let info = cache.scan().unwrap();
        let plan = info.prune();
        assert_eq!((plan.freed, plan.shared.len(), info.unused().count()), (1_000, 1, 1));
        // Meanwhile somebody has begun to use it.
        let blobs = folder.path().join("models--ada--new/blobs");
        fs::create_dir_all(&blobs).unwrap();
        let entry = SharedEntry::new(folder.path(), &HASH.parse().unwrap(), 1_000).unwrap();
        assert!(entry.take(&SystemDisk, &blobs.join("aa")));
        plan.execute(&cache).unwrap();
        assert!(fs::metadata(blobs.join("aa")).is_ok());
        fs::remove_dir_all(blobs).unwrap();
        cache.scan().unwrap().prune().execute(&cache).unwrap();
        assert_eq!(cache.scan().unwrap().size_on_disk, 0);
    }

    #[test]
    fn prune_removes_what_killed_processes_left_half_made_a_day_ago() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path());
        shared(folder.path());
        let left = [
            "models--ada--one/main.0badcafe.tmp",
            "models--ada--one/trees/x.json.0badcafe.tmp",
            "models--ada--one/.xet/aa.0badcafe.tmp",
            "models--ada--one/blobs/.aa.0badcafe.shared",
            "case.0badcafe.probe",
            "blobs/.huggingface-shared-blobs.0badcafe.tmp",
            &format!("blobs/cd/{HASH}.refs.0badcafe.tmp"),
        ]
        .map(|path| folder.path().join(path));
        // Younger, or of somebody else.
        let kept = ["models--ada--one/main.1badcafe.tmp", "models--ada--one/main.tmp", "blobs/cd/x.tmp"]
            .map(|path| folder.path().join(path));
        let ages = left.iter().map(|path| (path, 25)).chain(kept.iter().zip([23, 25, 25]));
        for (path, hours) in ages {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "half").unwrap();
            let then = std::time::SystemTime::now() - std::time::Duration::from_secs(hours * 60 * 60);
            fs::File::options().write(true).open(path).unwrap().set_modified(then).unwrap();
        }
        let [one, two] = ["ada/one", "ada/two"].map(|id| CachePart::Repo(repo(id)));
        cache.scan().unwrap().delete([two]).execute(&cache).unwrap();
        assert!(left[..5].iter().all(|path| path.exists()), "only a prune looks everywhere");
        let plan = cache.scan().unwrap().prune();
        assert!(plan.is_empty(), "{plan:?}");
        plan.execute(&cache).unwrap();
        for path in &left {
            assert!(!path.exists(), "{}", path.display());
        }
        assert!(kept.iter().all(|path| path.exists()));
        let info = cache.scan().unwrap();
        assert_eq!((info.repos.len(), info.size_on_disk), (1, 2_000), "nothing else is gone");
        assert_eq!(info.delete([one]).freed, 2_000);
    }

    #[test]
    fn a_blob_that_leads_to_no_content_goes_with_its_commit() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path());
        testing::filled(folder.path(), "models--ada--demo", &commit('1'), "main", &[("a", "aa")]);
        testing::filled(folder.path(), "models--ada--demo", &commit('2'), "", &[("b", "bb")]);
        let blob = folder.path().join("models--ada--demo/blobs/bb");
        fs::remove_file(&blob).unwrap();
        symlink(format!("../../blobs/cd/{HASH}"), &blob).unwrap();
        let info = cache.scan().unwrap();
        assert_eq!(info.warnings.len(), 1);
        info.prune().execute(&cache).unwrap();
        assert!(!blob.is_symlink() && cache.scan().unwrap().warnings.is_empty());
    }
}
