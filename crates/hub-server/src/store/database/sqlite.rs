//! SQLite: connections and schema.

use std::{
    path::{Path, PathBuf},
    sync::Mutex,
    time::Duration,
};

use rusqlite::{OpenFlags, TransactionBehavior, config::DbConfig};

use super::{
    super::{Result, StoreError, disk::keep_private, sealer::Sealer},
    Connection, SqlError, Transaction, lock, steps,
    together::together,
};

/// Reading connections that are kept open; more are made when more are needed at once. A new one reads the schema and its
/// settings first, so that these are as many as a client that downloads many files has requests.
const IDLE_READERS: usize = 32;

/// One connection that writes and any number that read.
pub(super) struct Sqlite {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
}

impl Sqlite {
    pub(super) fn open(
        path: &Path,
        secret_key: &Path,
        may_be_new: impl Fn() -> Result<()>,
    ) -> Result<(Self, Sealer)> {
        match std::fs::metadata(path) {
            Ok(found) if found.len() > 0 => {}
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::io("read", path)(error));
            }
            _ => may_be_new()?,
        }
        make_private(path)?;
        let writer = connect(path)?;
        let done: u64 = writer.query_row("PRAGMA user_version", (), |row| row.get(0))?;
        if done == 0 {
            may_be_new()?;
        }
        let sealer = steps::migrate(&writer, path, secret_key)?;
        let path = path.to_path_buf();
        Ok((Self { path, writer: Mutex::new(writer), readers: Mutex::default() }, sealer))
    }

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

    pub(super) fn read_moment<T>(&self, query: impl FnOnce(&Connection) -> Result<T>) -> Result<T> {
        self.read(|connection| together(connection, TransactionBehavior::Deferred, |_| query(connection)))
    }

    pub(super) fn write_soon<T>(&self, change: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        let writer = lock(&self.writer);
        // The log is synced with the next change that has to be on disk.
        writer.execute_batch("PRAGMA synchronous = normal")?;
        let result = together(&writer, TransactionBehavior::Immediate, change);
        writer.execute_batch("PRAGMA synchronous = full")?;
        result
    }

    pub(super) fn write<T>(&self, change: impl FnOnce(&Transaction<'_>) -> Result<T>) -> Result<T> {
        together(&lock(&self.writer), TransactionBehavior::Immediate, change)
    }
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
    let open = || {
        let connection = rusqlite::Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        // In WAL mode only FULL makes a commit survive a power failure.
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.set_prepared_statement_cache_capacity(64);
        // Or else a statement whose plan could depend on its parameters is prepared anew for each of them.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(connection)
    };
    Ok(Connection::Sqlite(open().map_err(SqlError::Sqlite)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::database::{
        Database,
        steps::{SEALED, STEPS},
    };

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
            Ok(connection.query_row("SELECT count(*) FROM trash", (), |row| row.get::<_, i64>(0))?)
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
        connect(&path).unwrap().execute_batch("PRAGMA user_version = 99").unwrap();
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
            old.execute_batch(&format!("PRAGMA user_version = {done}")).unwrap();
            drop(old);
            for _ in 0..2 {
                let database = open(&path, &key).unwrap();
                let found: usize = database
                    .read(|connection| {
                        connection.prepare("SELECT disabled, quota FROM accounts")?;
                        Ok(connection.query_row("PRAGMA user_version", (), |row| row.get(0))?)
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
            transaction.execute("INSERT INTO trash (path) VALUES ('a')", ())?;
            transaction.execute("INSERT INTO trash (path) VALUES ('a')", ())?;
            Ok(())
        });
        assert!(failed.is_err());
        let count: i64 = database
            .read(|connection| Ok(connection.query_row("SELECT count(*) FROM trash", (), |row| row.get(0))?))
            .unwrap();
        assert_eq!(count, 0);
    }
}
