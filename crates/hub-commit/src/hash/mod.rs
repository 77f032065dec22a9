//! The hash pass: each file is read once, for the digest that its upload needs.

pub(crate) mod block_checksums;
pub(crate) mod cache;
pub(crate) mod digest;
mod sha256;

pub use self::cache::DigestCache;
pub use self::digest::{Digests, Want};
