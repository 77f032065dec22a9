//! Plans to take repositories, commits or files out of a cache, or what nobody needs in it.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use hub_types::{CommitHash, RepoRef};

use crate::cache::layout::cache_id;
use crate::{CacheInfo, CachedFile, CachedRepo, CachedRevision};

/// Something in a cache that is to be deleted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum CachePart {
    /// A repository, with all that is in its folder.
    Repo(RepoRef),
    /// A commit of a repository. Another repository that has the same commit keeps it.
    Revision(RepoRef, CommitHash),
    /// A file of a commit of a repository, by its path there.
    File(RepoRef, CommitHash, String),
}

/// What is to be deleted, and how much room that gives. Python: `DeleteCacheStrategy`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
#[must_use = "nothing is deleted before `execute`"]
pub struct Deletion {
    /// Bytes that become free. What repositories share becomes free with the last of them. Python: `expected_freed_size`.
    pub freed: u64,
    /// Repositories that go as a whole.
    pub repos: BTreeSet<PathBuf>,
    /// Folders of commits.
    pub snapshots: BTreeSet<PathBuf>,
    /// Single files of commits that stay.
    pub files: BTreeSet<PathBuf>,
    /// Notes of branches and tags.
    pub refs: BTreeSet<PathBuf>,
    /// Blobs that nothing else in their repository leads to.
    pub blobs: BTreeSet<PathBuf>,
    /// Beginnings of blobs.
    pub incomplete: BTreeSet<PathBuf>,
    /// Blobs of the shared store that nobody uses any more, after this or already.
    pub shared: BTreeSet<PathBuf>,
    /// What was named and is not in the cache: `model/ada/demo@COMMIT`.
    pub missing: Vec<String>,
    /// What stays because nobody can tell whether it is needed, each in a sentence.
    pub spared: Vec<String>,
    /// Whether what killed processes left half made goes too.
    pub(super) sweeps: bool,
}

/// What is wanted of one repository.
#[derive(Default)]
struct Wanted {
    whole: bool,
    commits: BTreeSet<CommitHash>,
    files: BTreeSet<(CommitHash, String)>,
}

impl CacheInfo {
    /// Plans to delete parts of the cache. A repository of which no commit is left goes as a whole.
    pub fn delete(&self, parts: impl IntoIterator<Item = CachePart>) -> Deletion {
        let mut all: BTreeMap<RepoRef, Wanted> = BTreeMap::new();
        for part in parts {
            match part {
                CachePart::Repo(repo) => all.entry(repo).or_default().whole = true,
                CachePart::Revision(repo, commit) => {
                    all.entry(repo).or_default().commits.insert(commit);
                }
                CachePart::File(repo, commit, path) => {
                    all.entry(repo).or_default().files.insert((commit, path));
                }
            }
        }
        let mut plan = Deletion::default();
        for repo in &self.repos {
            if let Some(wanted) = all.get_mut(&repo.repo) {
                plan.add(repo, wanted);
                wanted.whole = false;
            }
        }
        for (repo, wanted) in all {
            plan.missing.extend(wanted.described(&repo));
        }
        plan.free_shared(self);
        plan
    }

    /// [`Self::delete`] of commits, each of one repository. Python: `delete_revisions`, which takes commits alone.
    pub fn delete_revisions<'a>(
        &self,
        revisions: impl IntoIterator<Item = (&'a RepoRef, &'a CommitHash)>,
    ) -> Deletion {
        let part =
            |(repo, commit): (&RepoRef, &CommitHash)| CachePart::Revision(repo.clone(), commit.clone());
        self.delete(revisions.into_iter().map(part))
    }

    /// [`Self::delete`] of single files. Contents that other files lead to stay, and so do the commits. Python: `delete_files`.
    pub fn delete_files<'a>(&self, files: impl IntoIterator<Item = &'a CachedFile>) -> Deletion {
        let places: BTreeSet<&Path> = files.into_iter().map(|file| &*file.place).collect();
        let mut found = Vec::new();
        for (repo, revision) in self.revisions() {
            for file in revision.files.iter().filter(|file| places.contains(&*file.place)) {
                found.push(CachePart::File(repo.repo.clone(), revision.commit.clone(), file.path.clone()));
            }
        }
        self.delete(found)
    }

    /// Plans to delete every commit that no branch or tag of its repository leads to, what interrupted downloads left, and shared
    /// blobs that no repository uses. Python: `hf cache prune`.
    ///
    /// A repository in which a branch or tag cannot be read, or leads to a commit that is not here, keeps all its commits:
    /// [`Deletion::spared`] says so. What killed processes left half made a day ago or earlier goes too, and is not listed.
    pub fn prune(&self) -> Deletion {
        let mut plan = Deletion { sweeps: true, ..Deletion::default() };
        for repo in &self.repos {
            let detached = repo.revisions.iter().filter(|revision| revision.refs.is_empty());
            let commits: BTreeSet<CommitHash> = detached.map(|revision| revision.commit.clone()).collect();
            match repo.unclear.first() {
                _ if commits.is_empty() => {}
                Some(why) => {
                    plan.spared.push(format!("all commits of {} stay: {why}", repo.cache_id()));
                }
                None => plan.add(repo, &mut Wanted { commits, ..Wanted::default() }),
            }
        }
        for file in &self.incomplete_files {
            if !plan.is_in_whole_repo(&file.path) {
                plan.freed = plan.freed.saturating_add(file.size_on_disk);
                plan.incomplete.insert(file.path.clone());
            }
        }
        for blob in self.unused() {
            plan.freed = plan.freed.saturating_add(blob.size_on_disk);
            plan.shared.insert(blob.path.clone());
        }
        plan.free_shared(self);
        plan
    }
}

