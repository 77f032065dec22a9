//! Locks of files, as git-lfs has them: who locks a path tells the others, whose programs then refuse to change it.

use jiff::Timestamp;

use super::{
    Account, RepoRecord, Result, Store,
    database::{Connection, OptionalExtension, Row, SqlResult, now, params, time_from_column},
    repos::expect_repo,
};

/// A locked path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileLock {
    /// Never given again.
    pub(crate) id: i64,
    pub(crate) path: String,
    /// Key of the user, and the name that it has now.
    pub(crate) owner: i64,
    pub(crate) owner_name: String,
    pub(crate) locked_at: Timestamp,
}

/// Which locks are looked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct LockQuery {
    pub(crate) path: Option<String>,
    pub(crate) id: Option<i64>,
    /// Those that come after this one.
    pub(crate) after: i64,
    pub(crate) limit: usize,
}

/// What became of the wish to lock a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Locked {
    Now(FileLock),
    /// Somebody was faster.
    Before(FileLock),
    /// The repository has so many locks that no more are taken.
    TooMany,
}

/// Locks of one repository.
pub(crate) const MOST_LOCKS: u64 = 10_000;

const COLUMNS: &str = "lfs_locks.key, path, account, name, locked_at";

impl Store {
    /// Locks a path for a user.
    ///
    /// # Errors
    /// `RepoNotFound`.
    pub(crate) fn lock_file(&self, repo: &RepoRecord, user: &Account, path: &str) -> Result<Locked> {
        self.database().write(|transaction| {
            expect_repo(transaction, repo)?;
            if let Some(lock) = by_path(transaction, repo, path)? {
                return Ok(Locked::Before(lock));
            }
            let count: u64 = transaction.query_row(
                "SELECT count(*) FROM lfs_locks WHERE repo = ?1",
                [repo.key],
                |row| row.get(0),
            )?;
            if count >= MOST_LOCKS {
                return Ok(Locked::TooMany);
            }
            transaction.execute(
                "INSERT INTO lfs_locks (repo, path, account, locked_at) VALUES (?1, ?2, ?3, ?4)",
                params![repo.key, path, user.key, now().as_millisecond()],
            )?;
            let made = by_path(transaction, repo, path)?;
            made.map(Locked::Now).ok_or_else(|| repo.not_found())
        })
    }

    /// The locks of a repository that fit, in the order in which they were made.
    pub(crate) fn file_locks(&self, repo: &RepoRecord, query: &LockQuery) -> Result<Vec<FileLock>> {
        self.database().read(|connection| {
            let text = format!(
                "SELECT {COLUMNS} FROM lfs_locks JOIN accounts ON accounts.key = account
                 WHERE repo = ?1 AND lfs_locks.key > ?2 AND (?3 IS NULL OR path = ?3) AND (?4 IS NULL OR lfs_locks.key = ?4)
                 ORDER BY lfs_locks.key LIMIT ?5"
            );
            let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
            let mut statement = connection.prepare(&text)?;
            let rows = statement
                .query_map(params![repo.key, query.after, query.path, query.id, limit], from_row)?;
            Ok(rows.collect::<SqlResult<_>>()?)
        })
    }

    /// Removes a lock, if `may` says so of it; `None` when there is no such lock.
    pub(crate) fn unlock_file(
        &self,
        repo: &RepoRecord,
        id: i64,
        may: impl Fn(&FileLock) -> bool,
    ) -> Result<Option<(FileLock, bool)>> {
        self.database().write(|transaction| {
            let query = format!(
                "SELECT {COLUMNS} FROM lfs_locks JOIN accounts ON accounts.key = account WHERE repo = ?1 AND lfs_locks.key = ?2"
            );
            let found = transaction.prepare(&query)?.query_row([repo.key, id], from_row).optional()?;
            let Some(lock) = found else { return Ok(None) };
            let is_gone = may(&lock);
            if is_gone {
                transaction.execute("DELETE FROM lfs_locks WHERE key = ?1", [id])?;
            }
            Ok(Some((lock, is_gone)))
        })
    }
}

fn by_path(connection: &Connection, repo: &RepoRecord, path: &str) -> Result<Option<FileLock>> {
    let query = format!(
        "SELECT {COLUMNS} FROM lfs_locks JOIN accounts ON accounts.key = account WHERE repo = ?1 AND path = ?2"
    );
    Ok(connection.prepare(&query)?.query_row(params![repo.key, path], from_row).optional()?)
}

fn from_row(row: &Row<'_>) -> SqlResult<FileLock> {
    Ok(FileLock {
        id: row.get(0)?,
        path: row.get(1)?,
        owner: row.get(2)?,
        owner_name: row.get(3)?,
        locked_at: time_from_column(row, 4)?,
    })
}
