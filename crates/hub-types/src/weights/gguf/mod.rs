//! GGUF: magic number, version, key-value pairs, tensors, and then the bytes of all tensors.
//!
//! ```
//! use hub_types::weights::gguf::GgufDecoder;
//!
//! // Version 3, no tensor, one pair: `general.name` is the text (8) `demo`.
//! let mut head = b"GGUF\x03\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0".to_vec();
//! head.extend(b"\x0c\0\0\0\0\0\0\0general.name\x08\0\0\0\x04\0\0\0\0\0\0\0demo");
//!
//! let mut decoder = GgufDecoder::new(None);
//! for piece in head.chunks(7) {
//!     decoder.feed(piece)?;
//! }
//! assert_eq!(decoder.finish()?.name(), Some("demo"));
//! # Ok::<(), hub_types::weights::WeightsError>(())
//! ```

mod arrays;
mod decoder;
mod input;
mod kind;
mod shards;
mod tensor;
#[cfg(test)]
mod tests;
mod value;

use std::collections::BTreeMap;

pub use self::decoder::{GgufDecoder, MAX_HEAD};
pub use self::kind::GgufType;
pub use self::shards::GgufShard;
pub use self::tensor::{GgmlType, GgufTensor};
pub use self::value::{GgufArray, GgufArrayValues, GgufValue};

/// The head of a GGUF file.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Gguf {
    /// 1, 2 or 3.
    pub version: u32,
    /// Whether its numbers, those of tensors too, have the most significant byte first.
    pub big_endian: bool,
    /// The pairs by key. Arrays may be without their elements, see [`GgufDecoder::keep_arrays`].
    pub metadata: BTreeMap<String, GgufValue>,
    /// The tensors in the order of the file.
    pub tensors: Vec<GgufTensor>,
    /// What the places of tensors are multiples of, in bytes.
    pub alignment: u64,
    /// Where the bytes of tensors begin in the file.
    pub data_start: u64,
}

impl Gguf {
    /// `general.architecture`: `llama`, `clip` and so on.
    pub fn architecture(&self) -> Option<&str> {
        self.metadata.get("general.architecture")?.as_str()
    }

    /// `general.name`.
    pub fn name(&self) -> Option<&str> {
        self.metadata.get("general.name")?.as_str()
    }

    /// The number and the count of the shard that this is, counted from 0: `split.no` and `split.count`. `None` where there
    /// is one file.
    pub fn split(&self) -> Option<(u64, u64)> {
        let number = |key: &str| self.metadata.get(key)?.as_u64();
        let count = number("split.count").filter(|count| *count > 1)?;
        Some((number("split.no")?, count))
    }

    /// The tensor of this name.
    pub fn tensor(&self, name: &str) -> Option<&GgufTensor> {
        self.tensors.iter().find(|tensor| tensor.name == name)
    }

    /// How many numbers there are of each type, by the type's name.
    pub fn parameter_count(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::<String, u64>::new();
        for tensor in &self.tensors {
            let count = counts.entry(tensor.kind.to_string()).or_default();
            *count = count.saturating_add(tensor.parameter_count());
        }
        counts
    }

    /// Bytes of all tensors, without those of a type that is not known.
    pub fn size(&self) -> u64 {
        self.tensors.iter().filter_map(GgufTensor::size).fold(0, u64::saturating_add)
    }

    /// Which bytes of the file are those of a tensor; `None` if its type is not known.
    pub fn bytes_of(&self, tensor: &GgufTensor) -> Option<std::ops::Range<u64>> {
        let start = self.data_start.checked_add(tensor.offset)?;
        Some(start..start.checked_add(tensor.size()?)?)
    }
}
