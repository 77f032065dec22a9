//! The body of a response, which may end wrongly.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Frame, SizeHint};

use super::BoxError;

/// The body of a response.
#[derive(Debug)]
pub struct FaultyBody {
    content: Option<Bytes>,
    /// What its head promises.
    promised: u64,
    end: End,
}

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Well, or at least quietly.
    Quiet,
    /// With a reset.
    Reset,
    /// Never.
    Never,
}

impl FaultyBody {
    pub(super) fn whole(content: Bytes) -> Self {
        Self { promised: content.len() as u64, content: Some(content), end: End::Quiet }
    }

    /// `content`, although more was promised.
    pub(super) fn cut(content: Bytes, promised: u64, end: End) -> Self {
        Self { content: Some(content), promised, end }
    }
}

impl http_body::Body for FaultyBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(content) = self.content.take().filter(|content| !content.is_empty()) {
            self.promised = self.promised.saturating_sub(content.len() as u64);
            return Poll::Ready(Some(Ok(Frame::data(content))));
        }
        if self.end == End::Never {
            return Poll::Pending;
        }
        if std::mem::replace(&mut self.end, End::Quiet) == End::Reset {
            let error = io::Error::new(io::ErrorKind::ConnectionReset, "the connection was lost in the body");
            return Poll::Ready(Some(Err(error.into())));
        }
        Poll::Ready(None)
    }

    fn is_end_stream(&self) -> bool {
        self.end == End::Quiet && self.content.as_ref().is_none_or(Bytes::is_empty)
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.promised)
    }
}
