//! The Hub on a port.

use std::net::SocketAddr;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::Model;

/// A Hub that is on a port for as long as this lives.
#[derive(Debug)]
pub struct Served {
    /// Where it is.
    pub address: SocketAddr,
    running: JoinHandle<()>,
}

impl Drop for Served {
    fn drop(&mut self) {
        self.running.abort();
    }
}

/// Puts a Hub on a free port of this machine. A connection whose request is lost is closed.
///
/// # Errors
/// When there is no port.
pub async fn serve(model: Model) -> std::io::Result<Served> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let running = tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            let service = TowerToHyperService::new(model.clone());
            tokio::spawn(async move {
                let builder = Builder::new(TokioExecutor::new());
                drop(builder.http1_only().serve_connection(TokioIo::new(connection), service).await);
            });
        }
    });
    Ok(Served { address, running })
}
