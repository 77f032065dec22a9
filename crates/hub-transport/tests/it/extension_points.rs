//! The three extension points for embedders: the examples run, and what they promise holds.

#[path = "../../examples/custom_inner_service.rs"]
mod custom_inner_service;
#[path = "../../examples/custom_stack.rs"]
mod custom_stack;
#[path = "../../examples/layers.rs"]
mod layers;

use http::{Request, Response, Uri};
use hub_transport::testing::{Recorder, Script, reply};
use hub_transport::{
    Body, BoxError, EffectiveUri, ErrorKind, Failure, Foreign, RetryClass, RetryConfig, Transport, get,
};

use crate::support::{Ask, HUB, call, quick, token};

#[test]
fn the_example_of_a_inner_runs() {
    custom_inner_service::main().unwrap();
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
    let hub = quick(HUB)
        .inner_service(script)
        .layer(calls.layer())
        .attempt_layer(attempts.layer())
        .build()
        .unwrap();
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
        let builder = Transport::builder(HUB).inner_service(script.clone());
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
async fn an_inner_service_gets_the_token_over_plain_http_only_where_that_is_said_to_be_private() {
    for (endpoint, private, expected) in [
        ("http://hub.test", false, false),
        ("http://hub.test", true, true),
        ("http://127.0.0.1:9", false, true),
        ("https://hub.test", false, true),
    ] {
        let script = Script::always(reply(200));
        let builder = Transport::builder(endpoint).token_source(token()).inner_service(script.clone());
        let builder = if private { builder.inner_is_private() } else { builder };
        builder.build().unwrap().send(&Ask::get("/x")).await.unwrap();
        assert_eq!(script.requests()[0].has_token(), expected, "{endpoint} {private}");
    }
}

#[tokio::test]
async fn an_inner_service_that_followed_a_redirect_by_itself_is_found_out() {
    let elsewhere = |url: &'static str| {
        tower::service_fn(move |_: Request<Body>| async move {
            let mut response = Response::new(Body::bytes("fine"));
            response.extensions_mut().insert(EffectiveUri(Uri::from_static(url)));
            Ok::<_, BoxError>(response)
        })
    };
    for class in [RetryClass::Read, RetryClass::Append] {
        let hub = quick(HUB)
            .strict_origin([""; 0])
            .inner_service(elsewhere("https://cdn.test/x?sig=S3CR3T"))
            .build()
            .unwrap();
        let error = hub.send(&Ask::post("/x", class)).await.unwrap_err();
        assert_eq!((error.kind(), error.context().attempts), (ErrorKind::Redirect, 1));
        let text = error.to_string();
        assert!(
            text.contains("followed a redirect to cdn.test by itself") && !text.contains("S3CR3T"),
            "{text}"
        );
    }
    for same in ["https://hub.test/x", "https://HUB.test:443/x"] {
        let hub = quick(HUB).inner_service(elsewhere(same)).build().unwrap();
        assert_eq!(hub.send(&Ask::get("/x")).await.unwrap(), "fine", "{same}");
    }
}

#[derive(Debug)]
struct Theirs(&'static str, Option<Box<Theirs>>);

impl std::fmt::Display for Theirs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Theirs {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.1.as_deref().map(|inner| inner as _)
    }
}

#[tokio::test]
async fn an_error_of_an_inner_service_keeps_its_text_and_its_causes() {
    let inner_service = tower::service_fn(|_: Request<Body>| async move {
        let cause = Theirs("no route to the mesh, hf_canaryCanaryCanary", None);
        let whole = Theirs("sidecar for https://u:p@cdn.test/x?sig=S3CR3T is down", Some(Box::new(cause)));
        Err::<Response<Body>, _>(whole)
    });
    let hub = quick(HUB).retry(RetryConfig::none()).inner_service(inner_service).build().unwrap();
    let error = hub.send(&Ask::get("/x")).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "ask model ada/demo: the request failed: sidecar for https://cdn.test/x?... is down: \
         no route to the mesh, hf_***"
    );
    let source = std::error::Error::source(&error).unwrap();
    let foreign = source.downcast_ref::<Foreign>().unwrap();
    assert!(foreign.get_ref().unwrap().downcast_ref::<Theirs>().is_some());
    let cause = source.source().unwrap();
    assert_eq!(cause.to_string(), "no route to the mesh, hf_***");
    let shown = format!("{error:?} {error:#?} {source} {source:?} {cause:?}");
    assert!(!shown.contains("S3CR3T") && !shown.contains("Canary"), "{shown}");
}

#[tokio::test]
async fn a_stack_of_ones_own_knows_too_which_refusals_leave_it_open_what_was_done() {
    for (status, open) in
        [(500, true), (502, true), (504, true), (499, true), (408, true), (404, false), (429, false)]
    {
        let hub = Transport::from_service(Script::always(reply(status)), HUB).unwrap();
        let error = hub.send(&Ask::post("/x", RetryClass::Append)).await.unwrap_err();
        assert_eq!(error.maybe_processed(), open, "{status}");
    }
}

#[tokio::test]
async fn a_failure_that_a_layer_wraps_keeps_its_kind_and_its_hint_and_shows_no_secret() {
    let wrapping = |wrap: bool| {
        tower::service_fn(move |_: Request<Body>| async move {
            let failure = Failure::not_sent(ErrorKind::Connect, "no way to the mesh")
                .with_hint("start the sidecar")
                .with_source(Theirs("https://cdn.test/x?sig=S3CR3T", None))
                .permanent();
            let error: BoxError = if wrap { Box::new(Wrapped(failure)) } else { failure.into() };
            Err::<Response<Body>, _>(error)
        })
    };
    for wrap in [true, false] {
        let error = quick(HUB)
            .inner_service(wrapping(wrap))
            .build()
            .unwrap()
            .send(&Ask::get("/x"))
            .await
            .unwrap_err();
        assert_eq!((error.kind(), error.hint()), (ErrorKind::Connect, Some("start the sidecar")), "{error}");
        assert!(!format!("{error:?}").contains("S3CR3T"), "{error:?}");
    }
}

#[derive(Debug)]
struct Wrapped(Failure);

impl std::fmt::Display for Wrapped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("in a layer")
    }
}

impl std::error::Error for Wrapped {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

#[tokio::test]
async fn the_hint_about_plain_http_names_the_setting_as_an_argument() {
    struct Flags;
    impl hub_transport::Voice for Flags {
        fn operation(&self, _: &str) -> Option<String> {
            None
        }
        fn argument(&self, name: &str) -> String {
            format!("<{name}>")
        }
    }
    let hub = quick("http://hub.test").inner_service(Script::always(reply(401))).build().unwrap();
    let error = hub.send(&Ask::get("/x")).await.unwrap_err();
    let said = error.said_by(&Flags);
    assert!(said.ends_with("use https, or allow it with <allow_http_token>"), "{said}");
}
