//! [`Body`]: the one request and response body of the stack, which can be sent more than once where its kind allows.

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};

use crate::BoxError;

type BoxBody = UnsyncBoxBody<Bytes, BoxError>;

/// Request and response body of every service in the stack.
///
/// A request may have to be sent again: by a retry, or by a redirect that keeps the method (307, 308). So a body says
/// whether it can be made anew:
///
/// | made with | sent again by |
/// |---|---|
/// | [`Body::empty`], [`Body::bytes`] | a reference-counted clone |
/// | [`Body::replay`] | calling the closure again, on the first poll of the new copy |
/// | [`Body::once`] | nothing: such a request is never retried and never re-sent, and never sent empty instead |
///
/// `Debug` prints the kind and the length, never the content.
pub struct Body {
    inner: Inner,
}

type Make = Arc<dyn Fn() -> BoxBody + Send + Sync>;

enum Inner {
    Empty,
    Bytes(Bytes),
    Replay { len: Option<u64>, make: Make, live: Option<Shared> },
    Once(Shared),
}

/// A body that may be looked at from several threads, though its kind may not be.
struct Shared(Mutex<BoxBody>);

impl Shared {
    fn new(body: BoxBody) -> Self {
        Self(Mutex::new(body))
    }

    fn alone(&mut self) -> Pin<&mut BoxBody> {
        Pin::new(self.0.get_mut().unwrap_or_else(PoisonError::into_inner))
    }

