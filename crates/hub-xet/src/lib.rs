//! wip
pub mod chunker;
pub mod codec;
pub mod dedup;
mod error;
pub mod hash;
pub mod merkle;
mod range;
pub mod recipe;
pub mod shard;
pub mod wire;
pub mod xorb;
pub use error::XetError;
pub use hash::MerkleHash;
pub use range::{ChunkRange, MAX_XORB_BYTES, MAX_XORB_CHUNKS};
