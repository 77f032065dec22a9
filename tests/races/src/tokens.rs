//! Calls that need a token at the same moment, while it expires, is refused, or cannot be had.

use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures_util::FutureExt;
use shuttle::future::block_on;
use shuttle::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use shuttle::thread;

use crate::cached::Cached;
use crate::error::AuthError;
use crate::source::{BoxFuture, Grant, GrantFuture, Runtime, TokenRequest, TokenSource};
use crate::token::Token;

/// How long a token is good, in seconds.
const GOOD_FOR: u64 = 100;

/// A clock that a scenario sets, and tasks that run whenever it is their turn.
#[derive(Debug, Default)]
struct Clock(AtomicU64);

impl Clock {
    fn seconds(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Runtime for Clock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.uptime()
    }

    fn uptime(&self) -> Duration {
        Duration::from_secs(self.seconds())
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(pending())
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        drop(shuttle::future::spawn(task));
    }

    fn run_blocking(&self, work: Box<dyn FnOnce() + Send>) -> BoxFuture<'static, ()> {
        Box::pin(async move { work() })
    }
}

/// Gives a token with the next number each time, good for a while; its first `failures` answers are errors.
#[derive(Debug)]
struct Server {
    clock: Arc<Clock>,
    failures: u64,
    questions: AtomicU64,
    busy: AtomicBool,
}

impl TokenSource for Server {
    fn token(&self, _: TokenRequest) -> GrantFuture<'_> {
        Box::pin(async {
            assert!(!self.busy.swap(true, Ordering::SeqCst), "two refreshes at once");
            let number = self.questions.fetch_add(1, Ordering::SeqCst) + 1;
            shuttle::future::yield_now().await;
            let end = SystemTime::UNIX_EPOCH + Duration::from_secs(self.clock.seconds() + GOOD_FOR);
            self.busy.store(false, Ordering::SeqCst);
            if number <= self.failures {
                return Err(AuthError::other("the server is away"));
            }
            Ok(Grant::new(Token::new(format!("hf_{number}"))?).until(end))
        })
    }
}

/// A cache in front of a server, and those who use it.
#[derive(Clone)]
struct Place {
    clock: Arc<Clock>,
    server: Arc<Server>,
    cached: Cached,
}

impl Place {
    fn new(failures: u64) -> Self {
        let clock = Arc::new(Clock::default());
        let (questions, busy) = (AtomicU64::new(0), AtomicBool::new(false));
        let server = Arc::new(Server { clock: Arc::clone(&clock), failures, questions, busy });
        let cached = Cached::new(Arc::clone(&server) as Arc<dyn TokenSource>);
        Self { clock, server, cached }
    }

    fn request(&self) -> TokenRequest {
        TokenRequest::new(Arc::clone(&self.clock) as Arc<dyn Runtime>)
    }

    fn ask(&self, request: TokenRequest) -> Result<Grant, AuthError> {
        block_on(self.cached.token(request))
    }

    /// The number of a token that must be there.
    fn number(&self) -> u64 {
        number(&self.ask(self.request()).unwrap())
    }

    fn questions(&self) -> u64 {
        self.server.questions.load(Ordering::SeqCst)
    }

    /// Does the same in so many threads and waits for all.
    fn at_once(&self, threads: usize, work: impl Fn(&Self) + Clone + Send + Sync + 'static) {
        let running: Vec<_> = (0..threads)
            .map(|_| {
                let (place, work) = (self.clone(), work.clone());
                thread::spawn(move || work(&place))
            })
            .collect();
        running.into_iter().for_each(|thread| thread.join().unwrap());
    }
}

fn number(grant: &Grant) -> u64 {
    let text = grant.token().unwrap().reveal();
    text.strip_prefix("hf_").unwrap().parse().unwrap()
}

/// Calls that need the first token at once ask for it once; also when the one that asked first is dropped.
///
/// # Panics
/// When they ask more often.
pub fn a_token_is_asked_for_once() {
    let place = Place::new(0);
    let leaves = place.clone();
    let leaver = thread::spawn(move || drop(leaves.cached.token(leaves.request()).now_or_never()));
    place.at_once(2, |place| assert_eq!(place.number(), 1));
    leaver.join().unwrap();
    assert_eq!(place.questions(), 1);
}

/// Time goes on while calls ask: what a call is given was still good when it asked, and is not older than what a call that
/// ended before had.
///
/// # Panics
/// When it is, or when two refreshes run at once.
pub fn nobody_is_given_an_expired_token() {
    let place = Place::new(0);
    let newest = Arc::new(AtomicU64::new(0));
    let time = Arc::clone(&place.clock);
    let passing = thread::spawn(move || {
        // Into the last quarter of its time, where it is renewed; and beyond its end at once, as when a computer sleeps.
        for passed in [GOOD_FOR * 4 / 5, GOOD_FOR * 2] {
            time.0.fetch_add(passed, Ordering::SeqCst);
            thread::yield_now();
        }
    });
    place.at_once(2, move |place| {
        for _ in 0..2 {
            let (asked_at, known) = (place.clock.seconds(), newest.load(Ordering::SeqCst));
            match place.ask(place.request()) {
                Ok(grant) => {
                    let end = grant.expires_at().unwrap().duration_since(SystemTime::UNIX_EPOCH).unwrap();
                    assert!(end.as_secs() > asked_at, "expired at {end:?}, asked for at {asked_at} s");
                    assert!(number(&grant) >= known, "{grant:?} came after token {known}");
                    newest.fetch_max(number(&grant), Ordering::SeqCst);
                }
                // It ended while it was on its way, and is not used.
                Err(error) => {
                    assert!(matches!(&error, AuthError::Shared(error) if is_expired(error)), "{error}")
                }
            }
        }
    });
    passing.join().unwrap();
}

fn is_expired(error: &AuthError) -> bool {
    matches!(error, AuthError::Expired { .. })
}

/// After a refresh that failed the next call tries again: nobody is stuck with the failure, and there is one question for each
/// failure and one that goes well.
///
/// # Panics
/// When somebody is.
pub fn after_a_failure_the_next_call_asks_again() {
    let place = Place::new(2);
    place.at_once(3, |place| {
        let failures = (0..).take_while(|_| place.ask(place.request()).is_err()).count();
        assert!(failures <= 2, "{failures} failures of one call in a row, although each was news once");
    });
    assert_eq!(place.questions(), 3);
}

/// A token is refused in many calls at once: another one is asked for once, and all get it.
///
/// # Panics
/// When they do not.
pub fn a_refused_token_is_replaced_once() {
    let place = Place::new(0);
    assert_eq!(place.number(), 1);
    place.at_once(3, |place| {
        let refused = place.request().after_refusal(Token::new("hf_1").unwrap());
        assert_eq!(number(&place.ask(refused).unwrap()), 2);
        assert_eq!(place.number(), 2);
    });
    assert_eq!(place.questions(), 2);
}

/// A token that is still good is renewed in the background, once, while calls go on with it; when that fails they keep it, and
/// nobody asks again at once.
///
/// # Panics
/// When a call fails, or the source is asked more often.
pub fn a_token_is_renewed_once_while_calls_go_on_with_it() {
    let place = Place::new(0);
    assert_eq!(place.number(), 1);
    place.clock.0.store(GOOD_FOR * 9 / 10, Ordering::SeqCst);
    place.at_once(3, |place| {
        let (first, second) = (place.number(), place.number());
        assert!(first <= second && second <= 2, "{first}, then {second}");
    });
    while place.number() == 1 {
        thread::yield_now();
    }
    assert_eq!(place.questions(), 2);
}
