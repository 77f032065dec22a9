//! The layers of the stack, each on its own, for stacks of your own.
//!
//! All of them wrap a `Service<Request<Body>, Response = Response<Body>, Error = BoxError>`: what [`erase`](crate::erase)
//! gives, or another layer. The order of the standard stack, and why, stands in the documentation of the crate.

mod auth;
mod bandwidth;
mod base_uri;
mod decompress;
mod headers;
mod hosts;
mod idle;
mod inner;
mod offline;
mod redirect;
mod retry;
mod sent;
mod target;
mod timeout;
mod trace;

use std::{future::Future, pin::Pin};

use http::{Request, Response};

pub use auth::{Auth, AuthLayer};
pub use bandwidth::{Bandwidth, BandwidthLayer, BandwidthLimit};
pub use base_uri::{BaseUri, BaseUriLayer};
pub use decompress::{Decompress, DecompressLayer};
pub use headers::{Headers, HeadersLayer};
pub use hosts::{Hosts, HostsLayer, HostsService};
pub use offline::{Offline, OfflineLayer};
pub use redirect::{MAX_REDIRECTS, Redirect, RedirectLayer};
pub use retry::{Retry, RetryLayer};
pub use timeout::{AttemptTimeout, AttemptTimeoutLayer};
pub use trace::{Trace, TraceLayer};

pub(crate) use inner::Inner;

use crate::{Body, BoxError};

type ResponseResult = Result<Response<Body>, BoxError>;
type ResponseFuture = Pin<Box<dyn Future<Output = ResponseResult> + Send>>;

/// The service that was polled ready, leaving a clone: a clone of a ready service is not ready itself.
fn take_ready<S: Clone>(service: &mut S) -> S {
    let clone = service.clone();
    std::mem::replace(service, clone)
}

/// The same request once more, or `None` if its body exists only once.
fn copy_request(request: &Request<Body>) -> Option<Request<Body>> {
    let mut copy = Request::new(request.body().try_clone()?);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.version_mut() = request.version();
    *copy.headers_mut() = request.headers().clone();
    *copy.extensions_mut() = request.extensions().clone();
    Some(copy)
}

/// Reads the rest of a response that is not wanted, so that its HTTP/1 connection can be used again. Gives up where opening
/// a new connection is cheaper: after 64 KiB, or as soon as the rest has not arrived yet for half a second.
async fn drain(clock: &dyn crate::Clock, body: Body) {
    use futures_util::future::{Either, select};
    if http_body::Body::is_end_stream(&body) {
        return;
    }
    let read = std::pin::pin!(crate::collect::beginning(body, 64 * 1024));
    match select(read, clock.sleep(std::time::Duration::from_millis(500))).await {
        Either::Left(_) | Either::Right(_) => {}
    }
}
