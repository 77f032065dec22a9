//! The three doors for embedders: the examples run, and what they promise holds.

#[path = "../../examples/custom_leaf.rs"]
mod custom_leaf;
#[path = "../../examples/custom_stack.rs"]
mod custom_stack;
#[path = "../../examples/layers.rs"]
mod layers;

use hub_transport::testing::{Recorder, Script, reply};
use hub_transport::{ErrorKind, RetryClass, Transport, get};

use crate::support::{Ask, HUB, call, quick, token};

#[test]
fn the_example_of_a_leaf_runs() {
    custom_leaf::main().unwrap();
}

#[test]
fn the_example_of_layers_runs() {
    layers::main().unwrap();
}

#[test]
fn the_example_of_a_whole_stack_runs() {
    custom_stack::main().unwrap();
}

#[tokio::test]
async fn an_outer_layer_sees_a_call_once_and_an_inner_one_each_attempt_with_the_token() {
    let script = Script::new([reply(503), reply(302).header("location", "https://cdn.test/y"), reply(200)]);
    let (calls, attempts) = (Recorder::new(), Recorder::new());
    let hub = quick(HUB).leaf(script).layer(calls.layer()).attempt_layer(attempts.layer()).build().unwrap();
    hub.send(&Ask::get("/x")).await.unwrap();
    let outer: Vec<_> = calls.requests().iter().map(|r| (r.uri.to_string(), r.has_token())).collect();
    assert_eq!(outer, [("/x".to_owned(), false)]);
    let inner: Vec<_> = attempts.requests().iter().map(|r| (r.uri.to_string(), r.has_token())).collect();
    let hop = |uri: &str, token| (uri.to_owned(), token);
    assert_eq!(
        inner,
        [hop("https://hub.test/x", true), hop("https://hub.test/x", true), hop("https://cdn.test/y", false)]
    );
}

#[tokio::test]
async fn the_first_layer_added_is_the_outermost() {
    use hub_transport::layer::OfflineLayer;
    let script = Script::always(reply(200));
    for (first_sees, build) in [(1, true), (0, false)] {
        let recorder = Recorder::new();
        let builder = Transport::builder(HUB).leaf(script.clone());
        let builder = if build {
            builder.layer(recorder.layer()).layer(OfflineLayer::new(true))
        } else {
            builder.layer(OfflineLayer::new(true)).layer(recorder.layer())
        };
        let error = builder.build().unwrap().send(&Ask::get("/x")).await.unwrap_err();
        assert_eq!((error.kind(), recorder.requests().len()), (ErrorKind::Offline, first_sees));
    }
}

#[tokio::test]
async fn a_stack_of_ones_own_gets_nothing_added() {
    let script = Script::always(reply(503));
    let hub = Transport::from_service(script.clone(), HUB).unwrap();
    let error = hub.open(call(RetryClass::Read), get("/x").finish().unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.context().attempts), (ErrorKind::Server, 1));
    let seen = &script.requests()[0];
    assert!(seen.uri == "/x" && seen.headers.is_empty(), "{seen:?}");
}

#[tokio::test]
async fn a_leaf_of_ones_own_gets_the_token_for_any_endpoint() {
    let script = Script::always(reply(200));
    let hub =
        Transport::builder("http://hub.test").token_source(token()).leaf(script.clone()).build().unwrap();
    hub.send(&Ask::get("/x")).await.unwrap();
    assert!(script.requests()[0].has_token());
}
