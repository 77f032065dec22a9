//! Shards: which files consist of which terms, and which chunks the xorbs have (section 7).
//!
//! [`ShardBuilder`] writes one, for an upload, a cache or a response to a deduplication query. [`ShardReader`] reads one from a stream
//! record by record, in constant memory; [`Shard::parse`] reads one that is in memory.

mod builder;
mod footer;
mod format;
mod parse;
mod reader;

pub use builder::ShardBuilder;
pub use footer::ShardFooter;
pub use parse::{FileBlock, Shard, XorbBlock};
pub use reader::{ShardChunk, ShardEvent, ShardReader};

/// Most bytes of a shard that is uploaded.
pub const MAX_SHARD_BYTES: usize = 64 * 1024 * 1024;
