//! Which hosts are contacted: none beyond those that are allowed, and the list of them is complete.

use hub_transport::testing::{Script, reply};
use hub_transport::{ErrorKind, RetryClass, Transport};

use crate::support::{Ask, HUB, call, over, quick, token};

fn strict(script: &Script, hosts: &[&str]) -> Transport {
    Transport::builder(HUB)
        .token_source(token())
        .inner_service(script.clone())
        .strict_origin(hosts.iter().copied())
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_redirect_to_another_host_is_refused_before_anything_is_sent_there() {
    let script = Script::always(reply(302).header("location", "https://cdn.test/x?X-Amz-Signature=secret"));
    let hub = strict(&script, &[]);
    let error = hub.send(&Ask::get("/x")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::HostNotAllowed);
    let text = error.to_string();
    assert!(
        text.contains("cdn.test") && text.contains("strict_origin") && !text.contains("secret"),
        "{text}"
    );
    assert_eq!(script.requests().len(), 1, "it is not asked for again either");
    assert_eq!(hub.contacted_hosts(), ["hub.test"]);
}

#[tokio::test]
async fn a_host_that_is_allowed_is_contacted_and_listed() {
    let moved = reply(302).header("location", "https://eu.cdn.test:8443/x");
    let script = Script::new([moved, reply(200)]);
    let hub = strict(&script, &["*.cdn.test"]);
    hub.send(&Ask::get("/x")).await.unwrap();
    assert_eq!(hub.contacted_hosts(), ["eu.cdn.test:8443", "hub.test"]);
}

#[tokio::test]
async fn an_upload_url_elsewhere_is_refused() {
    let script = Script::always(reply(200));
    let hub = strict(&script, &["cdn.test"]);
    let put = hub_transport::put("https://storage.test/x").body("content".into()).finish().unwrap();
    let error = hub.open(call(RetryClass::Set), put).await.unwrap_err();
    assert_eq!((error.kind(), script.requests().len()), (ErrorKind::HostNotAllowed, 0));
}

#[tokio::test]
async fn without_a_list_every_host_is_allowed_and_noted() {
    let script = Script::new([reply(302).header("location", "https://CDN.test/x"), reply(200)]);
    let hub = over(&script);
    assert!(hub.contacted_hosts().is_empty());
    hub.send(&Ask::get("/x")).await.unwrap();
    assert_eq!(hub.contacted_hosts(), ["cdn.test", "hub.test"]);
}

#[tokio::test]
async fn a_layer_that_changes_the_url_does_not_get_around_the_list() {
    let script = Script::always(reply(200));
    let elsewhere = tower::util::MapRequestLayer::new(|mut request: http::Request<hub_transport::Body>| {
        *request.uri_mut() = http::Uri::from_static("https://elsewhere.test/");
        request
    });
    let hub = quick(HUB)
        .inner_service(script.clone())
        .strict_origin([""; 0])
        .attempt_layer(elsewhere)
        .build()
        .unwrap();
    let error = hub.send(&Ask::get("/x")).await.unwrap_err();
    assert_eq!((error.kind(), script.requests().len()), (ErrorKind::HostNotAllowed, 0));
}

#[test]
fn a_list_that_cannot_be_read_is_reported_when_the_transport_is_built() {
    let error = Transport::builder(HUB)
        .inner_service(Script::new([]))
        .strict_origin(["https://x"])
        .build()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build);
}
