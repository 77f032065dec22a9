//! Git LFS as the Hub speaks it: batch, basic and multipart uploads, verify, and pointer files.
//!
//! Source: the Git LFS batch API; the multipart transfer is the Hub's own.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::{ParseError, error_code, lenient, setters::setters};

/// Media type of batch, completion and verify bodies, both ways.
pub const MEDIA_TYPE: &str = "application/vnd.git-lfs+json";
/// The code of an [`ObjectError`] for a response that cannot be read, or has no code.
const UNREADABLE: u16 = 0;
/// Key in [`Action::header`] that makes an upload a multipart one; its value is the part size in bytes.
pub const CHUNK_SIZE: &str = "chunk_size";

/// Upload or download.
///
/// Exhaustive on purpose: Git LFS has no other, and a server answers each differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Objects go to the server.
    Upload,
    /// Objects come from the server.
    Download,
}

/// The body of `POST /{id}.git/info/lfs/objects/batch`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BatchRequest {
    /// Upload or download.
    pub operation: Operation,
    /// The transfers that the client knows, best first. Empty means `basic`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transfers: Vec<String>,
    /// The branch that the objects are meant for, not percent-encoded.
    #[serde(default, rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<BatchRef>,
    /// The objects, at most 256 as clients send it.
    pub objects: Vec<ObjectId>,
    /// `sha256` (`sha_256` from the JavaScript client), or nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash_algo: Option<String>,
}

impl BatchRequest {
    /// Asks about `objects`, for the `basic` transfer.
    pub fn new(operation: Operation, objects: Vec<ObjectId>) -> Self {
        Self { operation, objects, transfers: Vec::new(), reference: None, hash_algo: None }
    }

    setters! {
        /// The transfers that the client knows, best first. Default none, which means `basic`.
        transfers: Vec<String>,
        /// The branch that the objects are meant for. Default none.
        reference: Option<BatchRef>,
        /// The hash of the oids: `sha256`. Default left out.
        hash_algo: Option<String>,
    }
}

/// The ref of a [`BatchRequest`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BatchRef {
    /// Name of the revision, raw.
    pub name: String,
}

impl BatchRef {
    /// The revision of this name, not percent-encoded.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

/// An object by content. Also the body of a verify request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ObjectId {
    /// sha256 of the content: 64 lower-case hexadecimal digits.
    pub oid: String,
    /// Size of the content in bytes.
    pub size: u64,
}

impl ObjectId {
    /// The object of `size` bytes with this sha256.
    pub fn new(oid: impl Into<String>, size: u64) -> Self {
        Self { oid: oid.into(), size }
    }
}

/// Whether `oid` is 64 lower-case hexadecimal digits.
pub fn is_oid(oid: &str) -> bool {
    oid.len() == 64 && oid.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// The response to a [`BatchRequest`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BatchResponse {
    /// The transfer that the actions belong to; `basic` when left out.
    #[serde(default, deserialize_with = "crate::lenient::optional", skip_serializing_if = "Option::is_none")]
    pub transfer: Option<String>,
    /// One entry for each object that was asked about. One that cannot be read has an error that says so; one without an `oid` is
    /// left out.
    #[serde(deserialize_with = "objects")]
    pub objects: Vec<BatchObject>,
}

impl BatchResponse {
    /// A response for the `basic` transfer.
    pub fn new(objects: Vec<BatchObject>) -> Self {
        Self { objects, transfer: None }
    }

    setters! {
        /// The transfer that the actions belong to. Default left out, which means `basic`.
        transfer: Option<String>,
    }
}

/// What to do about one object.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BatchObject {
    /// The object's sha256.
    pub oid: String,
    /// The object's size in bytes.
    pub size: u64,
    /// Whether the actions need no further credentials.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub authenticated: Option<bool>,
    /// What to do. Left out when an upload is not needed; never written as `null` or `{}`, which breaks Python.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actions: Option<Actions>,
    /// Why nothing can be done about this object.
    #[serde(default, deserialize_with = "refusal", skip_serializing_if = "Option::is_none")]
    pub error: Option<ObjectError>,
}

impl BatchObject {
    /// Nothing is to be done about the object.
    pub fn new(oid: impl Into<String>, size: u64) -> Self {
        Self { oid: oid.into(), size, authenticated: None, actions: None, error: None }
    }

    setters! {
        /// Whether the actions need no further credentials. Default left out.
        authenticated: Option<bool>,
        /// What to do. Default nothing.
        actions: Option<Actions>,
        /// Why nothing can be done about the object. Default none.
        error: Option<ObjectError>,
    }
}

/// Why one object of a batch was refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ObjectError {
    /// An HTTP status code; 0 when there is none.
    pub code: u16,
    /// The reason.
    pub message: String,
}

