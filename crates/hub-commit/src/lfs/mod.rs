//! Content that goes to LFS.

mod batch;
mod endpoint;
mod missing;
pub(crate) mod object;
mod range;
mod transfer;
mod upload;
mod url;

pub(crate) use self::object::Object;
pub(crate) use self::upload::{judge, upload, upload_objects};
pub(crate) use crate::lfs::missing::{digest_all, digest_regular, missing};
