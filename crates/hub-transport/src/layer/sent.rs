//! Whether the whole body of a request was handed on: before that, no server can have carried it out.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use bytes::{Buf, Bytes};
use http::Request;
use http_body::{Body as _, Frame, SizeHint};
use http_body_util::StreamBody;

use crate::{Body, BoxError};

/// Becomes true once the whole body of this sending was handed on. At once for a request without a body.
pub(super) fn watch(request: &mut Request<Body>) -> Arc<AtomicBool> {
    let body = std::mem::take(request.body_mut());
    let complete = Arc::new(AtomicBool::new(body.is_end_stream()));
    *request.body_mut() = match body.is_end_stream() {
        true => body,
        false => {
            let (left, complete) = (body.size_hint().exact(), Arc::clone(&complete));
            // What exists a second time still does: a refused token is replaced below this layer.
            if body.is_replayable() {
                Body::replay(left, move || Watched {
                    body: copy(&body),
                    left,
                    complete: Arc::clone(&complete),
                })
            } else {
                Body::once(Watched { body, left, complete })
            }
        }
    };
    complete
}

/// Never an empty body in the place of one that is gone.
fn copy(body: &Body) -> Body {
    body.try_clone().unwrap_or_else(|| {
        let gone: BoxError = "the body exists only once".into();
        Body::once(StreamBody::new(futures_util::stream::iter([Err::<Frame<Bytes>, _>(gone)])))
    })
}

struct Watched {
    body: Body,
    /// Bytes that are still to come, where the length is known.
    left: Option<u64>,
    complete: Arc<AtomicBool>,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = std::task::ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
            self.left = self.left.map(|left| left.saturating_sub(data.remaining() as u64));
        }
        // Whoever knows the length asks for no frame after the last byte.
        if frame.is_none() || self.left == Some(0) || self.body.is_end_stream() {
            self.complete.store(true, Ordering::SeqCst);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_body_is_complete_with_its_last_byte_or_its_end() {
        for (body, frames) in [(Body::bytes("abc"), 1), (Body::replay(None, || Body::bytes("abc")), 1)] {
            let mut request = Request::new(body);
            let complete = watch(&mut request);
            for _ in 0..frames {
                assert!(!complete.load(Ordering::SeqCst));
                request.body_mut().frame().await.unwrap().unwrap();
            }
            assert!(complete.load(Ordering::SeqCst));
        }
        let mut request = Request::new(Body::bytes("abc"));
        let complete = watch(&mut request);
        let copy = request.body().try_clone().unwrap().collect().await.unwrap().to_bytes();
        assert!(copy == "abc" && complete.load(Ordering::SeqCst), "a copy counts as a sending");
        assert!(watch(&mut Request::new(Body::empty())).load(Ordering::SeqCst));
    }
}
