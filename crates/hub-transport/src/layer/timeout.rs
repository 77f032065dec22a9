//! [`AttemptTimeoutLayer`]: no attempt and no body stands still for ever.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{Either, select};
use http::Request;
use tokio::time::Instant;
use tower::{Layer, Service};

use super::idle::{self, Phase, Progress};
use super::{Answer, Answering, Inner};
use crate::options::Deadline;
use crate::{Body, BoxError, Clock, ErrorKind, Failure, Timeouts};

/// Applies the [`Timeouts`] of the request to each attempt, and the [`Deadline`] of the call.
///
/// While the request's body is being sent the attempt may stand still for [`Timeouts::idle`], however long it takes as a whole;
/// then the head of the answer has [`Timeouts::head`]; then its body may stand still for [`Timeouts::idle`] and must keep
/// [`Timeouts::min_rate`]. Time in which the reader of a body does not ask for more, or in which the source of an upload has
/// nothing to send, does not count.
#[derive(Debug, Clone)]
pub struct AttemptTimeoutLayer {
    clock: Arc<dyn Clock>,
    default: Timeouts,
}

impl AttemptTimeoutLayer {
    /// `default` is for requests without [`Timeouts`] of their own.
    #[must_use]
    pub fn new(default: Timeouts, clock: Arc<dyn Clock>) -> Self {
        Self { clock, default }
    }
}

impl<S> Layer<S> for AttemptTimeoutLayer {
    type Service = AttemptTimeout<S>;

    fn layer(&self, inner: S) -> AttemptTimeout<S> {
        AttemptTimeout { inner, clock: Arc::clone(&self.clock), default: self.default }
    }
}

/// See [`AttemptTimeoutLayer`].
#[derive(Debug, Clone)]
pub struct AttemptTimeout<S> {
    inner: S,
    clock: Arc<dyn Clock>,
    default: Timeouts,
}

impl<S: Inner + Sync> Service<Request<Body>> for AttemptTimeout<S> {
    type Response = S::Response;
    type Error = BoxError;
    type Future = Answering;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Answering {
        let timeouts = request.extensions().get::<Timeouts>().copied().unwrap_or(self.default);
        let end = request.extensions().get::<Deadline>().map(|deadline| deadline.0);
        let clock = Arc::clone(&self.clock);
        let progress = Progress::new(clock.now());
        let request = request.map(|body| idle::watch(body, &progress, &clock));
        let answering = self.inner.call(request);
        Box::pin(async move {
            let timer = std::pin::pin!(expire(&progress, timeouts, end, &*clock));
            let answering = std::pin::pin!(answering);
            match select(answering, timer).await {
                Either::Left((answer, _)) => answer.map(|response| {
                    response.map(|body| idle::limit(body, timeouts, end, Arc::clone(&clock)))
                }),
                Either::Right((failure, _)) => Answer::Err(failure.into()),
            }
        })
    }
}

/// Waits until the attempt has stood still for too long.
async fn expire(progress: &Progress, timeouts: Timeouts, end: Option<Instant>, clock: &dyn Clock) -> Failure {
    loop {
        let now = clock.now();
        let (limit, message) = match progress.phase() {
            Phase::Sending(since) => (Some(since + timeouts.idle), "the server stopped taking the request"),
            Phase::Source => (None, ""),
            Phase::Sent(since) => (Some(since + timeouts.head), "no answer"),
        };
        if let Some(limit) = limit.filter(|limit| *limit <= now) {
            let waited =
                if matches!(progress.phase(), Phase::Sent(_)) { timeouts.head } else { timeouts.idle };
            tracing::trace!(late_ms = now.saturating_duration_since(limit).as_millis(), "attempt timed out");
            return Failure::maybe_processed(
                ErrorKind::Timeout,
                format!("{message} for {}", seconds(waited)),
            );
        }
        if end.is_some_and(|end| end <= now) {
            return Failure::maybe_processed(
                ErrorKind::Timeout,
                "not done within the time for the whole call",
            );
        }
        let next = [limit, end].into_iter().flatten().min().unwrap_or(now + timeouts.idle);
        clock.sleep(next.saturating_duration_since(now)).await;
    }
}

pub(super) fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}
