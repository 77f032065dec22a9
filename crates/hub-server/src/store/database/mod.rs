//! What is decided is kept in a database: SQLite in the data folder, or PostgreSQL for several servers.
//!
//! The rest of the store has statements, each written once, in the part of SQL that engines share; what an engine does in its own way is in
//! its file here. A change is a function that may run more than once: an engine that finds it at odds with another runs it again.

mod connection;
#[cfg(any(test, feature = "testing"))]
pub(super) mod engine_of_tests;
mod error;
mod locked;
#[cfg(feature = "postgres")]
mod postgres;
mod row;
mod sqlite;
mod steps;
mod together;
mod value;

use std::path::Path;

use hub_types::RepoRef;
use jiff::Timestamp;

use super::{Result as StoreResult, sealer::Sealer};
pub(super) use connection::{Connection, Transaction};
pub(super) use error::{Error as SqlError, OptionalExtension, Result as SqlResult, corrupt};
use error::{Error, Result};
pub(super) use locked::lock;
pub(super) use row::{Column, Row};
use sqlite::Sqlite;
#[cfg(test)]
pub(super) use steps::UNDO_LATER;
#[cfg(feature = "postgres")]
use value::Kind;
pub(super) use value::{FromValue, Params, ToValue, Value, ValueRef, params};

/// The database of a store.
pub(super) struct Database {
    engine: Engine,
    /// For what the database must not give away to who has it alone.
    pub(super) sealer: Sealer,
}

enum Engine {
    Sqlite(Sqlite),
    #[cfg(feature = "postgres")]
    Postgres(Box<postgres::Postgres>),
}

impl Database {
    /// Opens the database of a data folder, for its owner alone, and brings its schema up to date. Its secrets are sealed with the key in
    /// `secret_key`. Where there is none, or it is empty, `may_be_new` is asked before one is made.
    pub(super) fn open(
        path: &Path,
        secret_key: &Path,
        may_be_new: impl Fn() -> StoreResult<()>,
    ) -> StoreResult<Self> {
        let (engine, sealer) = Sqlite::open(path, secret_key, may_be_new)?;
        Ok(Self { engine: Engine::Sqlite(engine), sealer })
    }

    /// Connects to a database of PostgreSQL by its URL, and brings its schema up to date. Its secrets are sealed with the key in
    /// `secret_key`, which is made when the database is new.
    #[cfg(feature = "postgres")]
    pub(super) fn at(url: &str, secret_key: &Path) -> StoreResult<Self> {
        let (engine, sealer) = postgres::Postgres::open(url, secret_key)?;
        Ok(Self { engine: Engine::Postgres(Box::new(engine)), sealer })
    }

    #[cfg(not(feature = "postgres"))]
    pub(super) fn at(_: &str, _: &Path) -> StoreResult<Self> {
        Err(super::StoreError::NoPostgres)
    }

    /// Whether it is a file of the data folder.
    pub(super) fn is_file(&self) -> bool {
        matches!(self.engine, Engine::Sqlite(_))
    }

    /// Runs a query.
    pub(super) fn read<T>(&self, query: impl FnMut(&Connection) -> StoreResult<T>) -> StoreResult<T> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.read(query),
            #[cfg(feature = "postgres")]
            Engine::Postgres(engine) => engine.read(query),
        }
    }

    /// As [`Database::read`]; all statements see the data of one moment.
    pub(super) fn read_moment<T>(&self, query: impl FnMut(&Connection) -> StoreResult<T>) -> StoreResult<T> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.read_moment(query),
            #[cfg(feature = "postgres")]
            Engine::Postgres(engine) => engine.read_moment(query),
        }
    }

    /// Runs changes that are on disk, all together, when this returns; none is made when it fails. They may be run several times.
    pub(super) fn write<T>(&self, change: impl FnMut(&Transaction<'_>) -> StoreResult<T>) -> StoreResult<T> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.write(change),
            #[cfg(feature = "postgres")]
            Engine::Postgres(engine) => engine.write(change),
        }
    }

    /// As [`Database::write`], for what can be made anew from elsewhere: when the power fails soon after this returns, the changes
    /// are there all together or not at all. Does not wait for the disk, where the engine can do without.
    pub(super) fn write_soon<T>(
        &self,
        change: impl FnMut(&Transaction<'_>) -> StoreResult<T>,
    ) -> StoreResult<T> {
        match &self.engine {
            Engine::Sqlite(engine) => engine.write_soon(change),
            #[cfg(feature = "postgres")]
            Engine::Postgres(engine) => engine.write(change),
        }
    }
}

/// Kind and id in two columns, from `first` on.
pub(super) fn reference(row: &Row<'_>, first: usize) -> Result<RepoRef> {
    let (kind, id): (String, String) = (row.get(first)?, row.get(first + 1)?);
    Ok(RepoRef::new(kind.parse().map_err(corrupt(first))?, id.parse().map_err(corrupt(first + 1))?))
}

/// Times are kept in milliseconds since 1970.
pub(super) fn time_from_column(row: &Row<'_>, column: impl Column) -> Result<Timestamp> {
    let column = column.number(row)?;
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
    use crate::store::testing::temporary;

    #[test]
    fn a_change_is_made_when_it_is_said_to_be() {
        let store = temporary();
        let change = |transaction: &Transaction<'_>| {
            transaction.execute("INSERT INTO trash (path) VALUES ('a')", ())?;
            // Nobody minds.
            let _ = transaction.execute("INSERT INTO nothing (path) VALUES ('b')", ());
            Ok(())
        };
        let done = store.database().write(change);
        let count = "SELECT count(*) FROM trash";
        let found: u64 = store
            .database()
            .read(|connection| Ok(connection.query_row(count, (), |row| row.get(0))?))
            .unwrap();
        assert_eq!(done.is_ok(), found == 1, "{done:?}");
    }
}
