//! Large files by Xet: chunks in xorbs, shared by all repositories, and files that are lists of them.
//!
//! A xorb or a shard is checked while it comes; what is kept is right. Which file a repository has is in the database, under the
//! sha256 of its LFS pointers, so that whoever asks for the pointer gets the file.

mod check;
mod content;
mod dedup;
mod error;
mod files;
mod garbage;
mod indexes;
mod register;
mod shard;
mod store;
mod turns;
mod xorbs;

pub(super) use check::xorbs;
pub(crate) use error::XetFault;
pub(crate) use files::{Kept, NewFile};
pub(crate) use register::ShardCheck;
pub(crate) use store::XetStore;
