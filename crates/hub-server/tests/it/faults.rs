//! Scripted failures do what they say, as often as they say.

use std::time::Duration;

use http::Method;
use http_body_util::BodyExt;
use hub_server::Fault;
use serde_json::json;
use tower::ServiceExt;

use crate::support::{ADA, batch, builder, call, commit, file_line, get, hub, path_of, post, tip};

const INFO: &str = "/api/models/ada/demo";

#[tokio::test]
async fn a_status_is_answered_for_matching_requests_only_and_counted() {
    let fault = Fault::status(503).on("get").path("/api/models").skip(1).times(2).header("retry-after", "3");
    let hub = builder().fault(fault).build().unwrap();
    let mut statuses = Vec::new();
    for _ in 0..4 {
        assert_eq!(get("/api/whoami-v2").token(ADA).send(&hub).await.status, 200);
        let response = get(INFO).send(&hub).await;
        assert_eq!(response.header("retry-after").is_some(), response.status == 503);
        statuses.push(response.status.as_u16());
    }
    assert_eq!(statuses, [200, 503, 503, 200]);
}

#[tokio::test]
async fn a_lost_response_is_lost_after_the_change_was_made() {
    let hub = hub();
    let before = tip(&hub, "ada/demo").await;
    hub.fault(Fault::lose_response().on("POST").path("/commit/"));
    let request = commit("ada/demo", &[file_line("a.txt", "a")]).token(ADA).request();
    assert!(hub.clone().oneshot(request).await.is_err());
    assert_ne!(tip(&hub, "ada/demo").await, before);
}

#[tokio::test]
async fn a_response_breaks_off_with_and_without_an_error() {
    let hub = hub();
    hub.fault(Fault::reset_after(10).path("/resolve/"));
    hub.fault(Fault::truncate_after(10).path("/resolve/"));
    for fails in [true, false] {
        let request = get("/ada/demo/resolve/main/.gitattributes").request();
        let response = hub.clone().oneshot(request).await.unwrap();
        let length: u64 = response.headers()["content-length"].to_str().unwrap().parse().unwrap();
        assert!(length > 10);
        let mut body = response.into_body();
        let mut received = 0;
        let failed = loop {
            match body.frame().await {
                Some(Ok(frame)) => received += frame.into_data().unwrap().len(),
                Some(Err(_)) => break true,
                None => break false,
            }
        };
        assert_eq!((received, failed), (10, fails));
    }
    assert_eq!(get("/ada/demo/resolve/main/.gitattributes").send(&hub).await.status, 200);
}

#[tokio::test]
async fn expired_urls_are_refused_and_new_ones_work() {
    let hub = hub();
    hub.fault(Fault::expire_links().path("/objects/batch"));
    for status in [403, 200] {
        let object = batch(&hub, ADA, "ada/demo", "upload", b"content").await;
        let href = path_of(object["actions"]["upload"]["href"].as_str().unwrap());
        assert_eq!(call(Method::PUT, &href).body("content").send(&hub).await.status, status);
    }
}

#[tokio::test]
async fn a_held_request_does_nothing_until_it_is_released() {
    let hub = hub();
    let before = tip(&hub, "ada/demo").await;
    let (fault, held) = Fault::hold();
    hub.fault(fault.path("/commit/"));
    let waiting = {
        let hub = hub.clone();
        tokio::spawn(async move { commit("ada/demo", &[file_line("a", "a")]).token(ADA).send(&hub).await })
    };
    held.reached().await;
    assert_eq!(tip(&hub, "ada/demo").await, before);
    held.release();
    let made = waiting.await.unwrap().json();
    assert_eq!(tip(&hub, "ada/demo").await, made["commitOid"].as_str().unwrap());
}

#[tokio::test]
async fn a_held_response_waits_after_the_change_was_made() {
    let hub = hub();
    let (fault, held) = Fault::hold_response();
    hub.fault(fault.path("/repos/create"));
    let waiting = {
        let hub = hub.clone();
        tokio::spawn(
            async move { post("/api/repos/create", json!({"name": "x"})).token(ADA).send(&hub).await },
        )
    };
    held.reached().await;
    assert_eq!(get("/api/models/ada/x").send(&hub).await.status, 200);
    drop(held);
    assert_eq!(waiting.await.unwrap().status, 200);
}

#[tokio::test(start_paused = true)]
async fn latency_delays_a_request() {
    let hub = hub();
    hub.fault(Fault::status(500).after(Duration::from_secs(3600)));
    hub.fault(Fault::latency(Duration::from_secs(60)).path("/whoami"));
    let start = tokio::time::Instant::now();
    assert_eq!(get(INFO).send(&hub).await.status, 500);
    assert_eq!(start.elapsed().as_secs(), 3600);
    assert_eq!(get("/api/whoami-v2").token(ADA).send(&hub).await.status, 200);
    assert_eq!(start.elapsed().as_secs(), 3660);
}

#[tokio::test]
async fn requests_that_wait_for_their_callers_keep_nobody_from_work() {
    let hub = hub();
    let open = |n: usize| {
        let hub = hub.clone();
        // The body does not come.
        let (sender, body) = tokio::sync::oneshot::channel::<()>();
        let stream = futures_util::stream::once(async move {
            let _ = body.await;
            Ok::<_, std::io::Error>(http_body::Frame::data(bytes::Bytes::from(n.to_string())))
        });
        let request = http::Request::post("/api/repos/create")
            .header("authorization", format!("Bearer {ADA}"))
            .body(http_body_util::StreamBody::new(stream))
            .unwrap();
        (sender, tokio::spawn(async move { hub.oneshot(request).await.unwrap().status().as_u16() }))
    };
    let (senders, running): (Vec<_>, Vec<_>) = (0..300).map(open).unzip();
    // Each begins before the request of somebody else.
    for _ in 0..300 {
        tokio::task::yield_now().await;
    }
    assert_eq!(get(INFO).send(&hub).await.status, 200);
    drop(senders);
    for request in running {
        assert_eq!(request.await.unwrap(), 400);
    }
    assert_eq!(get(INFO).send(&hub).await.status, 200);
}
