//! Uploads in parts, which are the Hub's own.

use serde::{Deserialize, Serialize};

use super::{Action, CHUNK_SIZE};
use crate::ParseError;

/// A multipart upload as [`Action::multipart`] reads it.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Multipart {
    /// Bytes per part; the last part may be shorter.
    pub chunk_size: u64,
    /// URL of each part, first to last.
    pub parts: Vec<String>,
}

impl Multipart {
    /// Parts of `chunk_size` bytes that go to these URLs.
    pub fn new(chunk_size: u64, parts: Vec<String>) -> Self {
        Self { chunk_size, parts }
    }
}

impl std::fmt::Debug for Multipart {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Multipart")
            .field("chunk_size", &self.chunk_size)
            .field("parts", &self.parts.len())
            .finish()
    }
}

impl Action {
    /// The parts of a multipart upload of `size` bytes, or `None` when the content goes in one `PUT`.
    ///
    /// # Errors
    /// When the part size is not a positive number, or the parts are not numbered 1 to `ceil(size / chunk_size)`.
    pub fn multipart(&self, size: u64) -> Result<Option<Multipart>, ParseError> {
        let Some(chunk_size) = self.header.get(CHUNK_SIZE) else { return Ok(None) };
        let fail =
            |reason: String| ParseError::new("multipart upload", format!("chunk_size={chunk_size}"), reason);
        let chunk_size: u64 = match chunk_size.parse() {
            Ok(0) | Err(_) => return Err(fail("the part size is not a positive number".into())),
            Ok(chunk_size) => chunk_size,
        };
        let mut numbered: Vec<(u64, &String)> = Vec::new();
        for (key, url) in &self.header {
            if !key.is_empty() && key.bytes().all(|b| b.is_ascii_digit()) {
                let number = key.parse().map_err(|_| fail(format!("part number {key} is too large")))?;
                numbered.push((number, url));
            }
        }
        numbered.sort_unstable_by_key(|(number, _)| *number);
        let expected = size.div_ceil(chunk_size);
        let in_order = numbered.iter().zip(1..).all(|((number, _), wanted)| *number == wanted);
        if numbered.len() as u64 != expected || !in_order {
            return Err(fail(format!(
                "{size} bytes need parts 1 to {expected}, the server named {}",
                numbered.len()
            )));
        }
        Ok(Some(Multipart::new(chunk_size, numbered.into_iter().map(|(_, url)| url.clone()).collect())))
    }
}

/// The body that completes a multipart upload, posted to [`Actions::upload`](super::Actions::upload)'s URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CompletionRequest {
    /// The object's sha256.
    pub oid: String,
    /// Every part, in order.
    pub parts: Vec<CompletedPart>,
}

impl CompletionRequest {
    /// Completes the object `oid` of these parts.
    pub fn new(oid: impl Into<String>, parts: Vec<CompletedPart>) -> Self {
        Self { oid: oid.into(), parts }
    }
}

/// One uploaded part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CompletedPart {
    /// Counted from 1.
    pub part_number: u32,
    /// The `ETag` header of the part's response, with its quotes.
    pub etag: String,
}

impl CompletedPart {
    /// The part of this number, counted from 1.
    pub fn new(part_number: u32, etag: impl Into<String>) -> Self {
        Self { part_number, etag: etag.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(header: &[(&str, &str)]) -> Action {
        let header = header.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
        Action { header, ..Action::new("https://x/complete?sig=secret") }
    }

    #[test]
    fn parts_are_read_in_numeric_order() {
        let upload = action(&[("chunk_size", "10"), ("2", "b"), ("00001", "a"), ("10x", "no")]);
        let parts = upload.multipart(20).unwrap().unwrap();
        assert_eq!((parts.chunk_size, parts.parts), (10, vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(action(&[]).multipart(20).unwrap(), None);
    }

    #[test]
    fn parts_that_do_not_cover_the_file_are_refused() {
        let cases: [(&[(&str, &str)], u64); 6] = [
            (&[("chunk_size", "0"), ("1", "a")], 10),
            (&[("chunk_size", "x"), ("1", "a")], 10),
            (&[("chunk_size", "10"), ("1", "a")], 11),
            (&[("chunk_size", "10"), ("1", "a"), ("2", "b")], 10),
            (&[("chunk_size", "10"), ("1", "a"), ("3", "b")], 20),
            (&[("chunk_size", "10"), ("1", "a"), ("01", "b")], 20),
        ];
        for (header, size) in cases {
            assert!(action(header).multipart(size).is_err(), "{header:?}");
        }
    }
}
