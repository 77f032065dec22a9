//! One connection, from its first byte to its last.

use std::{sync::Arc, time::Duration};

use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    sync::watch,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::{
    guarded::{Guarded, MAX_HEADER_BYTES},
    tls::ServerTls,
};
use crate::limits::{activity::Activity, heard::Heard, pace::Pace, stalled_write::StalledWrite};

/// How long the head of a request may take, and how long the TLS handshake before it.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Begins every message of a TLS handshake.
const TLS_HANDSHAKE: u8 = 22;
/// For whoever speaks HTTP where TLS is spoken.
const NOT_TLS: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 52\r\nConnection: close\r\n\r\nThis port speaks TLS: the URL begins with https://.\n";
/// How long a connection may have nothing to do.
const IDLE: Duration = Duration::from_secs(60);
/// How long one that is closed for that may take to end.
const IDLE_END: Duration = Duration::from_secs(1);
/// How long the other end may take to read more, and how little it may read over a minute.
const WRITE_PAUSE: Duration = Duration::from_secs(30);
const WRITE_RATE: u64 = 1_024;
const MAX_HEADERS: usize = 100;
const MAX_STREAMS: u32 = 100;
const HTTP2_PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// How long to wait for more of a preface that has come in part.
const PREFACE_PAUSE: Duration = Duration::from_millis(5);

/// Answers what comes over a connection, until it ends, has had nothing to do for a minute, or `closing` says so; then what has begun is
/// answered. When its place is needed it ends at once.
pub(super) async fn serve(
    stream: TcpStream,
    tls: Option<ServerTls>,
    service: Guarded,
    activity: Arc<Activity>,
    closing: watch::Receiver<bool>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "a connection closed at once");
    }
    tokio::select! {
        () = answer(stream, tls, service, &activity, closing) => {}
        () = activity.is_evicted() => tracing::debug!("a connection made room for another"),
    }
}

async fn answer(
    stream: TcpStream,
    tls: Option<ServerTls>,
    service: Guarded,
    activity: &Arc<Activity>,
    mut closing: watch::Receiver<bool>,
) {
    let Some(tls) = tls else {
        let Some(http) = protocol(&stream).await else { return };
        return requests(http, watched(stream), service, activity, closing).await;
    };
    let is_closing = async {
        let _ = closing.wait_for(|closing| *closing).await;
    };
    let secured = tokio::select! {
        secured = tokio::time::timeout(HANDSHAKE_TIMEOUT, handshake(stream, &tls)) => secured.ok().flatten(),
        // Nothing was asked yet.
        () = is_closing => None,
    };
    let Some(stream) = secured else { return };
    let http = match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => Http::Two,
        _ => Http::One,
    };
    requests(http, stream, service, activity, closing).await;
}

/// A TLS session with the other end; whoever does not speak TLS is told that this port does.
async fn handshake(mut stream: TcpStream, tls: &ServerTls) -> Option<TlsStream<StalledWrite<TcpStream>>> {
    let mut first = [0];
    stream.peek(&mut first).await.ok().filter(|length| *length > 0)?;
    if first != [TLS_HANDSHAKE] {
        // Who is gone is not told.
        let _ = stream.write_all(NOT_TLS).await;
        let _ = stream.shutdown().await;
        return None;
    }
    match TlsAcceptor::from(tls.config()).accept(watched(stream)).await {
        Ok(stream) => Some(stream),
        Err(error) => {
            tracing::debug!(%error, "a TLS handshake failed");
            None
        }
    }
}

fn watched(stream: TcpStream) -> StalledWrite<TcpStream> {
    StalledWrite::new(stream, Pace::new(WRITE_PAUSE, WRITE_RATE))
}

/// What a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Http {
    One,
    Two,
}

async fn requests<S>(
    http: Http,
    stream: S,
    service: Guarded,
    activity: &Arc<Activity>,
    mut closing: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + 'static,
{
    let builder = match http {
        Http::One => builder().http1_only(),
        Http::Two => builder().http2_only(),
    };
    let stream = TokioIo::new(Heard::new(stream, Arc::clone(activity)));
    let connection = builder.serve_connection(stream, TowerToHyperService::new(service));
    let mut connection = std::pin::pin!(connection);
    let is_closing = async {
        // The server itself has gone when this fails.
        let _ = closing.wait_for(|closing| *closing).await;
    };
    let ended = tokio::select! {
        result = connection.as_mut() => Some(result),
        () = is_closing => {
            connection.as_mut().graceful_shutdown();
            Some(connection.await)
        }
        // What comes over HTTP/2 may belong to the connection itself, and to no request.
        () = activity.is_slow(HEADER_TIMEOUT), if http == Http::One => None,
        () = activity.is_idle(IDLE) => {
            connection.as_mut().graceful_shutdown();
            tokio::time::timeout(IDLE_END, connection).await.ok()
        }
    };
    if let Some(Err(error)) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// Finds out which HTTP a connection speaks; `None` when it does not say so in time.
///
/// hyper's own detection has no timeout.
async fn protocol(stream: &TcpStream) -> Option<Http> {
    let sniff = async {
        let mut start = [0; HTTP2_PREFACE.len()];
        loop {
            let length = stream.peek(&mut start).await.ok().filter(|length| *length > 0)?;
            let seen = start.get(..length)?;
            if !HTTP2_PREFACE.starts_with(seen) {
                return Some(Http::One);
            }
            if length == HTTP2_PREFACE.len() {
                return Some(Http::Two);
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
        // hyper counts the time between two requests too: see `Activity::is_slow`.
        .header_read_timeout(None)
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
