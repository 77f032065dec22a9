//! [`Cached`]: keeps what a source gave until it has to be renewed, and asks once for all who wait.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{Either, Shared, WeakShared, select};

use crate::error::AuthError;
use crate::source::{BoxFuture, Grant, GrantFuture, TokenRequest, TokenSource};
use crate::sync::{Mutex, MutexGuard, PoisonError};

/// How long the response that there is no token is kept, unless the source says otherwise.
const NONE_FOR: Duration = Duration::from_secs(60);

/// The most time one question to a source may take.
const LIMIT: Duration = Duration::from_secs(120);

/// How long a source that failed, or whose newest token was refused, is not asked while that can be avoided.
const PAUSE: Duration = Duration::from_secs(30);

/// Around a [`TokenSource`] whose responses are worth keeping. Clients put it around every source that does not say
/// [`TokenSource::is_per_attempt`].
///
/// - A token is given again until it expires, or until a server refused it.
/// - Shortly before it expires it is renewed while calls go on with it. If that fails, it is kept, and the source is
///   asked again 30 s later.
/// - A token that has expired is never given.
/// - After a refusal the source is asked once. If the token that it gives then is refused too, it is left alone for 30 s.
/// - Calls that need a token at the same moment wait for one response. It comes also when the call that asked first is
///   dropped.
#[derive(Debug, Clone)]
pub struct Cached {
    source: Arc<dyn TokenSource>,
    state: Arc<Mutex<State>>,
}

type Outcome = Result<Grant, Arc<AuthError>>;
type Flight = Shared<BoxFuture<'static, Outcome>>;

#[derive(Debug, Default)]
struct State {
    held: Option<Held>,
    flight: Option<WeakShared<BoxFuture<'static, Outcome>>>,
    /// The uptime before which a token that is still good is not renewed.
    renew_not_before: Duration,
    /// The uptime before which one that was refused is not replaced.
    replace_not_before: Duration,
}

#[derive(Debug, Clone)]
struct Held {
    grant: Grant,
    /// Uptime at which it ends, so that a clock that is set back does not prolong it.
    ends: Option<Duration>,
    /// Uptime from which it is renewed.
    renew: Option<Duration>,
    /// Uptime at which it came in the place of one that was refused.
    replaced_at: Option<Duration>,
}

impl Held {
    fn new(grant: Grant, request: &TokenRequest) -> Result<Self, AuthError> {
        let uptime = request.runtime().uptime();
        let (mut ends, mut renew) = (None, None);
        if let Some(end) = grant.expires_at() {
            let left = end.duration_since(request.now()).unwrap_or_default();
            if left.is_zero() {
                return Err(AuthError::Expired { origin: grant.to_string() });
            }
            ends = uptime.checked_add(left);
            renew = uptime.checked_add(left.saturating_sub(grant.margin(left)));
        } else if grant.token().is_none() {
            ends = uptime.checked_add(NONE_FOR);
        }
        let replaced_at = request.refused().map(|_| uptime);
        Ok(Self { grant, ends, renew, replaced_at })
    }

    fn is_good(&self, request: &TokenRequest) -> bool {
        let uptime = request.runtime().uptime();
        self.ends.is_none_or(|end| uptime < end)
            && self.grant.expires_at().is_none_or(|end| request.now() < end)
    }

    fn is_due(&self, request: &TokenRequest) -> bool {
        self.renew.is_some_and(|due| request.runtime().uptime() >= due)
    }

    /// Whether the source should be asked for another one, because this one was refused.
    fn is_refused(&self, request: &TokenRequest) -> bool {
        let (Some(token), Some(refused)) = (self.grant.token(), request.refused()) else { return false };
        let uptime = request.runtime().uptime();
        let just_replaced = self.replaced_at.is_some_and(|at| uptime.saturating_sub(at) < PAUSE);
        token.reveal() == refused.reveal() && !just_replaced
    }
}

impl Cached {
    /// Keeps what `source` gives.
    #[must_use]
    pub fn new(source: Arc<dyn TokenSource>) -> Self {
        Self { source, state: Arc::default() }
    }

    /// The source itself if it is to be asked for each attempt, and otherwise one that keeps what it gives.
    #[must_use]
    pub fn around(source: Arc<dyn TokenSource>) -> Arc<dyn TokenSource> {
        if source.is_per_attempt() { source } else { Arc::new(Self::new(source)) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token at hand, or the question whose response is to be waited for.
    fn at_hand(&self, request: &TokenRequest) -> Result<Grant, Flight> {
        let mut state = self.lock();
        let uptime = request.runtime().uptime();
        let good = state.held.as_ref().filter(|held| held.is_good(request)).cloned();
        match good {
            Some(held) if !held.is_refused(request) || uptime < state.replace_not_before => {
                if held.is_due(request) && uptime >= state.renew_not_before && running(&state).is_none() {
                    // Nobody waits for it: the task does what is to be done.
                    drop(self.start(&mut state, request));
                }
                Ok(held.grant)
            }
            _ => Err(running(&state).unwrap_or_else(|| self.start(&mut state, request))),
        }
    }

    /// Asks the source in a task of its own, which goes on when the caller is dropped: a refresh token that is half used
    /// would be lost.
    fn start(&self, state: &mut State, request: &TokenRequest) -> Flight {
        let question = ask(self.clone(), request.clone()).boxed().shared();
        state.flight = question.downgrade();
        request.runtime().spawn(question.clone().map(drop).boxed());
        question
    }
}

fn running(state: &State) -> Option<Flight> {
    state.flight.as_ref().and_then(WeakShared::upgrade)
}

async fn ask(cached: Cached, request: TokenRequest) -> Outcome {
    let source = Arc::clone(&cached.source);
    let response = AssertUnwindSafe(async { source.token(request.clone()).await }).catch_unwind();
    let limit = request.runtime().sleep(LIMIT);
    let response = match select(Box::pin(response), limit).await {
        Either::Left((Ok(response), _)) => response,
        Either::Left((Err(_), _)) => Err(AuthError::other("the source of the token panicked")),
        Either::Right(_) => Err(AuthError::other(format!(
            "the source of the token did not answer within {} s",
            LIMIT.as_secs()
        ))),
    };
    let mut state = cached.lock();
    state.flight = None;
    // Nobody joins from here on, so it is looked at later than the last of those who wait began to: a computer may sleep in
    // between.
    match response.and_then(|grant| Held::new(grant, &request)) {
        Ok(held) => {
            let grant = held.grant.clone();
            state.held = Some(held);
            Ok(grant)
        }
        Err(error) => {
            let until = request.runtime().uptime().saturating_add(PAUSE);
            if request.refused().is_some() {
                state.replace_not_before = until;
            } else {
                state.renew_not_before = until;
            }
            let good = state.held.as_ref().is_some_and(|held| held.is_good(&request));
            if good && request.refused().is_none() {
                tracing::warn!(%error, "the token could not be renewed; the one at hand is still good and is used");
            }
            Err(Arc::new(error))
        }
    }
}

impl TokenSource for Cached {
    fn token(&self, request: TokenRequest) -> GrantFuture<'_> {
        Box::pin(async move {
            match self.at_hand(&request) {
                Ok(grant) => Ok(grant),
                Err(question) => question.await.map_err(AuthError::Shared),
            }
        })
    }

    /// It keeps what can be kept.
    fn is_per_attempt(&self) -> bool {
        true
    }

    fn is_fixed(&self) -> bool {
        self.source.is_fixed()
    }
}
