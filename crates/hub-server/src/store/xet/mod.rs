//! Large files by Xet: chunks in xorbs, shared by all repositories, and files that are lists of them.
//!
//! A xorb or a shard is checked while it comes; what is kept is right. Which file a repository has is in the database, under the
//! sha256 of its LFS pointers, so that whoever asks for the pointer gets the file.

mod check;
mod content;
mod dedup;
mod error;
mod files;
mod folder;
mod garbage;
mod indexes;
mod register;
mod rows;
mod shard;
mod store;
mod turns;
mod xorbs;

pub(crate) use error::XetFault;
pub(crate) use files::NewFile;
pub(super) use folder::XetFolder;
pub(crate) use register::ShardCheck;
pub(super) use rows::{all_files, all_xorbs, files_in, files_of};
pub(crate) use store::XetStore;
