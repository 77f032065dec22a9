//! [`Server`]: the hub on a TCP port.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response, StatusCode, header::HOST};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream, ToSocketAddrs},
    sync::Semaphore,
    task::JoinSet,
};
use tower::Service;

use crate::{
    Body, BoxError, EmbeddedHub,
    api_error::ApiError,
    embedded_hub::{ListenAddress, is_loopback_authority, requested_host},
    respond,
};

/// Connections at the same time; more wait.
const MAX_CONNECTIONS: usize = 512;
/// How long the head of a request may take, and how long a connection may stay idle.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long requests that run may take to end after the shutdown began.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_HEADERS: usize = 100;
const MAX_HEADER_BYTES: u32 = 64 << 10;
const MAX_STREAMS: u32 = 100;
const HTTP2_PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How long to wait for more of a preface that has come in part.
const PREFACE_PAUSE: Duration = Duration::from_millis(5);

/// A hub that listens on a TCP port, for HTTP/1.1 and for HTTP/2 without TLS.
///
/// On a loopback address it answers only requests whose `Host` names the machine itself, or the host of
/// [`crate::Builder::public_url`]: a web page elsewhere cannot reach it through a name of its own (DNS rebinding).
///
/// ```no_run
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// use hub_server::{EmbeddedHub, Server};
/// let hub = EmbeddedHub::open("hub-data").build()?;
/// let server = Server::bind(hub, "127.0.0.1:8080").await?;
/// println!("listening on http://{}", server.local_addr());
/// server.run(std::future::pending()).await;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Server {
    hub: EmbeddedHub,
    listener: TcpListener,
    address: SocketAddr,
}

/// A port that is taken and serves nothing yet: for whoever makes the Hub only when it can be served.
#[derive(Debug)]
pub struct Port {
    listener: TcpListener,
    address: SocketAddr,
}

impl Port {
    /// Takes a port; port 0 means any that is free.
    ///
    /// # Errors
    /// As for [`Server::bind`].
    pub async fn take(address: impl ToSocketAddrs + std::fmt::Debug) -> Result<Self, ServeError> {
        let named = format!("{address:?}").trim_matches('"').to_owned();
        let fail = |source| ServeError { address: named, source };
        let bound = async {
            let listener = TcpListener::bind(address).await?;
            let address = listener.local_addr()?;
            Ok((listener, address))
        };
        let (listener, address) = bound.await.map_err(fail)?;
        Ok(Self { listener, address })
    }

    /// Serves a Hub on it.
    pub fn serve(self, hub: EmbeddedHub) -> Server {
        Server { hub, listener: self.listener, address: self.address }
    }
}

/// Why a port cannot be listened on, for example because it is taken.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address}: choose another address, or stop what uses it")]
#[non_exhaustive]
pub struct ServeError {
    /// The address, as far as it is known.
    pub address: String,
    /// The cause.
    #[source]
    pub source: io::Error,
}

impl Server {
    /// Takes a port; port 0 means any that is free. Connections are accepted from now on and answered by
    /// [`run`](Self::run).
    ///
    /// # Errors
    /// When the address is not one of this machine, is taken, or needs rights that the program does not have.
    pub async fn bind(
        hub: EmbeddedHub,
        address: impl ToSocketAddrs + std::fmt::Debug,
    ) -> Result<Self, ServeError> {
        Ok(Port::take(address).await?.serve(hub))
    }

    /// The address that it listens on, with the port that was found.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Answers requests until `shutdown` is ready, then lets those that run end for at most 10 seconds.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let Self { hub, listener, address } = self;
        let service = Guarded { public_host: hub.public_host().map(Arc::from), hub, address };
        let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let graceful = GracefulShutdown::new();
        let mut connections = JoinSet::new();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let accepted = async {
                let slot = slots.clone().acquire_owned().await;
                (listener.accept().await, slot)
            };
            let (stream, slot) = tokio::select! {
                () = &mut shutdown => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => continue,
                (accepted, slot) = accepted => match accepted {
                    Ok((stream, _)) => (stream, slot),
                    Err(error) => {
                        // Out of file descriptors, most likely: the next attempt would fail as fast.
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        continue;
                    }
                },
            };
            let (service, watcher) = (service.clone(), graceful.watcher());
            connections.spawn(async move {
                let Some(builder) = protocol(&stream).await else { return };
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection closed at once");
                }
                let connection =
                    builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
                if let Err(error) = watcher.watch(connection.into_owned()).await {
                    tracing::debug!(%error, "a connection ended early");
                }
                drop(slot);
            });
        }
        drop(listener);
        if tokio::time::timeout(SHUTDOWN_TIMEOUT, graceful.shutdown()).await.is_err() {
            tracing::warn!("requests were cut off at the end");
        }
    }
}

/// Finds out which HTTP a connection speaks; `None` when it does not say so in time.
///
/// hyper's own detection has no timeout.
async fn protocol(stream: &TcpStream) -> Option<auto::Builder<TokioExecutor>> {
    let sniff = async {
        let mut start = [0; HTTP2_PREFACE.len()];
        loop {
            let length = stream.peek(&mut start).await.ok().filter(|length| *length > 0)?;
            let seen = start.get(..length)?;
            if !HTTP2_PREFACE.starts_with(seen) {
                return Some(builder().http1_only());
            }
            if length == HTTP2_PREFACE.len() {
                return Some(builder().http2_only());
            }
            tokio::time::sleep(PREFACE_PAUSE).await;
        }
    };
    tokio::time::timeout(HEADER_TIMEOUT, sniff).await.ok().flatten()
}

fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEADER_BYTES as usize);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADER_BYTES)
        .keep_alive_interval(Duration::from_secs(60))
        .adaptive_window(true);
    builder
}

/// The hub behind a port: requests are told the address, and refused when they are meant for another host.
#[derive(Clone)]
struct Guarded {
    hub: EmbeddedHub,
    address: SocketAddr,
    public_host: Option<Arc<str>>,
}

impl Guarded {
    fn takes(&self, authority: &str) -> bool {
        let host = authority.parse::<http::uri::Authority>();
        let is_public = match (&self.public_host, &host) {
            (Some(public), Ok(authority)) => authority.host().eq_ignore_ascii_case(public),
            _ => false,
        };
        is_public || is_loopback_authority(authority)
    }
}

impl Service<Request<hyper::body::Incoming>> for Guarded {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<hyper::body::Incoming>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        // hyper's own limit is the size of a buffer that may hold more than it was asked for.
        let header_bytes: usize =
            parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
        if header_bytes > MAX_HEADER_BYTES as usize {
            let message = format!("the headers are larger than {MAX_HEADER_BYTES} bytes");
            let error = ApiError::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, message);
            return Box::pin(std::future::ready(Ok(respond::error(error))));
        }
        if self.address.ip().is_loopback() {
            let header = parts.headers.get(HOST).map(|host| host.to_str().unwrap_or_default());
            let ours = [requested_host(&parts), header].into_iter().flatten().all(|host| self.takes(host));
            if !ours || requested_host(&parts).is_none() {
                let error = ApiError::new(
                    StatusCode::MISDIRECTED_REQUEST,
                    "this hub listens for the machine itself only: the Host of the request is another one",
                );
                return Box::pin(std::future::ready(Ok(respond::error(error))));
            }
        }
        parts.extensions.insert(ListenAddress(self.address));
        self.hub.call(Request::from_parts(parts, body))
    }
}
