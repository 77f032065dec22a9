//! [`DecompressLayer`]: asks for compressed responses where they are read whole, and unpacks them within limits.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::ACCEPT_ENCODING;
use http::{Request, StatusCode};
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use tower::{Layer, Service, ServiceExt};
use tower_http::decompression::Decompression;

use super::{Inner, ResponseFuture, take_ready};
use crate::options::Compressible;
use crate::{Body, BoxError, ErrorKind, Failure};

/// How many times longer than what was sent a response may become.
const MAX_RATIO: u64 = 200;
/// Up to this length the ratio says nothing: a short response may well be one value again and again.
const RATIO_FROM: u64 = 1024 * 1024;

/// Asks for `gzip` where the request is [`Compressible`], and unpacks the response. One that becomes more than 200 times as long as
/// it was sent, once it is above 1 MiB, is [`ErrorKind::TooLarge`]; how long it may become is for the reader to limit.
///
/// Other requests, and those with an `Accept-Encoding` of their own, pass as they are. Belongs inside the retry layer, so that
/// a response that cannot be unpacked is part of what is repeated.
#[derive(Debug, Clone, Copy, Default)]
pub struct DecompressLayer;

impl DecompressLayer {
    /// The layer; it has no settings.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl<S> Layer<S> for DecompressLayer {
    type Service = Decompress<S>;

    fn layer(&self, inner: S) -> Decompress<S> {
        Decompress { inner }
    }
}

/// See [`DecompressLayer`].
#[derive(Debug, Clone)]
pub struct Decompress<S> {
    inner: S,
}

impl<S: Inner + Sync> Service<Request<Body>> for Decompress<S> {
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> ResponseFuture {
        let asks = request.extensions().get::<Compressible>().is_some();
        if !asks || request.headers().contains_key(ACCEPT_ENCODING) {
            return Box::pin(self.inner.call(request));
        }
        let sent = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&sent);
        let counted = take_ready(&mut self.inner).map_response(move |response| {
            response.map(|body| {
                body.map_frame(move |frame: Frame<Bytes>| {
                    let length = frame.data_ref().map_or(0, Bytes::len);
                    counter.fetch_add(length as u64, Ordering::SeqCst);
                    frame
                })
            })
        });
        let answering = Decompression::new(counted).call(request);
        Box::pin(async move {
            let response = answering.await?;
            let status = response.status();
            Ok(response.map(|body| Body::once(Checked { body: Box::pin(body), sent, unpacked: 0, status })))
        })
    }
}

/// A body after unpacking.
struct Checked<B> {
    body: Pin<Box<B>>,
    sent: Arc<AtomicU64>,
    unpacked: u64,
    status: StatusCode,
}

impl<B> http_body::Body for Checked<B>
where
    B: http_body::Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = std::task::ready!(self.body.as_mut().poll_frame(cx));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
        {
            self.unpacked = self.unpacked.saturating_add(data.len() as u64);
            let most = self.sent.load(Ordering::SeqCst).saturating_mul(MAX_RATIO).max(RATIO_FROM);
            if self.unpacked > most {
                let message = format!("the response is more than {MAX_RATIO} times as long as what was sent");
                let failure = Failure::responded(self.status, ErrorKind::TooLarge, message);
                return Poll::Ready(Some(Err(failure.permanent().into())));
            }
        }
        Poll::Ready(frame.map(|frame| frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
