//! What nobody needs any more: which repositories may have some, and how it is removed.

use std::{
    collections::HashSet,
    time::{Duration, SystemTime},
};

use super::{
    CommitId, RepoRecord, Result, Store,
    database::{OptionalExtension, SqlResult, now, params},
    git::{Collected, Keep},
    repos::{COLUMNS, from_row},
};

/// What was removed of one repository.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Removed {
    /// Objects of git.
    pub(crate) objects: u64,
    /// What they took on disk.
    pub(crate) bytes: u64,
    /// Whether a push was in the way.
    pub(crate) busy: bool,
}

impl Store {
    /// Those of some LFS objects that a repository does not have.
    pub(super) fn lacking(&self, repo: &RepoRecord, lfs: &[String]) -> Result<Vec<String>> {
        if lfs.is_empty() {
            return Ok(Vec::new());
        }
        let oids = serde_json::Value::from(lfs).to_string();
        self.database().read(|connection| {
            let mut statement = connection.prepare(
                "SELECT value FROM json_each(?2)
                 WHERE NOT EXISTS (SELECT 1 FROM lfs_objects WHERE repo = ?1 AND oid = value)
                     AND NOT EXISTS (SELECT 1 FROM xet_repo_files WHERE repo = ?1 AND oid = value)",
            )?;
            let rows = statement.query_map(params![repo.key, oids], |row| row.get(0))?;
            Ok(rows.collect::<SqlResult<_>>()?)
        })
    }

    /// Notes that a repository may have garbage.
    pub(super) fn note_garbage(&self, repo: &RepoRecord) -> Result<()> {
        let noted = self.database().read(|connection| {
            let mut statement = connection.prepare("SELECT 1 FROM garbage WHERE repo = ?1")?;
            Ok(statement.query_row([repo.key], |_| Ok(())).optional()?)
        })?;
        if noted.is_some() {
            return Ok(());
        }
        self.database().write(|transaction| {
            transaction.execute(
                "INSERT INTO garbage (repo, since) SELECT key, ?2 FROM repos WHERE key = ?1 ON CONFLICT DO NOTHING",
                params![repo.key, now().as_millisecond()],
            )?;
            Ok(())
        })
    }

    /// The next repositories after a key, in the order of their keys.
    pub(crate) fn repos_after(&self, key: i64, most: usize) -> Result<Vec<RepoRecord>> {
        self.database().read(|connection| {
            let mut statement = connection
                .prepare(&format!("SELECT {COLUMNS} FROM repos WHERE key > ?1 ORDER BY key LIMIT ?2"))?;
            let rows = statement.query_map(params![key, most], from_row)?;
            Ok(rows.collect::<SqlResult<_>>()?)
        })
    }

    /// The repositories in which something may be garbage that is older than `grace`, and whether it may be in git: otherwise only
    /// LFS objects may.
    pub(crate) fn repos_with_garbage(&self, grace: Duration) -> Result<Vec<(RepoRecord, bool)>> {
        let before = before(grace);
        self.database().read(|connection| {
            let mut statement = connection.prepare(&format!(
                "SELECT {COLUMNS}, EXISTS (SELECT 1 FROM garbage WHERE repo = key AND since <= ?1) AS in_git
                 FROM repos WHERE key IN (
                     SELECT repo FROM garbage WHERE since <= ?1
                     UNION
                     SELECT lfs_objects.repo FROM lfs_objects
                     LEFT JOIN collected ON collected.repo = lfs_objects.repo
                     WHERE created_at <= ?1 AND created_at > coalesce(collected.before, 0)
                     UNION
                     SELECT xet_repo_files.repo FROM xet_repo_files
                     LEFT JOIN collected ON collected.repo = xet_repo_files.repo
                     WHERE created_at <= ?1 AND created_at > coalesce(collected.before, 0)
                 )"
            ))?;
            let rows = statement.query_map([before], |row| Ok((from_row(row)?, row.get("in_git")?)))?;
            Ok(rows.collect::<SqlResult<_>>()?)
        })
    }

