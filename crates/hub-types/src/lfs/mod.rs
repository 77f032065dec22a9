//! Git LFS as the Hub speaks it: batch, basic and multipart uploads, verify, and pointer files.
//!
//! Source: the Git LFS batch API; the multipart transfer is the Hub's own.

mod multipart;
mod pointer;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

pub use multipart::{CompletedPart, CompletionRequest, Multipart};
pub use pointer::Pointer;

use crate::{error_code, lenient, setters::setters};

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

impl Action {
    /// A URL without headers that is valid for an unknown time.
    pub fn new(href: impl Into<String>) -> Self {
        Self { href: href.into(), header: BTreeMap::new(), expires_in: None }
    }

    setters! {
        /// Seconds for which the URL is valid. Default unknown.
        expires_in: Option<u64>,
    }
}

impl std::fmt::Debug for Action {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let url = self.href.split('?').next().unwrap_or_default();
        f.debug_struct("Action").field("href", &url).field("headers", &self.header.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_of_a_url_is_never_printed() {
        assert!(!format!("{:?}", Action::new("https://x/complete?sig=secret")).contains("secret"));
    }

    #[test]
    fn an_object_that_is_there_has_no_actions_key() {
        assert_eq!(serde_json::to_string(&BatchObject::new("a", 1)).unwrap(), r#"{"oid":"a","size":1}"#);
    }
}
