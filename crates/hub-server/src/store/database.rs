//! The SQLite database: connections and schema.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, config::DbConfig, types::Type};

use super::{Result, StoreError};

/// Reading connections that are kept open; more are made when more are needed at once. A new one reads the schema and its
/// settings first, so that these are as many as a client that downloads many files has requests.
const IDLE_READERS: usize = 32;

/// One connection that writes and any number that read.
pub(super) struct Database {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
}

impl Database {
    /// Opens the database and brings its schema up to date.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let mut writer = connect(path)?;
        migrate(&mut writer, path)?;
        Ok(Self { path: path.to_path_buf(), writer: Mutex::new(writer), readers: Mutex::default() })
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

    /// Runs changes that are on disk, all together, when this returns; none is made when it fails.
    pub(super) fn write<T>(&self, change: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let mut writer = lock(&self.writer);
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

fn connect(path: &Path) -> Result<Connection> {
    let connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
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
const STEPS: [&str; 2] = [
    include_str!("schema.sql"),
    // Answers to commits were kept here, for clients that sent a name with each: nothing reads them any more.
    "DROP INDEX nonces_by_age; DROP TABLE nonces;",
];

fn migrate(connection: &mut Connection, path: &Path) -> Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done: u64 = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = STEPS.len() as u64;
    if done > known {
        return Err(StoreError::NewerVersion { path: path.to_path_buf(), found: done, known });
    }
    if done < known {
        for step in STEPS.iter().skip(usize::try_from(done).unwrap_or(usize::MAX)) {
            transaction.execute_batch(step)?;
        }
        transaction.pragma_update(None, "user_version", known)?;
    }
    transaction.commit()?;
    Ok(())
}

/// A column that does not hold what this program writes there.
pub(super) fn corrupt<E>(column: usize) -> impl FnOnce(E) -> rusqlite::Error
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    move |error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
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

    #[test]
    fn a_newer_schema_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hub.db");
        drop(Database::open(&path).unwrap());
        Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(Database::open(&path), Err(StoreError::NewerVersion { found: 99, .. })));
    }

    #[test]
    fn a_change_that_fails_is_undone_whole() {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::open(&dir.path().join("hub.db")).unwrap();
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
