//! Compressed responses: what asks for them, and that they cannot be used to fill the memory (F44).

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::stream;
use http::{Method, Request, Response};
use http_body::Frame;
use http_body_util::StreamBody;
use hub_transport::testing::{Script, reply};
use hub_transport::{Body, BoxError, ErrorKind, RetryClass, Transfer, Transport, get};

use crate::support::{Ask, HUB, call, over};

fn gzip(content: &[u8]) -> Bytes {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap().into()
}

fn packed(status: u16, content: impl Into<Bytes>) -> hub_transport::testing::Step {
    reply(status).header("content-encoding", "gzip").text(content)
}

#[tokio::test(start_paused = true)]
async fn reads_of_the_api_ask_for_gzip_and_nothing_else_does() {
    let script = Script::always(reply(200).text("plain"));
    let hub = over(&script);
    assert_eq!(hub.send(&Ask::get("/api/models/a")).await.unwrap(), "plain");
    hub.send(&Ask::new(Method::GET, format!("{HUB}/api/models?cursor=x"), RetryClass::Read)).await.unwrap();
    hub.send(&Ask::post("/api/models/a/settings", RetryClass::Set)).await.unwrap();
    hub.open(call(RetryClass::Read), get("/api/file").finish().unwrap()).await.unwrap();
    hub.open(call(RetryClass::Read), get("/file").extension(Transfer).finish().unwrap()).await.unwrap();
    let asked: Vec<_> = script
        .requests()
        .iter()
        .map(|request| request.header("accept-encoding").map(str::to_owned))
        .collect();
    let gzip = Some("gzip".to_owned());
    assert_eq!(asked, [gzip.clone(), gzip, None, None, None]);
}

#[tokio::test(start_paused = true)]
async fn a_compressed_response_is_unpacked_and_so_is_a_refusal() {
    let script = Script::new([
        packed(200, gzip(b"some text")),
        packed(404, gzip(br#"{"error": "nothing here"}"#)).header("content-type", "application/json"),
    ]);
    let hub = over(&script);
    assert_eq!(hub.send(&Ask::get("/api/x")).await.unwrap(), "some text");
    let error = hub.send(&Ask::get("/api/x")).await.unwrap_err();
    assert_eq!(error.server_message(), Some("nothing here"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_compressed_response_that_is_cut_or_damaged_is_asked_for_again() {
    let whole = gzip(b"some text that is worth packing");
    let mut damaged = whole.to_vec();
    damaged[14] ^= 0x55;
    for broken in [whole.slice(..whole.len() - 9), whole.slice(..4), Bytes::from(damaged)] {
        let script = Script::new([packed(200, broken), packed(200, whole.clone())]);
        let text = over(&script).send(&Ask::get("/api/x")).await.unwrap();
        assert_eq!((text.as_str(), script.requests().len()), ("some text that is worth packing", 2));
    }
}

/// Serves `head` and then `piece` again and again, up to `count` times, as gzip; counts how many pieces were taken.
fn serving(head: Bytes, piece: Bytes, count: usize) -> (Transport, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&taken);
    let inner_service = tower::service_fn(move |_: Request<Body>| {
        let (piece, counter) = (piece.clone(), Arc::clone(&counter));
        let pieces = std::iter::once(head.clone()).chain((0..count).map(move |_| {
            counter.fetch_add(1, Ordering::SeqCst);
            piece.clone()
        }));
        let frames = stream::iter(pieces.map(|piece| Ok::<_, BoxError>(Frame::data(piece))));
        let response = Response::builder().header("content-encoding", "gzip");
        let response = response.body(Body::once(StreamBody::new(frames)));
        async move { response.map_err(BoxError::from) }
    });
    (Transport::builder(HUB).inner_service(inner_service).build().unwrap(), taken)
}

/// The beginning of a gzip stream of this content, and what the content adds to it each time it follows.
fn repeated(content: &[u8]) -> (Bytes, Bytes) {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::new(6));
    let mut add = || {
        encoder.write_all(content).unwrap();
        encoder.flush().unwrap();
        Bytes::from(std::mem::take(encoder.get_mut()))
    };
    (add(), add())
}

#[tokio::test(start_paused = true)]
async fn f44_ten_gibibytes_of_zeros_in_ten_mebibytes_are_given_up_after_the_first() {
    let (head, piece) = repeated(&vec![0; 16 << 20]);
    assert!(piece.len() < 20_000, "{} bytes", piece.len());
    let (hub, taken) = serving(head, piece, 640);
    let error = hub.send(&Ask::get("/api/x")).await.unwrap_err();
    assert_eq!((error.kind(), error.context().attempts), (ErrorKind::TooLarge, 1), "{error}");
    assert!(error.to_string().contains("200 times"), "{error}");
    assert!(taken.load(Ordering::SeqCst) <= 2, "{taken:?}");
}

#[tokio::test(start_paused = true)]
async fn f44_what_unpacks_to_more_than_64_mib_is_given_up_though_it_packs_badly() {
    let mut numbers = 1u64;
    let mut text = Vec::new();
    while text.len() < 1 << 20 {
        numbers = numbers.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        text.extend_from_slice(&numbers.to_be_bytes());
        text.extend_from_slice(&[0; 200]);
    }
    let (head, piece) = repeated(&text);
    let (hub, taken) = serving(head, piece, 1000);
    let error = hub.send(&Ask::get("/api/x")).await.unwrap_err();
    assert_eq!((error.kind(), error.context().attempts), (ErrorKind::TooLarge, 1), "{error}");
    assert!(error.to_string().contains("64 MiB"), "{error}");
    assert!((60..=70).contains(&taken.load(Ordering::SeqCst)), "{taken:?}");
}

#[tokio::test(start_paused = true)]
async fn a_short_response_may_be_one_value_again_and_again() {
    let script = Script::new([packed(200, gzip(&vec![b'0'; 900_000]))]);
    assert_eq!(over(&script).send(&Ask::get("/api/x")).await.unwrap().len(), 900_000);
}