impl Wanted {
    /// What is left of it, for people.
    fn described(self, repo: &RepoRef) -> Vec<String> {
        let name = cache_id(repo);
        let commits = self.commits.iter().map(|commit| format!("{name}@{commit}"));
        let files = self.files.iter().map(|(commit, path)| format!("{name}@{commit}/{path}"));
        let whole = self.whole.then(|| name.clone());
        whole.into_iter().chain(commits).chain(files).collect()
    }
}

impl Deletion {
    /// Whether nothing is deleted that is listed here.
    pub fn is_empty(&self) -> bool {
        let sets = [&self.repos, &self.snapshots, &self.files, &self.incomplete, &self.shared];
        sets.iter().all(|set| set.is_empty())
    }

    /// Adds what is wanted of a repository, and takes out of `wanted` what was found.
    fn add(&mut self, repo: &CachedRepo, wanted: &mut Wanted) {
        let (gone, kept): (Vec<&CachedRevision>, Vec<&CachedRevision>) =
            repo.revisions.iter().partition(|revision| wanted.commits.remove(&revision.commit));
        let is_whole = kept.is_empty() && !gone.is_empty() && !repo.strange.is_there;
        if wanted.whole || is_whole {
            wanted.files.retain(|(commit, path)| !repo.revisions.iter().any(|one| one.has(commit, path)));
            let own: BTreeMap<&Path, u64> = repo
                .revisions
                .iter()
                .flat_map(|revision| &revision.files)
                .filter(|file| file.shared.is_none())
                .map(|file| (&*file.blob, file.size_on_disk))
                .collect();
            self.freed = own.values().fold(self.freed, |sum, size| sum.saturating_add(*size));
            self.freed = self.freed.saturating_add(repo.incomplete);
            self.repos.insert(repo.path.clone());
            return;
        }
        let mut needed: BTreeSet<&Path> = repo.strange.blobs.iter().map(PathBuf::as_path).collect();
        let mut unlinked: Vec<&CachedFile> = Vec::new();
        for revision in &kept {
            needed.extend(revision.broken.iter().map(PathBuf::as_path));
            for file in &revision.files {
                let is_wanted = !wanted.files.is_empty()
                    && wanted.files.remove(&(revision.commit.clone(), file.path.clone()));
                if is_wanted {
                    self.files.insert(file.place.clone());
                    unlinked.push(file);
                } else {
                    needed.insert(&file.blob);
                }
            }
        }
        for revision in &gone {
            wanted.files.retain(|(commit, path)| !revision.has(commit, path));
            self.snapshots.insert(revision.path.clone());
            self.refs.extend(revision.refs.iter().map(|name| repo.path.join("refs").join(name)));
            unlinked.extend(&revision.files);
            let broken = revision.broken.iter().filter(|blob| !needed.contains(blob.as_path()));
            self.blobs.extend(broken.cloned());
        }
        for file in unlinked.into_iter().filter(|file| !needed.contains(&*file.blob)) {
            // Where links are impossible the content goes with its place in the commit.
            let is_new = file.blob == file.place || self.blobs.insert(file.blob.clone());
            if is_new && file.shared.is_none() {
                self.freed = self.freed.saturating_add(file.size_on_disk);
            }
        }
    }

    fn is_in_whole_repo(&self, path: &Path) -> bool {
        path.ancestors().any(|folder| self.repos.contains(folder))
    }

    /// Adds the blobs of the shared store of which all users go.
    fn free_shared(&mut self, info: &CacheInfo) {
        for blob in &info.shared {
            let Some(users) = blob.users.as_ref().filter(|users| !users.is_empty()) else { continue };
            let goes = |user: &PathBuf| self.blobs.contains(user) || self.is_in_whole_repo(user);
            if users.iter().all(goes) {
                self.freed = self.freed.saturating_add(blob.size_on_disk);
                self.shared.insert(blob.path.clone());
            }
        }
    }
}

impl CachedRevision {
    fn has(&self, commit: &CommitHash, path: &str) -> bool {
        self.commit == *commit && self.files.iter().any(|file| file.path == path)
    }
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::Cache;
    use crate::cache::testing::{commit, filled, repo};

