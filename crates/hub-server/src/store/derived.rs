//! What is kept of refs elsewhere: the summary that listings need, and the commits among the events of pull requests.
//! Whatever moves a ref comes by here.

use std::sync::{Arc, Weak};

use super::{
    RepoRecord, Result, Shared, Store, StoreError,
    git::{GitRepo, RefWatcher},
    pull_requests::number_of,
    repos::current_name,
};

impl Store {
    /// The git repository behind a record.
    ///
    /// # Errors
    /// `RepoNotFound` when it was deleted meanwhile.
    pub(crate) fn git(&self, repo: &RepoRecord) -> Result<GitRepo> {
        self.shared.open_repos.get(repo.key, Arc::new(Derived::new(self, repo)), || {
            let name = self.database().read(|connection| current_name(connection, repo))?;
            Ok((self.layout().repo(repo.key), name.to_string()))
        })
    }
}

/// Keeps what is derived from the refs of one repository up to date.
pub(super) struct Derived {
    /// Does not keep the data folder open.
    store: Weak<Shared>,
    repo: RepoRecord,
}

impl Derived {
    pub(super) fn new(store: &Store, repo: &RepoRecord) -> Self {
        Self { store: Arc::downgrade(&store.shared), repo: repo.clone() }
    }

    fn store(&self) -> Result<Store> {
        let shared = self.store.upgrade().ok_or_else(|| self.repo.not_found())?;
        Ok(Store { shared })
    }

    fn update(&self, git: &GitRepo, full_name: &str) -> Result<()> {
        if let Some(number) = number_of(full_name) {
            self.store()?.current_discussion(&self.repo, number).map(drop)
        } else if git.default_branch()? == full_name {
            self.store()?.summarise(&self.repo, git)
        } else {
            Ok(())
        }
    }
}

impl RefWatcher for Derived {
    /// The change itself has been made: what goes wrong here is logged, and put right when it is looked at or at the next start.
    fn moved(&self, git: &GitRepo, full_name: &str) {
        match self.update(git, full_name) {
            // Its row is about to be written.
            Ok(()) | Err(StoreError::DiscussionNotFound { .. } | StoreError::RepoNotFound { .. }) => {}
            Err(error) => {
                tracing::warn!(repo = %self.repo.repo, full_name, %error, "what is shown of a ref is not its latest state");
            }
        }
    }

    fn left_behind(&self) {
        if let Err(error) = self.store().and_then(|store| store.note_garbage(&self.repo)) {
            tracing::warn!(repo = %self.repo.repo, %error, "what was left behind is not noted as garbage");
        }
    }

    fn lacks(&self, lfs: &[String]) -> Result<Vec<String>> {
        self.store()?.lacking(&self.repo, lfs)
    }
}

#[cfg(test)]
mod tests {
    use hub_types::RepoType;
    use jiff::Timestamp;

    use crate::store::{
        CommitId, NewRef, RepoQuery, Store,
        testing::{author, commit, git, model, temporary},
    };

    fn listed(store: &Store) -> CommitId {
        store.search_repos(&RepoQuery::of_all(RepoType::Model, 9)).unwrap()[0].tip
    }

    #[test]
    fn listings_follow_the_default_branch_in_whichever_way_it_moves() {
        let store = temporary();
        let record = model(&store, "ada/demo");
        let repo = store.git(&record).unwrap();
        let (main, time) = ("refs/heads/main", Timestamp::from_second(2_000_000_000).unwrap());
        let tip = || repo.resolve("main").unwrap();
        assert_eq!(listed(&store), tip(), "made");
        let first = commit(&store, &record, &[("a.txt", Some("a"))]).unwrap();
        assert_eq!(listed(&store), first, "by a commit");
        let second = commit(&store, &record, &[("a.txt", Some("b"))]).unwrap();
        repo.create_ref(main, NewRef::Commit(first), true).unwrap();
        assert_eq!((listed(&store), tip()), (first, first), "by overwriting it, which also reverts");
        repo.create_ref("refs/heads/other", NewRef::Commit(second), false).unwrap();
        repo.merge(main, "refs/heads/other", &author(), time, "Merge").unwrap();
        assert_eq!((listed(&store), tip()), (second, second), "by a merge");
        let squashed = repo.squash(main, &author(), time, "One").unwrap();
        assert_eq!(listed(&store), squashed, "by a squash");
        git(&store, &record, &["update-ref", main, &first.to_string()]);
        repo.pushed();
        assert_eq!(listed(&store), first, "by a git program");
    }
}