    /// Removes the garbage of a repository that is older than `grace`, large files included: their contents go with
    /// [`LfsStore::free`](super::LfsStore::free) and [`XetStore::free`](super::XetStore::free). `step` is called between the steps. Blocks.
    pub(crate) fn collect(
        &self,
        repo: &RepoRecord,
        grace: Duration,
        step: impl Fn(&'static str) -> Result<()>,
    ) -> Result<Removed> {
        let begun = now().as_millisecond();
        let before = before(grace);
        let since = SystemTime::now().checked_sub(grace).unwrap_or(SystemTime::UNIX_EPOCH);
        let git = self.git(repo)?;
        let keep = || Ok(Keep { commits: self.pull_request_commits(repo)?, since });
        let free_lfs = |needed: &HashSet<String>| self.free_lfs(repo, needed, before);
        let collected = git.collect(keep, || step("what must stay was found"), free_lfs)?;
        let Collected::Done { objects, bytes } = collected else {
            return Ok(Removed { busy: true, ..Removed::default() });
        };
        step("git objects were removed")?;
        self.database().write(|transaction| {
            // What came after it began stays noted, and what is too young for now.
            transaction.execute(
                "DELETE FROM garbage WHERE repo = ?1 AND since <= ?2 AND since <= ?3",
                params![repo.key, before, begun],
            )?;
            transaction.execute(
                "INSERT INTO collected (repo, before) SELECT key, ?2 FROM repos WHERE key = ?1
                 ON CONFLICT (repo) DO UPDATE SET before = excluded.before",
                params![repo.key, before],
            )?;
            Ok(())
        })?;
        Ok(Removed { objects, bytes, busy: false })
    }

    /// The commits that the rows of pull requests name; some may be gone.
    pub(crate) fn pull_request_commits(&self, repo: &RepoRecord) -> Result<Vec<CommitId>> {
        self.database().read(|connection| {
            let mut statement = connection.prepare(
                "SELECT base FROM discussions WHERE repo = ?1 AND base IS NOT NULL
                 UNION SELECT head FROM discussions WHERE repo = ?1 AND head IS NOT NULL
                 UNION SELECT merge_commit FROM discussions WHERE repo = ?1 AND merge_commit IS NOT NULL",
            )?;
            let rows = statement.query_map([repo.key], |row| row.get::<_, String>(0))?;
            let texts = rows.collect::<SqlResult<Vec<_>>>()?;
            Ok(texts.iter().filter_map(|text| text.parse().ok()).collect())
        })
    }

    /// Forgets those large files of a repository, by LFS and by Xet, that are older than a time and that no file leads to.
    fn free_lfs(&self, repo: &RepoRecord, needed: &HashSet<String>, before: i64) -> Result<()> {
        for table in ["lfs_objects", "xet_repo_files"] {
            let old: Vec<String> = self.database().read(|connection| {
                let query = format!("SELECT DISTINCT oid FROM {table} WHERE repo = ?1 AND created_at <= ?2");
                let mut statement = connection.prepare(&query)?;
                let rows = statement.query_map(params![repo.key, before], |row| row.get(0))?;
                Ok(rows.collect::<SqlResult<_>>()?)
            })?;
            let unneeded: Vec<_> = old.iter().filter(|oid| !needed.contains(*oid)).collect();
            if unneeded.is_empty() {
                continue;
            }
            self.database().write(|transaction| {
                let delete = format!("DELETE FROM {table} WHERE repo = ?1 AND oid = ?2 AND created_at <= ?3");
                let mut delete = transaction.prepare(&delete)?;
                for oid in &unneeded {
                    delete.execute(params![repo.key, oid, before])?;
                }
                Ok(())
            })?;
        }
        Ok(())
    }
}

/// The time so long ago, in milliseconds since 1970.
fn before(grace: Duration) -> i64 {
    now().as_millisecond().saturating_sub(i64::try_from(grace.as_millis()).unwrap_or(i64::MAX))
}
