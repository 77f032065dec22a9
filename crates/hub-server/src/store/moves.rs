//! Repositories that get another name, and the names that they had.
//!
//! The folder and the row cannot change at once. The move is noted first; a note that is found when the store is opened
//! belongs to a move that nobody was told of, and is undone.

use std::fs;

use hub_types::RepoRef;
use rusqlite::{OptionalExtension, params};

use super::{
    RepoRecord, Result, Store, StoreError,
    database::lock,
    layout::{create_folder_durably, remove_all, sync_folder},
    repos::{COLUMNS, folded, forget_old_name, from_row},
};

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
        let _no_other_change = lock(&self.shared.coming_and_going);
        let git = self.git(repo)?;
        self.open_repos().change_folder(repo.key, &git, || {
            let (source, target) = (self.folder_name(&repo.repo), self.folder_name(to));
            self.announce(repo, to, &source, &target)?;
            let moved =
                self.rename_folder(&source, &target).and_then(|()| self.rename_row(repo, to, &source));
            if moved.is_err() {
                self.undo_moves()?;
            }
            moved
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
                .prepare_cached(&query)?
                .query_row(params![repo.repo_type.singular(), folded(repo)], from_row)
                .optional()?;
            Ok(found)
        })
    }

    /// Puts the folders of interrupted moves back.
    pub(super) fn undo_moves(&self) -> Result<()> {
        let noted: Vec<(String, String)> = self.database().read(|connection| {
            let mut statement = connection.prepare("SELECT source, target FROM moving")?;
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })?;
        for (source, target) in noted {
            if !self.dir().join(&source).exists() && self.dir().join(&target).exists() {
                self.rename_folder(&target, &source)?;
            }
            self.database().write(|transaction| {
                transaction.execute("DELETE FROM moving WHERE source = ?1", [&source])?;
                Ok(())
            })?;
        }
        Ok(())
    }

    fn announce(&self, repo: &RepoRecord, to: &RepoRef, source: &str, target: &str) -> Result<()> {
        self.database().write(|transaction| {
            let now = transaction
                .query_row("SELECT id FROM repos WHERE key = ?1", [repo.key], |row| row.get::<_, String>(0))
                .optional()?;
            if now.as_deref() != Some(repo.repo.id.as_str()) {
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
            transaction.execute("DELETE FROM trash WHERE path = ?1", [target])?;
            transaction.execute("INSERT INTO moving (source, target) VALUES (?1, ?2)", [source, target])?;
            Ok(())
        })
    }

    fn rename_folder(&self, source: &str, target: &str) -> Result<()> {
        let (from, to) = (self.dir().join(source), self.dir().join(target));
        // A folder without a row is what a crash left; where case does not matter, it is the repository itself.
        if !source.eq_ignore_ascii_case(target) {
            remove_all(&to)?;
        }
        let parent = to.parent().unwrap_or(&to);
        create_folder_durably(parent)?;
        fs::rename(&from, &to).map_err(StoreError::io("move", &from))?;
        sync_folder(parent)?;
        sync_folder(from.parent().unwrap_or(&from))
    }

    fn rename_row(&self, repo: &RepoRecord, to: &RepoRef, source: &str) -> Result<()> {
        self.database().write(|transaction| {
            transaction.execute(
                "UPDATE repos SET id = ?1, folded = ?2 WHERE key = ?3",
                params![to.id.as_str(), folded(to), repo.key],
            )?;
            forget_old_name(transaction, to)?;
            if folded(to) != folded(&repo.repo) {
                transaction.execute(
                    "INSERT OR REPLACE INTO old_names (repo_type, folded, repo) VALUES (?1, ?2, ?3)",
                    params![to.repo_type.singular(), folded(&repo.repo), repo.key],
                )?;
            }
            transaction.execute("DELETE FROM moving WHERE source = ?1", [source])?;
            Ok(())
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
        assert!(matches!(held.resolve("main"), Err(StoreError::RepoNotFound { .. })));
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
        let made = std::thread::scope(|scope| {
            let committer = scope.spawn(|| {
                let attempt = |number: usize| {
                    let path = format!("f{number}.txt");
                    match commit(&store, &record, &[(path.as_str(), Some("x"))]) {
                        Ok(_) => 1,
                        // It moved under the commit, which then was not made.
                        Err(StoreError::RepoNotFound { .. }) => 0,
                        Err(error) => panic!("{error:?}"),
                    }
                };
                (0..30).map(attempt).sum::<usize>()
            });
            for number in 0..10 {
                let now = store.find_repo(&named(&format!("ada/r{number}"))).unwrap().unwrap();
                store.move_repo(&now, &named(&format!("ada/r{}", number + 1))).unwrap();
            }
            committer.join().unwrap()
        });
        let now = store.moved_repo(&record.repo).unwrap().unwrap();
        let git = store.git(&now).unwrap();
        assert_eq!(git.log(git.resolve("main").unwrap(), 0, 1).unwrap().1, made + 1);
        assert_eq!(std::fs::read_dir(store.dir().join("repos/models/ada")).unwrap().count(), 1);
        fsck(&store, &now);
    }

    #[test]
    fn a_move_that_was_interrupted_is_undone_when_the_store_is_opened() {
        let store = temporary();
        let record = model(&store, "ada/old");
        let (source, target) = ("repos/models/ada/old.git", "repos/models/bob/new.git");
        store.announce(&record, &named("bob/new"), source, target).unwrap();
        store.rename_folder(source, target).unwrap();
        let store = store.reopen();
        store.git(&record).unwrap().resolve("main").unwrap();
        store.move_repo(&record, &named("bob/new")).unwrap();
    }
}
