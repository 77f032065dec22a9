//! [`OfflineLayer`]: refuses every request while offline mode is on.

use std::task::{Context, Poll};

use futures_util::future::{Either, Ready, ready};
use http::Request;
use tower::{Layer, Service};

use super::{Inner, ResponseResult};
use crate::{Body, BoxError, ErrorKind, Failure};

/// Refuses every request with [`ErrorKind::Offline`] if it is on; does nothing otherwise.
#[derive(Debug, Clone, Copy)]
pub struct OfflineLayer {
    on: bool,
}

impl OfflineLayer {
    /// On or off for good.
    #[must_use]
    pub fn new(on: bool) -> Self {
        Self { on }
    }
}

impl<S> Layer<S> for OfflineLayer {
    type Service = Offline<S>;

    fn layer(&self, inner: S) -> Offline<S> {
        Offline { inner, on: self.on }
    }
}

/// See [`OfflineLayer`].
#[derive(Debug, Clone)]
pub struct Offline<S> {
    inner: S,
    on: bool,
}

impl<S: Inner> Service<Request<Body>> for Offline<S> {
    type Response = S::Response;
    type Error = BoxError;
    type Future = Either<Ready<ResponseResult>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        if self.on { Poll::Ready(Ok(())) } else { self.inner.poll_ready(cx) }
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if !self.on {
            return Either::Right(self.inner.call(request));
        }
        let failure = Failure::not_sent(ErrorKind::Offline, "offline mode is on, nothing was sent")
            .with_hint("the client was made offline, or HF_HUB_OFFLINE is on: turn that off to reach the Hub")
            .permanent();
        Either::Left(ready(Err(failure.into())))
    }
}
