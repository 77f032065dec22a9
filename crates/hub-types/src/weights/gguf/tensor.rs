//! Tensors of a GGUF file, and the types of their elements.

use std::fmt;

use crate::weights::elements;

/// A tensor.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GgufTensor {
    /// Its name.
    pub name: String,
    /// The length of each dimension, **the innermost first**, as the file has them.
    pub dimensions: Vec<u64>,
    /// The type of its elements.
    pub kind: GgmlType,
    /// Its first byte, counted from [`Gguf::data_start`](super::Gguf::data_start).
    pub offset: u64,
}

impl GgufTensor {
    /// The length of each dimension, the outermost first, as safetensors and numpy have them.
    pub fn shape(&self) -> Vec<u64> {
        self.dimensions.iter().rev().copied().collect()
    }

    /// How many numbers it has.
    pub fn parameter_count(&self) -> u64 {
        elements(&self.dimensions).unwrap_or(u64::MAX)
    }

    /// How many bytes it has; `None` if its type is not known, or it is no whole number of the type's blocks.
    pub fn size(&self) -> Option<u64> {
        let (block, bytes) = self.kind.block()?;
        let count = elements(&self.dimensions)?;
        if !count.is_multiple_of(block) {
            return None;
        }
        (count / block).checked_mul(bytes)
    }
}

/// The type of a tensor's elements, by its number in ggml. An open set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GgmlType(pub u32);

/// Number, name, elements of a block, and its bytes.
const TYPES: &[(u32, &str, u64, u64)] = &[
    (0, "F32", 1, 4),
    (1, "F16", 1, 2),
    (2, "Q4_0", 32, 18),
    (3, "Q4_1", 32, 20),
    (6, "Q5_0", 32, 22),
    (7, "Q5_1", 32, 24),
    (8, "Q8_0", 32, 34),
    (9, "Q8_1", 32, 36),
    (10, "Q2_K", 256, 84),
    (11, "Q3_K", 256, 110),
    (12, "Q4_K", 256, 144),
    (13, "Q5_K", 256, 176),
    (14, "Q6_K", 256, 210),
    (15, "Q8_K", 256, 292),
    (16, "IQ2_XXS", 256, 66),
    (17, "IQ2_XS", 256, 74),
    (18, "IQ3_XXS", 256, 98),
    (19, "IQ1_S", 256, 50),
    (20, "IQ4_NL", 32, 18),
    (21, "IQ3_S", 256, 110),
    (22, "IQ2_S", 256, 82),
    (23, "IQ4_XS", 256, 136),
    (24, "I8", 1, 1),
    (25, "I16", 1, 2),
    (26, "I32", 1, 4),
    (27, "I64", 1, 8),
    (28, "F64", 1, 8),
    (29, "IQ1_M", 256, 56),
    (30, "BF16", 1, 2),
    (34, "TQ1_0", 256, 54),
    (35, "TQ2_0", 256, 66),
    (39, "MXFP4", 32, 17),
];

impl GgmlType {
    fn row(self) -> Option<&'static (u32, &'static str, u64, u64)> {
        TYPES.iter().find(|(number, ..)| *number == self.0)
    }

    /// `F32`, `Q4_K` and so on; `None` if it is not known.
    pub fn name(self) -> Option<&'static str> {
        self.row().map(|(_, name, ..)| *name)
    }

    /// How many elements are stored together, and in how many bytes; `None` if it is not known.
    pub fn block(self) -> Option<(u64, u64)> {
        self.row().map(|(_, _, elements, bytes)| (*elements, *bytes))
    }
}

impl fmt::Display for GgmlType {
    /// Its name, or `type 99`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "type {}", self.0),
        }
    }
}
