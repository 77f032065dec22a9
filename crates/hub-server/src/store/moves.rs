//! Repositories that get another name, and the names that they had: rows, for the folder has the key.

use hub_types::RepoRef;

use super::{
    RepoRecord, Result, Store, StoreError,
    repos::{COLUMNS, current_name, folded, forget_old_name, from_row},
};
use crate::store::database::{OptionalExtension, params};

impl Store {
    /// Gives a repository another id of the same kind; the old one leads to it from then on.
    ///
    /// # Errors
    /// `RepoExists`, `RepoNotFound`, `InvalidRepo` when the new id has no namespace.
    pub(crate) fn move_repo(&self, repo: &RepoRecord, to: &RepoRef) -> Result<()> {
        let invalid = |reason| StoreError::InvalidRepo { repo: to.to_string(), reason };
        if to.id.namespace().is_none() {
            return Err(invalid("the id must be \"namespace/name\""));
        }
        if to.repo_type != repo.repo.repo_type {
            return Err(invalid("a repository cannot become one of another kind"));
        }
        self.database().write(|transaction| {
            if current_name(transaction, repo)? != repo.repo {
                return Err(repo.not_found());
            }
            let taken: bool = transaction.query_row(
                "SELECT EXISTS (SELECT 1 FROM repos WHERE repo_type = ?1 AND folded = ?2 AND key <> ?3)",
                params![to.repo_type.singular(), folded(to), repo.key],
                |row| row.get(0),
            )?;
            if taken || to == &repo.repo {
                return Err(StoreError::RepoExists { repo: to.to_string() });
            }
            transaction.execute(
                "UPDATE repos SET id = ?1, folded = ?2 WHERE key = ?3",
                params![to.id.as_str(), folded(to), repo.key],
            )?;
            forget_old_name(transaction, to)?;
            if folded(to) != folded(&repo.repo) {
                transaction.execute(
                    "INSERT INTO old_names (repo_type, folded, repo) VALUES (?1, ?2, ?3)
                     ON CONFLICT (repo_type, folded) DO UPDATE SET repo = excluded.repo",
                    params![to.repo_type.singular(), folded(&repo.repo), repo.key],
                )?;
            }
            Ok(())
        })
    }

    /// The repository that had this name before.
    pub(crate) fn moved_repo(&self, repo: &RepoRef) -> Result<Option<RepoRecord>> {
        self.database().read(|connection| {
            let query = format!(
                "SELECT {COLUMNS} FROM repos
                 WHERE key = (SELECT repo FROM old_names WHERE repo_type = ?1 AND folded = ?2)"
            );
            let found = connection
                .prepare(&query)?
                .query_row(params![repo.repo_type.singular(), folded(repo)], from_row)
                .optional()?;
            Ok(found)
        })
    }
}

#[cfg(test)]
mod tests {
    use hub_types::RepoType;

    use super::*;
    use crate::store::testing::{commit, fsck, model, temporary};

    fn named(id: &str) -> RepoRef {
        RepoRef::new(RepoType::Model, id.parse().unwrap())
    }

    #[test]
    fn a_moved_repository_keeps_everything_and_its_old_name_leads_to_it() {
        let store = temporary();
        let record = model(&store, "ada/old");
        let tip = commit(&store, &record, &[("a.txt", Some("a"))]).unwrap();
        let held = store.git(&record).unwrap();
        store.move_repo(&record, &named("bob/New")).unwrap();
        assert_eq!(store.find_repo(&record.repo).unwrap(), None);
        let moved = store.moved_repo(&named("ADA/old")).unwrap().unwrap();
        assert_eq!(store.find_repo(&named("bob/new")).unwrap().unwrap(), moved);
        assert_eq!((moved.repo.id.as_str(), moved.key), ("bob/New", record.key));
        assert_eq!(held.resolve("main").unwrap(), tip, "whoever reads it goes on");
        assert_eq!(
            store.git(&record).unwrap().resolve("main").unwrap(),
            tip,
            "an older record is good still"
        );
        commit(&store, &moved, &[("b.txt", Some("b"))]).unwrap();
        fsck(&store, &moved);
        let store = store.reopen();
        assert_eq!(store.git(&moved).unwrap().log(tip, 0, 9).unwrap().1, 2);
    }

    #[test]
    fn a_name_that_is_taken_again_leads_nowhere_else() {
        let store = temporary();
        let first = model(&store, "ada/a");
        store.move_repo(&first, &named("ada/b")).unwrap();
        let second = model(&store, "ada/a");
        assert_eq!(store.moved_repo(&named("ada/a")).unwrap(), None);
        let moved = store.find_repo(&named("ada/b")).unwrap().unwrap();
        assert!(matches!(store.move_repo(&moved, &named("ada/A")), Err(StoreError::RepoExists { .. })));
        assert!(matches!(store.move_repo(&moved, &named("ada/b")), Err(StoreError::RepoExists { .. })));
        store.delete_repo(&second).unwrap();
        store.move_repo(&moved, &named("ada/a")).unwrap();
        assert_eq!(store.moved_repo(&named("ada/a")).unwrap(), None);
        assert_eq!(store.moved_repo(&named("ada/b")).unwrap().unwrap().key, first.key);
    }

    #[test]
    fn only_the_case_of_a_name_may_change() {
        let store = temporary();
        let record = model(&store, "ada/demo");
        store.move_repo(&record, &named("ada/Demo")).unwrap();
        let renamed = store.find_repo(&record.repo).unwrap().unwrap();
        assert_eq!(renamed.repo.id.as_str(), "ada/Demo");
        store.git(&renamed).unwrap().resolve("main").unwrap();
    }

    #[test]
    fn no_commit_is_lost_while_a_repository_moves() {
        let store = temporary();
        let record = model(&store, "ada/r0");
        std::thread::scope(|scope| {
            let committer = scope.spawn(|| {
                let attempt = |number: usize| {
                    let path = format!("f{number}.txt");
                    commit(&store, &record, &[(path.as_str(), Some("x"))]).unwrap();
                };
                (0..30).for_each(attempt);
            });
            for number in 0..10 {
                let now = store.find_repo(&named(&format!("ada/r{number}"))).unwrap().unwrap();
                store.move_repo(&now, &named(&format!("ada/r{}", number + 1))).unwrap();
            }
            committer.join().unwrap();
        });
        let now = store.moved_repo(&record.repo).unwrap().unwrap();
        let git = store.git(&now).unwrap();
        assert_eq!(git.log(git.resolve("main").unwrap(), 0, 1).unwrap().1, 31);
        fsck(&store, &now);
    }
}
