//! How many requests a caller may make in a time.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use http::{HeaderMap, HeaderName, StatusCode, header::RETRY_AFTER};
use tokio::time::Instant;

use super::per_address::network;
use crate::api_error::{ApiError, header_text};

/// What is left, and the rule behind it, as the Hub writes them (draft-ietf-httpapi-ratelimit-headers).
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// Callers that are counted apart in one window; those who come after them share a count.
const MOST_CALLERS: usize = 100_000;

/// How many requests one caller may make in each window of 5 minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RateLimit {
    /// Requests to the API and of git.
    pub api: u32,
    /// Downloads of files (`resolve` and `raw`).
    pub resolvers: u32,
}

impl RateLimit {
    /// The window in which requests are counted: 5 minutes, as at the public Hub.
    pub const WINDOW: Duration = Duration::from_secs(300);

    /// So many requests to the API, and so many downloads of files.
    pub const fn new(api: u32, resolvers: u32) -> Self {
        Self { api, resolvers }
    }
}

/// What is counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Bucket {
    Api,
    Resolvers,
    /// Attempts to sign in with a browser: whatever else comes from an address is in nobody's way to sign in.
    #[cfg(feature = "page")]
    SignIn,
}

impl Bucket {
    const fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Resolvers => "resolvers",
            #[cfg(feature = "page")]
            Self::SignIn => "sign-in",
        }
    }
}

/// Who is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Caller {
    /// The key of a user.
    User(i64),
    /// Nobody that is known.
    Address(IpAddr),
}

/// Counts the requests of a server.
#[derive(Debug)]
pub(crate) struct Rates {
    users: Option<RateLimit>,
    addresses: Option<RateLimit>,
    window: Mutex<Window>,
}

#[derive(Debug)]
struct Window {
    began: Instant,
    /// `None` stands for those who came when there were too many.
    counts: HashMap<(Option<Caller>, Bucket), u32>,
}

/// What is said of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    bucket: Bucket,
    limit: u32,
    left: u32,
    /// Seconds.
    until_reset: u64,
    /// Whether it is one too many.
    pub(crate) is_refused: bool,
}

impl Rates {
    pub(crate) fn new(users: Option<RateLimit>, addresses: Option<RateLimit>) -> Self {
        let window = Window { began: Instant::now(), counts: HashMap::new() };
        Self { users, addresses, window: Mutex::new(window) }
    }

    /// Counts a request; `None` where there is no limit.
    pub(crate) fn count(&self, caller: Caller, bucket: Bucket) -> Option<Counted> {
        let (limits, caller) = match caller {
            Caller::User(_) => (self.users, caller),
            Caller::Address(address) => (self.addresses, Caller::Address(network(address))),
        };
        let limits = limits?;
        let limit = match bucket {
            Bucket::Api => limits.api,
            Bucket::Resolvers => limits.resolvers,
            #[cfg(feature = "page")]
            Bucket::SignIn => limits.api,
        };
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = window.began.elapsed();
        if elapsed >= RateLimit::WINDOW {
            // Windows are whole: one after a pause begins where it would have begun without.
            let whole = elapsed.as_secs() / RateLimit::WINDOW.as_secs();
            window.began += RateLimit::WINDOW.saturating_mul(u32::try_from(whole).unwrap_or(1));
            window.counts.clear();
        }
        let until_reset = RateLimit::WINDOW.saturating_sub(window.began.elapsed()).as_millis().div_ceil(1000);
        let mut key = (Some(caller), bucket);
        if window.counts.len() >= MOST_CALLERS && !window.counts.contains_key(&key) {
            key.0 = None;
        }
        let count = window.counts.entry(key).or_default();
        let is_refused = *count >= limit;
        if !is_refused {
            *count += 1;
        }
        let left = limit.saturating_sub(*count);
        Some(Counted {
            bucket,
            limit,
            left,
            until_reset: u64::try_from(until_reset).unwrap_or(1),
            is_refused,
        })
    }
}

impl Counted {
    /// Says in a response what is left.
    pub(crate) fn describe(&self, headers: &mut HeaderMap) {
        let (name, window) = (self.bucket.name(), RateLimit::WINDOW.as_secs());
        let Self { limit, left, until_reset, .. } = self;
        headers.insert(RATE_LIMIT, header_text(&format!("\"{name}\";r={left};t={until_reset}")));
        let policy = format!("\"fixed window\";\"{name}\";q={limit};w={window}");
        headers.insert(RATE_LIMIT_POLICY, header_text(&policy));
    }

    /// The response to a request that is one too many.
    pub(crate) fn refusal(&self) -> ApiError {
        let Self { limit, until_reset, .. } = self;
        let message = format!(
            "Too many requests: this Hub takes {limit} of one caller in {} minutes. Try again in {until_reset} seconds",
            RateLimit::WINDOW.as_secs() / 60
        );
        ApiError::new(StatusCode::TOO_MANY_REQUESTS, message)
            .with_header(RETRY_AFTER, header_text(&until_reset.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Caller {
        Caller::Address(text.parse().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_has_its_requests_in_each_window_and_others_have_theirs() {
        let rates = Rates::new(Some(RateLimit::new(2, 3)), Some(RateLimit::new(1, 1)));
        let refused = |caller, bucket| rates.count(caller, bucket).unwrap().is_refused;
        let (ada, bob) = (Caller::User(1), Caller::User(2));
        assert!(!refused(ada, Bucket::Api) && !refused(ada, Bucket::Api) && refused(ada, Bucket::Api));
        assert!(!refused(ada, Bucket::Resolvers) && !refused(bob, Bucket::Api));
        assert!(!refused(address("2001:db8::1"), Bucket::Api));
        assert!(refused(address("2001:db8::2"), Bucket::Api), "one network is one caller");
        tokio::time::advance(Duration::from_secs(183)).await;
        let mut headers = HeaderMap::new();
        rates.count(ada, Bucket::Api).unwrap().describe(&mut headers);
        assert_eq!(headers["ratelimit"], "\"api\";r=0;t=117");
        assert_eq!(headers["ratelimit-policy"], "\"fixed window\";\"api\";q=2;w=300");
        tokio::time::advance(Duration::from_secs(117 + 1000)).await;
        assert!(!refused(ada, Bucket::Api));
        assert!(rates.window.lock().unwrap().counts.len() == 1, "nothing is kept of who has gone");
    }

    #[tokio::test]
    async fn where_there_is_no_limit_nothing_is_counted() {
        let rates = Rates::new(None, Some(RateLimit::new(1, 1)));
        for _ in 0..10 {
            assert_eq!(rates.count(Caller::User(1), Bucket::Api), None);
        }
        assert!(rates.window.lock().unwrap().counts.is_empty());
    }
}
