//! [`TraceLayer`]: one event for each attempt.

use std::sync::Arc;
use std::task::{Context, Poll};

use http::Request;
use tower::{Layer, Service};

use super::{Inner, ResponseFuture};
use crate::error::failure_in;
use crate::options::CallLog;
use crate::{Body, BoxError, Clock, Origin, RedactedUrl};

/// Reports each attempt as a `tracing` event at debug level: method, URL without secrets, number of the attempt, status or
/// error, and time to the head.
#[derive(Debug, Clone)]
pub struct TraceLayer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    endpoint: Origin,
    clock: Arc<dyn Clock>,
}

impl TraceLayer {
    /// For the origin whose queries may be shown.
    #[must_use]
    pub fn new(endpoint: Origin, clock: Arc<dyn Clock>) -> Self {
        Self { shared: Arc::new(Shared { endpoint, clock }) }
    }
}

impl<S> Layer<S> for TraceLayer {
    type Service = Trace<S>;

    fn layer(&self, inner: S) -> Trace<S> {
        Trace { inner, shared: Arc::clone(&self.shared) }
    }
}

/// See [`TraceLayer`].
#[derive(Debug, Clone)]
pub struct Trace<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S: Inner> Service<Request<Body>> for Trace<S> {
    type Response = S::Response;
    type Error = BoxError;
    type Future = futures_util::future::Either<S::Future, ResponseFuture>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        if !tracing::enabled!(tracing::Level::DEBUG) {
            return futures_util::future::Either::Left(self.inner.call(request));
        }
        let shared = Arc::clone(&self.shared);
        let method = request.method().clone();
        let url = RedactedUrl::new(request.uri(), Some(&shared.endpoint));
        let attempt = request.extensions().get::<CallLog>().map_or(1, CallLog::attempts);
        let started = shared.clock.now();
        let answering = self.inner.call(request);
        futures_util::future::Either::Right(Box::pin(async move {
            let response = answering.await;
            let ms = shared.clock.now().saturating_duration_since(started).as_millis();
            match &response {
                Ok(response) => {
                    tracing::debug!(%method, %url, attempt, status = response.status().as_u16(), ms, "answered");
                }
                Err(error) => {
                    // Errors of other services may print anything; only our own are known to be harmless.
                    let error =
                        failure_in(&**error).map_or_else(|| "other error".to_owned(), ToString::to_string);
                    tracing::debug!(%method, %url, attempt, error, ms, "failed");
                }
            }
            response
        }))
    }
}
