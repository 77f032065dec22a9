//! [`HyperService`]: the service at the bottom of the stack that speaks to the network.

mod connector;
mod failure;
mod proxy;
mod stream;
mod tcp;
#[cfg(feature = "rustls")]
mod tls;

use std::fmt;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::TryFutureExt;
use futures_util::future::{BoxFuture, Either, MapErr};
use http::header::PROXY_AUTHORIZATION;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper_util::client::legacy::{Client, Error as ClientError, ResponseFuture};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tower::Service;

use crate::{Body, BoxError, Clock, Origin, TokioClock};

pub use proxy::Proxies;
pub use stream::{ByteStream, Connect, Resolve};
#[cfg(feature = "rustls")]
pub use tls::Tls;

use connector::Connector;

/// Bytes that a connection reads at once at most, and that a body may be ahead of what it has sent. Small bodies cost less;
/// the head of a response may not be longer.
const BUFFER: usize = 192 * 1024;

/// A pooled client for HTTP/1.1 and HTTP/2 over TCP, with TLS (feature `rustls`) and proxies.
///
/// Up to 64 idle connections are kept for each host, for 50 s, shared by all clones. Errors say what may have happened to the
/// request, so that the retry layer can decide. Making one opens no connection and reads no file; it needs a tokio
/// runtime when it is called.
#[derive(Clone)]
pub struct HyperService {
    // Behind one pointer, because every layer above clones what it wraps for each request.
    shared: Arc<Shared>,
}

struct Shared {
    client: Client<Connector, Body>,
    proxies: Proxies,
}

impl HyperService {
    /// Starts an inner service with the defaults of each setting.
    pub fn builder() -> HyperServiceBuilder {
        HyperServiceBuilder {
            proxies: Proxies::none(),
            #[cfg(feature = "rustls")]
            tls: Tls::system(),
            http2_for: None,
            connect_timeout: Duration::from_secs(10),
            clock: Arc::new(TokioClock),
            resolver: None,
            connect: None,
        }
    }
}

impl fmt::Debug for HyperService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperService").field("proxies", &self.shared.proxies).finish_non_exhaustive()
    }
}

impl Service<Request<Body>> for HyperService {
    type Response = Response<Incoming>;
    type Error = BoxError;
    type Future = Either<
        MapErr<ResponseFuture, fn(ClientError) -> BoxError>,
        BoxFuture<'static, Result<Response<Incoming>, BoxError>>,
    >;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let Shared { client, proxies } = &*self.shared;
        let credentials = proxies.forward_credentials(request.uri());
        let given = credentials.is_some();
        if let Some(credentials) = credentials {
            request.headers_mut().insert(PROXY_AUTHORIZATION, credentials);
        }
        let forwarded =
            request.uri().scheme_str() == Some("http") && proxies.proxy_for(request.uri()).is_some();
        let response = client.request(request).map_err(failure::of_client as fn(ClientError) -> BoxError);
        if !forwarded {
            return Either::Left(response);
        }
        // Here it is the proxy that says 407, and has forwarded nothing.
        Either::Right(Box::pin(async move {
            let response = response.await?;
            match response.status() {
                StatusCode::PROXY_AUTHENTICATION_REQUIRED => Err(failure::of_proxy_login(given).into()),
                _ => Ok(response),
            }
        }))
    }
}

/// Settings of a [`HyperService`].
#[must_use = "a builder does nothing until it is built"]
pub struct HyperServiceBuilder {
    proxies: Proxies,
    #[cfg(feature = "rustls")]
    tls: Tls,
    http2_for: Option<Origin>,
    connect_timeout: Duration,
    clock: Arc<dyn Clock>,
    resolver: Option<Arc<dyn Resolve>>,
    connect: Option<Arc<dyn Connect>>,
}

impl HyperServiceBuilder {
    /// Which proxies are used. Default: none.
    pub fn proxies(mut self, proxies: Proxies) -> Self {
        self.proxies = proxies;
        self
    }

    /// Which certificates are trusted. Default: those of the system.
    #[cfg(feature = "rustls")]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = tls;
        self
    }

    /// Offers HTTP/2 to this origin alone. Default: to all. Many small calls gain from sharing one connection; file contents
    /// from other hosts go faster over several.
    pub fn http2_for(mut self, origin: &Origin) -> Self {
        self.http2_for = Some(origin.clone());
        self
    }

    /// How long each step of connecting may take: resolving and TCP together, then proxy and TLS together. Default 10 s.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// The clock of the connect timeout.
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// How the URLs of a host are found. Default: the system's resolver, on a thread of its own.
    pub fn resolver(mut self, resolver: Arc<dyn Resolve>) -> Self {
        self.resolver = Some(resolver);
        self
    }

    /// How a byte stream to a host and port is opened, below proxies and TLS. Default: TCP, with the resolver above.
    pub fn connector(mut self, connector: Arc<dyn Connect>) -> Self {
        self.connect = Some(connector);
        self
    }

    /// The finished inner service.
    pub fn build(self) -> HyperService {
        let connect =
            self.connect.unwrap_or_else(|| Arc::new(tcp::Tcp::new(self.resolver, self.connect_timeout)));
        let connector = Connector {
            connect,
            proxies: self.proxies.clone(),
            #[cfg(feature = "rustls")]
            tls: self.tls,
            http2_for: self.http2_for.map(Arc::new),
            limit: self.connect_timeout,
            clock: self.clock,
        };
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            // Shorter than the idle timeout of the load balancers in front of the Hub (60 s): the side that closes first
            // never writes into a connection that is already gone.
            .pool_idle_timeout(Duration::from_secs(50))
            .pool_max_idle_per_host(64)
            .http1_max_buf_size(BUFFER)
            .http2_keep_alive_interval(Duration::from_secs(20))
            .build(connector);
        HyperService { shared: Arc::new(Shared { client, proxies: self.proxies }) }
    }
}

impl fmt::Debug for HyperServiceBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HyperServiceBuilder").field("proxies", &self.proxies).finish_non_exhaustive()
    }
}
