//! PostgreSQL: connections, transactions and schema.
//!
//! Changes are serializable, as SQLite's are: what is at odds with another change is run again.

mod connection;
mod tls;

use std::{
    error::Error as StdError,
    io,
    path::Path,
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use futures_executor::block_on;
use tokio::runtime::{self, Runtime};
use tokio_postgres::{Client, NoTls, error::SqlState};

use super::{
    super::{Result, StoreError, random::random_bytes, sealer::Sealer, with_causes},
    Connection, SqlError, SqlResult, Transaction, lock,
};
pub(in crate::store) use connection::PostgresConnection;
use tls::Target;

/// Connections that are kept open.
const IDLE: usize = 32;
/// How long a change is run again while others are in its way.
const PATIENCE: Duration = Duration::from_secs(30);
/// What every connection begins with. A server that is gone must not keep others waiting.
const SETTINGS: &str = "SET statement_timeout = '60s'; SET lock_timeout = '30s'; SET idle_in_transaction_session_timeout = '60s';
     SET client_min_messages = warning";
/// Each step leads from one version of the schema to the next.
const STEPS: &[&str] = &[include_str!("schema.sql")];

/// A database that several servers may use.
pub(super) struct Postgres {
    target: Target,
    idle: Mutex<Vec<Connection>>,
    /// Drives the connections, whichever thread waits for what they bring. Taken when this is dropped.
    driver: Option<Runtime>,
}

impl Drop for Postgres {
    /// May be on a thread that must not wait.
    fn drop(&mut self) {
        if let Some(driver) = self.driver.take() {
            driver.shutdown_background();
        }
    }
}

impl Postgres {
    /// Connects, and brings the schema up to date. The key of its secrets is made where the database is new.
    pub(super) fn open(url: &str, secret_key: &Path) -> Result<(Self, Sealer)> {
        let postgres = Self::without_schema(url)?;
        let sealer = postgres.write(|transaction| migrate(transaction, secret_key))?;
        Ok((postgres, sealer))
    }

    /// As [`Postgres::open`], whatever there is in the database.
    pub(super) fn without_schema(url: &str) -> Result<Self> {
        let target = Target::parse(url)?;
        let driver = runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("postgres")
            .enable_all()
            .build();
        let driver = driver.map_err(|error| StoreError::Database(error.into()))?;
        Ok(Self { target, idle: Mutex::default(), driver: Some(driver) })
    }

    pub(super) fn read<T>(&self, mut query: impl FnMut(&Connection) -> Result<T>) -> Result<T> {
        patiently(|_| {
            let connection = self.connection()?;
            let result = query(&connection);
            self.keep(connection);
            result
        })
    }

    pub(super) fn read_moment<T>(&self, mut query: impl FnMut(&Connection) -> Result<T>) -> Result<T> {
        patiently(|_| {
            let connection = self.connection()?;
            connection.execute_batch("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
            let result = query(&connection);
            connection.execute_batch("COMMIT")?;
            self.keep(connection);
            result
        })
    }

    pub(super) fn write<T>(&self, mut change: impl FnMut(&Transaction<'_>) -> Result<T>) -> Result<T> {
        patiently(|end| self.try_write(&mut change, end))
    }

    fn try_write<T>(&self, change: impl FnOnce(&Transaction<'_>) -> Result<T>, end: Instant) -> Result<T> {
        let connection = self.connection()?;
        let id = connection.begin()?;
        let changed = match change(&Transaction(&connection)) {
            Ok(changed) => changed,
            Err(error) => {
                self.roll_back(connection);
                return Err(error);
            }
        };
        // Where a statement failed and nobody minded, COMMIT alone would undo all without a word.
        let Err(error) = connection.execute_batch("SELECT 1; COMMIT") else {
            self.keep(connection);
            return Ok(changed);
        };
        let error = StoreError::from(error);
        // A server that stops may say so of what it has committed.
        let is_untold = is_broken(&connection) || matches!(obstacle(&error), Some(Obstacle::Away));
        if is_untold && self.is_committed(&id, end)? {
            return Ok(changed);
        }
        self.roll_back(connection);
        Err(error)
    }

    /// A connection that cannot do even this is thrown away.
    fn roll_back(&self, connection: Connection) {
        if connection.execute_batch("ROLLBACK").is_ok() {
            self.keep(connection);
        }
    }

    /// What became of a transaction whose end nobody told.
    fn is_committed(&self, id: &str, end: Instant) -> Result<bool> {
        loop {
            let asked = self.connection().and_then(|connection| {
                let query = "SELECT pg_xact_status(CAST(CAST(?1 AS TEXT) AS xid8))";
                let status = connection.query_row(query, [id], |row| row.get::<_, Option<String>>(0))?;
                self.keep(connection);
                Ok(status)
            });
            match asked {
                Ok(Some(status)) if status == "committed" => return Ok(true),
                Ok(Some(status)) if status == "aborted" => return Ok(false),
                Ok(None) => {
                    return Err(StoreError::Database(
                        "nobody knows any more whether a change was made".into(),
                    ));
                }
                Ok(Some(_)) | Err(_) if Instant::now() < end => thread::sleep(Duration::from_millis(100)),
                Ok(Some(_)) => {
                    return Err(StoreError::Database(
                        "the database does not say whether a change was made".into(),
                    ));
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn connection(&self) -> SqlResult<Connection> {
        while let Some(connection) = self.idle() {
            if !is_broken(&connection) {
                return Ok(connection);
            }
        }
        let driver = self.driver.as_ref().ok_or(SqlError::Closed)?;
        let connecting = driver.spawn(connect(self.target.clone()));
        let client = block_on(connecting).map_err(|_| SqlError::Closed)??;
        let connection = Connection::Postgres(Box::new(PostgresConnection::new(client)));
        connection.execute_batch(SETTINGS)?;
        Ok(connection)
    }

    fn idle(&self) -> Option<Connection> {
        lock(&self.idle).pop()
    }

    /// Keeps a connection for the next, unless it is broken or in the middle of something.
    fn keep(&self, connection: Connection) {
        let mut idle = lock(&self.idle);
        if idle.len() < IDLE && !is_broken(&connection) {
            idle.push(connection);
        }
    }
}

async fn connect(target: Target) -> SqlResult<Client, tokio_postgres::Error> {
    // The connection ends with its client, which says what goes wrong with it.
    match target.tls {
        None => {
            let (client, connection) = target.config.connect(NoTls).await?;
            tokio::spawn(connection);
            Ok(client)
        }
        Some(tls) => {
            let (client, connection) = target.config.connect(tls).await?;
            tokio::spawn(connection);
            Ok(client)
        }
    }
}

fn is_broken(connection: &Connection) -> bool {
    matches!(connection, Connection::Postgres(connection) if connection.is_closed())
}

/// Does again what another was in the way of, or what did not reach the database; until a moment, which it is told.
fn patiently<T>(mut work: impl FnMut(Instant) -> Result<T>) -> Result<T> {
    let end = Instant::now() + PATIENCE;
    let (mut wait, mut is_told) = (Duration::from_millis(2), false);
    loop {
        let error = match work(end) {
            Err(error) if Instant::now() < end => error,
            result => return result,
        };
        match obstacle(&error) {
            Some(Obstacle::Others) => {}
            Some(Obstacle::Away) if is_told => {}
            Some(Obstacle::Away) => {
                is_told = true;
                tracing::warn!(
                    error = with_causes(&error),
                    "the database is not there, it is asked again for up to 30 s"
                );
            }
            None => return Err(error),
        }
        // Not all at the same time.
        let [some] = random_bytes::<1>()?;
        thread::sleep(wait / 2 + wait * u32::from(some) / 256);
        wait = (wait * 2).min(Duration::from_millis(200));
    }
}

/// Why nothing was changed, and the same may be done a moment later.
enum Obstacle {
    /// A change of somebody else.
    Others,
    /// The database was not reached, stops or starts, or went away before anything was to be kept.
    Away,
}

fn obstacle(error: &StoreError) -> Option<Obstacle> {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(SqlError::Postgres(error)) = error.downcast_ref::<SqlError>() {
            return match error.code().map(SqlState::code) {
                // A serialization failure and a deadlock.
                Some("40001" | "40P01") => Some(Obstacle::Others),
                // Connection exceptions and interventions of an operator.
                Some(code) if code.starts_with("08") || code.starts_with("57P") => Some(Obstacle::Away),
                Some(_) => None,
                None => {
                    let is_away =
                        error.is_closed() || error.source().is_some_and(|cause| cause.is::<io::Error>());
                    is_away.then_some(Obstacle::Away)
                }
            };
        }
        cause = error.source();
    }
    None
}

/// Makes the steps that are missing. One server does it at a time.
fn migrate(transaction: &Transaction<'_>, secret_key: &Path) -> Result<Sealer> {
    transaction.execute_batch(
        "SELECT pg_advisory_xact_lock(4850621); CREATE TABLE IF NOT EXISTS schema_version (steps BIGINT NOT NULL)",
    )?;
    let done: usize =
        transaction.query_row("SELECT coalesce(max(steps), 0) FROM schema_version", (), |row| row.get(0))?;
    let known = STEPS.len();
    if done > known {
        return Err(StoreError::NewerDatabase { found: done as u64, known: known as u64 });
    }
    for step in STEPS.iter().skip(done) {
        transaction.execute_batch(step)?;
    }
    transaction.execute("DELETE FROM schema_version", ())?;
    transaction.execute("INSERT INTO schema_version (steps) VALUES (?1)", [known])?;
    if done == 0 {
        let sealer = Sealer::read_or_make(secret_key)?;
        transaction.execute("INSERT INTO secret_key (sample) VALUES (?1)", [sealer.sample()?])?;
        return Ok(sealer);
    }
    let sealer = Sealer::read(secret_key)?;
    let sample: String = transaction.query_row("SELECT sample FROM secret_key", (), |row| row.get(0))?;
    sealer.check(&sample)?;
    Ok(sealer)
}
