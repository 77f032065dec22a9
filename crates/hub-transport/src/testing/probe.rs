//! The parsers of what servers send, for tests that feed them anything at all.

use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::header::{HeaderValue, LINK};
use http::{HeaderMap, StatusCode, Uri};
use serde_json::Value;

use crate::page::entries::{Entries, Entry};
use crate::page::link::next_link;
use crate::{Error, ratelimit};

/// What the value of a `Link` header says about the page after `current`: `None` on the last one.
///
/// # Errors
/// When the header is malformed or leads away from where the listing came from.
pub fn next_page(link: HeaderValue, current: &Uri) -> Result<Option<Uri>, Error> {
    let endpoint = format!(
        "{}://{}",
        current.scheme_str().unwrap_or("https"),
        current.authority().map_or("", |host| host.as_str())
    );
    next_link(&HeaderMap::from_iter([(LINK, link)]), current, &endpoint.parse()?)
}

/// How long the head of a response asks to wait, at a wall clock that shows 1970.
pub fn server_wait(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    ratelimit::server_wait(status, headers, UNIX_EPOCH)
}

/// Counts the entries of a page that fit and that do not.
///
/// # Errors
/// When the page is no array, or breaks off.
pub fn page_entries(body: &[u8]) -> Result<(usize, usize), Error> {
    let (mut fit, mut odd) = (0, 0);
    for entry in Entries::<Value>::new(Bytes::copy_from_slice(body), 0)? {
        match entry {
            Entry::Fits(_) => fit += 1,
            Entry::Odd(_) => odd += 1,
            Entry::Broken(error) => return Err(error),
        }
    }
    Ok((fit, odd))
}
