//! Rows that statements give.

use super::{Error, FromValue, Result, ValueRef};

/// One row; columns are counted from 0.
pub(in crate::store) enum Row<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    #[cfg(feature = "postgres")]
    Postgres(&'r tokio_postgres::Row),
}

/// Which column: its number or its name.
pub(in crate::store) trait Column {
    fn number(self, row: &Row<'_>) -> Result<usize>;
}

impl Column for usize {
    fn number(self, _: &Row<'_>) -> Result<usize> {
        Ok(self)
    }
}

impl Column for &str {
    fn number(self, row: &Row<'_>) -> Result<usize> {
        match row {
            Row::Sqlite(row) => Ok(row.as_ref().column_index(self)?),
            #[cfg(feature = "postgres")]
            Row::Postgres(row) => {
                let found = row.columns().iter().position(|column| column.name() == self);
                found.ok_or_else(|| Error::NoColumn { name: self.to_owned() })
            }
        }
    }
}

impl Row<'_> {
    /// What a column holds.
    ///
    /// # Errors
    /// When there is no such column, or it holds something else.
    pub(in crate::store) fn get<C: Column, T: FromValue>(&self, column: C) -> Result<T> {
        let column = column.number(self)?;
        T::from_value(self.value(column)?).ok_or(Error::Column { column, source: None })
    }

    fn value(&self, column: usize) -> Result<ValueRef<'_>> {
        match self {
            Self::Sqlite(row) => {
                use rusqlite::types::ValueRef as Found;
                match row.get_ref(column)? {
                    Found::Null => Ok(ValueRef::Null),
                    Found::Integer(number) => Ok(ValueRef::Integer(number)),
                    Found::Text(text) => {
                        Ok(ValueRef::Text(std::str::from_utf8(text).map_err(super::corrupt(column))?))
                    }
                    Found::Blob(bytes) => Ok(ValueRef::Blob(bytes)),
                    Found::Real(_) => Err(Error::Column { column, source: None }),
                }
            }
            #[cfg(feature = "postgres")]
            Self::Postgres(row) => {
                use tokio_postgres::types::Type;
                let integer = |number: Option<i64>| number.map_or(ValueRef::Null, ValueRef::Integer);
                let kind = row.columns().get(column).map(tokio_postgres::Column::type_);
                Ok(match kind {
                    Some(&Type::INT8) => integer(row.try_get(column)?),
                    Some(&Type::INT4) => integer(row.try_get::<_, Option<i32>>(column)?.map(i64::from)),
                    Some(&Type::BOOL) => integer(row.try_get::<_, Option<bool>>(column)?.map(i64::from)),
                    Some(&Type::TEXT) => {
                        row.try_get::<_, Option<&str>>(column)?.map_or(ValueRef::Null, ValueRef::Text)
                    }
                    Some(&Type::BYTEA) => {
                        row.try_get::<_, Option<&[u8]>>(column)?.map_or(ValueRef::Null, ValueRef::Blob)
                    }
                    _ => return Err(Error::Column { column, source: None }),
                })
            }
        }
    }
}
