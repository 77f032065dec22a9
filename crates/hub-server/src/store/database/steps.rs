//! How the schema of SQLite came to be, and how a database of before becomes one of today.

use std::path::Path;

use rusqlite::TransactionBehavior;

use super::{
    super::{Result, StoreError, sealer::Sealer},
    Connection, SqlResult, Transaction, params,
    together::together,
};

/// Each step leads from one version of the schema to the next; `user_version` counts the steps that were made.
pub(super) const STEPS: &[&str] = &[
    include_str!("schema.sql"),
    // Answers to commits were kept here, for clients that sent a name with each: nothing reads them any more.
    "DROP INDEX nonces_by_age; DROP TABLE nonces;",
    // Secrets are sealed from here on: [`seal_secrets`] does it. The sample tells whether a key is the right one.
    "CREATE TABLE secret_key (sample TEXT NOT NULL) STRICT;",
    // Nothing is left of what they were before, in unused parts of the file: [`wipe`] does it.
    "",
    include_str!("../xet/schema.sql"),
    // What those who run the Hub set: who may not come in, and how many bytes a namespace may have.
    "ALTER TABLE accounts ADD COLUMN disabled INTEGER NOT NULL DEFAULT 0;
     ALTER TABLE accounts ADD COLUMN quota INTEGER;",
    // Whether new repositories of a namespace are private unless it is said; and the locks of git-lfs.
    "ALTER TABLE accounts ADD COLUMN private_default INTEGER NOT NULL DEFAULT 0;
     CREATE TABLE lfs_locks (
         key INTEGER PRIMARY KEY AUTOINCREMENT,
         repo INTEGER NOT NULL REFERENCES repos (key) ON DELETE CASCADE,
         path TEXT NOT NULL,
         user INTEGER NOT NULL REFERENCES accounts (key) ON DELETE CASCADE,
         locked_at INTEGER NOT NULL,
         UNIQUE (repo, path)
     ) STRICT;",
    // Pull requests that are about to be made: the number is taken, the row is not written yet.
    "CREATE TABLE opening (
         repo INTEGER NOT NULL REFERENCES repos (key) ON DELETE CASCADE,
         number INTEGER NOT NULL,
         PRIMARY KEY (repo, number)
     ) STRICT, WITHOUT ROWID;",
    // Garbage: repositories that may have some, how far back each was looked through, and LFS objects that were taken from one.
    "CREATE TABLE garbage (
         repo INTEGER PRIMARY KEY REFERENCES repos (key) ON DELETE CASCADE,
         since INTEGER NOT NULL
     ) STRICT;
     CREATE TABLE collected (
         repo INTEGER PRIMARY KEY REFERENCES repos (key) ON DELETE CASCADE,
         before INTEGER NOT NULL
     ) STRICT;
     CREATE TABLE lfs_orphans (oid TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
     CREATE INDEX lfs_objects_by_oid ON lfs_objects (oid);
     CREATE TRIGGER lfs_orphaned AFTER DELETE ON lfs_objects
     BEGIN
         INSERT OR IGNORE INTO lfs_orphans (oid) VALUES (OLD.oid);
     END;",
    // Searches look at what they show, and not at every repository.
    "ALTER TABLE repos ADD COLUMN likes INTEGER NOT NULL DEFAULT 0;
     UPDATE repos SET likes = (SELECT count(*) FROM likes WHERE likes.repo = repos.key);
     CREATE TRIGGER like_added AFTER INSERT ON likes
     BEGIN
         UPDATE repos SET likes = likes + 1 WHERE key = NEW.repo;
     END;
     CREATE TRIGGER like_removed AFTER DELETE ON likes
     BEGIN
         UPDATE repos SET likes = likes - 1 WHERE key = OLD.repo;
     END;
     CREATE INDEX repos_by_namespace ON repos (repo_type, substr(folded, 1, instr(folded, '/') - 1));
     CREATE INDEX repos_by_likes ON repos (repo_type, likes, key);
     CREATE INDEX repos_by_age ON repos (repo_type, created_at, key);
     CREATE INDEX repo_tags_by_tag ON repo_tags (tag, repo);
     CREATE INDEX summaries_by_time ON summaries (last_modified, repo);",
    // What happened, newest first: each move of a default branch, and whether it was by one commit. What is public. And every order of
    // a listing has an index that begins with the kind.
    "CREATE TABLE pushes (
         key INTEGER PRIMARY KEY AUTOINCREMENT,
         repo INTEGER NOT NULL REFERENCES repos (key) ON DELETE CASCADE,
         created_at INTEGER NOT NULL,
         tip TEXT NOT NULL,
         title TEXT NOT NULL,
         author TEXT NOT NULL,
         alone INTEGER NOT NULL
     ) STRICT;
     CREATE INDEX pushes_by_time ON pushes (created_at);
     CREATE INDEX pushes_by_repo ON pushes (repo, created_at);
     CREATE INDEX talk_by_time ON discussion_events (created_at) WHERE kind IN ('comment', 'status-change');
     CREATE INDEX talk_by_repo ON discussion_events (repo, created_at) WHERE kind IN ('comment', 'status-change');
     CREATE INDEX public_by_age ON repos (repo_type, created_at, private) WHERE NOT private;
     CREATE INDEX members_by_org ON members (org);
     ALTER TABLE repos ADD COLUMN changed_at INTEGER NOT NULL DEFAULT 0;
     UPDATE repos SET changed_at = last_modified FROM summaries WHERE summaries.repo = repos.key;
     CREATE TRIGGER summary_written AFTER INSERT ON summaries
     BEGIN
         UPDATE repos SET changed_at = NEW.last_modified WHERE key = NEW.repo;
     END;
     CREATE INDEX repos_by_change ON repos (repo_type, changed_at, key);
     CREATE INDEX repos_by_key ON repos (repo_type);
     DROP INDEX summaries_by_time;",
    // Words that are statements' own in other engines, and conditions that all of them have.
    "ALTER TABLE members RENAME COLUMN user TO account;
     ALTER TABLE tokens RENAME COLUMN user TO account;
     ALTER TABLE likes RENAME COLUMN user TO account;
     ALTER TABLE lfs_locks RENAME COLUMN user TO account;
     DROP INDEX public_by_age;
     CREATE INDEX public_by_age ON repos (repo_type, created_at, private) WHERE private = 0;",
];
/// Undoes the steps after [`WIPED`], for tests of those before.
#[cfg(test)]
pub(in crate::store) const UNDO_LATER: &str = "DROP TABLE opening; DROP TABLE garbage; DROP TABLE collected; DROP TABLE lfs_orphans;
     DROP INDEX lfs_objects_by_oid; DROP TRIGGER lfs_orphaned; DROP TRIGGER like_added; DROP TRIGGER like_removed;
     DROP INDEX repos_by_namespace; DROP INDEX repos_by_likes; DROP INDEX repos_by_age; DROP INDEX repo_tags_by_tag;
     ALTER TABLE repos DROP COLUMN likes; DROP TABLE pushes; DROP INDEX talk_by_time; DROP INDEX talk_by_repo; DROP INDEX public_by_age;
     DROP INDEX members_by_org; DROP TRIGGER summary_written; DROP INDEX repos_by_change; DROP INDEX repos_by_key;
     ALTER TABLE repos DROP COLUMN changed_at; ALTER TABLE members RENAME COLUMN account TO user;
     ALTER TABLE tokens RENAME COLUMN account TO user; ALTER TABLE likes RENAME COLUMN account TO user;";
