//! [`GgufType`]: the type of a value.

use super::input::Layout;
use crate::weights::WeightsError;

/// The type of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the names say it")]
pub enum GgufType {
    U8,
    I8,
    U16,
    I16,
    U32,
    I32,
    F32,
    Bool,
    Text,
    Array,
    U64,
    I64,
    F64,
}

impl GgufType {
    /// In the order of their numbers.
    const ALL: [Self; 13] = [
        Self::U8,
        Self::I8,
        Self::U16,
        Self::I16,
        Self::U32,
        Self::I32,
        Self::F32,
        Self::Bool,
        Self::Text,
        Self::Array,
        Self::U64,
        Self::I64,
        Self::F64,
    ];

    pub(super) fn of(number: u32) -> Result<Self, WeightsError> {
        let found = usize::try_from(number).ok().and_then(|number| Self::ALL.get(number));
        found.copied().ok_or_else(|| WeightsError::Broken(format!("there is no type of values {number}")))
    }

    /// Bytes of each value, where they are always as many.
    pub(super) fn width(self) -> Option<usize> {
        match self {
            Self::U8 | Self::I8 | Self::Bool => Some(1),
            Self::U16 | Self::I16 => Some(2),
            Self::U32 | Self::I32 | Self::F32 => Some(4),
            Self::U64 | Self::I64 | Self::F64 => Some(8),
            Self::Text | Self::Array => None,
        }
    }

    /// The fewest bytes of a value.
    pub(super) fn least(self, layout: Layout) -> u64 {
        let count = if layout.wide { 8 } else { 4 };
        match self {
            Self::Text => count,
            Self::Array => 4 + count,
            other => other.width().map_or(1, |width| width as u64),
        }
    }
}
