//! [`Endpoint`] and [`PagedEndpoint`]: requests as data.

use bytes::Bytes;
use http::Request;
use http::response::Parts;
use serde::de::DeserializeOwned;

use crate::{Body, Error, RetryClass};

/// One HTTP request and its response as data: it can be turned into a request and decoded from a response without a network.
///
/// [`Transport::send`](crate::Transport::send) runs it.
pub trait Endpoint: Send + Sync {
    /// The operation, under its Python name where it has one.
    const NAME: &'static str;
    /// What a successful response becomes.
    type Output: Send;

    /// What sending it twice can do. There is no default, so that no endpoint is left unclassified.
    fn class(&self) -> RetryClass;

    /// What it is about, for errors and spans: `model ada/demo`.
    fn target(&self) -> String;

    /// The request, with a relative URI (`/api/...`) or an absolute one. Called once for each time it is sent from the
    /// beginning.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) for input that cannot be sent.
    fn request(&self) -> Result<Request<Body>, Error>;

    /// The value of a successful response.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`](crate::ErrorKind::Decode) for a response that is not what was expected.
    fn decode(&self, head: &Parts, body: Bytes) -> Result<Self::Output, Error>;
}

/// A listing whose pages are chained by `Link` headers (RFC 8288). By nature of class [`RetryClass::Read`].
///
/// [`Transport::stream`](crate::Transport::stream) and [`Transport::page`](crate::Transport::page) run it.
pub trait PagedEndpoint: Send + Sync {
    /// The operation, under its Python name where it has one.
    const NAME: &'static str;
    /// One entry of a page, which is a JSON array.
    type Item: DeserializeOwned + Send;

    /// What it is about, for errors and spans.
    fn target(&self) -> String;

    /// The request for the first page. Those for further pages have its method, headers and options, and the URL that
    /// the server gave.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) for input that cannot be sent.
    fn request(&self) -> Result<Request<Body>, Error>;

    /// Learns, before the first request, that no more than `limit` entries will be read: for servers that take a page
    /// size. Nothing is done with it unless this is overridden.
    fn set_limit(&mut self, limit: usize) {
        let _ = limit;
    }

    /// Whether an entry is wanted, for what servers cannot filter by. Every one is unless this is overridden. Entries that
    /// are not count towards the limit all the same.
    fn keep(&self, item: &Self::Item) -> bool {
        let _ = item;
        true
    }
}
