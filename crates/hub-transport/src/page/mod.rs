//! Link-paged listings: [`Page`], and the stream over all pages.

mod entries;
mod link;
mod stream;

use http::Uri;

use crate::Error;

pub(crate) use entries::{Entries, Entry};
pub(crate) use link::next_link;
pub(crate) use stream::stream;

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
