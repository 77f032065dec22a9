//! The heads of files of weights: which tensors a file has, of which type and shape, and where their bytes are.
//!
//! Nothing here reads a file: [`safetensors::parse`] takes the first bytes of one, and [`gguf::GgufDecoder`] is fed with them
//! until it has the whole head. What is read is bounded before anything is allocated for it.
//!
//! ```
//! use hub_types::weights::safetensors;
//!
//! let json = br#"{"w": {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 12]}}"#;
//! let head = [&(json.len() as u64).to_le_bytes()[..], json].concat();
//! let file = safetensors::parse(&head, None)?;
//! assert_eq!(file.tensors["w"].shape, [2, 3]);
//! assert_eq!(file.parameter_count()?["BF16"], 6);
//! # Ok::<(), hub_types::weights::WeightsError>(())
//! ```

mod error;
pub mod gguf;
pub mod safetensors;

pub use error::WeightsError;

/// How many elements a tensor of this shape has; `None` if that is no number of 64 bits. Without dimensions it is one.
pub(crate) fn elements(shape: &[u64]) -> Option<u64> {
    if shape.contains(&0) {
        return Some(0);
    }
    shape.iter().try_fold(1u64, |count, length| count.checked_mul(*length))
}
