//! What goes wrong with statements.

use crate::BoxError;

/// A result of a statement.
pub(in crate::store) type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a statement gave nothing.
#[derive(Debug, thiserror::Error)]
pub(in crate::store) enum Error {
    /// SQLite refused.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// PostgreSQL refused, or could not be reached.
    #[cfg(feature = "postgres")]
    #[error(transparent)]
    Postgres(#[from] tokio_postgres::Error),
    /// What only SQLite has was asked of another engine.
    #[cfg(feature = "postgres")]
    #[error("this is not a database of SQLite")]
    NotSqlite,
    /// What only PostgreSQL has was asked of another engine.
    #[cfg(feature = "postgres")]
    #[error("this is not a database of PostgreSQL")]
    NotPostgres,
    /// The connections are closed, because the program ends.
    #[cfg(feature = "postgres")]
    #[error("the connections to the database are closed")]
    Closed,
    /// A statement gives no such column.
    #[cfg(feature = "postgres")]
    #[error("there is no column {name}")]
    NoColumn { name: String },
    /// No row has what is looked for.
    #[error("a row is missing")]
    NoRow,
    /// A column does not hold what this program writes there.
    #[error("column {column} does not hold what it should")]
    Column {
        column: usize,
        #[source]
        source: Option<BoxError>,
    },
    /// A number that no column holds.
    #[error("a number is too large for the database")]
    TooLarge,
    /// What is to be written cannot be said in JSON.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

/// A column that does not hold what this program writes there.
pub(in crate::store) fn corrupt<E: Into<BoxError>>(column: usize) -> impl FnOnce(E) -> Error {
    move |error| Error::Column { column, source: Some(error.into()) }
}

/// A row that may be missing.
pub(in crate::store) trait OptionalExtension<T> {
    /// `None` in place of [`Error::NoRow`].
    fn optional(self) -> Result<Option<T>>;
}

impl<T> OptionalExtension<T> for Result<T> {
    fn optional(self) -> Result<Option<T>> {
        match self {
            Err(Error::NoRow) => Ok(None),
            other => other.map(Some),
        }
    }
}
