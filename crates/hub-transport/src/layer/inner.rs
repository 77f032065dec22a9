//! The bound of every layer on what it wraps.

use http::{Request, Response};
use tower::Service;

use crate::{Body, BoxError};

/// A service that the layers wrap. Implemented for everything that fits.
pub trait Inner:
    Service<Request<Body>, Response = Response<Body>, Error = BoxError, Future: Send + 'static>
    + Clone
    + Send
    + 'static
{
}

impl<S> Inner for S where
    S: Service<Request<Body>, Response = Response<Body>, Error = BoxError, Future: Send + 'static>
        + Clone
        + Send
        + 'static
{
}
