//! The fault matrix over real TCP: what the network and broken servers do.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Method;
use http_body_util::{BodyExt, Full};
use hub_transport::{
    Body, ByteStream, Connect, Error, ErrorKind, Resolve, RetryClass, RetryConfig, Timeouts, Transport, get,
    put,
};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;

use crate::support::{Ask, CLASSES, call, quick};
use crate::wire::{Act, Server, ok, response, write};

async fn ask(server: &Server, class: RetryClass) -> Result<String, Error> {
    quick(&server.url()).build().unwrap().send(&Ask::post("/x", class)).await
}

/// A first connection that goes wrong, then one that works: only repeatable calls may see the second.
async fn only_repeatable_calls_are_sent_again(broken: Vec<Act>, kind: ErrorKind) {
    for class in CLASSES {
        let server = Server::start(vec![broken.clone(), ok()]).await;
        let result = ask(&server, class).await;
        if class.is_repeatable() {
            assert_eq!(result.unwrap(), "fine", "{class:?} {broken:?}");
            assert_eq!(server.connections(), 2, "{class:?}");
        } else {
            let error = result.unwrap_err();
            assert_eq!(error.kind(), kind, "{class:?} {broken:?} {error:?}");
            assert!(error.maybe_processed(), "{class:?} {broken:?}");
            assert_eq!((server.connections(), error.context().attempts), (1, 1), "{class:?}");
        }
    }
}

struct Names(AtomicUsize);

impl Resolve for Names {
    fn resolve(&self, _: &str) -> Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Err(io::Error::other("no such name")) })
    }
}

#[tokio::test]
async fn f01_an_unknown_host_is_asked_for_again_by_every_class() {
    for class in CLASSES {
        let names = Arc::new(Names(AtomicUsize::new(0)));
        let hub = quick("http://hub.test").resolver(names.clone()).build().unwrap();
        let error = hub.send(&Ask::post("/x", class)).await.unwrap_err();
        assert_eq!((error.kind(), error.maybe_processed()), (ErrorKind::Connect, false), "{error}");
        assert!(error.to_string().contains("the host hub.test is not known"), "{error}");
        assert_eq!(names.0.load(Ordering::SeqCst), 5);
    }
}

#[tokio::test]
async fn f02_a_refused_connection_is_tried_again_by_every_class() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for class in CLASSES {
        let hub = quick(&format!("http://127.0.0.1:{port}")).build().unwrap();
        let error = hub.send(&Ask::post("/x", class)).await.unwrap_err();
        assert_eq!((error.kind(), error.context().attempts), (ErrorKind::Connect, 5));
        assert!(!error.maybe_processed());
        assert!(error.to_string().contains("refused the connection"), "{error}");
    }
}

struct BlackHole(AtomicUsize);

impl Connect for BlackHole {
    fn connect(&self, _: &str, _: u16) -> Pin<Box<dyn Future<Output = io::Result<ByteStream>> + Send>> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn f03_a_connection_that_never_opens_is_given_up_after_ten_seconds() {
    let hole = Arc::new(BlackHole(AtomicUsize::new(0)));
    let hub = Transport::builder("http://hub.test")
        .retry(RetryConfig::none())
        .connector(hole.clone())
        .build()
        .unwrap();
    let started = tokio::time::Instant::now();
    let error = hub.send(&Ask::post("/x", RetryClass::Append)).await.unwrap_err();
    assert_eq!((error.kind(), error.maybe_processed()), (ErrorKind::Timeout, false), "{error}");
    assert_eq!(started.elapsed().as_secs(), 10);
    assert_eq!(hole.0.load(Ordering::SeqCst), 1);
}

/// Opens connections that end before they take a byte.
struct Ends {
    opened: AtomicUsize,
    with: End,
}

#[derive(Debug, Clone, Copy)]
enum End {
    /// The first write fails.
    Write,
    /// The first read fails, and so would a write.
    Read,
}

impl Connect for Ends {
    fn connect(&self, _: &str, _: u16) -> Pin<Box<dyn Future<Output = io::Result<ByteStream>> + Send>> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        let end = self.with;
        Box::pin(async move { Ok(ByteStream::new(end)) })
    }
}

