//! Connections, and the statements that run on them.

use std::{ops::Deref, path::Path};

use super::{Error, Params, Result, Row, Value};

/// A connection to the engine that keeps the data.
pub(in crate::store) enum Connection {
    Sqlite(rusqlite::Connection),
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
        }
    }

    /// Runs statements that take and give nothing.
    pub(in crate::store) fn execute_batch(&self, sql: &str) -> Result<()> {
        match self {
            Self::Sqlite(connection) => Ok(connection.execute_batch(sql)?),
        }
    }
}

/// A statement, in the part of SQL that all engines have. Its parameters are `?1`, `?2` ...
pub(in crate::store) enum Statement<'c> {
    Sqlite(rusqlite::CachedStatement<'c>),
}

impl Statement<'_> {
    /// How many rows it changed.
    pub(in crate::store) fn execute(&mut self, params: impl Params) -> Result<usize> {
        let values = params.values()?;
        match self {
            Self::Sqlite(statement) => Ok(statement.execute(bound(&values))?),
        }
    }

    /// All rows, one after the other.
    pub(in crate::store) fn query(&mut self, params: impl Params) -> Result<Rows<'_>> {
        let values = params.values()?;
        match self {
            Self::Sqlite(statement) => Ok(Rows::Sqlite(statement.query(bound(&values))?)),
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

    /// Whether there is a row.
    pub(in crate::store) fn exists(&mut self, params: impl Params) -> Result<bool> {
        Ok(self.query(params)?.next()?.is_some())
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
}

impl Rows<'_> {
    pub(in crate::store) fn next(&mut self) -> Result<Option<Row<'_>>> {
        match self {
            Self::Sqlite(rows) => Ok(rows.next()?.map(Row::Sqlite)),
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
