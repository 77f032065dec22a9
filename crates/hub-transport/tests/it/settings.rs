//! Settings: whose limit holds, and that no public value of the builder can make the stack panic.

use std::time::Duration;

use http::{Request, Response};
use hub_transport::testing::{Script, Step, reply};
use hub_transport::{
    Body, BoxError, DefaultTimeouts, Patience, RequestBuilder, RetryClass, RetryConfig, Timeouts, Transfer,
    Transport, get, post,
};
use proptest::prelude::*;
use tokio::time::Instant;

use crate::support::{Ask, HUB, call};

const fn s(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// After how many seconds a request is given up that nobody answers.
async fn patience(builder: hub_transport::TransportBuilder, request: RequestBuilder) -> u64 {
    let hub =
        builder.inner_service(Script::always(Step::pending())).retry(RetryConfig::none()).build().unwrap();
    let started = Instant::now();
    hub.open(call(RetryClass::Read), request.finish().unwrap()).await.unwrap_err();
    started.elapsed().as_secs()
}

#[tokio::test(start_paused = true)]
async fn the_limits_of_the_client_reach_transfers() {
    let client = || Transport::builder(HUB).timeouts(Timeouts::new().head(s(7)));
    assert_eq!(patience(client(), get("/x").extension(Transfer)).await, 7);
    assert_eq!(patience(client(), get("/x")).await, 7);
    let transfers = client().transfer_timeouts(Timeouts::new().head(s(9)));
    assert_eq!(patience(transfers, get("/x").extension(Transfer)).await, 9);
    let transfers = client().transfer_timeouts(Timeouts::new().head(s(9)));
    assert_eq!(patience(transfers, get("/x")).await, 7);
    let whole = Transport::builder(HUB).timeouts(Timeouts::new().total(s(5)));
    assert_eq!(patience(whole, get("/x").extension(Transfer)).await, 5);
    let apart = Transport::builder(HUB).timeouts(Timeouts::new().total(s(5)));
    let apart = apart.transfer_timeouts(Timeouts::new().no_total());
    assert_eq!(patience(apart, get("/x").extension(Transfer)).await, 60);
}

#[tokio::test(start_paused = true)]
async fn a_limit_of_one_call_leaves_the_others_of_the_client_as_they_are() {
    let client = || Transport::builder(HUB).timeouts(Timeouts::new().head(s(7)).total(s(20)));
    assert_eq!(patience(client(), get("/x").extension(Timeouts::new().total(s(3)))).await, 3);
    assert_eq!(patience(client(), get("/x").extension(Timeouts::new().total(s(90)))).await, 7);
    assert_eq!(patience(client(), get("/x").extension(Timeouts::new().head(s(50)))).await, 20);
}

#[tokio::test(start_paused = true)]
async fn what_a_kind_of_request_needs_is_a_default_and_no_order() {
    let commit =
        || post("/commit").extension(Transfer).extension(DefaultTimeouts(Timeouts::new().head(s(300))));
    assert_eq!(patience(Transport::builder(HUB), commit()).await, 300);
    let client = || Transport::builder(HUB).timeouts(Timeouts::new().head(s(20)));
    assert_eq!(patience(client(), commit()).await, 20);
    assert_eq!(patience(client(), commit().extension(Timeouts::new().head(s(500)))).await, 500);
}

fn durations() -> impl Strategy<Value = Duration> {
    let secs = |seconds| Just(Duration::from_secs(seconds));
    prop_oneof![
        Just(Duration::ZERO),
        Just(Duration::from_nanos(1)),
        secs(30),
        secs(u64::MAX / 1000),
        secs(u64::MAX / 2),
        secs(i64::MAX as u64),
        Just(Duration::MAX)
    ]
}

fn timeouts() -> impl Strategy<Value = Timeouts> {
    let rates = prop_oneof![Just(0), Just(1024), Just(u32::MAX)];
    (durations(), durations(), rates, proptest::option::of(durations())).prop_map(
        |(head, idle, rate, total)| {
            let all = Timeouts::new().head(head).idle(idle).min_rate(rate);
            total.map_or(all.no_total(), |total| all.total(total))
        },
    )
}

fn retry() -> impl Strategy<Value = RetryConfig> {
    let counts = || prop_oneof![Just(0), Just(1), Just(u32::MAX)];
    let fractions = prop_oneof![
        Just(0.0),
        Just(-1.0),
        Just(f64::NAN),
        Just(f64::MAX),
        Just(f64::INFINITY),
        Just(f64::NEG_INFINITY)
    ];
    (counts(), durations(), durations(), durations(), fractions, counts()).prop_map(
        |(max_attempts, first_wait, longest_wait, longest_server_wait, budget_fraction, budget_floor)| {
            RetryConfig::new()
                .max_attempts(max_attempts)
                .first_wait(first_wait)
                .longest_wait(longest_wait)
                .longest_server_wait(longest_server_wait)
                .budget_fraction(budget_fraction)
                .budget_floor(budget_floor)
        },
    )
}

/// Takes the request's body, then answers with one in two parts.
async fn slow_response(request: Request<Body>) -> Result<Response<Body>, BoxError> {
    http_body_util::BodyExt::collect(request.into_body()).await?;
    let frames = futures_util::stream::unfold(0, |sent| async move {
        tokio::time::sleep(s(1)).await;
        (sent < 2)
            .then(|| (Ok::<_, BoxError>(http_body::Frame::data(bytes::Bytes::from_static(b"x"))), sent + 1))
    });
    Ok(Response::new(Body::once(http_body_util::StreamBody::new(Box::pin(frames)))))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn no_value_of_a_setting_makes_the_stack_panic(
        all in timeouts(), transfers in timeouts(), call_timeouts in timeouts(), retry in retry(),
        bandwidth in prop_oneof![Just(0), Just(1), Just(u64::MAX)],
        at_once in prop_oneof![Just(0), Just(1), Just(usize::MAX)],
        asked in prop_oneof![Just("0"), Just("1"), Just("4294967295"), Just("99999999999999999999")],
        patient in any::<bool>(), once in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let builder = || {
                Transport::builder(HUB).timeouts(all).transfer_timeouts(transfers).retry(retry.clone())
                    .max_bandwidth(bandwidth).concurrency_limit(at_once).connect_timeout(Duration::MAX)
            };
            let asking = Script::new([Step::not_sent(), reply(429).header("retry-after", asked), reply(503), reply(200)]);
            let hub = builder().inner_service(asking).build().unwrap();
            let hub = if patient { hub.with_patience(Patience::default()) } else { hub };
            // One hour is an end of what need not end.
            let hour = s(3600);
            let _ = tokio::time::timeout(hour, hub.send(&Ask::get("/x"))).await;
            let hub = builder().inner_service(tower::service_fn(slow_response)).build().unwrap();
            let body = if once { Body::bytes(vec![0; 600_000]) } else { Body::empty() };
            let request = post("/x").body(body).extension(Transfer).extension(call_timeouts).finish().unwrap();
            let transfer = async {
                let response = hub.open(call(RetryClass::Read), request).await?;
                http_body_util::BodyExt::collect(response.into_body()).await.map_err(hub_transport::Error::body)
            };
            let _ = tokio::time::timeout(hour, transfer).await;
        });
    }
}
