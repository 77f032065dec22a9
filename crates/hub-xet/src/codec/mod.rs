//! Chunk records: how one chunk is stored in a xorb (section 5).
//!
//! A record is a [`ChunkHeader`] of eight bytes and the stored form of the chunk. Which [`Scheme`] it is stored by is the writer's
//! choice, for each chunk; the hash of a chunk is that of its raw bytes.

mod choice;
mod decode;
mod encode;
mod group;
mod header;
mod lz4;

pub use choice::Compression;
pub use decode::Decoder;
pub use encode::{EncodedChunk, Encoder};
pub use header::{ChunkHeader, HEADER_LEN, MAX_STORED_CHUNK, Scheme};
