//! The SQLite database: connections and schema.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hub_types::RepoRef;
use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, config::DbConfig, types::Type};

use super::{Result, StoreError, disk::keep_private, sealer::Sealer};

/// Reading connections that are kept open; more are made when more are needed at once. A new one reads the schema and its
/// settings first, so that these are as many as a client that downloads many files has requests.
const IDLE_READERS: usize = 32;

/// One connection that writes and any number that read.
pub(super) struct Database {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    /// For what the database must not give away to who has it alone.
    pub(super) sealer: Sealer,
}

impl Database {
    /// Opens the database, for its owner alone, and brings its schema up to date. Its secrets are sealed with the key in
    /// `secret_key`. Where there is none, or it is empty, `may_be_new` is asked before one is made.
    pub(super) fn open(path: &Path, secret_key: &Path, may_be_new: impl Fn() -> Result<()>) -> Result<Self> {
        match std::fs::metadata(path) {
            Ok(found) if found.len() > 0 => {}
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::io("read", path)(error));
            }
            _ => may_be_new()?,
        }
        make_private(path)?;
        let mut writer = connect(path)?;
        let done: u64 = writer.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        if done == 0 {
            may_be_new()?;
        }
        let sealer = migrate(&mut writer, path, secret_key)?;
        let path = path.to_path_buf();
        Ok(Self { path, writer: Mutex::new(writer), readers: Mutex::default(), sealer })
    }

    /// Runs a query.
    pub(super) fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        let idle = lock(&self.readers).pop();
        let connection = match idle {
            Some(connection) => connection,
            None => connect(&self.path)?,
        };
        let result = query(&connection);
        let mut readers = lock(&self.readers);
        if readers.len() < IDLE_READERS {
            readers.push(connection);
        }
        result
    }

    /// As [`Database::write`], for what can be made anew from elsewhere: when the power fails soon after this returns, the changes
    /// are there all together or not at all. Does not wait for the disk.
    pub(super) fn write_soon<T>(&self, change: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut writer = lock(&self.writer);
        // The log is synced with the next change that has to be on disk.
        writer.pragma_update(None, "synchronous", "normal")?;
        let result = Self::write_with(&mut writer, change);
        writer.pragma_update(None, "synchronous", "full")?;
        result
    }

    /// Runs changes that are on disk, all together, when this returns; none is made when it fails.
    pub(super) fn write<T>(&self, change: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        Self::write_with(&mut lock(&self.writer), change)
    }

    fn write_with<T>(
        writer: &mut Connection,
        change: impl FnOnce(&Transaction<'_>) -> Result<T>,
    ) -> Result<T> {
        let transaction = writer.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let result = change(&transaction)?;
        transaction.commit()?;
        Ok(result)
    }
}

/// Locks without regard to a thread that panicked: what the mutexes of the store guard is never half changed.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes the file, if it is not there, and keeps others from it and from what SQLite has beside it. New ones of these get
/// the mode of the file.
fn make_private(path: &Path) -> Result<()> {
    let mut options = std::fs::File::options();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(StoreError::io("open", path))?;
    for suffix in ["", "-wal", "-shm"] {
        let mut file = path.as_os_str().to_owned();
        file.push(suffix);
        keep_private(Path::new(&file))?;
    }
    Ok(())
}

/// A connection to a file that is there: one that was lost must not come back empty.
fn connect(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_secs(10))?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    // In WAL mode only FULL makes a commit survive a power failure.
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Or else a statement whose plan could depend on its parameters is prepared anew for each of them.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// Each step leads from one version of the schema to the next; `user_version` counts the steps that were made.
const STEPS: &[&str] = &[
    include_str!("schema.sql"),
    // Answers to commits were kept here, for clients that sent a name with each: nothing reads them any more.
    "DROP INDEX nonces_by_age; DROP TABLE nonces;",
    // Secrets are sealed from here on: [`seal_secrets`] does it. The sample tells whether a key is the right one.
    "CREATE TABLE secret_key (sample TEXT NOT NULL) STRICT;",
    // Nothing is left of what they were before, in unused parts of the file: [`wipe`] does it.
    "",
    include_str!("xet/schema.sql"),
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
];
/// Undoes the steps after [`WIPED`], for tests of those before.
#[cfg(test)]
pub(super) const UNDO_LATER: &str = "DROP TABLE opening; DROP TABLE garbage; DROP TABLE collected; DROP TABLE lfs_orphans;
     DROP INDEX lfs_objects_by_oid; DROP TRIGGER lfs_orphaned; DROP TRIGGER like_added; DROP TRIGGER like_removed;
     DROP INDEX repos_by_namespace; DROP INDEX repos_by_likes; DROP INDEX repos_by_age; DROP INDEX repo_tags_by_tag;
     ALTER TABLE repos DROP COLUMN likes; DROP TABLE pushes; DROP INDEX talk_by_time; DROP INDEX talk_by_repo; DROP INDEX public_by_age;
     DROP INDEX members_by_org; DROP TRIGGER summary_written; DROP INDEX repos_by_change; DROP INDEX repos_by_key;
     ALTER TABLE repos DROP COLUMN changed_at;";
/// How many steps are made when secrets are sealed, and when nothing is left of the plain ones.
const SEALED: usize = 3;
const WIPED: usize = 4;

