//! Request bodies that a thread reads and encodes while they are sent.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_util::future::{Either, select};
use futures_util::{Stream, StreamExt, stream};
use http_body::{Frame, SizeHint};
use hub_transport::{Body, BoxError};
use tokio::runtime::Handle;
use tokio::sync::{Notify, mpsc};

use crate::CommitError;
use crate::body::chunks::Chunks;

/// Bytes handed on at once, at least; with [`QUEUE`] it bounds the memory of a body.
const CHUNK: usize = 128 * 1024;
const QUEUE: usize = 2;

/// Where a body leaves the error that ended it, so that the job sees it typed and at once.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fault(Arc<FaultInner>);

#[derive(Debug, Default)]
struct FaultInner {
    error: Mutex<Option<CommitError>>,
    set: Notify,
}

impl Fault {
    /// Leaves an error here, and gives what the connection is told of it.
    pub(crate) fn leave(&self, error: CommitError) -> BoxError {
        let text = error.to_string();
        self.0.error.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
        self.0.set.notify_one();
        text.into()
    }

    fn take(&self) -> Option<CommitError> {
        self.0.error.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Runs a call whose body may leave an error here; that error ends the call, so that it is not tried again.
    pub(crate) async fn guard<T, E>(
        &self,
        call: impl Future<Output = Result<T, E>>,
    ) -> Result<Result<T, E>, CommitError> {
        let failed = std::pin::pin!(self.0.set.notified());
        let result = match select(failed, std::pin::pin!(call)).await {
            Either::Left(((), _)) => None,
            Either::Right((result, _)) => Some(result),
        };
        match (self.take(), result) {
            (Some(error), _) => Err(error),
            (None, Some(result)) => Ok(result),
            (None, None) => Err(CommitError::Stopped("a body failed".into())),
        }
    }
}

/// Why a producer stopped early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// Nobody reads the body any more.
    Unread,
    /// The source failed; no complete body may be sent.
    Failed(CommitError),
}

impl From<CommitError> for Stop {
    fn from(error: CommitError) -> Self {
        Self::Failed(error)
    }
}

/// Collects what a producer writes and hands it on in chunks.
pub(crate) struct Writer {
    buffer: BytesMut,
    chunks: Chunks,
    /// Bytes of the body that are still to come.
    left: u64,
    /// The chunk that completes the body, kept back until the producer is done.
    end: Option<Bytes>,
    to: mpsc::Sender<Result<Bytes, BoxError>>,
}

impl Writer {
    fn new(len: u64, to: mpsc::Sender<Result<Bytes, BoxError>>) -> Self {
        Self { buffer: BytesMut::new(), chunks: Chunks::default(), left: len, end: None, to }
    }

    /// Adds to the current chunk; hands it on when it is large enough.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Stop> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= CHUNK { self.flush() } else { Ok(()) }
    }

    /// Appends `len` bytes that `fill` writes.
    pub(crate) fn write_with(&mut self, len: usize, fill: impl FnOnce(&mut [u8])) -> Result<(), Stop> {
        let start = self.buffer.len();
        self.buffer.resize(start + len, 0);
        fill(self.buffer.get_mut(start..).unwrap_or_default());
        if self.buffer.len() >= CHUNK { self.flush() } else { Ok(()) }
    }

    /// Hands on what was kept back.
    fn finish(&mut self) -> Result<(), Stop> {
        let Some(end) = self.end.take() else { return Ok(()) };
        self.to.blocking_send(Ok(end)).map_err(|_| Stop::Unread)
    }

    fn flush(&mut self) -> Result<(), Stop> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        let next = self.chunks.used().map_or_else(
            || BytesMut::with_capacity(CHUNK + CHUNK / 4),
            |mut next| {
                next.clear();
                next
            },
        );
        let chunk = std::mem::replace(&mut self.buffer, next).freeze();
        self.chunks.note(&chunk);
        self.finish()?;
        self.left = self.left.saturating_sub(chunk.len() as u64);
        self.end = Some(chunk);
        if self.left == 0 { Ok(()) } else { self.finish() }
    }
}

