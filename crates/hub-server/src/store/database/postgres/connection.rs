//! A connection, and the statements that it keeps.

use std::{cell::RefCell, collections::HashMap, error::Error as StdError};

use bytes::BytesMut;
use futures_executor::block_on;
use tokio_postgres::{
    Client, SimpleQueryMessage,
    types::{Format, IsNull, ToSql, Type, to_sql_checked},
};

use crate::store::database::{Kind, SqlError, SqlResult, Value};

/// Statements that a connection keeps.
const STATEMENTS: usize = 256;

/// One connection, and the statements that it keeps.
pub(in crate::store) struct PostgresConnection {
    client: Client,
    statements: RefCell<HashMap<String, tokio_postgres::Statement>>,
}

impl PostgresConnection {
    pub(super) fn new(client: Client) -> Self {
        Self { client, statements: RefCell::default() }
    }

    /// Begins a transaction, and gives its id.
    pub(in crate::store::database) fn begin(&self) -> SqlResult<String> {
        const BEGIN: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT CAST(pg_current_xact_id() AS TEXT)";
        let said = block_on(self.client.simple_query(BEGIN))?;
        let id = said.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(ToOwned::to_owned),
            _ => None,
        });
        id.ok_or(SqlError::NoRow)
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    pub(in crate::store::database) fn execute_batch(&self, sql: &str) -> SqlResult<()> {
        Ok(block_on(self.client.batch_execute(sql))?)
    }

    pub(in crate::store::database) fn execute(&self, sql: &str, values: &[Value]) -> SqlResult<usize> {
        let statement = self.statement(sql, values)?;
        let changed = block_on(self.client.execute(&statement, &references(values)))?;
        Ok(usize::try_from(changed).unwrap_or(usize::MAX))
    }

    pub(in crate::store::database) fn query(
        &self,
        sql: &str,
        values: &[Value],
    ) -> SqlResult<Vec<tokio_postgres::Row>> {
        let statement = self.statement(sql, values)?;
        Ok(block_on(self.client.query(&statement, &references(values)))?)
    }

    /// A statement for values of these kinds: what they are does not have to be guessed.
    fn statement(&self, sql: &str, values: &[Value]) -> SqlResult<tokio_postgres::Statement> {
        if let Some(statement) = self.statements.borrow().get(sql) {
            return Ok(statement.clone());
        }
        let types: Vec<Type> = values.iter().map(type_of).collect();
        let statement = block_on(self.client.prepare_typed(&translated(sql), &types))?;
        let mut statements = self.statements.borrow_mut();
        if statements.len() >= STATEMENTS {
            statements.clear();
        }
        statements.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

/// A statement as PostgreSQL has it: `$1` for `?1`, and without what tells SQLite how to go about it.
fn translated(sql: &str) -> String {
    let sql = sql.replace("CROSS JOIN", "JOIN").replace("INDEXED BY public_by_age ", "");
    sql.replace('?', "$")
}

fn references(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as _).collect()
}

fn type_of(value: &Value) -> Type {
    match value {
        Value::Integer(_) | Value::Null(Kind::Integer) => Type::INT8,
        Value::Text(_) | Value::Null(Kind::Text) => Type::TEXT,
        Value::Blob(_) | Value::Null(Kind::Blob) => Type::BYTEA,
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> std::result::Result<IsNull, Box<dyn StdError + Sync + Send>> {
        match self {
            Self::Null(_) => Ok(IsNull::Yes),
            Self::Integer(number) => number.to_sql(ty, out),
            Self::Text(text) => text.to_sql(ty, out),
            Self::Blob(bytes) => bytes.to_sql(ty, out),
        }
    }

    /// Statements are prepared for the values that they get.
    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Binary
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::translated;

    #[test]
    fn parameters_are_counted_as_postgresql_does_and_hints_for_sqlite_left_out() {
        let sql =
            "SELECT a FROM b INDEXED BY public_by_age CROSS JOIN c ON c.d = b.e WHERE f = ?1 AND g < ?12";
        assert_eq!(translated(sql), "SELECT a FROM b JOIN c ON c.d = b.e WHERE f = $1 AND g < $12");
    }
}
