//! TCP with name resolution, several addresses and happy eyeballs.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use std::vec;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::{GaiResolver, Name};
use tower::{Service, ServiceExt};

use super::stream::{ByteStream, Connect, Resolve};

type Boxed<T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send>>;

pub(super) struct Tcp {
    connector: HttpConnector<Names>,
}

impl Tcp {
    /// The timeout is shared out among the addresses of a host, so that one that does not answer leaves time for the next.
    pub(super) fn new(resolver: Option<Arc<dyn Resolve>>, timeout: Duration) -> Self {
        let mut connector = HttpConnector::new_with_resolver(Names(resolver));
        connector.enforce_http(false);
        connector.set_nodelay(true);
        connector.set_keepalive(Some(Duration::from_secs(60)));
        connector.set_connect_timeout(Some(timeout));
        Self { connector }
    }
}

impl Connect for Tcp {
    fn connect(&self, host: &str, port: u16) -> Boxed<ByteStream> {
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let connector = self.connector.clone();
        Box::pin(async move {
            let uri = Uri::try_from(format!("http://{host}:{port}/")).map_err(io::Error::other)?;
            let stream = connector.oneshot(uri).await.map_err(io::Error::other)?;
            Ok(ByteStream::new(stream.into_inner()))
        })
    }
}

#[derive(Clone)]
struct Names(Option<Arc<dyn Resolve>>);

impl Service<Name> for Names {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Boxed<Self::Response>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        match &self.0 {
            Some(resolver) => {
                let addresses = resolver.resolve(name.as_str());
                Box::pin(async move { Ok(addresses.await?.into_iter()) })
            }
            None => Box::pin(async move {
                let addresses: Vec<_> = GaiResolver::new().oneshot(name).await?.collect();
                Ok(addresses.into_iter())
            }),
        }
    }
}
