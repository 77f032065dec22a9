//! Tokens that expire and are refused: asked for once, renewed in time, never sent when they are over.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use http::{Request, Response};
use hub_auth::{AuthError, Cached, Grant, GrantFuture, Token, TokenRequest, TokenSource};
use hub_transport::{
    Body, BoxError, Clock, Error, ErrorKind, RetryClass, RetryConfig, Timeouts, TokioClock, Transport, post,
};
use tokio::time::{Instant, advance, sleep};

use crate::support::{Ask, CLASSES, HUB, call};

const MINUTE: Duration = Duration::from_secs(60);

/// What the source does when it is asked the next time.
#[derive(Debug, Clone)]
enum Step {
    /// A token, good for so long; for ever without a time.
    Give(&'static str, Option<Duration>),
    Nothing,
    Fail(&'static str),
    Panic,
    Hang,
}
use Step::{Fail, Give, Hang, Nothing, Panic};

/// Plays its steps, one for each question, each after a while. The last one is repeated.
#[derive(Debug, Clone, Default)]
struct Steps {
    steps: Arc<Mutex<VecDeque<Step>>>,
    asked: Arc<AtomicUsize>,
    refused: Arc<Mutex<Vec<String>>>,
    takes: Duration,
}

impl Steps {
    fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: Arc::new(Mutex::new(steps.into_iter().collect())), ..Self::default() }
    }

    fn taking(self, takes: Duration) -> Self {
        Self { takes, ..self }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl TokenSource for Steps {
    fn token(&self, request: TokenRequest) -> GrantFuture<'_> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        if let Some(token) = request.refused() {
            self.refused.lock().unwrap().push(token.reveal().to_owned());
        }
        let step = {
            let mut steps = self.steps.lock().unwrap();
            if steps.len() > 1 { steps.pop_front().unwrap() } else { steps[0].clone() }
        };
        Box::pin(async move {
            request.runtime().sleep(self.takes).await;
            let now = request.now();
            match step {
                Give(text, None) => Ok(Grant::new(Token::new(text)?)),
                Give(text, Some(left)) => Ok(Grant::new(Token::new(text)?).until(now + left)),
                Nothing => Ok(Grant::none()),
                Fail(why) => Err(AuthError::failed(why, std::io::Error::other("the cause"))),
                Panic => panic!("a source that panics"),
                Hang => std::future::pending().await,
            }
        })
    }
}

