//! The tape of the example `record_and_replay`: what is kept, what is hidden, and what comes back.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../record_and_replay/tape.rs"]
mod tape;

use bytes::Bytes;
use http::{HeaderValue, Method, Response, Uri};
use http_body_util::BodyExt;
use tape::Tape;

const SECRET: &str = "s3cr3t";

fn file() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tape").to_str().unwrap().to_owned();
    (folder, path)
}

fn response(status: u16, body: impl Into<Bytes>) -> Response<Bytes> {
    Response::builder().status(status).body(body.into()).unwrap()
}

/// The tape after one exchange.
fn text_of(url: &str, response: &Response<Bytes>) -> String {
    let (_folder, path) = file();
    Tape::create(&path).unwrap().push(&Method::GET, &url.parse().unwrap(), response).unwrap();
    let line = std::fs::read_to_string(path).unwrap();
    let exchange: serde_json::Value = serde_json::from_str(&line).unwrap();
    let body = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, exchange["body"].as_str().unwrap());
    line + &String::from_utf8_lossy(&body.unwrap())
}

async fn played(tape: &Tape, url: &Uri) -> Option<(u16, Bytes)> {
    let (head, body) = tape.response(&Method::GET, url).unwrap()?.into_parts();
    Some((head.status.as_u16(), body.collect().await.unwrap().to_bytes()))
}

#[tokio::test]
async fn answers_come_back_in_order_and_the_last_one_stays() {
    let (_folder, path) = file();
    let url: Uri = "https://hub.example/api/models/ada/demo?full=1".parse().unwrap();
    let bytes: Vec<u8> = (0..=255).collect();
    let tape = Tape::create(&path).unwrap();
    tape.push(&Method::GET, &url, &response(503, "busy")).unwrap();
    tape.push(&Method::GET, &url, &response(200, bytes.clone())).unwrap();
    let tape = Tape::open(&path).unwrap();
    assert_eq!(played(&tape, &url).await, Some((503, "busy".into())));
    for _ in 0..2 {
        assert_eq!(played(&tape, &url).await, Some((200, bytes.clone().into())));
    }
    assert_eq!(played(&tape, &"https://hub.example/other".parse().unwrap()).await, None);
}

#[tokio::test]
async fn a_signed_url_is_found_under_another_signature() {
    let (_folder, path) = file();
    let signed = |signature: &str| -> Uri {
        format!("https://cdn.example/x?expires={signature}1&Signature={signature}").parse().unwrap()
    };
    Tape::create(&path).unwrap().push(&Method::GET, &signed(SECRET), &response(200, "x")).unwrap();
    let tape = Tape::open(&path).unwrap();
    assert!(played(&tape, &signed("other")).await.is_some());
}

#[test]
fn signatures_cookies_and_tokens_are_not_kept() {
    let signed = format!("https://cdn.example/x?X-Amz-Signature={SECRET}&X-Amz-Date=1");
    let mut redirect = response(302, "");
    redirect.headers_mut().insert("location", signed.parse().unwrap());
    redirect.headers_mut().insert("set-cookie", format!("session={SECRET}").parse().unwrap());
    let mut sensitive = HeaderValue::from_static(SECRET);
    sensitive.set_sensitive(true);
    redirect.headers_mut().insert("x-other", sensitive);
    let batch = format!(
        r#"{{"objects": [{{"href": "{signed}", "header": {{"Authorization": "Bearer {SECRET}"}}}}], "accessToken": "{SECRET}"}}"#
    );
    for text in [text_of(&signed, &response(200, "")), text_of("https://a.example/", &redirect)] {
        assert!(text.contains("X-Amz-Signature=hidden") && !text.contains(SECRET), "{text}");
    }
    let text = text_of("https://a.example/", &response(200, batch));
    assert!(text.contains("X-Amz-Signature=hidden") && !text.contains(SECRET), "{text}");
}

#[test]
fn what_is_no_secret_is_kept_as_it_is() {
    let body = "{ \"id\":  \"ada/demo\" }";
    let text = text_of("https://hub.example/api/models?search=a%20b", &response(200, body));
    assert!(text.contains("?search=a%20b") && text.ends_with(body), "{text}");
}
