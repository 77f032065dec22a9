//! Values of the key-value pairs.

use std::fmt;

use super::GgufType;
use super::arrays::{OpenArrays, array_head};
use super::input::{Halt, Input, Layout};
use crate::weights::WeightsError;

/// A value.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names say it")]
pub enum GgufValue {
    U8(u8),
    I8(i8),
    U16(u16),
    I16(i16),
    U32(u32),
    I32(i32),
    F32(f32),
    Bool(bool),
    Text(String),
    Array(GgufArray),
    U64(u64),
    I64(i64),
    F64(f64),
}

impl GgufValue {
    /// The next value of a type that is no array. What is not UTF-8 in a text is replaced.
    pub(super) fn read(kind: GgufType, input: &mut Input<'_>) -> Result<Self, Halt> {
        Ok(match kind {
            GgufType::U8 => Self::U8(u8::from_le_bytes(input.array()?)),
            GgufType::I8 => Self::I8(i8::from_le_bytes(input.array()?)),
            GgufType::U16 => Self::U16(u16::from_le_bytes(input.array()?)),
            GgufType::I16 => Self::I16(i16::from_le_bytes(input.array()?)),
            GgufType::U32 => Self::U32(input.u32()?),
            GgufType::I32 => Self::I32(i32::from_le_bytes(input.array()?)),
            GgufType::F32 => Self::F32(f32::from_le_bytes(input.array()?)),
            GgufType::Bool => Self::Bool(input.array::<1>()? != [0]),
            GgufType::Text => Self::Text(String::from_utf8_lossy(input.text()?).into_owned()),
            GgufType::U64 => Self::U64(input.u64()?),
            GgufType::I64 => Self::I64(i64::from_le_bytes(input.array()?)),
            GgufType::F64 => Self::F64(f64::from_le_bytes(input.array()?)),
            GgufType::Array => return Err(WeightsError::broken("an array where a value is expected").into()),
        })
    }

    /// A whole number from 0 on, of any width.
    pub fn as_u64(&self) -> Option<u64> {
        match *self {
            Self::U8(number) => Some(number.into()),
            Self::U16(number) => Some(number.into()),
            Self::U32(number) => Some(number.into()),
            Self::U64(number) => Some(number),
            Self::I8(number) => number.try_into().ok(),
            Self::I16(number) => number.try_into().ok(),
            Self::I32(number) => number.try_into().ok(),
            Self::I64(number) => number.try_into().ok(),
            _ => None,
        }
    }

    /// A number with a fraction.
    pub fn as_f64(&self) -> Option<f64> {
        match *self {
            Self::F32(number) => Some(number.into()),
            Self::F64(number) => Some(number),
            _ => None,
        }
    }

    /// A text.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// True or false.
    pub fn as_bool(&self) -> Option<bool> {
        if let Self::Bool(yes) = self { Some(*yes) } else { None }
    }

    /// An array.
    pub fn as_array(&self) -> Option<&GgufArray> {
        if let Self::Array(array) = self { Some(array) } else { None }
    }
}

/// An array, kept as it is in the file: a list of 150,000 tokens takes no more memory than there.
#[derive(Clone, PartialEq, Eq)]
pub struct GgufArray {
    pub(super) kind: GgufType,
    pub(super) len: u64,
    /// The elements, if they were kept.
    pub(super) bytes: Option<Box<[u8]>>,
    pub(super) layout: Layout,
}

impl GgufArray {
    /// The type of its elements.
    pub fn kind(&self) -> GgufType {
        self.kind
    }

    /// How many elements it has in the file.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether it has no elements in the file.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Its elements; `None` if they were not kept, see [`GgufDecoder::keep_arrays`](super::GgufDecoder::keep_arrays).
    pub fn values(&self) -> Option<GgufArrayValues<'_>> {
        let rest = self.bytes.as_deref()?;
        let input = Input { rest, layout: self.layout, left: rest.len() as u64 };
        Some(GgufArrayValues { kind: self.kind, left: self.len, input })
    }
}

impl fmt::Debug for GgufArray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{:?}; {}]", self.kind, self.len)
    }
}

/// The elements of a [`GgufArray`], one after the other.
#[derive(Debug, Clone)]
pub struct GgufArrayValues<'a> {
    kind: GgufType,
    left: u64,
    input: Input<'a>,
}

impl Iterator for GgufArrayValues<'_> {
    type Item = GgufValue;

    fn next(&mut self) -> Option<GgufValue> {
        self.left = self.left.checked_sub(1)?;
        let read = match self.kind {
            GgufType::Array => nested(&mut self.input),
            kind => GgufValue::read(kind, &mut self.input),
        };
        // What was kept was read once already.
        read.ok()
    }
}

/// An array inside of an array that was kept.
fn nested(input: &mut Input<'_>) -> Result<GgufValue, Halt> {
    let (kind, len) = array_head(input)?;
    let (start, mut arrays) = (input.rest, OpenArrays::new(kind, len));
    while !arrays.are_read() {
        arrays.step(input)?;
    }
    let bytes = start.get(..start.len() - input.rest.len()).map(Box::from);
    Ok(GgufValue::Array(GgufArray { kind, len, bytes, layout: input.layout }))
}