/// A server that knows which tokens are good, and remembers what it was sent.
#[derive(Clone)]
struct Door {
    good: Arc<Mutex<Vec<&'static str>>>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Door {
    fn open_to(good: &[&'static str]) -> Self {
        Self { good: Arc::new(Mutex::new(good.to_vec())), seen: Arc::default() }
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    async fn response(self, request: Request<Body>) -> Result<Response<Body>, BoxError> {
        let token = request.headers().get("authorization").map_or("", |value| value.to_str().unwrap());
        let token = token.strip_prefix("Bearer ").unwrap_or("none").to_owned();
        let known = self.good.lock().unwrap().contains(&token.as_str());
        self.seen.lock().unwrap().push(token);
        Ok(Response::builder().status(if known { 200 } else { 401 }).body(Body::bytes("fine"))?)
    }

    fn hub(&self, source: &Steps) -> Transport {
        self.hub_with(Arc::new(source.clone()), Arc::new(TokioClock))
    }

    fn hub_with(&self, source: Arc<dyn TokenSource>, clock: Arc<dyn Clock>) -> Transport {
        let door = self.clone();
        Transport::builder(HUB)
            .token_source(source)
            .clock(clock)
            .retry(RetryConfig::none())
            .inner_service(tower::service_fn(move |request| door.clone().response(request)))
            .build()
            .unwrap()
    }
}

async fn ask(hub: &Transport) -> Result<String, Error> {
    hub.send(&Ask::get("/x")).await
}

#[tokio::test(start_paused = true)]
async fn a_token_is_kept_and_renewed_before_it_expires_while_calls_go_on() {
    let source = Steps::new([Give("a", Some(60 * MINUTE)), Give("b", Some(60 * MINUTE))]).taking(MINUTE / 6);
    let door = Door::open_to(&["a", "b"]);
    let hub = door.hub(&source);
    for _ in 0..3 {
        ask(&hub).await.unwrap();
    }
    advance(54 * MINUTE).await;
    ask(&hub).await.unwrap();
    assert_eq!((source.asked(), door.seen().len()), (1, 4));
    advance(MINUTE).await;
    // Five minutes before the end: this call does not wait for the new token, the next one has it.
    let before = Instant::now();
    ask(&hub).await.unwrap();
    assert_eq!(before.elapsed(), Duration::ZERO);
    sleep(MINUTE / 3).await;
    ask(&hub).await.unwrap();
    assert_eq!(
        (source.asked(), door.seen()),
        (2, ["a", "a", "a", "a", "a", "b"].map(str::to_owned).to_vec())
    );
}

#[tokio::test(start_paused = true)]
async fn a_short_lived_token_is_not_renewed_at_every_call() {
    let source = Steps::new([Give("a", Some(MINUTE))]);
    let hub = Door::open_to(&["a"]).hub(&source);
    ask(&hub).await.unwrap();
    advance(MINUTE / 2).await;
    ask(&hub).await.unwrap();
    assert_eq!(source.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_calls_at_once_ask_the_source_once() {
    let source = Steps::new([Give("a", Some(MINUTE))]).taking(MINUTE / 60);
    let door = Door::open_to(&["a"]);
    let hub = door.hub(&source);
    let calls = (0..100).map(|_| ask(&hub));
    assert!(futures_util::future::join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!((source.asked(), door.seen().len()), (1, 100));
    // The same for a failure: one question, and every call is told.
    let source = Steps::new([Fail("the vault is sealed")]).taking(MINUTE / 60);
    let hub = door.hub(&source);
    let calls = (0..100).map(|_| ask(&hub));
    for outcome in futures_util::future::join_all(calls).await {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Auth);
        assert!(error.to_string().contains("the vault is sealed"), "{error}");
    }
    assert_eq!(source.asked(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_call_that_asked_first_goes_away_and_the_others_get_their_token() {
    let source = Steps::new([Give("a", None)]).taking(MINUTE);
    let hub = Door::open_to(&["a"]).hub(&source);
    for polls in 0..6 {
        let hub = hub.clone();
        let first = tokio::spawn({
            let hub = hub.clone();
            async move { ask(&hub).await }
        });
        for _ in 0..polls {
            tokio::task::yield_now().await;
        }
        first.abort();
    }
    let others = (0..10).map(|_| ask(&hub));
    assert!(futures_util::future::join_all(others).await.iter().all(Result::is_ok));
    assert_eq!(source.asked(), 1, "the question of the one that went away was not lost");
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once_and_the_call_goes_on_whatever_its_class() {
    for class in CLASSES {
        let source = Steps::new([Give("old", None), Give("new", None)]);
        let door = Door::open_to(&["new"]);
        let hub = door.hub(&source);
        assert_eq!(hub.send(&Ask::post("/x", class)).await.unwrap(), "fine");
        assert_eq!(door.seen(), ["old", "new"], "{class:?}");
        assert_eq!(*source.refused.lock().unwrap(), ["old"]);
        ask(&hub).await.unwrap();
        assert_eq!(source.asked(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_refused_calls_lead_to_one_new_token() {
    let source = Steps::new([Give("old", None), Give("new", None), Give("newer", None)]).taking(MINUTE / 60);
    let door = Door::open_to(&["old", "new"]);
    let hub = door.hub(&source);
    ask(&hub).await.unwrap();
    *door.good.lock().unwrap() = vec!["new"];
    let calls = (0..100).map(|_| ask(&hub));
    assert!(futures_util::future::join_all(calls).await.iter().all(Result::is_ok));
    assert_eq!(source.asked(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_refuses_everything_is_asked_twice_and_the_source_is_left_alone_then() {
    let source = Steps::new([Give("a", None), Give("b", None), Give("c", None)]);
    let door = Door::open_to(&[]);
    let hub = door.hub(&source);
    let error = ask(&hub).await.unwrap_err();
    assert_eq!((error.kind(), error.context().attempts), (ErrorKind::Unauthorized, 2));
    assert_eq!(door.seen(), ["a", "b"]);
    for _ in 0..5 {
        ask(&hub).await.unwrap_err();
    }
    assert_eq!((source.asked(), door.seen().len()), (2, 7));
    advance(MINUTE).await;
    ask(&hub).await.unwrap_err();
    assert_eq!((source.asked(), door.seen().len()), (3, 9));
}

#[tokio::test(start_paused = true)]
async fn a_source_that_gives_the_refused_token_again_changes_nothing() {
    let source = Steps::new([Give("a", None)]);
    let door = Door::open_to(&[]);
    let error = ask(&door.hub(&source)).await.unwrap_err();
    assert_eq!((error.kind(), door.seen().len(), source.asked()), (ErrorKind::Unauthorized, 1, 2));
    // One that gives nothing any more, or fails: the refusal is the response.
    for last in [Nothing, Fail("gone"), Panic] {
        let source = Steps::new([Give("a", None), last]);
        let error = ask(&door.hub(&source)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthorized);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_exists_once_is_not_sent_again_but_the_next_call_has_the_new_token() {
    let source = Steps::new([Give("old", None), Give("new", None)]);
    let door = Door::open_to(&["new"]);
    let hub = door.hub(&source);
    let once = Body::once(http_body_util::Full::new(bytes::Bytes::from_static(b"x")));
    let request = post("/x").body(once).finish().unwrap();
    let error = hub.open(call(RetryClass::Set), request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthorized);
    ask(&hub).await.unwrap();
    assert_eq!(door.seen(), ["old", "new"]);
}

#[tokio::test(start_paused = true)]
async fn a_fixed_token_that_is_refused_is_not_sent_again() {
    let door = Door::open_to(&[]);
    let hub = door.hub_with(Arc::new(Token::new("a").unwrap()), Arc::new(TokioClock));
    assert_eq!(ask(&hub).await.unwrap_err().kind(), ErrorKind::Unauthorized);
    assert_eq!(door.seen(), ["a"]);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_keeps_the_token_until_its_end_and_not_longer() {
    let source = Steps::new([Give("a", Some(60 * MINUTE)), Fail("no network")]);
    let door = Door::open_to(&["a"]);
    let hub = door.hub(&source);
    ask(&hub).await.unwrap();
    advance(56 * MINUTE).await;
    for _ in 0..5 {
        ask(&hub).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(source.asked(), 2, "a source that fails is not asked by every call");
    advance(MINUTE).await;
    ask(&hub).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(source.asked(), 3, "but again after a while");
    advance(4 * MINUTE).await;
    let error = ask(&hub).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(error.to_string().contains("no network"), "{error}");
    assert_eq!(door.seen().len(), 7, "the expired token was not sent");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_its_source_says_is_expired_is_never_sent() {
    let source = Steps::new([Give("a", Some(Duration::ZERO))]);
    let door = Door::open_to(&["a"]);
    let error = ask(&door.hub(&source)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(error.to_string().contains("expired") && door.seen().is_empty(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_source_that_hangs_or_panics_fails_the_call_that_needs_it() {
    let door = Door::open_to(&["a"]);
    let hub = door.hub(&Steps::new([Hang, Give("a", None)]));
    let error = ask(&hub).await.unwrap_err();
    assert!(error.to_string().contains("did not answer within 120 s"), "{error}");
    assert_eq!(ask(&hub).await.unwrap(), "fine");
    let hub = door.hub(&Steps::new([Panic, Give("a", None)]));
    assert!(ask(&hub).await.unwrap_err().to_string().contains("panicked"));
    assert_eq!(ask(&hub).await.unwrap(), "fine");
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_at_its_time_limit_also_while_it_waits_for_a_token() {
    let door = Door::open_to(&["a"]);
    let hub = door.hub(&Steps::new([Hang]));
    let mut request = post("/x").finish().unwrap();
    let timeouts = Timeouts::new().total(Duration::from_secs(5));
    request.extensions_mut().insert(timeouts);
    let begun = Instant::now();
    let error = hub.open(call(RetryClass::Set), request).await.unwrap_err();
    assert_eq!((error.kind(), begun.elapsed()), (ErrorKind::Timeout, Duration::from_secs(5)), "{error}");
}

#[tokio::test(start_paused = true)]
async fn the_response_that_there_is_no_token_is_kept_for_a_minute() {
    let source = Steps::new([Nothing, Give("a", None)]);
    let door = Door::open_to(&["none", "a"]);
    let hub = door.hub(&source);
    ask(&hub).await.unwrap();
    ask(&hub).await.unwrap();
    advance(MINUTE).await;
    ask(&hub).await.unwrap();
    assert_eq!((door.seen(), source.asked()), (["none", "none", "a"].map(str::to_owned).to_vec(), 2));
}

/// The paused clock of the runtime, with a time of day that a test can move.
#[derive(Debug)]
struct Movable(Mutex<SystemTime>);

impl Clock for Movable {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wall(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }

    fn sleep(&self, duration: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(sleep(duration))
    }
}

#[tokio::test(start_paused = true)]
async fn neither_a_clock_that_is_set_nor_a_machine_that_slept_prolongs_a_token() {
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let source = Steps::new([Give("a", Some(60 * MINUTE)), Give("b", Some(60 * MINUTE)), Give("c", None)]);
    let door = Door::open_to(&["a", "b", "c"]);
    let clock = Arc::new(Movable(Mutex::new(start)));
    let hub = door.hub_with(Arc::new(source.clone()), clock.clone());
    ask(&hub).await.unwrap();
    // The time of day goes back by a day; the hour is over all the same.
    *clock.0.lock().unwrap() = start - 24 * 60 * MINUTE;
    advance(60 * MINUTE).await;
    ask(&hub).await.unwrap();
    // The machine sleeps for two hours, of which its monotonic clock knows nothing.
    *clock.0.lock().unwrap() = start + 2 * 60 * MINUTE;
    ask(&hub).await.unwrap();
    assert_eq!(door.seen(), ["a", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn the_token_of_one_call_is_renewed_like_that_of_the_client() {
    let source = Steps::new([Give("old", None), Give("new", None)]);
    let door = Door::open_to(&["new"]);
    let client = door.hub(&Steps::new([Give("other", None)]));
    let hub = client.with_token_source(Arc::new(source.clone()));
    ask(&hub).await.unwrap();
    ask(&hub).await.unwrap();
    assert_eq!((door.seen(), source.asked()), (["old", "new", "new"].map(str::to_owned).to_vec(), 2));
}

#[tokio::test(start_paused = true)]
async fn what_a_source_says_of_its_failure_is_kept_as_text_and_as_cause() {
    let error = ask(&Door::open_to(&[]).hub(&Steps::new([Fail("the vault is sealed")]))).await.unwrap_err();
    let mut causes = Vec::new();
    let mut next = std::error::Error::source(&error);
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    assert!(error.to_string().contains("the vault is sealed"), "{error}");
    assert_eq!(causes, ["the vault is sealed", "the cause"]);
}

#[cfg(unix)]
#[tokio::test]
async fn a_token_file_that_cannot_be_read_now_holds_up_no_other_task() {
    use hub_auth::{HfFolder, TokenFile, TokenPaths};
    for number in 0..2 {
        // Opening a named pipe waits for its writer.
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("token");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let source: Arc<dyn TokenSource> = if number == 0 {
            Arc::new(HfFolder::new(TokenPaths { token: pipe.clone(), legacy: None }))
        } else {
            Arc::new(TokenFile::new(&pipe))
        };
        let door = Door::open_to(&["hf_pipe"]);
        let hub = door.hub_with(source, Arc::new(TokioClock));
        let waiting = tokio::spawn(async move { ask(&hub).await });
        // On a runtime with one thread this is reached only if the reader is elsewhere.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(!waiting.is_finished());
        tokio::task::spawn_blocking(move || std::fs::write(pipe, "hf_pipe\n")).await.unwrap().unwrap();
        assert_eq!(waiting.await.unwrap().unwrap(), "fine");
    }
}

#[tokio::test]
async fn a_token_file_that_was_replaced_is_read_again_after_a_refusal() {
    use hub_auth::TokenFile;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("token");
    std::fs::write(&path, "old").unwrap();
    let door = Door::open_to(&["new"]);
    let seen = door.clone();
    let file = path.clone();
    // The file changes while the first request is on its way.
    let inner_service = tower::service_fn(move |request| {
        std::fs::write(&file, "new").unwrap();
        seen.clone().response(request)
    });
    let hub = Transport::builder(HUB)
        .token_source(Arc::new(TokenFile::new(&path)))
        .inner_service(inner_service)
        .build()
        .unwrap();
    ask(&hub).await.unwrap();
    assert_eq!(door.seen(), ["old", "new"]);
}

#[tokio::test(start_paused = true)]
async fn a_token_that_two_clients_share_ends_at_one_time_for_both() {
    let source = Steps::new([Give("a", Some(60 * MINUTE)), Give("b", Some(60 * MINUTE))]);
    let shared: Arc<dyn TokenSource> = Arc::new(Cached::new(Arc::new(source.clone())));
    let door = Door::open_to(&["a", "b"]);
    let older = door.hub_with(Arc::clone(&shared), Arc::new(TokioClock));
    advance(120 * MINUTE).await;
    let younger = door.hub_with(shared, Arc::new(TokioClock));
    ask(&older).await.unwrap();
    advance(60 * MINUTE).await;
    ask(&younger).await.unwrap();
    assert_eq!(door.seen(), ["a", "b"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_ends_at_its_time_limit_also_when_a_refused_token_is_replaced_for_the_next_one() {
    let hub = Door::open_to(&[]).hub(&Steps::new([Give("old", None), Hang]));
    let once = Body::once(http_body_util::Full::new(bytes::Bytes::from_static(b"x")));
    let request = post("/x").body(once).extension(Timeouts::new().total(Duration::from_secs(5)));
    let begun = Instant::now();
    let error = hub.open(call(RetryClass::Set), request.finish().unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), begun.elapsed()), (ErrorKind::Unauthorized, Duration::from_secs(5)));
}
