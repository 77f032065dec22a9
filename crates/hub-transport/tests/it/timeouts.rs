//! Time limits, with paused time and an inner service that decides how slow it is.

use std::convert::Infallible;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use hub_transport::testing::{Script, Step};
use hub_transport::{
    Body, BoxError, Error, ErrorKind, RetryClass, RetryConfig, Timeouts, Transport, get, put,
};
use tokio::time::{Instant, sleep};

use crate::support::{Ask, HUB, call};

/// A body of `count` frames of `size` bytes, one each `pause`.
fn slow(count: usize, size: usize, pause: Duration) -> Body {
    let frames = stream::unfold(0, move |sent| async move {
        if sent == count {
            return None;
        }
        sleep(pause).await;
        Some((Ok::<_, Infallible>(Frame::data(Bytes::from(vec![b'x'; size]))), sent + 1))
    });
    Body::once(StreamBody::new(Box::pin(frames)))
}

fn serving(count: usize, size: usize, pause: Duration) -> Transport {
    let inner_service = tower::service_fn(move |_: Request<Body>| async move {
        Ok::<_, BoxError>(Response::new(slow(count, size, pause)))
    });
    Transport::builder(HUB).inner_service(inner_service).retry(RetryConfig::none()).build().unwrap()
}

async fn download(hub: &Transport) -> Result<usize, Error> {
    let response = hub.open(call(RetryClass::Read), get("/x").finish()?).await?;
    let body = response.into_body().collect().await.map_err(Error::body)?;
    Ok(body.to_bytes().len())
}

#[tokio::test(start_paused = true)]
async fn f19_a_response_that_does_not_begin_is_waited_for_sixty_seconds() {
    let hub = Transport::builder(HUB)
        .inner_service(Script::always(Step::pending()))
        .retry(RetryConfig::none())
        .build()
        .unwrap();
    let started = Instant::now();
    let error = hub.send(&Ask::post("/x", RetryClass::Append)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.maybe_processed(), started.elapsed().as_secs()),
        (ErrorKind::Timeout, true, 60)
    );
    assert!(error.to_string().contains("no response for 60 s"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_call_is_over_after_three_minutes_whatever_happens() {
    let hub = Transport::builder(HUB).inner_service(Script::always(Step::pending())).build().unwrap();
    let started = Instant::now();
    let error = hub.send(&Ask::get("/x")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!((170..=180).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn f20_a_download_that_trickles_is_given_up_although_it_never_stands_still() {
    let started = Instant::now();
    let error = download(&serving(100, 1, Duration::from_secs(29))).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout, "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(100), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_download_that_makes_progress_may_take_a_day() {
    let started = Instant::now();
    let bytes = download(&serving(3000, 64 * 1024, Duration::from_secs(29))).await.unwrap();
    assert_eq!(bytes, 3000 * 64 * 1024);
    assert!(started.elapsed() > Duration::from_secs(86_000));
}

#[tokio::test(start_paused = true)]
async fn f20_a_download_that_stands_still_is_given_up_after_thirty_seconds() {
    let started = Instant::now();
    let error = download(&serving(2, 1, Duration::from_secs(31))).await.unwrap_err();
    assert_eq!((error.kind(), started.elapsed().as_secs()), (ErrorKind::Timeout, 30));
}

#[tokio::test(start_paused = true)]
async fn time_in_which_the_reader_does_not_read_does_not_count() {
    let hub = serving(3, 10, Duration::from_secs(1));
    let response = hub.open(call(RetryClass::Read), get("/x").finish().unwrap()).await.unwrap();
    let mut body = response.into_body();
    for _ in 0..3 {
        sleep(Duration::from_secs(3600)).await;
        body.frame().await.unwrap().unwrap();
    }
    assert!(body.frame().await.is_none());
}

/// An inner service that takes the request's body frame by frame with a pause, then answers after another.
fn taking(pause: Duration, before_response: Duration) -> Transport {
    let inner_service = tower::service_fn(move |request: Request<Body>| async move {
        let mut body = request.into_body();
        while let Some(frame) = body.frame().await {
            frame?;
            sleep(pause).await;
        }
        sleep(before_response).await;
        Ok::<_, BoxError>(Response::new(Body::empty()))
    });
    Transport::builder(HUB).inner_service(inner_service).retry(RetryConfig::none()).build().unwrap()
}

async fn upload(hub: &Transport, body: Body) -> Result<(), Error> {
    hub.open(call(RetryClass::Read), put("/x").body(body).finish()?).await.map(|_| ())
}

#[tokio::test(start_paused = true)]
async fn a_slow_upload_that_makes_progress_is_not_cut_off() {
    let started = Instant::now();
    let big = Body::bytes(vec![0; 8 << 20]);
    upload(&taking(Duration::from_secs(20), Duration::from_secs(50)), big).await.unwrap();
    assert!(started.elapsed() > Duration::from_secs(600));
}

#[tokio::test(start_paused = true)]
async fn f21_an_upload_that_is_not_taken_is_given_up_after_thirty_seconds() {
    let started = Instant::now();
    let big = Body::bytes(vec![0; 8 << 20]);
    let error = upload(&taking(Duration::from_secs(31), Duration::ZERO), big).await.unwrap_err();
    assert_eq!((error.kind(), started.elapsed().as_secs()), (ErrorKind::Timeout, 30));
    assert!(error.to_string().contains("stopped taking the request"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_slow_source_of_an_upload_is_not_the_servers_fault() {
    upload(&taking(Duration::ZERO, Duration::ZERO), slow(3, 10, Duration::from_secs(600))).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn limits_can_be_set_for_one_request() {
    let hub = Transport::builder(HUB)
        .inner_service(Script::always(Step::pending()))
        .retry(RetryConfig::none())
        .build()
        .unwrap();
    let started = Instant::now();
    let timeouts = Timeouts::new().head(Duration::from_secs(300));
    let request = put("/x").extension(timeouts).finish().unwrap();
    hub.open(call(RetryClass::Append), request).await.unwrap_err();
    assert_eq!(started.elapsed().as_secs(), 300);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_takes_long_to_ask_for_the_body_is_no_server_that_stopped_taking_it() {
    let inner_service = tower::service_fn(|request: Request<Body>| async move {
        sleep(Duration::from_secs(45)).await;
        request.into_body().collect().await?;
        Ok::<_, BoxError>(Response::new(Body::empty()))
    });
    let hub =
        Transport::builder(HUB).inner_service(inner_service).retry(RetryConfig::none()).build().unwrap();
    for class in [RetryClass::Read, RetryClass::Append] {
        hub.send(&Ask::post("/x", class)).await.unwrap();
    }
    upload(&hub, Body::bytes(vec![0; 8 << 20])).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_never_asks_for_the_body_is_given_up_with_the_time_for_the_head() {
    let pending = || {
        tower::service_fn(|request: Request<Body>| async move {
            let _kept = request;
            std::future::pending::<Result<Response<Body>, BoxError>>().await
        })
    };
    let hub = Transport::builder(HUB).inner_service(pending()).retry(RetryConfig::none()).build().unwrap();
    let started = Instant::now();
    let error = upload(&hub, Body::bytes(vec![0; 8 << 20])).await.unwrap_err();
    assert_eq!((error.kind(), started.elapsed().as_secs()), (ErrorKind::Timeout, 60));
}
