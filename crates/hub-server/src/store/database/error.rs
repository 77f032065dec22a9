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
