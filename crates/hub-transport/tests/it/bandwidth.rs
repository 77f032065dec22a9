//! The limit of file transfers in bytes a second, with paused time.

use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hub_transport::{Body, BoxError, Error, RetryClass, RetryConfig, Transfer, Transport, get, put};
use tokio::time::Instant;

use crate::support::{HUB, call};

const MIB: usize = 1 << 20;

/// Takes whatever is sent, and answers with `size` bytes.
fn hub(size: usize, bytes_per_second: u64) -> Transport {
    let inner_service = tower::service_fn(move |request: Request<Body>| async move {
        request.into_body().collect().await?;
        Ok::<_, BoxError>(Response::new(Body::bytes(vec![b'x'; size])))
    });
    let builder = Transport::builder(HUB).inner_service(inner_service).retry(RetryConfig::none());
    builder.max_bandwidth(bytes_per_second).build().unwrap()
}

async fn download(hub: &Transport) -> Result<usize, Error> {
    let request = get("/file").extension(Transfer).finish()?;
    let response = hub.open(call(RetryClass::Read), request).await?;
    Ok(response.into_body().collect().await.map_err(Error::body)?.to_bytes().len())
}

async fn upload(hub: &Transport, size: usize) -> Result<(), Error> {
    let body = Body::replay(Some(size as u64), move || Full::new(Bytes::from(vec![b'x'; size])));
    let request = put("/file").body(body).extension(Transfer).finish()?;
    hub.open(call(RetryClass::Set), request).await.map(drop)
}

fn about(begin: Instant, seconds: u64) {
    let took = begin.elapsed().as_secs_f64();
    assert!((took - seconds as f64).abs() < 1.0, "{took} instead of {seconds}");
}

#[tokio::test(start_paused = true)]
async fn ten_mebibytes_at_one_a_second_take_ten_seconds_in_either_direction() {
    let begin = Instant::now();
    assert_eq!(download(&hub(10 * MIB, MIB as u64)).await.unwrap(), 10 * MIB);
    about(begin, 10);
    let begin = Instant::now();
    upload(&hub(0, MIB as u64), 10 * MIB).await.unwrap();
    about(begin, 10);
}

#[tokio::test(start_paused = true)]
async fn transfers_of_all_clones_share_the_limit_evenly() {
    let hub = hub(5 * MIB, MIB as u64);
    let begin = Instant::now();
    let timed = |hub: Transport| async move {
        download(&hub).await.unwrap();
        begin.elapsed()
    };
    let (first, second) = join(timed(hub.clone()), timed(hub.clone())).await;
    about(begin, 10);
    assert!(first.abs_diff(second) < Duration::from_secs(1), "{first:?} {second:?}");

    let begin = Instant::now();
    let (down, up) = join(download(&hub), upload(&hub, 5 * MIB)).await;
    assert_eq!((down.unwrap(), up.unwrap()), (5 * MIB, ()));
    about(begin, 10);
}

#[tokio::test(start_paused = true)]
async fn other_calls_do_not_wait_while_the_limit_is_used_up() {
    let hub = hub(MIB, MIB as u64 / 10);
    let begin = Instant::now();
    let metadata = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let asked = Instant::now();
        let response = hub.open(call(RetryClass::Read), get("/api").finish().unwrap()).await.unwrap();
        response.into_body().collect().await.unwrap();
        asked.elapsed()
    };
    let (done, waited) = join(download(&hub), metadata).await;
    assert_eq!((done.unwrap(), waited), (MIB, Duration::ZERO));
    about(begin, 10);
}

#[tokio::test(start_paused = true)]
async fn a_low_limit_is_not_taken_for_a_transfer_that_stands_still() {
    let begin = Instant::now();
    let hub = hub(2000, 10);
    join(async { download(&hub).await.unwrap() }, async { upload(&hub, 2000).await.unwrap() }).await;
    about(begin, 400);
}

#[tokio::test(start_paused = true)]
async fn without_a_limit_nothing_waits() {
    let begin = Instant::now();
    download(&hub(10 * MIB, 0)).await.unwrap();
    assert_eq!(begin.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_high_limit_is_reached_although_timers_are_coarse() {
    let begin = Instant::now();
    download(&hub(40 * MIB, 400 * MIB as u64)).await.unwrap();
    let took = begin.elapsed().as_millis();
    assert!((90..=110).contains(&took), "{took} ms instead of 100");
}
