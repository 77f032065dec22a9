//! Waits that a server asks for (F33): who honours them, until when, and who hears of them. Time is paused.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use futures_util::StreamExt;
use http::Request;
use hub_transport::testing::{Script, Step, reply};
use hub_transport::{
    Body, Error, ErrorKind, PagedEndpoint, Patience, RetryClass, Timeouts, Transfer, Transport, get,
};
use hub_types::progress::{Event, Progress, WaitReason};
use serde_json::json;
use tokio::time::Instant;

use crate::support::{Ask, Fixed, HUB, call};

/// What the Hub says when nothing of its window of 300 s remains.
fn wait_for(seconds: u64) -> Step {
    reply(429).header("ratelimit", &format!("\"api\";r=0;t={seconds}"))
}

fn hub(script: &Script) -> Transport {
    Transport::builder(HUB).inner_service(script.clone()).rng(Arc::new(Fixed(0))).build().unwrap()
}

struct Numbers(Option<Duration>);

impl PagedEndpoint for Numbers {
    const NAME: &'static str = "list_numbers";
    type Item = u32;

    fn target(&self) -> String {
        String::new()
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        let request = get("/numbers");
        match self.0 {
            Some(total) => request.extension(Timeouts::new().total(total)).finish(),
            None => request.finish(),
        }
    }
}

async fn list(hub: &Transport, total: Option<Duration>) -> Vec<Result<u32, Error>> {
    hub.stream(Numbers(total), None).collect().await
}

#[tokio::test(start_paused = true)]
async fn f33_a_transfer_waits_as_long_as_the_window_of_the_hub() {
    for transfer in [true, false] {
        let script = Script::new([wait_for(300), wait_for(330), reply(200)]);
        let started = Instant::now();
        let request = get("/file");
        let request = if transfer { request.extension(Transfer) } else { request };
        hub(&script).open(call(RetryClass::Read), request.finish().unwrap()).await.unwrap();
        assert_eq!(started.elapsed().as_secs(), 632);
    }
}

#[tokio::test(start_paused = true)]
async fn f33_a_listing_outlasts_the_window_although_its_pages_have_a_limit() {
    let page = || {
        let next = format!("<{HUB}/numbers?page=2>; rel=\"next\"");
        reply(200).header("link", &next).json(&json!([1]))
    };
    let script =
        Script::new([wait_for(299), page(), wait_for(310), wait_for(280), reply(200).json(&json!([2]))]);
    let started = Instant::now();
    let numbers: Vec<_> = list(&hub(&script), None).await.into_iter().map(Result::unwrap).collect();
    assert_eq!((numbers, started.elapsed().as_secs()), (vec![1, 2], 892));
}

#[tokio::test(start_paused = true)]
async fn f33_the_time_in_which_no_server_asked_to_wait_still_ends_a_page() {
    let script =
        Script::new([wait_for(300), Step::pending(), Step::pending(), Step::pending(), Step::pending()]);
    let started = Instant::now();
    let error = list(&hub(&script), None).await.remove(0).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert!((301 + 170..=301 + 180).contains(&started.elapsed().as_secs()), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn f33_a_call_with_a_deadline_ends_at_its_deadline_and_says_until_when_to_wait() {
    let script = Script::always(wait_for(290));
    let started = Instant::now();
    let mut errors = vec![hub(&script).send(&Ask::get("/x")).await.unwrap_err()];
    errors.extend(
        list(&hub(&script), Some(Duration::from_secs(100))).await.into_iter().map(Result::unwrap_err),
    );
    let limited = Transport::builder(HUB)
        .inner_service(script.clone())
        .timeouts(Timeouts::new().total(Duration::from_secs(100)));
    errors.extend(list(&limited.build().unwrap(), None).await.into_iter().map(Result::unwrap_err));
    assert_eq!((errors.len(), started.elapsed()), (3, Duration::ZERO));
    for error in errors {
        assert_eq!(
            (error.kind(), error.retry_after()),
            (ErrorKind::RateLimited, Some(Duration::from_secs(290)))
        );
        let until = error.retry_at().unwrap().duration_since(SystemTime::now()).unwrap();
        assert!((200..=290).contains(&until.as_secs()), "{until:?}");
        let said = error.to_string();
        assert!(said.contains("the server asks to wait 290 s, until ") && said.contains(" GMT"), "{said}");
    }
}

#[derive(Default)]
struct Heard(Mutex<Vec<u64>>);

impl Progress for Heard {
    fn event(&self, event: &Event<'_>) {
        if let Event::Waiting { reason: WaitReason::Server, duration } = event {
            self.0.lock().unwrap().push(duration.as_secs());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_of_longer_work_waits_like_a_listing_and_its_watcher_hears_of_it() {
    let script = Script::new([wait_for(300), reply(503).header("retry-after", "60"), reply(503), reply(200)]);
    let heard = Arc::new(Heard::default());
    let hub = hub(&script).with_patience(Patience::new(Some(heard.clone())));
    let started = Instant::now();
    hub.send(&Ask::get("/x")).await.unwrap();
    assert_eq!(started.elapsed().as_secs(), 301 + 61);
    assert_eq!(*heard.0.lock().unwrap(), [301, 61]);
}

#[tokio::test(start_paused = true)]
async fn f33_a_wait_that_no_clock_reaches_is_an_error_at_once() {
    let script = Script::always(reply(429).header("retry-after", "99999999999999999999"));
    let started = Instant::now();
    let error = hub(&script).open(call(RetryClass::Read), get("/x").finish().unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), started.elapsed()), (ErrorKind::RateLimited, Duration::ZERO));
    assert!(error.to_string().contains("until "), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_asked_for_again_still_has_the_time_that_the_server_asked_to_wait() {
    let script =
        Script::new([wait_for(300), reply(200).text("["), wait_for(10), reply(200).json(&json!([1]))]);
    let numbers: Vec<_> = list(&hub(&script), None).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(numbers, [1]);
}
