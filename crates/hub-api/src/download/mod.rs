//! Downloads into a folder: what to fetch, fetching it, and keeping track of what is there.
//!
//! The folder is laid out as the Python client lays out a `local_dir`, so that both continue each other's work.

mod content;
mod fetch;
mod local_dir;
mod metadata;

pub(crate) use content::ContentId;
pub(crate) use fetch::{Fetch, fetch};
pub(crate) use local_dir::LocalDir;
pub(crate) use metadata::file_metadata;
