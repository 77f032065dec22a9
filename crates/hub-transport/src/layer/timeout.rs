//! [`AttemptTimeoutLayer`]: no attempt and no body stands still for ever.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{Either, select};
use http::Request;
use tokio::time::Instant;
use tower::{Layer, Service};

use super::idle::{self, Phase, Progress, seconds};
use super::{Inner, ResponseFuture, ResponseResult};
use crate::clock::after;
use crate::options::Deadline;
use crate::timeouts::Settings;
use crate::{Body, BoxError, Clock, ErrorKind, Failure, Limits, Timeouts};

/// How soon to look again at an attempt that no limit ends at the moment.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Applies the [`Timeouts`] of the request to each attempt, and the [`Deadline`] of the call.
///
/// Until the request's body is asked for, which a connection does once it is there, the attempt has [`Timeouts::head`]. While it
/// is being sent the attempt may stand still for [`Timeouts::idle`], however long it takes as a whole; then the head of the
/// response has [`Timeouts::head`]; then its body may stand still for [`Timeouts::idle`] and must keep
/// [`Timeouts::min_rate`]. Time in which the reader of a body does not ask for more, or in which the source of an upload has
/// nothing to send, does not count.
#[derive(Debug, Clone)]
pub struct AttemptTimeoutLayer {
    clock: Arc<dyn Clock>,
    settings: Settings,
}

impl AttemptTimeoutLayer {
    /// `below` are the settings that those of each request lie over.
    #[must_use]
    pub fn new(below: Timeouts, clock: Arc<dyn Clock>) -> Self {
        Self { clock, settings: Settings { all: below, transfers: Timeouts::new() } }
    }

    /// Settings that lie over the others for file contents ([`Transfer`](crate::Transfer)).
    #[must_use]
    pub fn transfers(mut self, timeouts: Timeouts) -> Self {
        self.settings.transfers = timeouts;
        self
    }
}

impl<S> Layer<S> for AttemptTimeoutLayer {
    type Service = AttemptTimeout<S>;

    fn layer(&self, inner: S) -> AttemptTimeout<S> {
        AttemptTimeout { inner, clock: Arc::clone(&self.clock), settings: self.settings }
    }
}

/// See [`AttemptTimeoutLayer`].
#[derive(Debug, Clone)]
pub struct AttemptTimeout<S> {
    inner: S,
    clock: Arc<dyn Clock>,
    settings: Settings,
}

impl<S: Inner + Sync> Service<Request<Body>> for AttemptTimeout<S> {
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> ResponseFuture {
        let (limits, _) = self.settings.limits(request.extensions());
        let end = request.extensions().get::<Deadline>().and_then(Deadline::end);
        let clock = Arc::clone(&self.clock);
        let progress = Progress::new(clock.now());
        let request = request.map(|body| idle::watch(body, &progress, &clock));
        let answering = self.inner.call(request);
        Box::pin(async move {
            let timer = std::pin::pin!(expire(&progress, limits, end, &*clock));
            let answering = std::pin::pin!(answering);
            match select(answering, timer).await {
                Either::Left((response, _)) => response
                    .map(|response| response.map(|body| idle::limit(body, limits, end, Arc::clone(&clock)))),
                Either::Right((failure, _)) => ResponseResult::Err(failure.into()),
            }
        })
    }
}

/// Waits until the attempt has stood still for too long.
async fn expire(progress: &Progress, limits: Limits, end: Option<Instant>, clock: &dyn Clock) -> Failure {
    loop {
        let now = clock.now();
        let (begin, limit, message) = match progress.phase() {
            Phase::Sending(since) => (Some(since), limits.idle, "the server stopped taking the request"),
            Phase::Source => (None, limits.idle, ""),
            Phase::Waiting(since) => (Some(since), limits.head, "no response"),
        };
        let late = begin.and_then(|begin| after(begin, limit));
        if let Some(late) = late.filter(|late| *late <= now) {
            tracing::trace!(late_ms = now.saturating_duration_since(late).as_millis(), "attempt timed out");
            return Failure::maybe_processed(ErrorKind::Timeout, format!("{message} for {}", seconds(limit)));
        }
        if end.is_some_and(|end| end <= now) {
            return Failure::maybe_processed(
                ErrorKind::Timeout,
                "not done within the time for the whole call",
            );
        }
        let next = [late, end].into_iter().flatten().min().map(|next| next.saturating_duration_since(now));
        // Where nothing ends the wait, the phase may have changed after a while.
        clock.sleep(next.unwrap_or(LOOK_AGAIN.min(limit.max(Duration::from_secs(1))))).await;
    }
}
