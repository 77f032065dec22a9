//! Lane P13: a token and a Space's secret go through every method with each outcome (success, 4xx, 5xx, a lost connection), against
//! servers that repeat what they were sent, and show in no result, error, log line or file.
//!
//! A program of its own: the log is that of the whole process.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod methods;

use std::{
    collections::BTreeSet,
    fs,
    io::Write,
    path::Path,
    sync::{Arc, Mutex},
};

use hub_api::{
    HfApi,
    transport::{Body, BoxError, RetryConfig},
};
use hub_server::{EmbeddedHub, TokenRole};
use hub_tests::client_of;
use tower::ServiceExt;
use tracing_subscriber::fmt::MakeWriter;

/// The token of the user.
const TOKEN: &str = "hf_canaryCANARYcanary12345678";
/// The value of a secret of a Space.
const SECRET: &str = "sekretCANARYsekret87654321";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The canaries, whole and in parts, that the text shows.
fn leaks(text: &str) -> Vec<&'static str> {
    let parts = [TOKEN, SECRET, "CANARY", "12345678", "87654321"];
    parts.into_iter().filter(|part| text.contains(part)).collect()
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome {
    Success,
    Refused,
    Failing,
    Lost,
}

/// The Hub, or one that fails in the given way and says what it was sent.
async fn response(
    hub: EmbeddedHub,
    outcome: Outcome,
    request: http::Request<Body>,
) -> Result<http::Response<Body>, BoxError> {
    let status = match outcome {
        Outcome::Success => {
            let response = hub.oneshot(request).await?;
            return Ok(response.map(Body::once));
        }
        Outcome::Lost => return Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into()),
        Outcome::Refused => 403,
        Outcome::Failing => 500,
    };
    let sent = request.headers().get("authorization").map_or("nothing", |value| value.to_str().unwrap());
    let said = format!("you sent Authorization: {sent}");
    let json = serde_json::json!({ "error": said }).to_string();
    let response = http::Response::builder().status(status).header("content-type", "application/json");
    Ok(response.header("x-error-message", said).body(Body::bytes(json))?)
}

fn client(hub: &EmbeddedHub, outcome: Outcome, cache: &Path) -> HfApi {
    let inner = hub.clone();
    let service = tower::service_fn(move |request| response(inner.clone(), outcome, request));
    let builder =
        client_of(hub).token(TOKEN).inner_service(service).cache_dir(cache).retry(RetryConfig::none());
    builder.build().unwrap()
}

/// Every file below the folder.
fn files_below(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, found);
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap_or_default()));
        }
    }
}

#[test]
fn a_token_or_secret_shows_in_no_result_error_log_line_or_file_of_any_method() {
    let log = Log::default();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_writer(log.clone()).finish();
    // For the whole process, so that what other threads log is seen too.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for outcome in [Outcome::Success, Outcome::Refused, Outcome::Failing, Outcome::Lost] {
        let hub =
            EmbeddedHub::temporary().token("ada", TOKEN, TokenRole::Write).repo("ada/demo").build().unwrap();
        let place = tempfile::tempdir().unwrap();
        let api = client(&hub, outcome, &place.path().join("cache"));
        let said = runtime.block_on(methods::all(&api, place.path()));

        let (mut names, mut fine) = (BTreeSet::new(), BTreeSet::new());
        for (name, succeeded, text) in said {
            assert_eq!(leaks(&text), Vec::<&str>::new(), "{outcome:?} {name}: {text}");
            names.insert(name);
            if succeeded {
                fine.insert(name);
            }
        }
        assert!(names.len() >= 60, "only {} methods: {names:?}", names.len());
        match outcome {
            Outcome::Success => {
                let failed: Vec<_> = names.difference(&fine).collect();
                assert!(failed.is_empty(), "{failed:?}");
            }
            // What asks no server works all the same.
            _ => assert!(fine.len() < 10, "{outcome:?}: {fine:?}"),
        }
        let mut files = Vec::new();
        files_below(place.path(), &mut files);
        assert!(outcome != Outcome::Success || files.len() > 5, "{}", files.len());
        for (name, content) in files {
            let text = String::from_utf8_lossy(&content);
            assert_eq!(leaks(&text), Vec::<&str>::new(), "{outcome:?}: the file {name}");
        }
    }
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for name in ["model_info", "create_repo", "whoami"] {
        assert!(text.contains(name), "the log was on");
    }
    for line in text.lines() {
        assert_eq!(leaks(line), Vec::<&str>::new(), "{line}");
    }
}
