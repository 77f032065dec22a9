//! Bodies: what the hub answers with, and how it reads what it is sent.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, StreamExt};
use http::StatusCode;
use http_body::{Frame, SizeHint};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};

use crate::{BoxError, api_error::ApiError, body_room::BodyRoom};

/// The body of a response: whole, or streamed from disk.
pub struct Body {
    kind: Kind,
}

enum Kind {
    /// In memory.
    Whole(Full<Bytes>),
    /// Read while it is sent, so that it may break off.
    Streamed(UnsyncBoxBody<Bytes, BoxError>),
}

/// The body of a request, whatever its type was.
pub(crate) type Incoming = UnsyncBoxBody<Bytes, BoxError>;

/// How much is read of a request that was refused already, and for how long.
const DRAIN_BYTES: usize = 16 << 20;
const DRAIN_TIME: Duration = Duration::from_secs(2);

/// The caller sends its body too slowly.
#[derive(Debug, thiserror::Error)]
#[error("the request body came too slowly: send at least {rate} bytes a second, and pause for {} s at most", pause.as_secs())]
pub(crate) struct SlowBody {
    pub(crate) rate: u64,
    pub(crate) pause: Duration,
}

impl Body {
    /// A body without content.
    pub(crate) fn empty() -> Self {
        Self { kind: Kind::Whole(Full::default()) }
    }

    /// A body that is in memory.
    pub(crate) fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self { kind: Kind::Whole(Full::new(bytes.into())) }
    }

    /// A body of exactly `size` bytes that is read while it is sent.
    pub(crate) fn stream<S, E>(size: u64, stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<BoxError> + 'static,
    {
        let stream = stream.map(|item| item.map_err(Into::into)).boxed();
        Self::new(SizedStream { remaining: size, stream })
    }

    /// Wraps any body.
    pub(crate) fn new<B>(body: B) -> Self
    where
        B: http_body::Body<Data = Bytes, Error = BoxError> + Send + 'static,
    {
        Self { kind: Kind::Streamed(body.boxed_unsync()) }
    }

    /// Has `told` called with the error, if the body breaks off.
    pub(crate) fn watched(self, told: impl FnOnce(&BoxError) + Send + 'static) -> Self {
        let Kind::Streamed(inner) = self.kind else { return self };
        let mut told = Some(told);
        Self::new(inner.map_err(move |error: BoxError| {
            if let Some(told) = told.take() {
                told(&error);
            }
            error
        }))
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Body").field(&http_body::Body::size_hint(self)).finish()
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        match &mut self.kind {
            Kind::Whole(body) => Pin::new(body).poll_frame(cx).map_err(|never| match never {}),
            Kind::Streamed(body) => Pin::new(body).poll_frame(cx),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Whole(body) => body.is_end_stream(),
            Kind::Streamed(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Whole(body) => body.size_hint(),
            Kind::Streamed(body) => body.size_hint(),
        }
    }
}

struct SizedStream<S> {
    remaining: u64,
    stream: S,
}

impl<S: Stream<Item = Result<Bytes, BoxError>> + Unpin> http_body::Body for SizedStream<S> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let item = ready!(self.stream.poll_next_unpin(cx));
        if item.is_none() && self.remaining > 0 {
            let missing = std::mem::take(&mut self.remaining);
            return Poll::Ready(Some(Err(format!("the content ended {missing} bytes too early").into())));
        }
        Poll::Ready(item.map(|data| {
            let data = data?;
            self.remaining = self.remaining.saturating_sub(data.len() as u64);
            Ok(Frame::data(data))
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.remaining == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.remaining)
    }
}

/// Erases the type of a request's body.
pub(crate) fn erase<B>(body: B) -> Incoming
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    body.map_err(Into::into).boxed_unsync()
}

/// The body of a request that the hub makes itself.
#[cfg(feature = "page")]
pub(crate) fn text(text: String) -> Incoming {
    erase(Full::new(Bytes::from(text)))
}

/// The next bytes of a request body, or `None` at its end.
///
/// # Errors
/// When the body breaks off, or comes too slowly.
pub(crate) async fn next_data(body: &mut Incoming) -> Result<Option<Bytes>, ApiError> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Err(error)) if error.is::<SlowBody>() => {
                return Err(ApiError::new(StatusCode::REQUEST_TIMEOUT, error.to_string()));
            }
            Some(Err(error)) => {
                let message = format!("the request body broke off: {error}");
                return Err(ApiError::new(StatusCode::BAD_REQUEST, message));
            }
            Some(Ok(frame)) => {
                if let Ok(data) = frame.into_data()
                    && !data.is_empty()
                {
                    return Ok(Some(data));
                }
            }
        }
    }
}

/// Reads a whole request body of at most `limit` bytes.
///
/// # Errors
/// 413 above the limit, 503 where others have the memory that there is for this, and as [`next_data`].
pub(crate) async fn read_all(body: &mut Incoming, limit: usize) -> Result<Bytes, ApiError> {
    let (mut whole, mut room) = (BytesMut::new(), BodyRoom::default());
    while let Some(data) = next_data(body).await? {
        if whole.len() + data.len() > limit {
            let message = format!("the request body is larger than {limit} bytes");
            return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, message));
        }
        room.grow(whole.len() + data.len())?;
        whole.extend_from_slice(&data);
    }
    Ok(whole.freeze())
}

/// The data of a request body as a stream, with the errors of [`next_data`].
pub(crate) fn data_stream(body: &mut Incoming) -> impl Stream<Item = Result<Bytes, ApiError>> + Send {
    futures_util::stream::try_unfold(body, |body| async move {
        Ok(next_data(body).await?.map(|data| (data, body)))
    })
}

/// Reads on for a moment after a request was refused, and throws it away.
///
/// A connection that is closed while the caller still sends is reset, and the caller may never see why.
pub(crate) async fn drain(body: &mut Incoming) {
    let read = async {
        let mut left = DRAIN_BYTES;
        while let Ok(Some(data)) = next_data(body).await {
            left = left.saturating_sub(data.len());
            if left == 0 {
                break;
            }
        }
    };
    // The caller is slow when this fails, and has had its moment.
    let _ = tokio::time::timeout(DRAIN_TIME, read).await;
}
