//! From a URI to a connection: proxy, TCP, TLS.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::future::{Either, select};
use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tower::{Service, ServiceExt};

use super::failure;
use super::proxy::{Proxies, Proxy};
use super::stream::{ByteStream, Connect};
use crate::{Clock, ErrorKind, Failure, Origin};

#[derive(Clone)]
pub(super) struct Connector {
    pub(super) connect: Arc<dyn Connect>,
    pub(super) proxies: Proxies,
    #[cfg(feature = "rustls")]
    pub(super) tls: super::Tls,
    pub(super) http2_for: Option<Arc<Origin>>,
    pub(super) limit: Duration,
    pub(super) clock: Arc<dyn Clock>,
}

impl Service<Uri> for Connector {
    type Response = Conn;
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Conn, Failure>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connector = self.clone();
        Box::pin(async move { connector.open(&uri).await })
    }
}

impl Connector {
    async fn open(&self, uri: &Uri) -> Result<Conn, Failure> {
        let https = uri.scheme_str() == Some("https");
        match self.proxies.proxy_for(uri) {
            None => {
                let stream = self.dial(uri).await?;
                self.within("TLS", self.secure(stream, uri, https)).await
            }
            Some(proxy) => {
                let stream = self.dial_with(&proxy.uri, failure::of_dial_to_proxy).await?;
                self.within("the proxy", self.through(proxy, stream, uri, https)).await
            }
        }
    }

    async fn through(
        &self,
        proxy: Proxy,
        stream: ByteStream,
        uri: &Uri,
        https: bool,
    ) -> Result<Conn, Failure> {
        if proxy.is_socks() {
            let io = TokioIo::new(stream);
            let socks = SocksV5::new(proxy.uri.clone(), tower::service_fn(opened(io)));
            let credentials = proxy.socks_credentials();
            let given = credentials.is_some();
            let socks = match credentials {
                Some((user, password)) => socks.with_auth(user, password),
                None => socks,
            };
            let stream =
                socks.oneshot(with_port(uri)?).await.map_err(|error| failure::of_socks(given, error))?;
            return self.secure(stream.into_inner(), uri, https).await;
        }
        let stream = if proxy.uri.scheme_str() == Some("https") {
            self.handshake(stream, &proxy.uri, false).await?.io.into_inner()
        } else {
            stream
        };
        if !https {
            return Ok(Conn::new(stream.expecting_http(), false, true));
        }
        let tunnel = Tunnel::new(proxy.uri.clone(), tower::service_fn(opened(TokioIo::new(stream))));
        let credentials = proxy.http_credentials();
        let given = credentials.is_some();
        let tunnel = match credentials {
            Some(credentials) => tunnel.with_auth(credentials),
            None => tunnel,
        };
        let stream = tunnel.oneshot(uri.clone()).await.map_err(|error| failure::of_tunnel(given, error))?;
        self.secure(stream.into_inner(), uri, true).await
    }

    async fn dial(&self, uri: &Uri) -> Result<ByteStream, Failure> {
        self.dial_with(uri, failure::of_dial).await
    }

