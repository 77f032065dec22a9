//! Byte streams, and the two places where an embedder or a simulation decides how they are opened.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Opens a byte stream to a host, below proxies, TLS and HTTP.
pub trait Connect: Send + Sync {
    /// A stream to `host` (a name or an IP address without brackets) and `port`. The connect timeout is applied by the caller.
    ///
    /// # Errors
    ///
    /// Whatever prevented it; nothing was sent, so requests are tried again.
    fn connect(&self, host: &str, port: u16) -> Pin<Box<dyn Future<Output = io::Result<ByteStream>> + Send>>;
}

/// Finds the addresses of a host.
pub trait Resolve: Send + Sync {
    /// The addresses of `host`, in the order in which they are to be tried; their ports are ignored.
    ///
    /// # Errors
    ///
    /// If the name is not known or the resolver cannot be asked.
    fn resolve(&self, host: &str) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Any stream of bytes in both directions.
pub struct ByteStream {
    io: Box<dyn Io>,
    /// True until the first bytes arrive on a connection on which plain http is spoken.
    expects_http: bool,
}

impl ByteStream {
    /// Wraps a stream: a TCP connection, one end of a `tokio::io::duplex`, a TLS session.
    pub fn new(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        Self { io: Box::new(stream), expects_http: false }
    }

    /// The same stream, which fails when the other side begins with a record of TLS.
    pub(super) fn expecting_http(self) -> Self {
        Self { expects_http: true, ..self }
    }
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ByteStream")
    }
}

impl AsyncRead for ByteStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.io).poll_read(cx, buf);
        if self.expects_http && matches!(read, Poll::Ready(Ok(()))) {
            self.expects_http = false;
            // The first two bytes of a record with an alert; no response of http begins with them.
            if buf.filled().get(before..).is_some_and(|bytes| bytes.starts_with(&[21, 3])) {
                let error = io::Error::new(io::ErrorKind::InvalidData, super::failure::SpeaksTls);
                return Poll::Ready(Err(error));
            }
        }
        read
    }
}

impl AsyncWrite for ByteStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
