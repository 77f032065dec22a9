//! Request bodies that are read and encoded while they are sent.

pub(crate) mod chunks;
pub(crate) mod encoded;
pub(crate) mod ndjson;
pub(crate) mod read;
