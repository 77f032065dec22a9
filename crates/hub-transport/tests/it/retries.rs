//! Retries over a script with paused time: how often, how late, and with which body.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, StreamBody};
use hub_transport::testing::{Script, Step, reply};
use hub_transport::{Body, BoxError, ErrorKind, Limits, RetryClass, RetryConfig, Transport, get, put};
use tokio::time::Instant;

use crate::support::{Ask, CLASSES, Fixed, HUB, call, over, token};

fn fixed(script: &Script) -> Transport {
    Transport::builder(HUB).inner_service(script.clone()).rng(Arc::new(Fixed(0))).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_read_is_sent_five_times_and_the_last_failure_is_reported() {
    let script = Script::always(reply(503).json(&serde_json::json!({"error": "overloaded"})));
    let error = over(&script).send(&Ask::get("/x")).await.unwrap_err();
    assert_eq!(script.requests().len(), 5);
    assert_eq!((error.kind(), error.context().attempts), (ErrorKind::Server, 5));
    assert_eq!(error.server_message(), Some("overloaded"));
    assert!(
        error.to_string().starts_with(
            "ask model ada/demo: the server is not available: overloaded (503, after 5 attempts in "
        ),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn all_attempts_of_a_call_share_one_id_and_the_next_call_has_another() {
    let script = Script::new([reply(503), reply(502), reply(200), reply(200)]);
    let hub = over(&script);
    hub.send(&Ask::get("/x")).await.unwrap();
    hub.send(&Ask::get("/x")).await.unwrap();
    let ids: Vec<_> =
        script.requests().iter().map(|r| r.header("x-amzn-trace-id").unwrap().to_owned()).collect();
    assert!(ids[0] == ids[1] && ids[1] == ids[2] && ids[2] != ids[3], "{ids:?}");
}

#[tokio::test(start_paused = true)]
async fn every_attempt_sends_the_whole_body() {
    let script = Script::new([Step::maybe_processed(), reply(500), Step::not_sent(), reply(200)]);
    let body = Body::replay(Some(6), || Full::new(Bytes::from_static(b"stream")));
    over(&script).open(call(RetryClass::Read), put("/x").body(body).finish().unwrap()).await.unwrap();
    assert!(script.requests().iter().all(|request| request.body == "stream"));
    assert_eq!(script.requests().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_exists_once_is_never_sent_again_and_never_sent_empty() {
    for step in [Step::not_sent(), Step::maybe_processed(), reply(503), reply(429)] {
        let script = Script::new([step, reply(200)]);
        let chunk = Ok::<_, std::io::Error>(http_body::Frame::data(Bytes::from("once")));
        let request = put("/x").body(Body::once(StreamBody::new(stream::iter([chunk])))).finish().unwrap();
        over(&script).open(call(RetryClass::Read), request).await.unwrap_err();
        assert_eq!((script.requests().len(), script.requests()[0].body.clone()), (1, Bytes::from("once")));
    }
}

#[tokio::test(start_paused = true)]
async fn f31_responses_that_say_not_processed_are_repeated_by_every_class() {
    for class in CLASSES {
        for status in [429, 421, 425] {
            let script = Script::new([reply(status), reply(200).text("fine")]);
            assert_eq!(
                over(&script).send(&Ask::post("/x", class)).await.unwrap(),
                "fine",
                "{class:?} {status}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn f25_a_408_is_repeated_where_the_body_was_not_whole_or_nothing_is_changed_twice() {
    for class in CLASSES {
        let script = Script::new([reply(408), reply(200).text("fine")]);
        let outcome = over(&script).send(&Ask::post("/x", class)).await;
        assert_eq!(outcome.is_ok(), class.is_repeatable(), "{class:?}");
        assert!(outcome.err().is_none_or(|error| error.maybe_processed()));

        // A service that gives up before it has read the body.
        let attempts = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&attempts);
        let early = tower::service_fn(move |request: Request<Body>| {
            let status = if counted.fetch_add(1, Ordering::SeqCst) == 0 { 408 } else { 200 };
            async move {
                if status == 200 {
                    request.into_body().collect().await?;
                }
                Ok::<_, BoxError>(Response::builder().status(status).body(Body::empty()).unwrap())
            }
        });
        let hub = Transport::builder("https://hub.test").inner_service(early).build().unwrap();
        hub.send(&Ask::post("/x", class)).await.unwrap();
        assert_eq!(attempts.load(Ordering::SeqCst), 2, "{class:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn f30_a_misdirected_request_is_repeated_once_only() {
    let script = Script::always(reply(421));
    over(&script).send(&Ask::get("/x")).await.unwrap_err();
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn f31_a_429_waits_at_least_as_long_as_the_server_asks() {
    for (header, value, asked) in [("retry-after", "7", 7), ("ratelimit", "\"api\";r=0;t=30", 30)] {
        for class in CLASSES {
            let script = Script::new([reply(429).header(header, value), reply(200)]);
            let started = Instant::now();
            fixed(&script).send(&Ask::post("/x", class)).await.unwrap();
            // The drawn jitter is 0 here, so the wait is exact: what was asked and one second.
            assert_eq!(started.elapsed().as_secs(), asked + 1, "{header} {class:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn f33_a_wait_beyond_the_limit_is_returned_at_once() {
    let script =
        Script::new([reply(429).header("ratelimit", "\"api\";r=0;t=331").header("x-request-id", "r1")]);
    let started = Instant::now();
    let error = over(&script).open(call(RetryClass::Read), get("/x").finish().unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.retry_after()), (ErrorKind::RateLimited, Some(Duration::from_secs(331))));
    assert_eq!((started.elapsed(), error.request_id()), (Duration::ZERO, Some("r1")));
}

#[tokio::test(start_paused = true)]
async fn f36_a_503_with_a_wait_is_obeyed_by_reads() {
    let script = Script::new([reply(503).header("retry-after", "20"), reply(200)]);
    let started = Instant::now();
    fixed(&script).send(&Ask::get("/x")).await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 21);
}

#[tokio::test(start_paused = true)]
async fn no_retry_begins_after_the_time_for_the_whole_call() {
    let script = Script::always(reply(503).header("retry-after", "100"));
    let started = Instant::now();
    let error = fixed(&script).send(&Ask::get("/x")).await.unwrap_err();
    assert_eq!(
        (error.kind(), script.requests().len(), started.elapsed().as_secs()),
        (ErrorKind::Server, 2, 101)
    );
}

#[tokio::test(start_paused = true)]
async fn f14_a_broken_response_is_part_of_what_is_repeated() {
    let script = Script::new([reply(200).text("half").broken(), reply(200).text("whole")]);
    assert_eq!(over(&script).send(&Ask::get("/x")).await.unwrap(), "whole");
    let script = Script::new([reply(200).text("half").broken(), reply(200)]);
    let error = over(&script).send(&Ask::post("/x", RetryClass::Ambiguous)).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.maybe_processed(), error.status().unwrap().as_u16()),
        (ErrorKind::Interrupted, true, 200)
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_remembers_that_an_earlier_attempt_may_have_been_carried_out() {
    let script = Script::new([Step::maybe_processed(), reply(404)]);
    let error = over(&script).send(&Ask::new(http::Method::DELETE, "/x", RetryClass::Set)).await.unwrap_err();
    assert!(error.is_not_found() && error.maybe_processed());
    let script = Script::new([Step::not_sent(), reply(429), reply(404)]);
    let error = over(&script).send(&Ask::new(http::Method::DELETE, "/x", RetryClass::Set)).await.unwrap_err();
    assert!(error.is_not_found() && !error.maybe_processed());
}

#[tokio::test(start_paused = true)]
async fn a_request_without_a_declared_class_is_only_repeated_when_nothing_was_sent() {
    use tower::ServiceExt;
    for (step, times) in [(Step::not_sent(), 2), (Step::maybe_processed(), 1), (reply(500), 1)] {
        let script = Script::new([step, reply(200)]);
        let service = over(&script).service();
        let _ = service.oneshot(get("/x").finish().unwrap()).await;
        assert_eq!(script.requests().len(), times);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failing_source_of_a_body_is_reported_as_such_and_not_repeated() {
    let inner_service = tower::service_fn(|request: http::Request<Body>| async move {
        let read = http_body_util::BodyExt::collect(request.into_body()).await;
        read.map(|_| http::Response::new(Body::empty()))
    });
    let hub = Transport::builder(HUB).token_source(token()).inner_service(inner_service).build().unwrap();
    let body = Body::replay(Some(4), || {
        StreamBody::new(stream::iter([Err::<http_body::Frame<Bytes>, _>(std::io::Error::other(
            "the file changed",
        ))]))
    });
    let error = hub.open(call(RetryClass::Read), put("/x").body(body).finish().unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.context().attempts), (ErrorKind::RequestBody, 1));
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "the file changed");
}

#[tokio::test(start_paused = true)]
async fn retries_can_be_turned_off() {
    let script = Script::always(Step::not_sent());
    let hub =
        Transport::builder(HUB).inner_service(script.clone()).retry(RetryConfig::none()).build().unwrap();
    hub.send(&Ask::get("/x")).await.unwrap_err();
    assert_eq!(script.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_transfer_has_no_limit_in_total() {
    let script = Script::new([
        reply(503).header("retry-after", "110"),
        reply(503).header("retry-after", "110"),
        reply(200),
    ]);
    let started = Instant::now();
    fixed(&script).open(call(RetryClass::Read), get("/x").finish().unwrap()).await.unwrap();
    assert!(started.elapsed() > Limits::default().total.unwrap());
}