    fn look<T>(&self, at: impl FnOnce(&BoxBody) -> T) -> T {
        at(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Body {
    /// A body without content.
    #[must_use]
    pub fn empty() -> Self {
        Self { inner: Inner::Empty }
    }

    /// A body that is in memory. Copies share the memory.
    #[must_use]
    pub fn bytes(content: impl Into<Bytes>) -> Self {
        let content = content.into();
        if content.is_empty() { Self::empty() } else { Self { inner: Inner::Bytes(content) } }
    }

    /// A stream that `make` can begin again from the start, for example by opening a file.
    ///
    /// `make` is called on the first poll of each copy, so copies that are never sent cost nothing. With `len` in bytes
    /// the request carries `Content-Length`, otherwise it is sent chunked. `make` must give the same bytes every time;
    /// a stream that finds its source changed must fail.
    #[must_use]
    pub fn replay<B>(len: Option<u64>, make: impl Fn() -> B + Send + Sync + 'static) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let make = Arc::new(move || make().map_err(Into::into).boxed_unsync());
        Self { inner: Inner::Replay { len, make, live: None } }
    }

    /// A stream that exists once. A request with it is never sent a second time.
    #[must_use]
    pub fn once<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        // A `Body` is not wrapped again: layers that are generic over the body would otherwise add a box each.
        let mut slot = Some(body);
        if let Some(body) = (&mut slot as &mut dyn Any).downcast_mut::<Option<Self>>().and_then(Option::take)
        {
            return body;
        }
        match slot {
            Some(body) if !body.is_end_stream() => {
                Self { inner: Inner::Once(Shared::new(body.map_err(Into::into).boxed_unsync())) }
            }
            _ => Self::empty(),
        }
    }

    /// The same body from its start, or `None` if it exists only once.
    ///
    /// To be called before the body is read. `None` means "do not send again"; it never stands for an empty body.
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        let inner = match &self.inner {
            Inner::Empty => Inner::Empty,
            Inner::Bytes(content) => Inner::Bytes(content.clone()),
            Inner::Replay { len, make, .. } => {
                Inner::Replay { len: *len, make: Arc::clone(make), live: None }
            }
            Inner::Once(_) => return None,
        };
        Some(Self { inner })
    }

    /// True if [`Body::try_clone`] gives a body.
    #[must_use]
    pub fn is_replayable(&self) -> bool {
        !matches!(self.inner, Inner::Once(_))
    }

    /// The whole content if it is in memory, without reading.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match &self.inner {
            Inner::Bytes(content) => Some(content),
            _ => None,
        }
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl From<Bytes> for Body {
    fn from(content: Bytes) -> Self {
        Self::bytes(content)
    }
}

impl From<Vec<u8>> for Body {
    fn from(content: Vec<u8>) -> Self {
        Self::bytes(content)
    }
}

impl From<String> for Body {
    fn from(content: String) -> Self {
        Self::bytes(content)
    }
}

impl From<&'static str> for Body {
    fn from(content: &'static str) -> Self {
        Self::bytes(content)
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = match &mut self.inner {
            Inner::Empty => Poll::Ready(None),
            Inner::Bytes(content) => {
                let content = std::mem::take(content);
                self.inner = Inner::Empty;
                Poll::Ready(Some(Ok(Frame::data(content))))
            }
            Inner::Replay { make, live, .. } => {
                live.get_or_insert_with(|| Shared::new(make())).alone().poll_frame(cx)
            }
            Inner::Once(body) => body.alone().poll_frame(cx),
        };
        // Not every stream can be asked again after its end or an error.
        if matches!(frame, Poll::Ready(None | Some(Err(_)))) {
            match &mut self.inner {
                Inner::Replay { live, .. } => {
                    *live = Some(Shared::new(Full::default().map_err(Into::into).boxed_unsync()));
                }
                inner => *inner = Inner::Empty,
            }
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        match &self.inner {
            Inner::Empty => true,
            Inner::Bytes(_) => false,
            Inner::Replay { len, live: None, .. } => *len == Some(0),
            Inner::Replay { live: Some(body), .. } | Inner::Once(body) => {
                body.look(http_body::Body::is_end_stream)
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.inner {
            Inner::Empty => SizeHint::with_exact(0),
            Inner::Bytes(content) => SizeHint::with_exact(content.len() as u64),
            Inner::Replay { len: Some(len), live: None, .. } => SizeHint::with_exact(*len),
            Inner::Replay { live: None, .. } => SizeHint::default(),
            Inner::Replay { live: Some(body), .. } | Inner::Once(body) => {
                body.look(http_body::Body::size_hint)
            }
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match &self.inner {
            Inner::Empty => "Empty",
            Inner::Bytes(_) => "Bytes",
            Inner::Replay { .. } => "Replay",
            Inner::Once(_) => "Once",
        };
        match http_body::Body::size_hint(self).exact() {
            Some(len) => write!(f, "Body({kind}, {len} bytes)"),
            None => write!(f, "Body({kind}, unknown length)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::stream;
    use http_body_util::StreamBody;

    use super::*;

    async fn read(body: Body) -> Bytes {
        body.collect().await.unwrap().to_bytes()
    }

    #[tokio::test]
    async fn a_replayed_body_is_made_once_for_each_copy_that_is_read() {
        let made = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&made);
        let body = Body::replay(Some(3), move || {
            counter.fetch_add(1, Ordering::SeqCst);
            Full::new(Bytes::from_static(b"abc"))
        });
        let copies: Vec<_> = (0..5).filter_map(|_| body.try_clone()).collect();
        assert_eq!(made.load(Ordering::SeqCst), 0);
        for copy in copies.into_iter().take(2) {
            assert_eq!(read(copy).await, "abc");
        }
        assert_eq!(made.load(Ordering::SeqCst), 2);
    }

    #[tokio::test]
    async fn a_body_that_exists_once_cannot_be_cloned() {
        let body = Body::once(Full::new(Bytes::from_static(b"abc")));
        assert!(body.try_clone().is_none() && !body.is_replayable());
        assert_eq!(read(body).await, "abc");
    }

    #[tokio::test]
    async fn wrapping_a_body_again_changes_nothing() {
        let body = Body::once(Body::bytes("abc"));
        assert!(body.is_replayable(), "the inner kind is kept");
        assert_eq!(read(body).await, "abc");
    }

    #[tokio::test]
    async fn a_body_can_be_asked_again_after_its_end_and_after_an_error() {
        // A stream that panics when it is polled after its end.
        let frames = |fails: bool| {
            let frame = move |turn: u8| async move {
                match (turn, fails) {
                    (0, _) => Some((Ok(Frame::data(Bytes::from_static(b"abc"))), 1)),
                    (1, true) => Some((Err(BoxError::from("broken")), 2)),
                    _ => None,
                }
            };
            StreamBody::new(Box::pin(stream::unfold(0, frame)))
        };
        for fails in [false, true] {
            for mut body in [Body::once(frames(fails)), Body::replay(None, move || frames(fails))] {
                assert!(body.frame().await.unwrap().is_ok());
                assert_eq!(body.frame().await.is_some_and(|frame| frame.is_err()), fails);
                for _ in 0..3 {
                    assert!(body.frame().await.is_none());
                }
            }
        }
    }

    #[test]
    fn a_body_may_be_shared_between_threads() {
        fn shared<T: Send + Sync + 'static>() {}
        shared::<Body>();
        shared::<http::Request<Body>>();
    }

    #[test]
    fn debug_shows_kind_and_length_only() {
        assert_eq!(format!("{:?}", Body::bytes("secret")), "Body(Bytes, 6 bytes)");
        assert_eq!(format!("{:?}", Body::empty()), "Body(Empty, 0 bytes)");
        let stream = Body::replay(None, || Full::new(Bytes::from_static(b"x")));
        assert_eq!(format!("{stream:?}"), "Body(Replay, unknown length)");
    }
}