/// How many steps are made when secrets are sealed, and when nothing is left of the plain ones.
pub(super) const SEALED: usize = 3;
const WIPED: usize = 4;

/// Makes the steps that are missing.
pub(super) fn migrate(connection: &Connection, path: &Path, secret_key: &Path) -> Result<Sealer> {
    let known = STEPS.len();
    let (sealer, done) = together(connection, TransactionBehavior::Immediate, |transaction| {
        let done: u64 = transaction.query_row("PRAGMA user_version", (), |row| row.get(0))?;
        if done > known as u64 {
            return Err(StoreError::NewerVersion {
                path: path.to_path_buf(),
                found: done,
                known: known as u64,
            });
        }
        let done = usize::try_from(done).unwrap_or(known);
        make(transaction, done, WIPED)?;
        let sealer = if done < SEALED {
            let sealer = Sealer::read_or_make(secret_key)?;
            seal_secrets(transaction, &sealer)?;
            sealer
        } else {
            let sealer = Sealer::read(secret_key)?;
            let sample: String =
                transaction.query_row("SELECT sample FROM secret_key", (), |row| row.get(0))?;
            sealer.check(&sample)?;
            sealer
        };
        set_version(transaction, if is_wiped(done) { done.max(WIPED) } else { SEALED })?;
        Ok((sealer, done))
    })?;
    if !is_wiped(done) {
        wipe(connection)?;
        set_version(connection, WIPED)?;
    }
    together(connection, TransactionBehavior::Immediate, |transaction| {
        make(transaction, done.max(WIPED), known)?;
        set_version(transaction, known)
    })?;
    Ok(sealer)
}

/// A new database has nothing to wipe. Wiping is no part of a transaction: it is made up for when it was interrupted, before the
/// steps after it.
fn is_wiped(done: usize) -> bool {
    done == 0 || done >= WIPED
}

fn make(transaction: &Transaction<'_>, from: usize, to: usize) -> Result<()> {
    for step in STEPS.iter().take(to).skip(from) {
        transaction.execute_batch(step)?;
    }
    Ok(())
}

fn set_version(connection: &Connection, version: usize) -> Result<()> {
    Ok(connection.execute_batch(&format!("PRAGMA user_version = {version}"))?)
}

/// Seals the secrets that are in plain text.
fn seal_secrets(transaction: &Transaction<'_>, sealer: &Sealer) -> Result<()> {
    transaction.execute("INSERT INTO secret_key (sample) VALUES (?1)", [sealer.sample()?])?;
    let plain: Vec<(i64, String, String, String)> = transaction
        .prepare(
            "SELECT space_settings.repo, internal_id, space_settings.key, value
             FROM space_settings JOIN repos ON repos.key = space_settings.repo WHERE kind = 'secret'",
        )?
        .query_map((), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<SqlResult<_>>()?;
    for (repo, internal_id, key, value) in plain {
        let sealed = sealer.seal_setting(&internal_id, &key, &value)?;
        transaction.execute(
            "UPDATE space_settings SET value = ?1 WHERE repo = ?2 AND kind = 'secret' AND key = ?3",
            params![sealed, repo, key],
        )?;
    }
    Ok(())
}

/// Writes the database anew, without what was in it before.
fn wipe(connection: &Connection) -> Result<()> {
    connection.execute_batch("PRAGMA secure_delete = on; VACUUM")?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))?;
    connection.execute_batch("PRAGMA secure_delete = off")?;
    Ok(())
}
