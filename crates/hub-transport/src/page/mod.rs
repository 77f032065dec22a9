//! Link-paged listings: [`Page`], and the stream over all pages.

pub(crate) mod entries;
pub(crate) mod link;
mod raw_page;
mod request;
mod stream;

use http::Uri;

use crate::Error;

/// One page of a listing.
#[derive(Debug)]
pub struct Page<T> {
    /// The entries. One that does not fit its type is an `Err` of its own, with its position and its id.
    pub items: Vec<Result<T, Error>>,
    /// Where the next page is; `None` on the last one. Always of the same origin as this one.
    pub next: Option<Uri>,
    /// Number of entries of the whole listing, if the server says it (`X-Total-Count`).
    pub total: Option<u64>,
}
