//! A connection whose other end must take what it asked for.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::pace::Pace;

/// A stream that fails when its peer does not read.
#[derive(Debug)]
pub(crate) struct StalledWrite<S> {
    inner: S,
    pace: Pace,
}

impl<S> StalledWrite<S> {
    pub(crate) const fn new(inner: S, pace: Pace) -> Self {
        Self { inner, pace }
    }

    fn judge<T>(
        pace: &mut Pace,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
        bytes: impl FnOnce(&T) -> usize,
    ) -> Poll<io::Result<T>> {
        match &written {
            Poll::Pending => {
                let late =
                    || io::Error::new(io::ErrorKind::TimedOut, "the peer does not read what it asked for");
                pace.poll_wait(cx).map(|()| Err(late()))
            }
            Poll::Ready(Ok(done)) => {
                pace.moved(bytes(done));
                written
            }
            Poll::Ready(Err(_)) => written,
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for StalledWrite<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for StalledWrite<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let written = Pin::new(&mut this.inner).poll_write(cx, data);
        Self::judge(&mut this.pace, cx, written, |bytes| *bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let written = Pin::new(&mut this.inner).poll_write_vectored(cx, data);
        Self::judge(&mut this.pace, cx, written, |bytes| *bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let flushed = Pin::new(&mut this.inner).poll_flush(cx);
        Self::judge(&mut this.pace, cx, flushed, |()| 0)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        time::Instant,
    };

    use super::*;

    fn pair() -> (StalledWrite<tokio::io::DuplexStream>, tokio::io::DuplexStream) {
        let (ours, theirs) = tokio::io::duplex(1_024);
        (StalledWrite::new(ours, Pace::new(Duration::from_secs(30), 1_024)), theirs)
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_does_not_read_is_cut_off() {
        let (mut ours, _theirs) = pair();
        let start = Instant::now();
        let error = ours.write_all(&[0; 10_000]).await.unwrap_err();
        assert_eq!((error.kind(), start.elapsed().as_secs()), (io::ErrorKind::TimedOut, 30));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_peer_gets_everything() {
        let (mut ours, mut theirs) = pair();
        let reader = tokio::spawn(async move {
            let (mut read, mut buffer) = (0, [0; 512]);
            while read < 200_000 {
                tokio::time::sleep(Duration::from_millis(300)).await;
                read += theirs.read(&mut buffer).await.unwrap();
            }
        });
        ours.write_all(&[0; 200_000]).await.unwrap();
        reader.await.unwrap();
    }
}
