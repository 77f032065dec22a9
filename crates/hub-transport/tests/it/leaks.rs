//! A canary token must show nowhere but in the one header that carries it.

use std::error::Error as _;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use hub_transport::testing::{Script, Step, reply};
use hub_transport::{RetryClass, Transport, get};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::support::{Ask, TOKEN, call, over, quick, token};
use crate::wire::{Act, Server, write};

/// Writes down every field of every span and event of every crate, at every level.
#[derive(Clone, Default)]
struct Everything(Arc<Mutex<String>>);

impl Visit for Everything {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        writeln!(self.0.lock().unwrap(), "{field}={value:?}").unwrap();
    }
}

impl Subscriber for Everything {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

fn chain(error: &hub_transport::Error) -> String {
    let mut text = format!("{error}\n{error:?}\n");
    let mut next = error.source();
    while let Some(source) = next {
        write!(text, "{source}\n{source:?}\n").unwrap();
        next = source.source();
    }
    text
}

fn assert_clean(text: &str, what: &str) {
    for secret in [TOKEN, &TOKEN[3..], &TOKEN[TOKEN.len() - 8..], "SIGNED-QUERY"] {
        assert!(!text.contains(secret), "{what} shows {secret}:\n{text}");
    }
}

#[test]
fn a_token_and_a_signature_show_in_no_error_and_no_trace() {
    let everything = Everything::default();
    let log = Arc::clone(&everything.0);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    tracing::subscriber::with_default(everything, || {
        runtime.block_on(async {
            let echo = format!("you sent Authorization: Bearer {TOKEN}");
            let steps = [
                reply(200),
                reply(401).text(echo.clone()),
                reply(400).json(&serde_json::json!({"error": echo})),
                reply(500).header("x-error-message", &echo).header("x-request-id", TOKEN),
                reply(403).header("content-type", "text/html").text(format!("<p>{echo}</p>")),
                reply(302).header("location", "https://cdn.test/x?sig=SIGNED-QUERY"),
                Step::maybe_processed(),
                Step::not_sent(),
                reply(200).text("x").broken(),
                reply(200).header("link", &format!("<https://{TOKEN}@cdn.test/>; rel=next")),
            ];
            for step in steps {
                let hub = over(&Script::new([step.clone(), step]));
                let request = get("https://cdn.test/blob?sig=SIGNED-QUERY").finish().unwrap();
                for result in [
                    hub.send(&Ask::post("/x", RetryClass::Read)).await.map(drop),
                    hub.open(call(RetryClass::Read), request).await.map(drop),
                ] {
                    if let Err(error) = result {
                        assert_clean(&chain(&error), "an error");
                    }
                }
                assert_clean(&format!("{hub:?}"), "Debug of the transport");
            }
        });
    });
    let log = log.lock().unwrap();
    assert!(log.contains("https://cdn.test/blob?..."), "the log was written: {log}");
    assert_clean(&log, "a trace");
}

#[test]
fn a_token_shows_in_no_trace_of_the_network_inner_service() {
    let everything = Everything::default();
    let log = Arc::clone(&everything.0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tracing::subscriber::with_default(everything, || {
        runtime.block_on(async {
            for end in [
                vec![Act::Request, Act::Reset],
                vec![Act::Request, write("garbage\r\n\r\n"), Act::Fin],
                crate::wire::ok(),
            ] {
                let server = Server::start(vec![end]).await;
                let result =
                    quick(&server.url()).build().unwrap().send(&Ask::post("/x", RetryClass::Append)).await;
                if let Err(error) = result {
                    assert_clean(&chain(&error), "an error");
                }
                assert!(server.seen().concat().contains(TOKEN));
            }
        });
    });
    let log = log.lock().unwrap();
    assert!(log.contains("127.0.0.1"), "the log was written: {log}");
    assert_clean(&log, "a trace");
}

#[test]
fn a_builder_shows_neither_token_nor_headers() {
    let builder = Transport::builder("https://hub.test").token_source(token()).header("x-key", TOKEN);
    assert_clean(&format!("{builder:?}"), "Debug of the builder");
}
