//! [`BandwidthLayer`]: holds the bodies of file transfers to a common number of bytes a second.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{Either, Map};
use http::{Request, Response};
use http_body::{Body as _, Frame, SizeHint};
use tokio::time::Instant;
use tower::{Layer, Service};

use super::{Inner, ResponseResult};
use crate::{Body, BoxError, Clock, Transfer};

/// Bodies go on in pieces of at most this many bytes, so that transfers take turns.
const PIECE: u64 = 64 * 1024;
/// A piece is also at most what this part of a second allows: 20 for a twentieth.
const PIECES_A_SECOND: u64 = 20;
/// How much time that nobody used can be caught up on: timers wake late.
const CATCH_UP: Duration = Duration::from_millis(50);

/// A rate that all who hold a clone share, in both directions together. Who asks first goes first.
#[derive(Debug, Clone)]
pub struct Bandwidth(Arc<State>);

#[derive(Debug)]
struct State {
    /// Bytes a second, at least 1.
    rate: u64,
    /// When all that was granted so far is through.
    free: Mutex<Instant>,
    clock: Arc<dyn Clock>,
}

impl Bandwidth {
    /// A limit in bytes a second; `None` for 0, which means no limit.
    #[must_use]
    pub fn new(bytes_per_second: u64, clock: Arc<dyn Clock>) -> Option<Self> {
        let free = Mutex::new(clock.now());
        (bytes_per_second > 0).then(|| Self(Arc::new(State { rate: bytes_per_second, free, clock })))
    }

    fn piece(&self) -> usize {
        let piece = (self.0.rate / PIECES_A_SECOND).clamp(1, PIECE);
        usize::try_from(piece).unwrap_or(usize::MAX)
    }

    /// Takes the next turn, for `bytes`. How long until it begins; `None` for at once.
    fn turn(&self, bytes: usize) -> Option<Duration> {
        let now = self.0.clock.now();
        let nanos = u128::try_from(bytes).unwrap_or(u128::MAX).saturating_mul(1_000_000_000);
        let time = Duration::from_nanos(u64::try_from(nanos / u128::from(self.0.rate)).unwrap_or(u64::MAX));
        let mut free = self.0.free.lock().unwrap_or_else(PoisonError::into_inner);
        let begin = (*free).max(now.checked_sub(CATCH_UP).unwrap_or(now));
        *free = begin.checked_add(time).unwrap_or(begin);
        Some(begin.saturating_duration_since(now)).filter(|wait| !wait.is_zero())
    }
}

/// Holds requests that are marked as [`Transfer`], and their responses, to a [`Bandwidth`]; leaves all others alone.
///
/// It belongs around the layer that watches over idle time: waiting for a turn is no standing still.
#[derive(Debug, Clone)]
pub struct BandwidthLayer {
    limit: Option<Bandwidth>,
}

impl BandwidthLayer {
    /// With a limit, or without one: then it does nothing.
    #[must_use]
    pub fn new(limit: Option<Bandwidth>) -> Self {
        Self { limit }
    }
}

impl<S> Layer<S> for BandwidthLayer {
    type Service = BandwidthLimit<S>;

    fn layer(&self, inner: S) -> BandwidthLimit<S> {
        BandwidthLimit { inner, limit: self.limit.clone() }
    }
}

/// See [`BandwidthLayer`].
#[derive(Debug, Clone)]
pub struct BandwidthLimit<S> {
    inner: S,
    limit: Option<Bandwidth>,
}

type Throttle = Box<dyn FnOnce(ResponseResult) -> ResponseResult + Send>;

impl<S: Inner> Service<Request<Body>> for BandwidthLimit<S> {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Either<S::Future, Map<S::Future, Throttle>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let limit = self.limit.as_ref().filter(|_| request.extensions().get::<Transfer>().is_some());
        let Some(limit) = limit.cloned() else { return Either::Left(self.inner.call(request)) };
        let request = request.map(|body| throttle(body, &limit));
        let throttled: Throttle =
            Box::new(move |response| response.map(|response| response.map(|body| throttle(body, &limit))));
        Either::Right(self.inner.call(request).map(throttled))
    }
}

fn throttle(body: Body, limit: &Bandwidth) -> Body {
    if body.is_end_stream() {
        return body;
    }
    Body::once(Throttled { body, rest: Bytes::new(), next: Bytes::new(), wait: None, limit: limit.clone() })
}

struct Throttled {
    body: Body,
    rest: Bytes,
    /// The piece whose turn was taken.
    next: Bytes,
    /// Until its turn begins.
    wait: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    limit: Bandwidth,
}

impl http_body::Body for Throttled {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        while this.next.is_empty() {
            if this.rest.is_empty() {
                match std::task::ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                    Some(Ok(frame)) => match frame.into_data() {
                        Ok(data) => this.rest = data,
                        Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                    },
                    end => return Poll::Ready(end),
                }
            }
            this.next = this.rest.split_to(this.rest.len().min(this.limit.piece()));
            this.wait = this.limit.turn(this.next.len()).map(|wait| this.limit.0.clock.sleep(wait));
        }
        if let Some(wait) = &mut this.wait {
            std::task::ready!(wait.as_mut().poll(cx));
            this.wait = None;
        }
        Poll::Ready(Some(Ok(Frame::data(std::mem::take(&mut this.next)))))
    }

    fn is_end_stream(&self) -> bool {
        self.next.is_empty() && self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = self.body.size_hint();
        let held = self.rest.len() as u64 + self.next.len() as u64;
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper.saturating_add(held));
        }
        hint.set_lower(hint.lower().saturating_add(held));
        hint
    }
}

impl fmt::Debug for Throttled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Throttled").field("body", &self.body).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::TokioClock;

    proptest! {
        #[test]
        fn turns_follow_each_other_at_the_rate(
            rate in 1u64..1 << 40,
            sizes in prop::collection::vec(0usize..1 << 20, 1..20),
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
            let waits: Vec<Duration> = runtime.unwrap().block_on(async {
                let limit = Bandwidth::new(rate, Arc::new(TokioClock)).unwrap();
                sizes.iter().map(|size| limit.turn(*size).unwrap_or_default()).collect()
            });
            let mut before = 0.0;
            for (wait, size) in waits.iter().zip(&sizes) {
                prop_assert!((wait.as_secs_f64() - before).abs() < 1e-3 + before * 1e-6, "{:?}", waits);
                before += *size as f64 / rate as f64;
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn time_that_nobody_used_is_not_saved_up() {
        let limit = Bandwidth::new(1000, Arc::new(TokioClock)).unwrap();
        tokio::time::sleep(Duration::from_secs(100)).await;
        assert_eq!(limit.turn(1000), None);
        assert_eq!(limit.turn(1000), Some(Duration::from_millis(950)));
    }

    #[test]
    fn zero_is_no_limit() {
        assert!(Bandwidth::new(0, Arc::new(TokioClock)).is_none());
    }
}