    async fn dial_with(
        &self,
        uri: &Uri,
        failed: fn(&str, u16, io::Error) -> Failure,
    ) -> Result<ByteStream, Failure> {
        let host = uri.host().unwrap_or_default();
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).to_owned();
        let port = port(uri);
        self.within("the connection", async {
            self.connect.connect(&bare, port).await.map_err(|error| failed(&bare, port, error))
        })
        .await
    }

    async fn secure(&self, stream: ByteStream, uri: &Uri, https: bool) -> Result<Conn, Failure> {
        if !https {
            return Ok(Conn::new(stream.expecting_http(), false, false));
        }
        let http2 = self.http2_for.as_ref().is_none_or(|origin| origin.covers(uri));
        self.handshake(stream, uri, http2).await
    }

    #[cfg(feature = "rustls")]
    async fn handshake(&self, stream: ByteStream, uri: &Uri, http2: bool) -> Result<Conn, Failure> {
        let (stream, http2) = self.tls.handshake(stream, uri.host().unwrap_or_default(), http2).await?;
        // A write that fails in TLS may have sent a part of what it was given.
        Ok(Conn { used: true, ..Conn::new(stream, http2, false) })
    }

    #[cfg(not(feature = "rustls"))]
    async fn handshake(&self, _: ByteStream, _: &Uri, _: bool) -> Result<Conn, Failure> {
        let failure = Failure::not_sent(ErrorKind::Tls, "https is not part of this build").permanent();
        Err(failure.with_hint("turn on the feature `rustls` of hub-transport"))
    }

    /// A step of connecting; a server or proxy that accepts and then says nothing would otherwise hold it for ever.
    async fn within<T>(
        &self,
        what: &str,
        step: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        let step = std::pin::pin!(step);
        match select(step, self.clock.sleep(self.limit)).await {
            Either::Left((result, _)) => result,
            Either::Right(_) => Err(Failure::not_sent(
                ErrorKind::Timeout,
                format!("{what} took longer than {} s", self.limit.as_secs_f64()),
            )),
        }
    }
}

/// The proxy layers of hyper-util want to open the connection themselves; here it is open already.
fn opened(
    io: TokioIo<ByteStream>,
) -> impl FnMut(Uri) -> futures_util::future::Ready<Result<TokioIo<ByteStream>, io::Error>> {
    let mut slot = Some(io);
    move |_| futures_util::future::ready(slot.take().ok_or_else(|| io::Error::other("opened twice")))
}

fn port(uri: &Uri) -> u16 {
    uri.port_u16().unwrap_or(match uri.scheme_str() {
        Some("https") => 443,
        Some("socks5" | "socks5h") => 1080,
        _ => 80,
    })
}

fn with_port(uri: &Uri) -> Result<Uri, Failure> {
    let text = format!("http://{}:{}/", uri.host().unwrap_or_default(), port(uri));
    Uri::try_from(text).map_err(|error| {
        Failure::not_sent(ErrorKind::Build, "the host is not usable").with_source(error).permanent()
    })
}

/// An open connection.
pub(super) struct Conn {
    io: TokioIo<ByteStream>,
    http2: bool,
    /// True if the other side is a proxy that forwards plain requests: they then carry the whole URL.
    forwarded: bool,
    /// Whether a byte of a request may have left.
    used: bool,
}

impl Conn {
    fn new(stream: ByteStream, http2: bool, forwarded: bool) -> Self {
        Self { io: TokioIo::new(stream), http2, forwarded, used: false }
    }

    /// Says of an error that no byte of a request has left before it, if that is so.
    fn explain(&self, error: io::Error) -> io::Error {
        if self.used {
            return error;
        }
        let message = "the connection ended before a byte of the request was sent";
        let failure = Failure::not_sent(ErrorKind::Connect, message).with_hint(failure::CHECK_NETWORK);
        io::Error::new(error.kind(), failure.with_source(error))
    }

    fn after_write(&mut self, outcome: io::Result<usize>) -> io::Result<usize> {
        self.used |= outcome.as_ref().is_ok_and(|written| *written > 0);
        outcome.map_err(|error| self.explain(error))
    }
}

impl Connection for Conn {
    fn connected(&self) -> Connected {
        let connected = Connected::new().proxy(self.forwarded);
        if self.http2 { connected.negotiated_h2() } else { connected }
    }
}

impl Read for Conn {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.io).poll_read(cx, buf);
        read.map_err(|error| self.explain(error))
    }
}

impl Write for Conn {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, buf);
        written.map(|outcome| self.after_write(outcome))
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
        let written = Pin::new(&mut self.io).poll_write_vectored(cx, bufs);
        written.map(|outcome| self.after_write(outcome))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