fn migrate(connection: &mut Connection, path: &Path, secret_key: &Path) -> Result<Sealer> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done: u64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = STEPS.len();
    if done > known as u64 {
        return Err(StoreError::NewerVersion { path: path.to_path_buf(), found: done, known: known as u64 });
    }
    let done = usize::try_from(done).unwrap_or(known);
    let make = |transaction: &Transaction<'_>, from: usize, to: usize| -> Result<()> {
        for step in STEPS.iter().take(to).skip(from) {
            transaction.execute_batch(step)?;
        }
        Ok(())
    };
    make(&transaction, done, WIPED)?;
    let sealer = if done < SEALED {
        let sealer = Sealer::read_or_make(secret_key)?;
        seal_secrets(&transaction, &sealer)?;
        sealer
    } else {
        let sealer = Sealer::read(secret_key)?;
        sealer.check(
            &transaction.query_row("SELECT sample FROM secret_key", [], |row| row.get::<_, String>(0))?,
        )?;
        sealer
    };
    // A new database has nothing to wipe. Wiping is no part of a transaction: it is made up for when it was interrupted, before the
    // steps after it.
    let is_wiped = done == 0 || done >= WIPED;
    transaction.pragma_update(None, "user_version", if is_wiped { done.max(WIPED) } else { SEALED })?;
    transaction.commit()?;
    if !is_wiped {
        wipe(connection)?;
        connection.pragma_update(None, "user_version", WIPED)?;
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    make(&transaction, done.max(WIPED), known)?;
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(sealer)
}

/// Seals the secrets that are in plain text.
fn seal_secrets(transaction: &Transaction<'_>, sealer: &Sealer) -> Result<()> {
    transaction.execute("INSERT INTO secret_key (sample) VALUES (?1)", [sealer.sample()?])?;
    let plain: Vec<(i64, String, String, String)> = transaction
        .prepare(
            "SELECT space_settings.repo, internal_id, space_settings.key, value
             FROM space_settings JOIN repos ON repos.key = space_settings.repo WHERE kind = 'secret'",
        )?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (repo, internal_id, key, value) in plain {
        let sealed = sealer.seal_setting(&internal_id, &key, &value)?;
        transaction.execute(
            "UPDATE space_settings SET value = ?1 WHERE repo = ?2 AND kind = 'secret' AND key = ?3",
            rusqlite::params![sealed, repo, key],
        )?;
    }
    Ok(())
}

/// Writes the database anew, without what was in it before.
fn wipe(connection: &Connection) -> Result<()> {
    connection.pragma_update(None, "secure_delete", true)?;
    connection.execute_batch("VACUUM")?;
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    connection.pragma_update(None, "secure_delete", false)?;
    Ok(())
}

/// A column that does not hold what this program writes there.
pub(super) fn corrupt<E>(column: usize) -> impl FnOnce(E) -> rusqlite::Error
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    move |error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
}

/// Kind and id in two columns, from `first` on.
pub(super) fn reference(row: &rusqlite::Row<'_>, first: usize) -> rusqlite::Result<RepoRef> {
    let (kind, id): (String, String) = (row.get(first)?, row.get(first + 1)?);
    Ok(RepoRef::new(kind.parse().map_err(corrupt(first))?, id.parse().map_err(corrupt(first + 1))?))
}

/// Times are kept in milliseconds since 1970.
pub(super) fn time_from_column(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Timestamp> {
    Timestamp::from_millisecond(row.get(column)?).map_err(corrupt(column))
}

/// The present, as precise as the database keeps it.
pub(super) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(path: &Path, key: &Path) -> Result<Database> {
        Database::open(path, key, || Ok(()))
    }

    #[test]
    fn a_database_that_is_lost_while_it_is_used_is_not_made_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hub.db");
        let database = open(&path, &dir.path().join("key")).unwrap();
        std::fs::remove_file(&path).unwrap();
        let count = |connection: &Connection| {
            Ok(connection.query_row("SELECT count(*) FROM trash", [], |row| row.get::<_, i64>(0))?)
        };
        assert!(database.read(count).is_err());
        assert!(!path.exists());
    }

    #[test]
    fn a_newer_schema_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hub.db");
        let key = dir.path().join("key");
        drop(open(&path, &key).unwrap());
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(open(&path, &key), Err(StoreError::NewerVersion { found: 99, .. })));
    }

    #[test]
    fn a_database_of_before_gets_the_steps_that_it_lacks() {
        for done in 1..STEPS.len() {
            let dir = tempfile::tempdir().unwrap();
            let (path, key) = (dir.path().join("hub.db"), dir.path().join("key"));
            make_private(&path).unwrap();
            let old = connect(&path).unwrap();
            for step in &STEPS[..done] {
                old.execute_batch(step).unwrap();
            }
            if done >= SEALED {
                let sample = Sealer::read_or_make(&key).unwrap().sample().unwrap();
                old.execute("INSERT INTO secret_key (sample) VALUES (?1)", [sample]).unwrap();
            }
            old.pragma_update(None, "user_version", done).unwrap();
            drop(old);
            for _ in 0..2 {
                let database = open(&path, &key).unwrap();
                let found: usize = database
                    .read(|connection| {
                        connection.prepare("SELECT disabled, quota FROM accounts")?;
                        Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
                    })
                    .unwrap();
                assert_eq!(found, STEPS.len(), "from {done}");
            }
        }
    }

    #[test]
    fn a_change_that_fails_is_undone_whole() {
        let dir = tempfile::tempdir().unwrap();
        let database = open(&dir.path().join("hub.db"), &dir.path().join("key")).unwrap();
        let failed: Result<()> = database.write(|transaction| {
            transaction.execute("INSERT INTO trash (path) VALUES ('a')", [])?;
            transaction.execute("INSERT INTO trash (path) VALUES ('a')", [])?;
            Ok(())
        });
        assert!(failed.is_err());
        let count: i64 = database
            .read(|connection| Ok(connection.query_row("SELECT count(*) FROM trash", [], |row| row.get(0))?))
            .unwrap();
        assert_eq!(count, 0);
    }
}