/// A body of `len` bytes that `produce` writes on a thread, anew for each time it is sent. It never waits for more than
/// [`QUEUE`] chunks to be read, and stops when nobody reads. The last chunk follows when `produce` has returned and is dropped:
/// whoever has the whole body has one without an error, and nothing of the job is held by the thread any more.
pub(crate) fn body<P>(len: u64, fault: &Fault, produce: P) -> Body
where
    P: Fn(&mut Writer) -> Result<(), Stop> + Send + Sync + 'static,
{
    let (produce, fault, runtime) = (Arc::new(produce), fault.clone(), Handle::current());
    Body::replay(Some(len), move || {
        let (to, mut from) = mpsc::channel(QUEUE);
        let (produce, fault) = (Arc::clone(&produce), fault.clone());
        runtime.spawn_blocking(move || {
            let mut writer = Writer::new(len, to);
            let result = produce(&mut writer).and_then(|()| writer.flush());
            drop(produce);
            if let Err(Stop::Failed(error)) = result.and_then(|()| writer.finish()) {
                // Without a reader the fault alone tells.
                let _ = writer.to.blocking_send(Err(fault.leave(error)));
            }
        });
        Exact::new(len, stream::poll_fn(move |cx| from.poll_recv(cx)))
    })
}

/// A body of as many bytes as announced, or an error.
pub(crate) struct Exact<S> {
    chunks: S,
    left: u64,
}

impl<S> Exact<S> {
    pub(crate) fn new(len: u64, chunks: S) -> Self {
        Self { chunks, left: len }
    }
}

impl<S: Stream<Item = Result<Bytes, BoxError>> + Unpin> http_body::Body for Exact<S> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.chunks.poll_next_unpin(cx).map(|next| match next {
            Some(Ok(chunk)) => match self.left.checked_sub(chunk.len() as u64) {
                Some(left) => {
                    self.left = left;
                    Some(Ok(Frame::data(chunk)))
                }
                None => Some(Err("more content than announced".into())),
            },
            Some(Err(error)) => Some(Err(error)),
            None => Some(Err("the content ended early".into())),
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_body_is_produced_anew_for_each_copy() {
        let fault = Fault::default();
        let body = body(6, &fault, |writer| {
            writer.write(b"abc")?;
            writer.write_with(3, |to| to.copy_from_slice(b"def"))
        });
        let copy = body.try_clone().unwrap();
        assert_eq!(body.collect().await.unwrap().to_bytes(), "abcdef");
        assert_eq!(copy.collect().await.unwrap().to_bytes(), "abcdef");
    }

    #[tokio::test]
    async fn the_error_of_a_body_ends_the_call_with_its_own_type() {
        let fault = Fault::default();
        let body = body(6, &fault, |writer| {
            writer.write(b"abc")?;
            Err(CommitError::SourceChanged { path: "a".into() }.into())
        });
        let result = fault.guard(body.collect()).await;
        assert!(matches!(result, Err(CommitError::SourceChanged { .. })));
    }

    #[tokio::test]
    async fn a_producer_that_fails_after_its_last_byte_completes_no_body() {
        let body = body(3, &Fault::default(), |writer| {
            writer.write(b"abc")?;
            writer.flush()?;
            Err(CommitError::SourceChanged { path: "a".into() }.into())
        });
        assert!(body.collect().await.is_err());
    }

    #[tokio::test]
    async fn what_a_producer_holds_is_let_go_of_before_its_body_ends() {
        for _ in 0..1000 {
            let held = Arc::new(());
            let weak = Arc::downgrade(&held);
            let body = body(3, &Fault::default(), move |writer| {
                let _held = &held;
                writer.write(b"abc")
            });
            let copy = body.try_clone().unwrap();
            drop(body);
            copy.collect().await.unwrap();
            assert!(weak.upgrade().is_none());
        }
    }

    #[tokio::test]
    async fn a_body_of_another_length_than_announced_is_an_error() {
        for len in [2, 4] {
            let body = body(len, &Fault::default(), |writer| writer.write(b"abc"));
            assert!(body.collect().await.is_err(), "{len}");
        }
    }

    #[tokio::test]
    async fn a_producer_stops_when_nobody_reads() {
        let (done, ended) = std::sync::mpsc::channel();
        let body = body(u64::MAX, &Fault::default(), move |writer| {
            loop {
                if let Err(stop) = writer.write(&[0; CHUNK]) {
                    let _ = done.send(matches!(stop, Stop::Unread));
                    return Err(stop);
                }
            }
        });
        let mut body = body;
        body.frame().await.unwrap().unwrap();
        drop(body);
        assert!(tokio::task::spawn_blocking(move || ended.recv().unwrap()).await.unwrap());
    }
}
