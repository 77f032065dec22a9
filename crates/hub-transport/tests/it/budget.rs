//! Many calls that fail together.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use http::{Request, Response};
use hub_transport::testing::{Script, Step, reply};
use hub_transport::{Body, BoxError, Transport};
use tokio::time::Instant;

use crate::support::{Ask, HUB};

#[tokio::test(start_paused = true)]
async fn f91_a_thousand_calls_in_an_outage_send_at_most_a_third_more_than_a_thousand_requests() {
    for step in [reply(503), Step::not_sent(), Step::maybe_processed()] {
        let script = Script::always(step);
        let hub = Transport::builder(HUB).inner_service(script.clone()).build().unwrap();
        let asks: Vec<_> = (0..1000).map(|n| Ask::get(format!("/{n}"))).collect();
        let results = join_all(asks.iter().map(|ask| hub.send(ask))).await;
        assert!(results.iter().all(Result::is_err));
        let sent = script.requests().len();
        assert!((1001..=1310).contains(&sent), "{sent} requests");
    }
}

#[tokio::test(start_paused = true)]
async fn f91_retries_do_not_come_in_waves() {
    let started = Instant::now();
    let times = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&times);
    let inner_service = tower::service_fn(move |_: Request<Body>| {
        log.lock().unwrap().push(started.elapsed());
        async { Ok::<_, BoxError>(Response::builder().status(503).body(Body::empty()).unwrap()) }
    });
    // Every call may retry, so that there are enough retries to judge their spread.
    let retry = hub_transport::RetryConfig::new().budget_fraction(10.0);
    let hub = Transport::builder(HUB).inner_service(inner_service).retry(retry).build().unwrap();
    let asks: Vec<_> = (0..2000).map(|n| Ask::get(format!("/{n}"))).collect();
    join_all(asks.iter().map(|ask| hub.send(ask))).await;
    let times = times.lock().unwrap();
    let retries: Vec<_> = times.iter().filter(|time| **time > Duration::ZERO).collect();
    let mut buckets = std::collections::HashMap::new();
    for time in &retries {
        *buckets.entry(time.as_millis() / 100).or_insert(0usize) += 1;
    }
    let fullest = buckets.values().max().unwrap();
    // Full jitter from 0 to 0.5 s puts the first retries of all calls into five buckets: a twentieth of all each.
    assert!(retries.len() > 7000 && *fullest * 100 <= retries.len() * 9, "{fullest} of {}", retries.len());
}

#[tokio::test(start_paused = true)]
async fn f91_after_an_outage_single_calls_are_retried_again_within_seconds() {
    let down = Arc::new(Mutex::new(true));
    let state = Arc::clone(&down);
    let flaky = Arc::new(Mutex::new(0));
    let inner_service = tower::service_fn(move |_: Request<Body>| {
        let mut count = flaky.lock().unwrap();
        *count += 1;
        let fails = *state.lock().unwrap() || *count % 2 == 0;
        let status = if fails { 503 } else { 200 };
        async move { Ok::<_, BoxError>(Response::builder().status(status).body(Body::empty()).unwrap()) }
    });
    let hub = Transport::builder(HUB).inner_service(inner_service).build().unwrap();
    let asks: Vec<_> = (0..1000).map(|n| Ask::get(format!("/{n}"))).collect();
    join_all(asks.iter().map(|ask| hub.send(ask))).await;
    *down.lock().unwrap() = false;
    tokio::time::sleep(Duration::from_secs(10)).await;
    for _ in 0..5 {
        hub.send(&Ask::get("/x")).await.unwrap();
    }
}
