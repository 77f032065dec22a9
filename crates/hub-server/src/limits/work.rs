//! The right to work on a request, which nobody keeps while it waits for its caller.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http_body::{Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::pace::Pace;
use crate::{
    BoxError,
    body::{Incoming, SlowBody},
};

/// How long a request waits for its turn before it is told to come again.
const PATIENCE: Duration = Duration::from_secs(5);

/// The turn of one request among all that are worked on at the same time.
#[derive(Debug)]
pub(crate) struct Work {
    turns: Arc<Semaphore>,
    own: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Work {
    pub(crate) fn new(turns: Arc<Semaphore>) -> Arc<Self> {
        Arc::new(Self { turns, own: Mutex::new(None) })
    }

    /// Waits for the turn of this request; false if it does not come for 5 seconds.
    pub(crate) async fn begin(&self) -> bool {
        let turn = tokio::time::timeout(PATIENCE, self.turns.clone().acquire_owned()).await;
        let turn = turn.ok().and_then(Result::ok);
        let is_here = turn.is_some();
        self.set(turn);
        is_here
    }

    fn set(&self, turn: Option<OwnedSemaphorePermit>) -> bool {
        std::mem::replace(&mut *self.own.lock().unwrap_or_else(PoisonError::into_inner), turn).is_some()
    }
}

/// What a body gives when it is asked.
type Came = Option<Result<Frame<Bytes>, BoxError>>;

/// The body of a request that gives the turn back whenever its caller is waited for, and ends when that takes too long.
pub(crate) struct WatchedBody {
    inner: Incoming,
    pace: Pace,
    work: Arc<Work>,
    /// Whether the turn was given back.
    paused: bool,
    /// What came while it was given back, until there is a turn again.
    held: Option<(Came, BoxFuture<'static, Option<OwnedSemaphorePermit>>)>,
}

impl WatchedBody {
    /// At least this many bytes a second, over a minute.
    pub(crate) const RATE: u64 = 1_024;
    /// The longest pause.
    pub(crate) const PAUSE: Duration = Duration::from_secs(30);

    pub(crate) fn new(inner: Incoming, work: Arc<Work>) -> Self {
        Self { inner, pace: Pace::new(Self::PAUSE, Self::RATE), work, paused: false, held: None }
    }
}

impl http_body::Body for WatchedBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let this = &mut *self;
        if this.held.is_none() {
            let Poll::Ready(frame) = Pin::new(&mut this.inner).poll_frame(cx) else {
                this.paused |= this.work.set(None);
                return this
                    .pace
                    .poll_wait(cx)
                    .map(|()| Some(Err(SlowBody { rate: Self::RATE, pause: Self::PAUSE }.into())));
            };
            let length = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref().map(Bytes::len));
            this.pace.moved(length.unwrap_or_default());
            if !this.paused {
                return Poll::Ready(frame);
            }
            let turns = Arc::clone(&this.work.turns);
            this.held = Some((frame, Box::pin(async move { turns.acquire_owned().await.ok() })));
        }
        let Some((_, turn)) = &mut this.held else { return Poll::Ready(None) };
        let turn = ready!(turn.as_mut().poll(cx));
        this.work.set(turn);
        this.paused = false;
        Poll::Ready(this.held.take().and_then(|(frame, _)| frame))
    }

    fn is_end_stream(&self) -> bool {
        self.held.is_none() && self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt, stream};
    use http_body_util::{BodyExt, StreamBody};

    use super::*;
    use crate::body;

    fn slow(pieces: u32, every: Duration) -> Incoming {
        let frames = stream::iter(0..pieces).then(move |_| async move {
            tokio::time::sleep(every).await;
            Ok::<_, BoxError>(Frame::data(Bytes::from_static(b"x")))
        });
        body::erase(StreamBody::new(Box::pin(frames)))
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_is_free_while_the_body_is_waited_for() {
        let turns = Arc::new(Semaphore::new(1));
        let work = Work::new(turns.clone());
        assert!(work.begin().await);
        let mut waiting = WatchedBody::new(slow(2, Duration::from_secs(10)), work.clone());
        let first = tokio::spawn(async move {
            let data = waiting.frame().await.unwrap().unwrap();
            (data, waiting)
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        let other = Work::new(turns.clone());
        assert!(other.begin().await);
        tokio::time::sleep(Duration::from_secs(20)).await;
        assert!(!first.is_finished(), "what came waits for its turn");
        drop(other);
        let (frame, _waiting) = first.await.unwrap();
        assert_eq!(frame.into_data().unwrap(), "x");
        assert_eq!(turns.available_permits(), 0, "and has it now");
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_that_trickles_ends_with_an_error() {
        let work = Work::new(Arc::new(Semaphore::new(1)));
        let body = WatchedBody::new(slow(1_000, Duration::from_secs(12)), work);
        let error = body.collect().await.unwrap_err();
        assert!(error.is::<SlowBody>(), "{error}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_whose_turn_does_not_come_is_told_so() {
        let turns = Arc::new(Semaphore::new(0));
        assert!(!Work::new(turns).begin().await);
    }
}
