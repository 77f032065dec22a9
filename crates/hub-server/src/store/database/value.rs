//! What goes into statements and comes out of rows.

use super::{Error, Result};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in crate::store) enum Kind {
    Integer,
    Text,
    Blob,
}

/// A value for a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) enum Value {
    /// Nothing, in the place of something of this kind.
    Null(Kind),
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

/// A value of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum ValueRef<'v> {
    Null,
    Integer(i64),
    Text(&'v str),
    Blob(&'v [u8]),
}

/// What can be given to a statement.
pub(in crate::store) trait ToValue {
    const KIND: Kind;

    /// # Errors
    /// `TooLarge` for numbers that no column holds.
    fn to_value(&self) -> Result<Value>;
}

/// What can be read from a row.
pub(in crate::store) trait FromValue: Sized {
    /// `None` when it is something else.
    fn from_value(value: ValueRef<'_>) -> Option<Self>;
}

/// The values of a statement, in the order of its `?1`, `?2` ...
pub(in crate::store) trait Params {
    fn values(self) -> Result<Vec<Value>>;
}

/// Values of several types for one statement.
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        [$($crate::store::database::ToValue::to_value(&$value)),*]
    };
}
pub(in crate::store) use params;

impl Params for () {
    fn values(self) -> Result<Vec<Value>> {
        Ok(Vec::new())
    }
}

impl Params for Vec<Value> {
    fn values(self) -> Result<Vec<Value>> {
        Ok(self)
    }
}

impl<T: ToValue, const N: usize> Params for [T; N] {
    fn values(self) -> Result<Vec<Value>> {
        self.iter().map(ToValue::to_value).collect()
    }
}

impl<const N: usize> Params for [Result<Value>; N] {
    fn values(self) -> Result<Vec<Value>> {
        self.into_iter().collect()
    }
}

macro_rules! integers {
    ($($integer:ty),*) => {$(
        impl ToValue for $integer {
            const KIND: Kind = Kind::Integer;

            fn to_value(&self) -> Result<Value> {
                i64::try_from(*self).map(Value::Integer).map_err(|_| Error::TooLarge)
            }
        }

        impl FromValue for $integer {
            fn from_value(value: ValueRef<'_>) -> Option<Self> {
                let ValueRef::Integer(number) = value else { return None };
                number.try_into().ok()
            }
        }
    )*};
}
integers!(i64, u8, u16, u32, u64, usize);

impl ToValue for bool {
    const KIND: Kind = Kind::Integer;

    fn to_value(&self) -> Result<Value> {
        Ok(Value::Integer(i64::from(*self)))
    }
}

impl FromValue for bool {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        let ValueRef::Integer(number) = value else { return None };
        Some(number != 0)
    }
}

impl ToValue for str {
    const KIND: Kind = Kind::Text;

    fn to_value(&self) -> Result<Value> {
        Ok(Value::Text(self.to_owned()))
    }
}

impl ToValue for String {
    const KIND: Kind = Kind::Text;

    fn to_value(&self) -> Result<Value> {
        self.as_str().to_value()
    }
}

impl FromValue for String {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        let ValueRef::Text(text) = value else { return None };
        Some(text.to_owned())
    }
}

impl ToValue for [u8] {
    const KIND: Kind = Kind::Blob;

    fn to_value(&self) -> Result<Value> {
        Ok(Value::Blob(self.to_owned()))
    }
}

impl<const N: usize> ToValue for [u8; N] {
    const KIND: Kind = Kind::Blob;

    fn to_value(&self) -> Result<Value> {
        self.as_slice().to_value()
    }
}

impl<const N: usize> FromValue for [u8; N] {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        let ValueRef::Blob(bytes) = value else { return None };
        bytes.try_into().ok()
    }
}

impl FromValue for Vec<u8> {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        let ValueRef::Blob(bytes) = value else { return None };
        Some(bytes.to_owned())
    }
}

impl<T: ToValue + ?Sized> ToValue for &T {
    const KIND: Kind = T::KIND;

    fn to_value(&self) -> Result<Value> {
        (**self).to_value()
    }
}

impl<T: ToValue> ToValue for Option<T> {
    const KIND: Kind = T::KIND;

    fn to_value(&self) -> Result<Value> {
        self.as_ref().map_or(Ok(Value::Null(T::KIND)), T::to_value)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: ValueRef<'_>) -> Option<Self> {
        match value {
            ValueRef::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}
