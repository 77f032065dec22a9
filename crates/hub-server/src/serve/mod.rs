//! [`Server`]: the hub on a TCP port.

mod audit;
mod connection;
mod guarded;
mod metrics;
mod oversight;
mod probes;
mod tend;
mod tls;

use std::{
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::{TcpListener, ToSocketAddrs},
    sync::watch,
    task::JoinSet,
};

pub use self::{
    audit::AuditLog,
    tls::{ServerTls, TlsError},
};
use self::{guarded::Guarded, metrics::Metrics, oversight::Oversight};
use crate::{EmbeddedHub, RateLimit, base_url::ListenAddress, limits::activity::Connections};

/// Connections at the same time. For one more, whoever has most of them loses one.
const MAX_CONNECTIONS: usize = 512;
/// Those of one address.
const MAX_PER_ADDRESS: usize = 128;
/// How long requests that run may take to end after the shutdown began.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);
/// A hub that listens on a TCP port, for HTTP/1.1 and HTTP/2, with or without TLS.
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
    tls: Option<ServerTls>,
    shutdown_timeout: Duration,
    trusted_proxies: Vec<IpAddr>,
    rate_limits: (Option<RateLimit>, Option<RateLimit>),
    audit_log: Option<AuditLog>,
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
        Server {
            hub,
            listener: self.listener,
            address: self.address,
            tls: None,
            shutdown_timeout: SHUTDOWN_TIMEOUT,
            trusted_proxies: Vec::new(),
            rate_limits: (None, None),
            audit_log: None,
        }
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

    /// Speaks TLS on the port, and nothing else.
    #[must_use]
    pub fn tls(mut self, tls: ServerTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// The URL of the address that it listens on.
    pub fn url(&self) -> String {
        format!("{}://{}", scheme(self.tls.as_ref()), self.address)
    }

    /// How long requests that run may take to end once the server is to stop, such as uploads of large files; 10 s unless set.
    #[must_use]
    pub fn shutdown_timeout(mut self, limit: Duration) -> Self {
        self.shutdown_timeout = limit;
        self
    }

    /// Proxies before this server. Their connections are not limited as those of one address are, and the last address of their
    /// `X-Forwarded-For` is whoever asks. None unless set: then nobody's word about others is believed.
    #[must_use]
    pub fn trusted_proxies(mut self, proxies: impl IntoIterator<Item = IpAddr>) -> Self {
        self.trusted_proxies = proxies.into_iter().collect();
        self
    }

    /// How many requests each user may make, and each address those that come without a valid token. Further ones are answered 429, and
    /// each response says in `RateLimit` and `RateLimit-Policy` what is left. None unless set. Signed URLs of large files are not counted.
    #[must_use]
    pub fn rate_limits(mut self, user: Option<RateLimit>, address: Option<RateLimit>) -> Self {
        self.rate_limits = (user, address);
        self
    }

    /// Writes down every change that is made. While that fails, `/readyz` says so.
    #[must_use]
    pub fn audit_log(mut self, log: AuditLog) -> Self {
        self.audit_log = Some(log);
        self
    }

    /// Answers requests until `shutdown` is ready, then lets those that run end, for as long as
    /// [`shutdown_timeout`](Self::shutdown_timeout) says.
    ///
    /// Beside the Hub's own paths it has `/healthz` (the program runs), `/readyz` (it can read and write its data; otherwise 503) and, for
    /// programs on this machine, `/metrics` in the OpenMetrics format.
    pub async fn run(self, shutdown: impl Future<Output = ()>) {
        let Self { hub, listener, address, tls, shutdown_timeout, trusted_proxies, rate_limits, audit_log } =
            self;
        let oversight = Oversight::new(rate_limits.0, rate_limits.1, audit_log);
        let public_host = hub.public_host().map(Arc::from);
        let all = Connections::new(MAX_CONNECTIONS, MAX_PER_ADDRESS);
        let metrics = Arc::new(Metrics::new(all.clone()));
        let (close, closing) = watch::channel(false);
        let administration = administration(&hub, &oversight);
        let mut administration = std::pin::pin!(administration);
        let mut running = JoinSet::new();
        // Ends with this.
        let mut tending = JoinSet::new();
        tending.spawn(tend::tend(hub.clone()));
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let (stream, peer) = tokio::select! {
                () = &mut shutdown => break,
                // It ends only with the server.
                () = &mut administration => break,
                Some(_) = running.join_next(), if !running.is_empty() => continue,
                accepted = listener.accept() => match accepted {
                    Ok((stream, peer)) => (stream, peer.ip()),
                    Err(error) => {
                        // Out of file descriptors, most likely: the next attempt would fail as fast.
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(Duration::from_millis(100)).await;
                        continue;
                    }
                },
            };
            let is_proxy = trusted_proxies.contains(&peer.to_canonical());
            let Some(connection) = all.add(peer, is_proxy) else {
                tracing::warn!(%peer, "there is no room for another connection of this address: it is closed");
                continue;
            };
            let activity = Arc::clone(&connection.activity);
            let (hub, public_host) = (hub.clone(), public_host.clone());
            let (metrics, closing) = (Arc::clone(&metrics), closing.clone());
            let oversight = Arc::clone(&oversight);
            let service = Guarded {
                hub,
                listen: ListenAddress { address, scheme: scheme(tls.as_ref()) },
                public_host,
                peer,
                is_proxy,
                activity: Arc::clone(&activity),
                metrics,
                oversight,
            };
            let tls = tls.clone();
            running.spawn(async move {
                connection::serve(stream, tls, service, activity, closing).await;
                drop(connection);
            });
        }
        drop(listener);
        tending.shutdown().await;
        close.send_replace(true);
        let end = async { while running.join_next().await.is_some() {} };
        if tokio::time::timeout(shutdown_timeout, end).await.is_err() {
            tracing::warn!("requests were cut off at the end");
        }
    }
}

/// Takes the requests of those who run the hub, on a socket in its data folder.
async fn administration(hub: &EmbeddedHub, oversight: &Arc<Oversight>) {
    #[cfg(unix)]
    match crate::admin::socket::AdminSocket::bind(hub) {
        Ok(socket) => {
            let oversight = Arc::clone(oversight);
            socket.serve(hub.clone(), move |request, user| oversight.note(request, user)).await;
        }
        Err(error) => {
            let folder = hub.dir().display();
            tracing::warn!(%error, "there is no socket for `hub admin` in {folder}, which works when the server is stopped");
        }
    }
    #[cfg(not(unix))]
    let _ = (hub, oversight);
    std::future::pending().await
}

fn scheme(tls: Option<&ServerTls>) -> &'static str {
    if tls.is_some() { "https" } else { "http" }
}
