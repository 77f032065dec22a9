//! Bodies that know when they stand still: request bodies report their progress, response bodies time out.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Body as _, Frame, SizeHint};
use tokio::time::Instant;

use crate::clock::after;
use crate::{Body, BoxError, Clock, ErrorKind, Failure, Limits};

/// Request bodies are handed over in pieces of at most this many bytes, so that progress shows on a slow link.
const PIECE: usize = 256 * 1024;
/// Waiting time over which the lowest rate is judged.
const RATE_WINDOW: Duration = Duration::from_secs(60);

/// Where an attempt stands, and since when.
#[derive(Debug, Clone, Copy)]
pub(super) enum Phase {
    /// The connection has a piece of the body and did not ask for more yet.
    Sending(Instant),
    /// The connection waits for the source of the body.
    Source,
    /// Nothing of the body was asked for yet, or all of the request was handed over.
    Waiting(Instant),
}

#[derive(Debug, Clone)]
pub(super) struct Progress(Arc<Mutex<Phase>>);

impl Progress {
    pub(super) fn new(now: Instant) -> Self {
        Self(Arc::new(Mutex::new(Phase::Waiting(now))))
    }

    pub(super) fn phase(&self) -> Phase {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, phase: Phase) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = phase;
    }
}

/// A request body that reports to `progress`.
pub(super) fn watch(body: Body, progress: &Progress, clock: &Arc<dyn Clock>) -> Body {
    // One that is in memory and small is sent with the head.
    if body.is_end_stream() || body.as_bytes().is_some_and(|bytes| bytes.len() <= PIECE) {
        return body;
    }
    Body::once(Watched { body, rest: Bytes::new(), progress: progress.clone(), clock: Arc::clone(clock) })
}

struct Watched {
    body: Body,
    rest: Bytes,
    progress: Progress,
    clock: Arc<dyn Clock>,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.rest.is_empty() {
            match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Pending => {
                    self.progress.set(Phase::Source);
                    return Poll::Pending;
                }
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => self.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                Poll::Ready(Some(Err(error))) => {
                    // The request ends without its proper end, so no server takes it for whole; but it has begun.
                    let failure = Failure::maybe_processed(
                        ErrorKind::RequestBody,
                        "the data to send could not be read",
                    );
                    return Poll::Ready(Some(Err(failure.with_source(error).permanent().into())));
                }
                Poll::Ready(None) => {
                    self.progress.set(Phase::Waiting(self.clock.now()));
                    return Poll::Ready(None);
                }
            }
        }
        let len = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(len);
        let now = self.clock.now();
        self.progress.set(if self.is_end_stream() { Phase::Waiting(now) } else { Phase::Sending(now) });
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = self.body.size_hint();
        let rest = self.rest.len() as u64;
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }
}

/// A response body that fails when it stands still, is too slow, or is not over at `end`.
pub(super) fn limit(body: Body, limits: Limits, end: Option<Instant>, clock: Arc<dyn Clock>) -> Body {
    if body.is_end_stream() {
        return body;
    }
    let window = Window { waited: Duration::ZERO, bytes: 0 };
    Body::once(Limited { body, limits, end, clock, waiting_since: None, timer: None, window })
}

struct Limited {
    body: Body,
    limits: Limits,
    end: Option<Instant>,
    clock: Arc<dyn Clock>,
    waiting_since: Option<Instant>,
    /// Runs on while data arrives: making a new one for each frame would cost more than the frame.
    timer: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    window: Window,
}

struct Window {
    waited: Duration,
    bytes: u64,
}

impl Limited {
    /// Why the body is given up at `now`, and otherwise when to look again; `None` for never.
    fn judge(&self, since: Instant, now: Instant) -> Result<Option<Instant>, String> {
        let idle = after(since, self.limits.idle);
        if idle.is_some_and(|idle| idle <= now) {
            return Err(format!("the response stood still for {}", seconds(self.limits.idle)));
        }
        if self.end.is_some_and(|end| end <= now) {
            return Err("not done within the time for the whole call".to_owned());
        }
        Ok([idle, self.end].into_iter().flatten().min())
    }

    fn too_slow(&mut self) -> Option<String> {
        if self.window.waited < RATE_WINDOW {
            return None;
        }
        let least = u64::from(self.limits.min_rate).saturating_mul(self.window.waited.as_secs());
        let slow = self.window.bytes < least;
        self.window = Window { waited: Duration::ZERO, bytes: 0 };
        slow.then(|| format!("the response is slower than {} bytes a second", self.limits.min_rate))
    }
}

fn timed_out(message: String) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
    Poll::Ready(Some(Err(Failure::maybe_processed(ErrorKind::Timeout, message).into())))
}

impl http_body::Body for Limited {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(cx) {
            if let Some(since) = this.waiting_since.take() {
                this.window.waited += this.clock.now().saturating_duration_since(since);
            }
            if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
                this.window.bytes += data.len() as u64;
                if let Some(message) = this.too_slow() {
                    return timed_out(message);
                }
            }
            return Poll::Ready(frame);
        }
        let since = *this.waiting_since.get_or_insert_with(|| this.clock.now());
        loop {
            if let Some(timer) = &mut this.timer {
                if timer.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                this.timer = None;
            }
            let now = this.clock.now();
            match this.judge(since, now) {
                Err(message) => return timed_out(message),
                Ok(Some(next)) => this.timer = Some(this.clock.sleep(next.saturating_duration_since(now))),
                Ok(None) => return Poll::Pending,
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

pub(super) fn seconds(duration: Duration) -> String {
    format!("{} s", duration.as_secs_f64())
}
