//! The parsers of what servers send and disks keep, for tests that feed them anything at all.

use std::ops::Range;

use http::{HeaderValue, Response, StatusCode, header::CONTENT_RANGE};
use hub_transport::Body;

use crate::destination::local_dir;
use crate::listing::tree::Tree;
use crate::transfer::range;

/// Which bytes of a file of `size` bytes a `206` with this `Content-Range` announces; `None` if that cannot be told.
pub fn announced(content_range: HeaderValue, size: u64) -> Option<Range<u64>> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    response.headers_mut().insert(CONTENT_RANGE, content_range);
    range::announced(&response, size)
}

/// Reads the note beside a file of a folder: its commit, its etag and a time in seconds.
pub fn folder_note(text: &str) -> Option<(String, String, f64)> {
    local_dir::parse_note(text).map(|said| (said.commit, said.etag, said.time))
}

/// Reads the note of all files of a commit and gives their paths and sizes.
pub fn tree_note(json: &[u8]) -> Option<Vec<(String, u64)>> {
    let tree = Tree::parse(json)?;
    Some(tree.files.into_iter().map(|(path, listed)| (path, listed.size)).collect())
}