impl ObjectError {
    /// A refusal with an HTTP status code.
    pub fn new(code: u16, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// Reads the objects of a response: one that does not fit keeps its `oid` and says why.
fn objects<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<BatchObject>, D::Error> {
    let read = |value: Value| {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let (oid, size) = (text("oid"), value.get("size").and_then(Value::as_u64).unwrap_or_default());
        // What exactly is wrong may quote a signed URL.
        BatchObject::deserialize(value).map(Some).unwrap_or_else(|_| {
            let error = ObjectError::new(UNREADABLE, "what the server says of it cannot be read");
            oid.map(|oid| BatchObject::new(oid, size).error(error))
        })
    };
    Ok(Vec::<Value>::deserialize(deserializer)?.into_iter().filter_map(read).collect())
}

/// Reads why an object was refused: whatever is there and not null says that it was.
fn refusal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<ObjectError>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => None,
        value => {
            let code = value.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
            let message = error_code::reason(&value).unwrap_or_else(|| "no reason was given".to_owned());
            Some(ObjectError::new(code.unwrap_or(UNREADABLE), message))
        }
    })
}

/// The steps for one object.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Actions {
    /// Where the content goes; for a multipart upload, where completion is posted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<Action>,
    /// Where the client confirms the upload.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify: Option<Action>,
    /// Where the content is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub download: Option<Action>,
}

impl Actions {
    /// No step at all.
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Where the content goes; for a multipart upload, where completion is posted. Default nowhere.
        upload: Option<Action>,
        /// Where the client confirms the upload. Default nowhere.
        verify: Option<Action>,
        /// Where the content is. Default nowhere.
        download: Option<Action>,
    }
}

/// A URL that carries its own permission, with the headers to send.
///
/// `Debug` leaves the URL's query out: it is a credential.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Action {
    /// Absolute URL.
    pub href: String,
    /// Headers to send; for multipart uploads also [`CHUNK_SIZE`] and one URL per part number.
    #[serde(default, deserialize_with = "lenient::texts")]
    pub header: BTreeMap<String, String>,
    /// Seconds for which the URL is valid.
    #[serde(default, deserialize_with = "lenient::optional", skip_serializing_if = "Option::is_none")]
    pub expires_in: Option<u64>,
}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let url = self.href.split('?').next().unwrap_or_default();
        f.debug_struct("Action").field("href", &url).field("headers", &self.header.len()).finish()
    }
}

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
    /// A URL without headers that is valid for an unknown time.
    pub fn new(href: impl Into<String>) -> Self {
        Self { href: href.into(), header: BTreeMap::new(), expires_in: None }
    }

    setters! {
        /// Seconds for which the URL is valid. Default unknown.
        expires_in: Option<u64>,
    }

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

/// The body that completes a multipart upload, posted to [`Actions::upload`]'s URL.
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

/// A pointer file: what git keeps in place of an LFS object.
///
/// ```
/// use hub_types::lfs::Pointer;
/// let pointer = Pointer::new("a".repeat(64), 12);
/// assert_eq!(Pointer::parse(pointer.to_string().as_bytes()), Some(pointer));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Pointer {
    /// sha256 of the content.
    pub oid: String,
    /// Size of the content in bytes.
    pub size: u64,
}

impl Pointer {
    /// Points to the content of `size` bytes with this sha256.
    pub fn new(oid: impl Into<String>, size: u64) -> Self {
        Self { oid: oid.into(), size }
    }

    /// No pointer file is longer, in bytes.
    pub const MAX_LENGTH: usize = 1024;
    const VERSION: &str = "version https://git-lfs.github.com/spec/v1";

    /// Reads a blob as a pointer; `None` when it is an ordinary file.
    pub fn parse(blob: &[u8]) -> Option<Self> {
        if blob.len() > Self::MAX_LENGTH {
            return None;
        }
        let mut lines = std::str::from_utf8(blob).ok()?.lines();
        if lines.next()? != Self::VERSION {
            return None;
        }
        let (mut oid, mut size) = (None, None);
        for line in lines {
            match line.split_once(' ')? {
                ("oid", value) => oid = value.strip_prefix("sha256:").filter(|oid| is_oid(oid)),
                ("size", value) => size = value.parse().ok(),
                _ => {}
            }
        }
        Some(Self { oid: oid?.to_owned(), size: size? })
    }
}

impl std::fmt::Display for Pointer {
    /// The text of the pointer file: three lines, each ended by a line feed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\noid sha256:{}\nsize {}\n", Self::VERSION, self.oid, self.size)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    #[test]
    fn the_signature_of_a_url_is_never_printed() {
        assert!(!format!("{:?}", action(&[])).contains("secret"));
    }

    #[test]
    fn an_object_that_is_there_has_no_actions_key() {
        assert_eq!(serde_json::to_string(&BatchObject::new("a", 1)).unwrap(), r#"{"oid":"a","size":1}"#);
    }

    proptest! {
        #[test]
        fn pointers_survive_the_round_trip(oid in "[0-9a-f]{64}", size: u64) {
            let pointer = Pointer::new(oid, size);
            prop_assert_eq!(Pointer::parse(pointer.to_string().as_bytes()), Some(pointer));
        }

        #[test]
        fn reading_a_pointer_never_panics(blob in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Pointer::parse(&blob);
        }
    }
}
