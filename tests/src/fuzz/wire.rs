//! What servers answer: JSON, and headers.

use http::header::{DATE, HeaderName, HeaderValue, RETRY_AFTER};
use http::{HeaderMap, StatusCode, Uri};
use hub_download::testing::announced;
use hub_transport::testing::probe;
use hub_types::lfs::{BatchRequest, BatchResponse, CompletionRequest, ObjectId, Pointer};
use hub_types::{
    DatasetInfo, DiscussionWithDetails, GitRefs, ModelInfo, SpaceInfo, TreeEntry, WhoAmI, base64 as codec,
};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::text;

pub(super) const POINTER_WORDS: &[&str] = &[
    "version https://git-lfs.github.com/spec/v1\n",
    "oid sha256:",
    "size ",
    "\n",
    "\r\n",
    "18446744073709551615",
];
pub(super) const LFS_WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    ",",
    "null",
    "\"objects\":",
    "\"oid\":",
    "\"size\":",
    "\"actions\":",
    "\"upload\":",
    "\"header\":",
    "\"chunk_size\":",
    "\"1\":",
    "\"href\":",
    "\"error\":",
    "\"code\":",
    "\"0\"",
    "\"-1\"",
    "\"18446744073709551616\"",
    "1e99",
];
pub(super) const INFO_WORDS: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "null",
    "true",
    "\"\"",
    "\"id\":",
    "\"sha\":",
    "\"siblings\":",
    "\"lastModified\":",
    "\"gated\":",
    "\"auto\"",
    "\"2024-02-30T25:61:00Z\"",
    "\"size\":",
    "\"lfs\":",
    "\"type\":",
    "\"directory\"",
    "\"path\":",
    "\"../x\"",
    "-1",
    "1e400",
    "\"\\ud800\"",
];
pub(super) const DISCUSSION_WORDS: &[&str] = &[
    "{",
    "}",
    "null",
    "\"num\":",
    "\"events\":",
    "\"type\":",
    "\"comment\"",
    "\"status-change\"",
    "\"commit\"",
    "\"title-change\"",
    "\"data\":",
    "\"latest\":",
    "\"raw\":",
    "\"status\":",
    "\"merged\"",
    "\"createdAt\":",
    "\"changes\":",
    "-1",
];
pub(super) const ERROR_WORDS: &[&str] = &[
    "{",
    "}",
    "\"error\":",
    "\"errors\":",
    "\"message\":",
    "\"url\":",
    "[",
    "]",
    "null",
    "<html>",
    "<?xml",
    "<Code>",
    "hf_",
    "\u{1b}[31m",
    "\u{202e}",
    "https://a/?X-Amz-Signature=",
];
pub(super) const LINK_WORDS: &[&str] = &[
    "<",
    ">",
    ";",
    ",",
    "rel=",
    "\"next\"",
    "next",
    "\"",
    "=",
    "https://hub.example",
    "//evil.example",
    "/\\evil.example",
    "@",
    ":443",
    "?cursor=",
    "#",
    "..",
    "javascript:",
];
pub(super) const WAIT_WORDS: &[&str] = &[
    "\"api\"",
    ";r=0",
    ";t=",
    ",",
    "=",
    "4294967296",
    "-5",
    "Fri, 01 Jan 2027 00:00:00 GMT",
    "Friday, 01-Jan-27 00:00:00 GMT",
    " ",
    "9999",
];

/// Reads a message; one that can be read can be written, and reads as the same.
fn message<T: DeserializeOwned + serde::Serialize + std::fmt::Debug>(data: &[u8]) -> Option<T> {
    let read: T = serde_json::from_slice(data).ok()?;
    let written = serde_json::to_value(&read).unwrap();
    let again: T =
        serde_json::from_value(written.clone()).unwrap_or_else(|error| panic!("{written}: {error}"));
    assert_eq!(serde_json::to_value(&again).unwrap(), written);
    Some(read)
}