impl AsyncRead for End {
    fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match *self {
            Self::Write => Poll::Pending,
            Self::Read => Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())),
        }
    }
}

impl AsyncWrite for End {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
        Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn f07_a_connection_that_is_reset_before_a_byte_of_the_request_means_not_sent() {
    for with in [End::Write, End::Read] {
        for class in CLASSES {
            let ends = Arc::new(Ends { opened: AtomicUsize::new(0), with });
            let hub = quick("http://hub.test").connector(ends.clone()).build().unwrap();
            let error = hub.send(&Ask::post("/x", class)).await.unwrap_err();
            assert!(!error.maybe_processed(), "{with:?} {class:?}: {error:?}");
            assert_eq!((error.context().attempts, ends.opened.load(Ordering::SeqCst)), (5, 5), "{error:?}");
        }
    }
}

#[tokio::test]
async fn f08_a_reset_in_the_request_body_is_ambiguous() {
    for read in [1, 3, 6] {
        only_repeatable_calls_are_sent_again(
            vec![Act::Head, Act::Read(read), Act::Reset],
            ErrorKind::Interrupted,
        )
        .await;
    }
}

#[tokio::test]
async fn f09_a_reset_after_the_request_is_ambiguous() {
    only_repeatable_calls_are_sent_again(vec![Act::Request, Act::Reset], ErrorKind::Interrupted).await;
}

#[tokio::test]
async fn f10_a_close_after_the_request_is_ambiguous_and_never_taken_for_not_sent() {
    only_repeatable_calls_are_sent_again(vec![Act::Request, Act::Fin], ErrorKind::Interrupted).await;
    only_repeatable_calls_are_sent_again(vec![Act::Head, Act::Fin], ErrorKind::Interrupted).await;
}

/// Opens TCP connections, and tells when the pool has seen that one of them has ended.
struct TellsEnd(Arc<Notify>);

struct Told {
    stream: TcpStream,
    end: Arc<Notify>,
}

impl Connect for TellsEnd {
    fn connect(&self, host: &str, port: u16) -> Pin<Box<dyn Future<Output = io::Result<ByteStream>> + Send>> {
        let (place, end) = ((host.to_owned(), port), self.0.clone());
        Box::pin(async move { Ok(ByteStream::new(Told { stream: TcpStream::connect(place).await?, end })) })
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.end.notify_one();
    }
}

impl AsyncRead for Told {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Told {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[tokio::test]
async fn f11_an_idle_connection_that_was_closed_is_replaced_without_counting() {
    let first = vec![Act::Request, response("200 OK", "", "one"), Act::Fin];
    let server = Server::start(vec![first, ok()]).await;
    let told = Arc::new(Notify::new());
    let connector = Arc::new(TellsEnd(told.clone()));
    let hub = quick(&server.url()).retry(RetryConfig::none()).connector(connector).build().unwrap();
    assert_eq!(hub.send(&Ask::get("/1")).await.unwrap(), "one");
    told.notified().await;
    assert_eq!(hub.send(&Ask::post("/2", RetryClass::Append)).await.unwrap(), "fine");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn f12_a_pooled_connection_that_dies_under_a_request_is_ambiguous() {
    for class in CLASSES {
        let first = vec![Act::Request, response("200 OK", "", "one"), Act::Request, Act::Reset];
        let server = Server::start(vec![first, ok()]).await;
        let hub = quick(&server.url()).build().unwrap();
        assert_eq!(hub.send(&Ask::get("/1")).await.unwrap(), "one");
        let result = hub.send(&Ask::post("/2", class)).await;
        assert_eq!(result.is_ok(), class.is_repeatable(), "{class:?}");
        assert!(result.map_or_else(|error| error.maybe_processed(), |_| true));
    }
}

#[tokio::test]
async fn f13_what_is_not_http_is_asked_for_once_more_by_reads_only() {
    let garbage = vec![Act::Request, write("220 smtp.example ready\r\n\r\n"), Act::Fin];
    let server = Server::start(vec![garbage.clone(), garbage.clone(), ok()]).await;
    let error = ask(&server, RetryClass::Read).await.unwrap_err();
    assert_eq!((error.kind(), error.context().attempts), (ErrorKind::Protocol, 2), "{error}");
    only_repeatable_calls_are_sent_again(
        vec![Act::Request, write("HTTP/1.1 200 O"), Act::Fin],
        ErrorKind::Interrupted,
    )
    .await;
}

#[tokio::test]
async fn f14_a_response_that_breaks_off_at_any_byte_is_asked_for_again() {
    let body = "0123456789".repeat(30);
    for cut in 0..300 {
        for end in [Act::Reset, Act::Fin] {
            let head = write(format!("HTTP/1.1 200 OK\r\ncontent-length: 300\r\n\r\n{}", &body[..cut]));
            let server = Server::start(vec![
                vec![Act::Request, head.clone(), end.clone()],
                vec![Act::Request, response("200 OK", "", &body)],
            ])
            .await;
            assert_eq!(ask(&server, RetryClass::Read).await.unwrap(), body, "cut at {cut}");
            let server = Server::start(vec![vec![Act::Request, head, end.clone()], ok()]).await;
            let error = ask(&server, RetryClass::Append).await.unwrap_err();
            assert_eq!(
                (error.kind(), error.maybe_processed()),
                (ErrorKind::Interrupted, true),
                "cut at {cut}: {error}"
            );
            assert_eq!(server.connections(), 1);
        }
    }
}

#[tokio::test]
async fn f16_f18_a_streamed_response_that_is_cut_is_an_error_and_never_an_end() {
    let heads = [
        "content-length: 10\r\n\r\nabc",
        "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
        "transfer-encoding: chunked\r\n\r\n9\r\nabc",
    ];
    for head in heads {
        let server =
            Server::start(vec![vec![Act::Request, write(format!("HTTP/1.1 200 OK\r\n{head}")), Act::Fin]])
                .await;
        let hub = quick(&server.url()).build().unwrap();
        let response = hub.open(call(RetryClass::Read), get("/x").finish().unwrap()).await.unwrap();
        let error = Error::body(response.into_body().collect().await.unwrap_err());
        assert_eq!(error.kind(), ErrorKind::Interrupted, "{head}");
    }
}

#[tokio::test]
async fn f19_a_head_that_drips_is_given_up_and_ambiguous() {
    let drip = Act::Drip(b"HTTP/1.1 200 OK\r\n\r\n".repeat(20), Duration::from_millis(20));
    let server = Server::start(vec![vec![Act::Request, drip]]).await;
    let timeouts = Timeouts::new().head(Duration::from_millis(100));
    let hub = quick(&server.url()).timeouts(timeouts).build().unwrap();
    let error = hub.send(&Ask::post("/x", RetryClass::Append)).await.unwrap_err();
    assert_eq!((error.kind(), error.maybe_processed()), (ErrorKind::Timeout, true), "{error}");
}

#[tokio::test]
async fn f20_a_body_that_stands_still_is_given_up() {
    let stall = vec![Act::Request, write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"), Act::Stall];
    let server = Server::start(vec![stall, ok()]).await;
    let timeouts = Timeouts::new().idle(Duration::from_millis(500));
    let hub = quick(&server.url()).timeouts(timeouts).build().unwrap();
    assert_eq!(hub.send(&Ask::get("/x")).await.unwrap(), "fine");
}

#[tokio::test]
async fn f21_a_server_that_stops_reading_is_given_up_and_the_body_sent_again_from_its_start() {
    let server =
        Server::start(vec![vec![Act::Head, Act::Stall], vec![Act::Request, response("200 OK", "", "")]])
            .await;
    let timeouts = Timeouts::new().idle(Duration::from_secs(1));
    let hub = quick(&server.url()).build().unwrap();
    let content = Bytes::from(vec![7u8; 16 << 20]);
    let len = content.len();
    let body = Body::replay(Some(len as u64), move || Full::new(content.clone()));
    let request = put("/x").extension(timeouts).body(body).finish().unwrap();
    hub.open(call(RetryClass::Read), request).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    let (_, sent) = seen[1].split_once("\r\n\r\n").unwrap();
    assert!(sent.len() == len && sent.bytes().all(|byte| byte == 7));
}

#[tokio::test]
async fn f28_an_early_413_is_seen_although_the_body_was_not_read() {
    for _ in 0..100 {
        let refuse = vec![
            Act::Head,
            response("413 Payload Too Large", "connection: close\r\n", "too big"),
            Act::Linger,
        ];
        let server = Server::start(vec![refuse]).await;
        let hub = quick(&server.url()).build().unwrap();
        let content = Bytes::from(vec![0u8; 1 << 20]);
        let body = Body::replay(Some(1 << 20), move || Full::new(content.clone()));
        let error =
            hub.open(call(RetryClass::Read), put("/x").body(body).finish().unwrap()).await.unwrap_err();
        assert_eq!((error.kind(), server.connections()), (ErrorKind::PayloadTooLarge, 1), "{error:?}");
    }
}

#[tokio::test]
async fn f34_f35_f36_server_errors_are_repeated_by_reads_and_left_to_others() {
    for status in ["500 X", "502 X", "503 X", "504 X"] {
        for class in CLASSES {
            let server = Server::start(vec![vec![
                Act::Request,
                response(status, "", ""),
                Act::Request,
                response("200 OK", "", "fine"),
            ]])
            .await;
            let result = ask(&server, class).await;
            match result {
                Ok(text) => assert!(class.is_repeatable() && text == "fine"),
                Err(error) => {
                    assert!(!class.is_repeatable() && error.maybe_processed(), "{status} {class:?}");
                    assert_eq!((error.kind(), server.requests()), (ErrorKind::Server, 1));
                }
            }
        }
    }
}

#[tokio::test]
async fn f41_an_endless_error_body_is_cut_off() {
    let endless = vec![
        Act::Request,
        write("HTTP/1.1 400 Bad\r\ntransfer-encoding: chunked\r\n\r\n"),
        write("10000\r\n".to_owned() + &"x".repeat(0x10000) + "\r\n"),
        write("10000\r\n".to_owned() + &"x".repeat(0x10000) + "\r\n"),
        Act::Stall,
    ];
    let server = Server::start(vec![endless]).await;
    let error = quick(&server.url()).build().unwrap().send(&Ask::get("/x")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadRequest);
    assert_eq!(error.context().body.as_ref().unwrap().len(), 512);
}

#[tokio::test]
async fn f43_headers_that_are_not_text_are_ignored() {
    let raw = Act::Write(b"HTTP/1.1 404 X\r\nx-error-code: \xff\xfe\r\nx-error-message: \xc3\r\nretry-after: \xff\r\ncontent-length: 0\r\n\r\n".to_vec());
    let server = Server::start(vec![vec![Act::Request, raw]]).await;
    let error = quick(&server.url()).build().unwrap().send(&Ask::get("/x")).await.unwrap_err();
    assert_eq!((error.kind(), error.error_code()), (ErrorKind::NotFound, None));
    let many = (0..101).map(|n| format!("x-{n}: 1\r\n")).collect::<String>();
    let server = Server::start(vec![vec![Act::Request, response("200 OK", &many, "")]; 2]).await;
    let error = quick(&server.url())
        .build()
        .unwrap()
        .send(&Ask::new(Method::GET, "/x", RetryClass::Read))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol, "{error}");
}

#[tokio::test]
async fn f87_a_dropped_call_leaves_the_client_usable() {
    let server = Server::start(vec![vec![Act::Request, Act::Stall], ok()]).await;
    let hub = quick(&server.url()).build().unwrap();
    {
        let ask = Ask::get("/1");
        let mut call = std::pin::pin!(hub.send(&ask));
        while server.requests() == 0 {
            assert!(futures_util::poll!(call.as_mut()).is_pending());
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(hub.send(&Ask::get("/2")).await.unwrap(), "fine");
}

#[test]
fn f88_a_runtime_that_ends_under_a_client_does_not_end_the_client() {
    let first = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let second = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let server = first.block_on(Server::start(vec![ok()]));
    let hub = quick(&server.url()).build().unwrap();
    assert_eq!(first.block_on(hub.send(&Ask::get("/1"))).unwrap(), "fine");
    drop((server, first));
    second.block_on(async {
        let error = hub.send(&Ask::get("/2")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connect, "{error:?}");
    });
}
