//! The content of one file on its way to the disk.

mod adaptive;
pub(crate) mod fetch;
pub(crate) mod partial;
mod parts;
pub(crate) mod range;
mod response;
pub(crate) mod sink;
mod writer;
mod written_ranges;
