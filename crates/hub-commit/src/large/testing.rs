//! The parser of the journal of an upload, for tests that feed it anything at all.

use super::facts::{Facts, write};

/// Reads a journal and writes the shortest one that says the same. Lines that cannot be read are left out.
///
/// # Errors
/// When a fact cannot be written as JSON.
pub fn journal(text: &[u8]) -> Result<Vec<u8>, serde_json::Error> {
    write(&Facts::read(text).lines())
}
