//! Connections, and the statements that run on them.

use std::{ops::Deref, path::Path};

#[cfg(feature = "postgres")]
use super::postgres::PostgresConnection;
use super::{Error, OptionalExtension, Params, Result, Row, Value};

/// A connection to the engine that keeps the data.
pub(in crate::store) enum Connection {
    Sqlite(rusqlite::Connection),
    #[cfg(feature = "postgres")]
    Postgres(Box<PostgresConnection>),
}

/// A connection whose changes are made together, or not at all.
pub(in crate::store) struct Transaction<'c>(pub(super) &'c Connection);

impl Deref for Transaction<'_> {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.0
    }
}

impl Connection {
    /// A statement; it is kept for the next time.
    pub(in crate::store) fn prepare(&self, sql: &str) -> Result<Statement<'_>> {
        match self {
            Self::Sqlite(connection) => Ok(Statement::Sqlite(connection.prepare_cached(sql)?)),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => Ok(Statement::Postgres(connection, sql.to_owned())),
        }
    }

    /// Runs a statement. How many rows it changed.
    pub(in crate::store) fn execute(&self, sql: &str, params: impl Params) -> Result<usize> {
        self.prepare(sql)?.execute(params)
    }

    /// The first row of a statement.
    ///
    /// # Errors
    /// [`Error::NoRow`] without one.
    pub(in crate::store) fn query_row<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        self.prepare(sql)?.query_row(params, read)
    }

    /// The database in a file that nobody else uses.
    pub(in crate::store) fn open_file(path: &Path) -> Result<Self> {
        Ok(Self::Sqlite(rusqlite::Connection::open(path)?))
    }

    /// # Errors
    /// When something is not in the file yet, and cannot come there.
    pub(in crate::store) fn close(self) -> Result<()> {
        match self {
            Self::Sqlite(connection) => Ok(connection.close().map_err(|(_, error)| error)?),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Ok(()),
        }
    }

    /// The connection of the engine itself.
    pub(super) fn sqlite(&self) -> Result<&rusqlite::Connection> {
        match self {
            Self::Sqlite(connection) => Ok(connection),
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Err(Error::NotSqlite),
        }
    }

    /// Begins a transaction, and gives the name by which its end can be asked for.
    #[cfg(feature = "postgres")]
    pub(super) fn begin(&self) -> Result<String> {
        match self {
            Self::Sqlite(_) => Err(Error::NotPostgres),
            Self::Postgres(connection) => connection.begin(),
        }
    }

    /// A key for a new repository, greater than those of all that ever were.
    pub(in crate::store) fn next_repo_key(&self) -> Result<i64> {
        match self {
            Self::Sqlite(_) => {
                let last = self
                    .prepare("SELECT seq FROM sqlite_sequence WHERE name = 'repos'")?
                    .query_row((), |row| row.get(0));
                Ok(last.optional()?.unwrap_or(0) + 1)
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => {
                let next = "SELECT nextval(pg_get_serial_sequence('repos', 'key'))";
                self.prepare(next)?.query_row((), |row| row.get(0))
            }
        }
    }

    /// Runs statements that take and give nothing.
    pub(in crate::store) fn execute_batch(&self, sql: &str) -> Result<()> {
        match self {
            Self::Sqlite(connection) => Ok(connection.execute_batch(sql)?),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection) => connection.execute_batch(sql),
        }
    }
}

/// A statement, in the part of SQL that all engines have. Its parameters are `?1`, `?2` ...
pub(in crate::store) enum Statement<'c> {
    Sqlite(rusqlite::CachedStatement<'c>),
    #[cfg(feature = "postgres")]
    Postgres(&'c PostgresConnection, String),
}

impl Statement<'_> {
    /// How many rows it changed.
    pub(in crate::store) fn execute(&mut self, params: impl Params) -> Result<usize> {
        let values = params.values()?;
        match self {
            Self::Sqlite(statement) => Ok(statement.execute(bound(&values))?),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection, sql) => connection.execute(sql, &values),
        }
    }

    /// All rows, one after the other.
    pub(in crate::store) fn query(&mut self, params: impl Params) -> Result<Rows<'_>> {
        let values = params.values()?;
        match self {
            Self::Sqlite(statement) => Ok(Rows::Sqlite(statement.query(bound(&values))?)),
            #[cfg(feature = "postgres")]
            Self::Postgres(connection, sql) => Ok(Rows::Postgres(connection.query(sql, &values)?, 0)),
        }
    }

    /// What `read` makes of each row.
    pub(in crate::store) fn query_map<T, F: FnMut(&Row<'_>) -> Result<T>>(
        &mut self,
        params: impl Params,
        read: F,
    ) -> Result<Mapped<'_, F>> {
        Ok(Mapped { rows: self.query(params)?, read })
    }

    /// What `read` makes of the first row.
    ///
    /// # Errors
    /// [`Error::NoRow`] without one.
    pub(in crate::store) fn query_row<T>(
        &mut self,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<T> {
        read(&self.query(params)?.next()?.ok_or(Error::NoRow)?)
    }
}

fn bound(values: &[Value]) -> impl rusqlite::Params + '_ {
    rusqlite::params_from_iter(values)
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        use rusqlite::types::ValueRef;
        Ok(rusqlite::types::ToSqlOutput::Borrowed(match self {
            Self::Null(_) => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// The rows of a statement.
pub(in crate::store) enum Rows<'s> {
    Sqlite(rusqlite::Rows<'s>),
    /// All of them, and how many were read.
    #[cfg(feature = "postgres")]
    Postgres(Vec<tokio_postgres::Row>, usize),
}

impl Rows<'_> {
    pub(in crate::store) fn next(&mut self) -> Result<Option<Row<'_>>> {
        match self {
            Self::Sqlite(rows) => Ok(rows.next()?.map(Row::Sqlite)),
            #[cfg(feature = "postgres")]
            Self::Postgres(rows, read) => {
                let row = rows.get(*read);
                *read += 1;
                Ok(row.map(Row::Postgres))
            }
        }
    }
}

/// The rows of a statement, read.
pub(in crate::store) struct Mapped<'s, F> {
    rows: Rows<'s>,
    read: F,
}

impl<T, F: FnMut(&Row<'_>) -> Result<T>> Iterator for Mapped<'_, F> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.rows.next().transpose()?;
        Some(row.and_then(|row| (self.read)(&row)))
    }
}
