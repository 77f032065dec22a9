//! Large files: content is shared by all repositories, existence is per repository.
//!
//! What arrives is written to `incoming/` while it is hashed, and becomes visible by a rename when size and sha256 are right.

#[cfg(feature = "page")]
mod arrived;
mod error;
mod free;
pub(in crate::store) mod incoming;
mod parts;
mod store;
#[cfg(test)]
mod tests;
mod uploads;

#[cfg(feature = "page")]
pub(crate) use arrived::{Arrived, SAMPLE};
pub(crate) use error::LfsError;
pub use incoming::DiscardLfs;
pub(crate) use store::LfsStore;
pub(in crate::store) use store::read_object;
