//! Formats of the Xet protocol, by which the Hugging Face Hub stores large files in deduplicated pieces.
//!
//! A file is cut into [chunks](chunker) by its content. Chunks are [compressed](codec) and put into [xorbs](xorb); a file is then a
//! list of [terms](recipe), each some chunks of a xorb, and is registered in a [shard]. Everything is named by a
//! [merkle hash](merkle).
//!
//! Nothing here does I/O, is async, or knows HTTP: readers take bytes in pieces of any size and hold no more than one record, builders give
//! bytes. So a client and a server can both be written on it. What comes from outside is checked against the
//! limits of the protocol before anything is allocated for it, and never panics.
//!
//! ```
//! use hub_xet::chunker::chunks;
//! use hub_xet::codec::Encoder;
//! use hub_xet::recipe::{FetchPlan, Reconstruction, RecipeBuilder};
//! use hub_xet::shard::{FileBlock, Shard, ShardBuilder, XorbBlock};
//! use hub_xet::xorb::{RecordReader, XorbBuilder};
//! use hub_xet::merkle;
//!
//! // Upload: cut a file into chunks, put them into a xorb, and register both in a shard.
//! let file: Vec<u8> = (0..300_000_u32).flat_map(|i| (i / 3).to_le_bytes()).collect();
//! let (mut encoder, mut builder, mut recipe) = (Encoder::default(), XorbBuilder::new(), RecipeBuilder::new());
//! for data in chunks(&file) {
//!     let chunk = encoder.encode(data)?;
//!     let number = builder.push(&chunk)?;
//!     recipe.push("the xorb", number, chunk.hash(), chunk.header().raw_len)?;
//! }
//! let xorb = builder.take().ok_or("an empty file")?;
//! let recipe = recipe.finish().resolve(|_| Some(xorb.hash()))?;
//!
//! let mut shard = ShardBuilder::new();
//! shard.push_file(&FileBlock::new(recipe, None))?;
//! shard.push_xorb(&XorbBlock::from(xorb.index()))?;
//! let (body, shard) = (xorb.to_vec(), shard.finish());
//!
//! // Download some bytes of it: find their records, decode them and put them in their places.
//! let registered = &Shard::parse(&shard)?.files[0];
//! let wanted = 100_000..700_000;
//! let found = Reconstruction::new(&registered.terms, wanted.clone(), |_| Some(xorb.index()))?;
//! let mut part = vec![0; 600_000];
//! for fetch in FetchPlan::new(&found, wanted.clone())?.fetches {
//!     let mut input = &body[fetch.range.bytes.start as usize..fetch.range.bytes.end as usize];
//!     let (mut records, mut placement) = (RecordReader::new(), fetch.placement());
//!     while let Some(record) = records.next_record(&mut input)? {
//!         for placed in placement.place(record.data)? {
//!             let begin = (placed.position - wanted.start) as usize;
//!             part[begin..begin + placed.data.len()].copy_from_slice(placed.data);
//!         }
//!     }
//!     placement.finish()?;
//! }
//! assert_eq!(part, file[100_000..700_000]);
//!
//! // A whole file is checked by its hash.
//! let mut tree = merkle::MerkleBuilder::new();
//! tree.extend(chunks(&file).map(|data| (hub_xet::hash::chunk_hash(data), data.len() as u64)));
//! assert_eq!(tree.file_hash(), registered.hash);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
