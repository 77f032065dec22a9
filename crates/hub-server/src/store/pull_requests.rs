//! How a pull request comes to be, and how its events follow its ref.
//!
//! Its number, its ref and its row cannot be made at once. A note with the number comes first, and goes with the row. A note
//! that is found when the store is opened belongs to a pull request that nobody was told of, and is undone.

use super::{
    DiscussionRecord, NewDiscussion, RepoRecord, Result, Store, StoreError, discussions,
    repos::{COLUMNS, from_row},
};
use crate::store::database::{OptionalExtension, SqlResult, Transaction, params};

/// Full name of the ref of a pull request.
pub(crate) fn reference(number: u64) -> String {
    format!("refs/pr/{number}")
}

/// The number of the pull request whose ref has this full name.
pub(super) fn number_of(full_name: &str) -> Option<u64> {
    full_name.strip_prefix("refs/pr/")?.parse().ok()
}

impl Store {
    /// Records a discussion, open, with its first comment. Returns its number, which is never given again.
    ///
    /// # Errors
    /// `RepoNotFound`.
    pub(crate) fn open_discussion(&self, repo: &RepoRecord, new: &NewDiscussion) -> Result<u64> {
        self.database().write(|transaction| {
            let number = next_number(transaction, repo)?;
            discussions::insert(transaction, repo, number, new)?;
            Ok(number)
        })
    }

    /// Records a pull request, open or as a draft, with its first comment. `make_ref` makes the ref that it is given; when
    /// something fails, there is neither ref nor pull request.
    ///
    /// # Errors
    /// `RepoNotFound`, and what `make_ref` says.
    pub(crate) fn open_pull_request<T>(
        &self,
        repo: &RepoRecord,
        new: &NewDiscussion,
        make_ref: impl FnOnce(&str) -> Result<T>,
    ) -> Result<(u64, T)> {
        let number = self.begin_opening(repo)?;
        let opened = make_ref(&reference(number)).and_then(|made| {
            self.database().write(|transaction| {
                discussions::insert(transaction, repo, number, new)?;
                forget(transaction, repo, number)
            })?;
            Ok((number, made))
        });
        if opened.is_err() {
            self.undo_opening(repo, number)?;
        } else if let Err(error) = self.current_discussion(repo, number) {
            // The pull request is made, and who looks at it finds its commits all the same.
            tracing::warn!(%error, number, "the events of a pull request lack a commit so far");
        }
        opened
    }

    /// A discussion; of a pull request the events have all commits of its ref, whichever way they came there.
    ///
    /// # Errors
    /// `DiscussionNotFound`.
    pub(crate) fn current_discussion(&self, repo: &RepoRecord, number: u64) -> Result<DiscussionRecord> {
        let one = self.discussion(repo, number)?;
        let Some(pull_request) = &one.pull_request else { return Ok(one) };
        let git = self.git(repo)?;
        let Ok(head) = git.resolve(&reference(number)) else { return Ok(one) };
        if head == pull_request.head {
            return Ok(one);
        }
        let mut seen = vec![pull_request.head, pull_request.base];
        seen.extend(git.resolve(&pull_request.target));
        let commits = git.commits_since(head, &seen)?;
        self.record_commits(repo, number, pull_request.head, head, &commits)?;
        self.discussion(repo, number)
    }

    /// Takes the next number and notes that a pull request is about to have it.
    fn begin_opening(&self, repo: &RepoRecord) -> Result<u64> {
        self.database().write(|transaction| {
            let number = next_number(transaction, repo)?;
            transaction
                .execute("INSERT INTO opening (repo, number) VALUES (?1, ?2)", params![repo.key, number])?;
            Ok(number)
        })
    }

    fn undo_opening(&self, repo: &RepoRecord, number: u64) -> Result<()> {
        let removed = self.git(repo).and_then(|git| git.delete_ref(&reference(number)));
        match removed {
            Ok(()) | Err(StoreError::RevisionNotFound { .. } | StoreError::RepoNotFound { .. }) => {}
            Err(error) => return Err(error),
        }
        self.database().write(|transaction| forget(transaction, repo, number))
    }

    /// Undoes what an interrupted process began.
    pub(super) fn finish_opening(&self) -> Result<()> {
        let begun: Vec<(RepoRecord, u64)> = self.database().read(|connection| {
            let mut statement = connection
                .prepare(&format!("SELECT {COLUMNS}, number FROM repos JOIN opening ON repo = key"))?;
            let rows = statement.query_map((), |row| Ok((from_row(row)?, row.get("number")?)))?;
            Ok(rows.collect::<SqlResult<_>>()?)
        })?;
        begun.iter().try_for_each(|(repo, number)| self.undo_opening(repo, *number))
    }
}

/// Takes the next number of a repository; it is never given again.
fn next_number(transaction: &Transaction<'_>, repo: &RepoRecord) -> Result<u64> {
    let number = transaction
        .query_row(
            "UPDATE repos SET last_number = last_number + 1 WHERE key = ?1 RETURNING last_number",
            [repo.key],
            |row| row.get(0),
        )
        .optional()?;
    number.ok_or_else(|| repo.not_found())
}

