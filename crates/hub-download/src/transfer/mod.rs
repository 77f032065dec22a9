//! The content of one file on its way to the disk.

pub(crate) mod adaptive;
pub(crate) mod fetch;
pub(crate) mod partial;
pub(crate) mod parts;
pub(crate) mod range;
mod response;
pub(crate) mod sink;
pub(crate) mod writer;
mod written_ranges;
