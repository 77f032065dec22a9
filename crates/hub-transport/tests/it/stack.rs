//! The standard stack over a script: headers, auth, offline, decoding, errors.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http::response::Parts;
use hub_auth::{Grant, GrantFuture, Token, TokenRequest, TokenSource};
use hub_transport::testing::{Script, reply};
use hub_transport::{Body, Endpoint, Error, ErrorKind, RetryClass, Transport, decode_json, get};
use serde_json::json;

use crate::support::{Ask, HUB, TOKEN, call, over, token};

struct Numbers;

impl Endpoint for Numbers {
    const NAME: &'static str = "numbers";
    type Output = Vec<u32>;

    fn class(&self) -> RetryClass {
        RetryClass::Read
    }

    fn target(&self) -> String {
        String::new()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get("/numbers").finish()
    }

    fn decode(&self, head: &Parts, body: Bytes) -> Result<Vec<u32>, Error> {
        decode_json(head, &body)
    }
}

fn assert_send<T: Send>(value: T) -> T {
    value
}

#[tokio::test]
async fn a_request_is_sent_to_the_endpoint_and_decoded() {
    let script = Script::new([reply(200).json(&[1, 2, 3])]);
    let hub = Transport::builder("https://hub.test/prefix/")
        .inner_service(script.clone())
        .library("lib", Some("1.0".to_owned()))
        .user_agent("x/1")
        .build()
        .unwrap();
    assert_eq!(assert_send(hub.send(&Numbers)).await.unwrap(), [1, 2, 3]);
    let seen = &script.requests()[0];
    assert_eq!(seen.uri, "https://hub.test/prefix/numbers");
    let agent = seen.header("user-agent").unwrap();
    assert!(
        agent.starts_with("lib/1.0; hub/") && agent.contains("; rust/1.") && agent.ends_with("; x/1"),
        "{agent}"
    );
}

#[tokio::test(start_paused = true)]
async fn f39_f40_a_response_that_cannot_be_decoded_is_asked_for_once_more() {
    let html = reply(200).header("content-type", "text/html").text("<h1>log in</h1>");
    let script = Script::new([html, reply(200).json(&[1])]);
    assert_eq!(over(&script).send(&Numbers).await.unwrap(), [1]);
    let script = Script::always(reply(200).json(&json!(["a"])));
    let error = over(&script).send(&Numbers).await.unwrap_err();
    assert_eq!((error.kind(), script.requests().len(), error.context().attempts), (ErrorKind::Decode, 2, 2));
    assert!(error.to_string().contains("at [0] (byte"), "{error}");
}

#[tokio::test]
async fn a_header_that_the_request_has_is_left_alone() {
    let script = Script::new([reply(200)]);
    let hub = Transport::builder(HUB)
        .token_source(token())
        .inner_service(script.clone())
        .header("x-a", "client")
        .build()
        .unwrap();
    let request = get("/x")
        .header("user-agent", "mine")
        .header("authorization", "Bearer other")
        .header("x-request-id", "id-1")
        .header("x-a", "call")
        .finish()
        .unwrap();
    hub.open(call(RetryClass::Read), request).await.unwrap();
    let seen = &script.requests()[0];
    assert_eq!(seen.header("user-agent"), Some("mine"));
    assert_eq!(seen.header("x-amzn-trace-id"), Some("id-1"));
    assert_eq!(seen.header("x-a"), Some("call"));
}

#[tokio::test]
async fn headers_of_the_client_and_the_token_go_to_the_endpoint_only() {
    let script = Script::new([reply(200), reply(200)]);
    let hub = Transport::builder(HUB)
        .token_source(token())
        .inner_service(script.clone())
        .header("x-a", "client")
        .build()
        .unwrap();
    for (url, own) in [("https://hub.test/x", true), ("https://store.test/x", false)] {
        hub.open(call(RetryClass::Read), get(url).finish().unwrap()).await.unwrap();
        let seen = script.requests().pop().unwrap();
        assert_eq!((seen.has_token(), seen.header("x-a").is_some()), (own, own), "{url}");
    }
}

#[derive(Debug)]
struct Broken;

impl TokenSource for Broken {
    fn token(&self, _: TokenRequest) -> GrantFuture<'_> {
        Box::pin(std::future::ready(Token::new("").map(Grant::new)))
    }
}