fn forget(transaction: &Transaction<'_>, repo: &RepoRecord, number: u64) -> Result<()> {
    transaction.execute("DELETE FROM opening WHERE repo = ?1 AND number = ?2", params![repo.key, number])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{
        CommitTarget, NewPullRequest,
        testing::{Temporary, fsck, model, on_sqlite, plan, temporary},
    };

    fn draft(store: &Store, repo: &RepoRecord) -> NewDiscussion {
        let base = store.git(repo).unwrap().resolve("main").unwrap();
        NewDiscussion {
            title: "Change".into(),
            description: "why".into(),
            author: "ada".into(),
            pull_request: Some(NewPullRequest { target: "refs/heads/main".into(), base, draft: true }),
        }
    }

    fn make_ref(store: &Store, repo: &RepoRecord, full_name: &str) -> Result<()> {
        let git = store.git(repo)?;
        git.new_ref(full_name, git.resolve("main")?)
    }

    /// Nothing of pull request 1 is there, and the next one is complete.
    fn check(store: &Temporary, repo: &RepoRecord, step: &str) {
        let names = || -> Vec<String> {
            store.git(repo).unwrap().refs().unwrap().into_iter().map(|found| found.full_name).collect()
        };
        assert_eq!(names(), ["refs/heads/main"], "{step}");
        assert!(matches!(store.discussion(repo, 1), Err(StoreError::DiscussionNotFound { .. })), "{step}");
        let opened = store.open_pull_request(repo, &draft(store, repo), |name| make_ref(store, repo, name));
        assert_eq!(opened.unwrap().0, 2, "{step}: numbers are given once");
        assert_eq!(names(), ["refs/heads/main", "refs/pr/2"], "{step}");
        assert_eq!(store.discussion(repo, 2).unwrap().title, "Change", "{step}");
        fsck(store, repo);
    }

    #[test]
    fn a_pull_request_whose_opening_was_interrupted_at_any_step_is_not_there() {
        for step in ["after the number", "after the ref"] {
            let store = temporary();
            let repo = model(&store, "ada/demo");
            let number = store.begin_opening(&repo).unwrap();
            if step == "after the ref" {
                make_ref(&store, &repo, &reference(number)).unwrap();
            }
            let store = store.reopen();
            check(&store, &repo, step);
        }
        // After the row it is there.
        let store = temporary();
        let repo = model(&store, "ada/demo");
        store.open_pull_request(&repo, &draft(&store, &repo), |name| make_ref(&store, &repo, name)).unwrap();
        let store = store.reopen();
        assert_eq!(store.discussion(&repo, 1).unwrap().number, 1);
        assert!(store.git(&repo).unwrap().resolve("refs/pr/1").is_ok());
    }

    #[test]
    fn a_step_that_fails_leaves_nothing_behind() {
        if !on_sqlite() {
            return;
        }
        for step in ["the ref", "after the ref", "the row"] {
            let store = temporary();
            let repo = model(&store, "ada/demo");
            let forbid =
                "CREATE TRIGGER forbid BEFORE INSERT ON discussions BEGIN SELECT RAISE(ABORT, 'no'); END";
            if step == "the row" {
                store.database().write(|transaction| Ok(transaction.execute_batch(forbid)?)).unwrap();
            }
            let failed = store.open_pull_request(&repo, &draft(&store, &repo), |name| match step {
                "the ref" => Err(repo.not_found()),
                "after the ref" => make_ref(&store, &repo, name).and_then(|()| Err(repo.not_found())),
                _ => make_ref(&store, &repo, name),
            });
            assert!(failed.is_err(), "{step}");
            store
                .database()
                .write(|transaction| Ok(transaction.execute_batch("DROP TRIGGER IF EXISTS forbid")?))
                .unwrap();
            let noted: u64 = store
                .database()
                .read(|connection| {
                    Ok(connection.query_row("SELECT count(*) FROM opening", (), |row| row.get(0))?)
                })
                .unwrap();
            assert_eq!(noted, 0, "{step}");
            check(&store, &repo, step);
        }
    }

    #[test]
    fn a_commit_to_the_ref_of_a_pull_request_is_an_event_at_once() {
        let store = temporary();
        let repo = model(&store, "ada/demo");
        store.open_pull_request(&repo, &draft(&store, &repo), |name| make_ref(&store, &repo, name)).unwrap();
        let target = CommitTarget::Branch { full_name: reference(1), expected_parent: None, create: false };
        let tip =
            store.git(&repo).unwrap().stage().unwrap().finish(plan(target, Vec::new(), "More")).unwrap();
        assert_eq!(store.discussion(&repo, 1).unwrap().pull_request.unwrap().head, tip);
        let kinds: Vec<_> = store.events(&repo, 1).unwrap().into_iter().map(|event| event.kind).collect();
        assert_eq!(kinds, ["comment", "commit"]);
    }
}
