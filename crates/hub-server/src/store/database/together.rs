//! Several statements of SQLite as one.

use rusqlite::TransactionBehavior;

use super::{Connection, SqlError, Transaction};
use crate::store::Result;

/// Makes all changes or none.
pub(super) fn together<T>(
    connection: &Connection,
    behavior: TransactionBehavior,
    change: impl FnOnce(&Transaction<'_>) -> Result<T>,
) -> Result<T> {
    let transaction =
        rusqlite::Transaction::new_unchecked(connection.sqlite()?, behavior).map_err(SqlError::from)?;
    let result = change(&Transaction(connection))?;
    transaction.commit().map_err(SqlError::from)?;
    Ok(result)
}
