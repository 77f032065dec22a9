//! What the Hub says about files before any content is fetched.

pub(crate) mod metadata;
pub(crate) mod tree;

pub use self::metadata::{FileMetadata, file_metadata, metadata_at};
