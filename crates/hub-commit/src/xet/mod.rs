//! Content that goes to the CAS of a Hub by Xet: the same stage as [`lfs`](crate::lfs), by another protocol.
//!
//! `upload` is the way of all files on one page. A `pass` reads each once and sends the chunks that the CAS does not have, by what is
//! `known` from earlier uploads and what `queries` find out. `shards` registers the files; `refused` looks for what to do when the
//! CAS does not accept them.

mod endpoint;
mod known;
mod pass;
mod queries;
mod refused;
mod session;
mod shards;
mod upload;
mod xorbs;

pub(crate) use self::upload::{connect, estimate, upload, upload_objects};