pub(super) fn lfs_pointer(data: &[u8]) {
    if let Some(pointer) = Pointer::parse(data) {
        assert_eq!(Pointer::parse(pointer.to_string().as_bytes()), Some(pointer));
    }
}

pub(super) fn lfs_batch(data: &[u8]) {
    let Some(response) = message::<BatchResponse>(data) else { return };
    for object in &response.objects {
        let Some(upload) = object.actions.as_ref().and_then(|actions| actions.upload.as_ref()) else {
            continue;
        };
        if let Ok(Some(multipart)) = upload.multipart(object.size) {
            let room = u128::from(multipart.chunk_size) * multipart.parts.len() as u128;
            assert!(room >= u128::from(object.size), "the parts cannot hold the object");
        }
    }
}

pub(super) fn lfs_request(data: &[u8]) {
    message::<BatchRequest>(data);
    message::<CompletionRequest>(data);
    message::<ObjectId>(data);
}

pub(super) fn base64(data: &[u8]) {
    assert_eq!(codec::decode(&codec::encode(data)).unwrap(), data);
    if let Some(content) = text(data).and_then(|text| codec::decode(text).ok()) {
        assert_eq!(codec::decode(&codec::encode(&content)).unwrap(), content);
    }
}

pub(super) fn repo_info(data: &[u8]) {
    message::<ModelInfo>(data);
    message::<DatasetInfo>(data);
    message::<SpaceInfo>(data);
    message::<TreeEntry>(data);
    message::<GitRefs>(data);
    message::<WhoAmI>(data);
}

pub(super) fn discussion(data: &[u8]) {
    message::<DiscussionWithDetails>(data);
}

pub(super) fn error_body(data: &[u8]) {
    let uri = Uri::from_static("https://hub.example/api/models/ada/demo");
    for status in [400, 401, 403, 404, 409, 429, 500, 503] {
        let status = StatusCode::from_u16(status).unwrap();
        let said = hub_transport::classify(status, &HeaderMap::new(), &uri, data);
        assert!(!said.message.contains(|c: char| c.is_control() && c != '\n'), "{:?}", said.message);
        assert!(said.message.len() <= 8 * 1024, "a message of {} bytes", said.message.len());
    }
}

pub(super) fn page(data: &[u8]) {
    let Ok((fit, odd)) = probe::page_entries(data) else { return };
    // What reads entry by entry agrees with what reads all at once, where all fit.
    if let Ok(entries) = serde_json::from_slice::<Vec<Value>>(data) {
        assert_eq!((fit, odd), (entries.len(), 0));
    }
}

pub(super) fn link(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    let current = Uri::from_static("https://hub.example/api/models?limit=2");
    if let Ok(Some(next)) = probe::next_page(value, &current) {
        assert_eq!(next.scheme_str(), Some("https"));
        let authority = next.authority().unwrap().as_str();
        assert!(authority == "hub.example" || authority == "hub.example:443", "{next}");
    }
}

fn wait(name: HeaderName, data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    let mut headers = HeaderMap::from_iter([(name, value.clone())]);
    for status in [StatusCode::OK, StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE] {
        let wait = probe::server_wait(status, &headers);
        assert!(wait.is_none_or(|wait| !wait.is_zero()));
    }
    headers.insert(DATE, value);
    probe::server_wait(StatusCode::SERVICE_UNAVAILABLE, &headers);
}

pub(super) fn rate_limit(data: &[u8]) {
    wait(HeaderName::from_static("ratelimit"), data);
}

pub(super) fn retry_after(data: &[u8]) {
    wait(RETRY_AFTER, data);
}

pub(super) fn content_range(data: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(data) else { return };
    for size in [0, 1, 10, u64::MAX] {
        if let Some(span) = announced(value.clone(), size) {
            assert!(span.start < span.end && span.end <= size, "{span:?} of {size}");
        }
    }
}
