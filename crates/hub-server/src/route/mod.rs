//! What can be asked for, and who may.
//!
//! [`crate::router`] stands outside, since it knows the handlers and they know this.

pub(crate) mod cas;
pub(crate) mod exceptions;
pub(crate) mod lfs_link;
#[cfg(feature = "page")]
pub(crate) mod page;
pub(crate) mod rights;
pub(crate) mod table;
pub(crate) mod xet_scope;