    #[test]
    fn a_commit_that_two_repositories_have_goes_from_the_one_that_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path());
        for name in ["models--ada--old", "models--ada--new"] {
            filled(folder.path(), name, &commit('1'), "main", &[("a", "aa")]);
        }
        let info = cache.scan().unwrap();
        let (old, new) = (repo("ada/old"), repo("ada/new"));
        let plan = info.delete_revisions([(&old, &commit('1'))]);
        assert_eq!(plan.repos, [folder.path().join("models--ada--old")].into());
        plan.execute(&cache).unwrap();
        let info = cache.scan().unwrap();
        assert_eq!((info.repos.len(), &info.repos[0].repo), (1, &new));
        let plan = info.delete_revisions([(&old, &commit('1')), (&new, &commit('2'))]);
        let expected = ["ada/new", "ada/old"].map(|name| format!("model/{name}@"));
        assert!(plan.is_empty() && plan.missing.len() == 2, "{:?}", plan.missing);
        for (missing, expected) in plan.missing.iter().zip(expected) {
            assert!(missing.starts_with(&expected), "{missing}");
        }
    }

    #[test]
    fn prune_keeps_a_commit_that_a_branch_of_its_own_repository_leads_to() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path());
        filled(folder.path(), "models--ada--old", &commit('1'), "", &[("a", "aa")]);
        filled(folder.path(), "models--ada--new", &commit('1'), "main", &[("a", "aa")]);
        let plan = cache.scan().unwrap().prune();
        assert_eq!(plan.repos, [folder.path().join("models--ada--old")].into());
        plan.execute(&cache).unwrap();
        let info = cache.scan().unwrap();
        assert_eq!((info.repos.len(), &info.repos[0].repo), (1, &repo("ada/new")));
        assert!(info.prune().is_empty());
    }

    #[test]
    fn prune_spares_a_repository_whose_branches_cannot_be_read_and_says_so() {
        for text in ["111", "", "not a commit\n", &"2".repeat(40), &"1".repeat(4000)] {
            let folder = tempfile::tempdir().unwrap();
            let cache = Cache::new(folder.path());
            filled(folder.path(), "models--ada--demo", &commit('1'), "main", &[("a", "aa")]);
            fs::write(folder.path().join("models--ada--demo/refs/main"), text).unwrap();
            let plan = cache.scan().unwrap().prune();
            assert!(plan.is_empty(), "{text:?}: {plan:?}");
            let [said] = plan.spared.as_slice() else { panic!("{:?}", plan.spared) };
            assert!(said.contains("all commits of model/ada/demo stay") && said.contains("main"), "{said}");
        }
    }

    #[test]
    fn what_is_no_commit_keeps_its_blobs_and_its_repository() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path());
        filled(folder.path(), "models--ada--demo", &commit('1'), "", &[("a", "aa"), ("b", "bb")]);
        let root = folder.path().join("models--ada--demo");
        fs::create_dir_all(root.join("snapshots/strange")).unwrap();
        std::os::unix::fs::symlink("../../blobs/aa", root.join("snapshots/strange/a")).unwrap();
        let plan = cache.scan().unwrap().prune();
        assert!(plan.repos.is_empty());
        assert_eq!(plan.blobs, [root.join("blobs/bb")].into());
        plan.execute(&cache).unwrap();
        assert!(fs::metadata(root.join("snapshots/strange/a")).is_ok());
        let plan = cache.scan().unwrap().delete([CachePart::Repo(repo("ada/demo"))]);
        assert_eq!(plan.repos, [root].into(), "a repository that is named goes whole");
    }

    #[test]
    fn a_file_goes_alone_and_its_content_when_nothing_else_leads_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path());
        let files = [("a", "aa"), ("copy", "aa"), ("b", "bb")];
        filled(folder.path(), "models--ada--demo", &commit('1'), "main", &files);
        let info = cache.scan().unwrap();
        let root = folder.path().join("models--ada--demo");
        let chosen = |names: &[&str]| {
            let files = info.repos[0].revisions[0].files.iter();
            info.delete_files(files.filter(|file| names.contains(&file.path.as_str())))
        };
        assert_eq!((chosen(&["a"]).blobs, chosen(&["a"]).freed), (BTreeSet::new(), 0));
        assert_eq!(chosen(&["a", "copy"]).blobs, [root.join("blobs/aa")].into());
        let plan = chosen(&["b"]);
        assert_eq!((plan.freed, plan.blobs.len()), (1_000, 1));
        plan.execute(&cache).unwrap();
        let info = cache.scan().unwrap();
        assert_eq!((info.warnings.len(), info.repos[0].revisions[0].files.len()), (0, 2));
    }

    #[test]
    fn what_interrupted_downloads_left_is_listed_and_pruned() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(folder.path());
        filled(folder.path(), "models--ada--demo", &commit('1'), "main", &[("a", "aa")]);
        let left = folder.path().join("models--ada--demo/blobs/cc.1a2b3c4d.incomplete");
        fs::write(&left, [7; 50]).unwrap();
        let info = cache.scan().unwrap();
        assert_eq!((info.incomplete_size_on_disk(), info.repos[0].incomplete), (50, 50));
        assert_eq!(info.size_on_disk, 1_000, "it is no content");
        let plan = info.prune();
        assert_eq!((plan.freed, &plan.incomplete), (50, &[left.clone()].into()));
        plan.execute(&cache).unwrap();
        assert!(!left.exists() && cache.scan().unwrap().prune().is_empty());
    }
}