#[tokio::test]
async fn a_token_that_cannot_be_read_stops_the_call_before_anything_is_sent() {
    let script = Script::always(reply(200));
    let hub =
        Transport::builder(HUB).token_source(Arc::new(Broken)).inner_service(script.clone()).build().unwrap();
    let error = hub.send(&Ask::get("/x")).await.unwrap_err();
    assert_eq!((error.kind(), script.requests().len()), (ErrorKind::Auth, 0));
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn offline_mode_sends_nothing() {
    let script = Script::always(reply(200));
    let hub = Transport::builder(HUB).inner_service(script.clone()).offline(true).build().unwrap();
    let error = hub.send(&Ask::get("/x")).await.unwrap_err();
    assert_eq!((error.kind(), script.requests().len()), (ErrorKind::Offline, 0));
}

#[tokio::test]
async fn an_error_carries_what_the_server_said() {
    let step = reply(404)
        .header("x-error-code", "RevisionNotFound")
        .header("x-error-message", "Invalid rev id: nope")
        .header("x-request-id", "Root=1-0")
        .json(&json!({"error": "Invalid rev id: nope"}));
    let error =
        over(&Script::new([step])).send(&Ask::get("/api/models/a/b/revision/nope")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "ask model ada/demo: revision not found: Invalid rev id: nope (404, with the token that was given, request id Root=1-0); \
         list the branches and tags of the repository"
    );
    assert_eq!(
        error.context().url.as_ref().unwrap().as_str(),
        "https://hub.test/api/models/a/b/revision/nope"
    );
    assert_eq!(error.error_code().unwrap().as_str(), "RevisionNotFound");
}

#[tokio::test]
async fn a_304_is_a_response_and_a_300_is_not() {
    let script = Script::new([reply(304), reply(300)]);
    let hub = over(&script);
    hub.open(call(RetryClass::Read), get("/x").finish().unwrap()).await.unwrap();
    let error = hub.open(call(RetryClass::Read), get("/x").finish().unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Redirect);
}

#[tokio::test]
async fn f41_a_huge_response_is_refused_and_not_asked_for_again() {
    let script = Script::always(reply(200).text(vec![b' '; hub_transport::MAX_BODY + 1]));
    let error = over(&script).send(&Ask::get("/x")).await.unwrap_err();
    assert_eq!((error.kind(), script.requests().len()), (ErrorKind::TooLarge, 1));
}

#[tokio::test]
async fn plain_http_gets_the_token_on_this_machine_or_with_consent_only() {
    use crate::wire::{Server, ok};
    use hub_transport::Proxies;
    // A proxy stands in for a host elsewhere, so that no real network is needed.
    for (allow, sent) in [(false, false), (true, true)] {
        let proxy =
            Server::start(vec![vec![crate::wire::Act::Request, crate::wire::response("401 X", "", "")]])
                .await;
        let hub = crate::support::quick("http://hub.test")
            .allow_http_token(allow)
            .resolver(Arc::new(ToLoopback))
            .proxies(Proxies::all(&format!("http://proxy.test:{}", proxy.port())).unwrap())
            .build()
            .unwrap();
        let error = hub.send(&Ask::get("/x")).await.unwrap_err();
        assert_eq!(proxy.seen().concat().contains(TOKEN), sent);
        assert_eq!(error.to_string().contains("token was not sent"), !sent, "{error}");
    }
    let local = Server::start(vec![ok()]).await;
    crate::support::quick(&local.url()).build().unwrap().send(&Ask::get("/x")).await.unwrap();
    assert!(local.seen().concat().contains(TOKEN));
}

/// Every name is this machine.
pub struct ToLoopback;

impl hub_transport::Resolve for ToLoopback {
    fn resolve(
        &self,
        _: &str,
    ) -> std::pin::Pin<Box<dyn Future<Output = std::io::Result<Vec<std::net::SocketAddr>>> + Send>> {
        Box::pin(async { Ok(vec![([127, 0, 0, 1], 0).into()]) })
    }
}

#[tokio::test(start_paused = true)]
async fn a_limit_holds_requests_back_but_not_those_that_wait_to_be_sent_again() {
    use std::sync::atomic::{AtomicUsize, Ordering};
    let (running, most, sent) = <(Arc<AtomicUsize>, Arc<AtomicUsize>, Arc<AtomicUsize>)>::default();
    let (seen, total) = (Arc::clone(&most), Arc::clone(&sent));
    let inner_service = tower::service_fn(move |_: Request<Body>| {
        let (running, most, sent) = (Arc::clone(&running), Arc::clone(&most), Arc::clone(&sent));
        async move {
            most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            running.fetch_sub(1, Ordering::SeqCst);
            let first = sent.fetch_add(1, Ordering::SeqCst) == 0;
            let mut response = http::Response::new(Body::bytes("[]"));
            *response.status_mut() =
                if first { http::StatusCode::SERVICE_UNAVAILABLE } else { http::StatusCode::OK };
            response.headers_mut().insert("content-type", "application/json".parse().unwrap());
            Ok::<_, hub_transport::BoxError>(response)
        }
    });
    let hub = crate::support::quick(HUB).inner_service(inner_service).concurrency_limit(3).build().unwrap();
    let calls = (0..12).map(|_| hub.send(&Numbers));
    for outcome in futures_util::future::join_all(calls).await {
        outcome.unwrap();
    }
    assert_eq!((seen.load(Ordering::SeqCst), total.load(Ordering::SeqCst)), (3, 13));
}
