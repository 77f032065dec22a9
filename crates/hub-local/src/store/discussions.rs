//! Pull requests, as far as commits make them.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::{
    CommitId, RepoRecord, Result, Store, StoreError,
    database::{corrupt, now, time_from_column},
};

/// A pull request to be recorded.
#[derive(Debug, Clone)]
pub(crate) struct NewPullRequest {
    /// From [`Store::next_number`].
    pub(crate) number: u64,
    /// One line.
    pub(crate) title: String,
    /// Text of the first comment; may be empty.
    pub(crate) description: String,
    /// Account name of the author.
    pub(crate) author: String,
    /// Full name of the branch it is meant for.
    pub(crate) target: String,
    /// The commit that it starts from.
    pub(crate) base: CommitId,
}

/// A recorded pull request; its commits are in git at `refs/pr/{number}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PullRequest {
    /// Counted from 1 in each repository.
    pub(crate) number: u64,
    /// One line.
    pub(crate) title: String,
    /// Text of the first comment; may be empty.
    pub(crate) description: String,
    /// `draft`, `open`, `closed` or `merged`.
    pub(crate) status: String,
    /// Account name of the author.
    pub(crate) author: String,
    /// Full name of the branch it is meant for.
    pub(crate) target: String,
    /// The commit that it starts from.
    pub(crate) base: CommitId,
    /// When it was opened.
    pub(crate) created_at: Timestamp,
}

const COLUMNS: &str = "number, title, description, status, author, target, base, created_at";

impl Store {
    /// Takes the next number for a discussion or pull request; it is never given again.
    ///
    /// # Errors
    /// `RepoNotFound`.
    pub(crate) fn next_number(&self, repo: &RepoRecord) -> Result<u64> {
        self.database().write(|transaction| {
            let number = transaction
                .query_row(
                    "UPDATE repos SET last_number = last_number + 1 WHERE key = ?1 RETURNING last_number",
                    [repo.key],
                    |row| row.get(0),
                )
                .optional()?;
            number.ok_or_else(|| repo.not_found())
        })
    }

    /// Records a pull request as open.
    pub(crate) fn add_pull_request(&self, repo: &RepoRecord, new: NewPullRequest) -> Result<PullRequest> {
        let NewPullRequest { number, title, description, author, target, base } = new;
        let pull_request = PullRequest {
            number,
            title,
            description,
            status: "open".to_owned(),
            author,
            target,
            base,
            created_at: now(),
        };
        self.database().write(|transaction| {
            transaction.execute(
                &format!(
                    "INSERT INTO pull_requests (repo, {COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"
                ),
                params![
                    repo.key,
                    pull_request.number,
                    pull_request.title,
                    pull_request.description,
                    pull_request.status,
                    pull_request.author,
                    pull_request.target,
                    pull_request.base.to_string(),
                    pull_request.created_at.as_millisecond(),
                ],
            )?;
            Ok(())
        })?;
        Ok(pull_request)
    }

    /// Every pull request, newest first.
    pub(crate) fn list_discussions(&self, repo: &RepoRecord) -> Result<Vec<PullRequest>> {
        self.database().read(|connection| {
            let query = format!("SELECT {COLUMNS} FROM pull_requests WHERE repo = ?1 ORDER BY number DESC");
            let mut statement = connection.prepare_cached(&query)?;
            let rows = statement.query_map([repo.key], from_row)?;
            Ok(rows.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// One pull request by number.
    ///
    /// # Errors
    /// `DiscussionNotFound`.
    pub(crate) fn discussion(&self, repo: &RepoRecord, number: u64) -> Result<PullRequest> {
        // Numbers above the largest that SQLite holds are not in it.
        let key = i64::try_from(number).map_err(|_| StoreError::DiscussionNotFound { number })?;
        self.database().read(|connection| {
            let query = format!("SELECT {COLUMNS} FROM pull_requests WHERE repo = ?1 AND number = ?2");
            let found = connection.prepare_cached(&query)?.query_row([repo.key, key], from_row).optional()?;
            found.ok_or(StoreError::DiscussionNotFound { number })
        })
    }
}

fn from_row(row: &Row<'_>) -> rusqlite::Result<PullRequest> {
    let base: String = row.get(6)?;
    Ok(PullRequest {
        number: row.get(0)?,
        title: row.get(1)?,
        description: row.get(2)?,
        status: row.get(3)?,
        author: row.get(4)?,
        target: row.get(5)?,
        base: base.parse().map_err(|_| corrupt(6)("not a commit id"))?,
        created_at: time_from_column(row, 7)?,
    })
}

#[cfg(test)]
mod tests {
    use crate::store::{
        NewPullRequest, StoreError,
        testing::{model, temporary},
    };

    #[test]
    fn pull_requests_are_numbered_per_repository() {
        let store = temporary();
        let (one, two) = (model(&store, "ada/one"), model(&store, "ada/two"));
        let base = store.git(&one).unwrap().resolve("main").unwrap();
        for expected in [1, 2] {
            let number = store.next_number(&one).unwrap();
            assert_eq!(number, expected);
            let new = NewPullRequest {
                number,
                title: format!("Change {number}"),
                description: String::new(),
                author: "ada".into(),
                target: "refs/heads/main".into(),
                base,
            };
            let added = store.add_pull_request(&one, new).unwrap();
            assert_eq!(store.discussion(&one, number).unwrap(), added);
        }
        assert_eq!(store.next_number(&two).unwrap(), 1);
        let numbers: Vec<_> = store.list_discussions(&one).unwrap().iter().map(|pr| pr.number).collect();
        assert_eq!(numbers, [2, 1]);
        for missing in [3, u64::MAX] {
            assert!(matches!(store.discussion(&one, missing), Err(StoreError::DiscussionNotFound { .. })));
        }
        assert!(store.list_discussions(&two).unwrap().is_empty());
    }
}
