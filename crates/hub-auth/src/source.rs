//! [`TokenSource`]: where a client asks for its token, and what it is given.

use std::fmt::{self, Debug};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use crate::error::AuthError;
use crate::token::Token;

/// A boxed future, as traits whose implementations are chosen at run time need it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What [`TokenSource::token`] returns.
pub type GrantFuture<'a> = BoxFuture<'a, Result<Grant, AuthError>>;

/// Gives a token when asked. A source may wait: for a file, a program, a server.
///
/// Clients ask through [`Cached`](crate::Cached): a token is kept until shortly before it expires, or until a server
/// refuses it; many calls that need one at the same moment lead to one question. Sources that response at once and may
/// response differently each time opt out with [`TokenSource::is_per_attempt`].
pub trait TokenSource: Send + Sync + Debug {
    /// The token to use now. [`Grant::none`] means that the request goes out anonymously.
    ///
    /// # Errors
    ///
    /// When there is a token but it cannot be read or used. The request is then not sent, unless an earlier token of
    /// this source is still valid.
    fn token(&self, request: TokenRequest) -> GrantFuture<'_>;

    /// True if the source is to be asked for every attempt of every call, because asking costs nothing and the response
    /// must not be an old one. Default false: what it gave is kept.
    fn is_per_attempt(&self) -> bool {
        false
    }

    /// True if the source can give nothing else than it gave before, so that asking again after a refusal is useless.
    /// Default false.
    fn is_fixed(&self) -> bool {
        false
    }
}

/// One question to a [`TokenSource`]: why it is asked, and what it may use to find the response.
#[derive(Debug, Clone)]
pub struct TokenRequest {
    runtime: Arc<dyn Runtime>,
    refused: Option<Token>,
}

impl TokenRequest {
    /// A question by someone who needs a token.
    #[must_use]
    pub fn new(runtime: Arc<dyn Runtime>) -> Self {
        Self { runtime, refused: None }
    }

    /// The same question after a server refused `token` with 401: another one is wanted.
    #[must_use]
    pub fn after_refusal(self, token: Token) -> Self {
        Self { refused: Some(token), ..self }
    }

    /// The token that a server has just refused, if that is why the source is asked.
    #[must_use]
    pub fn refused(&self) -> Option<&Token> {
        self.refused.as_ref()
    }

    /// The time of day.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.runtime.now()
    }

    /// Time, threads and tasks of the program that asks.
    #[must_use]
    pub fn runtime(&self) -> &Arc<dyn Runtime> {
        &self.runtime
    }

    /// Runs `work`, which may block, on a thread where that is allowed.
    ///
    /// # Errors
    ///
    /// [`AuthError::Source`] if it panicked or the program is ending.
    pub async fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AuthError> {
        let result = Arc::new(Mutex::new(None));
        let slot = Arc::clone(&result);
        let run = Box::new(move || {
            let value = work();
            *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
        });
        self.runtime.run_blocking(run).await;
        let value = result.lock().unwrap_or_else(PoisonError::into_inner).take();
        value.ok_or_else(|| AuthError::other("the thread that looks for the token ended early"))
    }
}

/// What a source may use: the transport that asks lends it, so that this crate needs no runtime of its own.
pub trait Runtime: Send + Sync + Debug {
    /// The time of day.
    fn now(&self) -> SystemTime;
    /// Time since a fixed moment, the same one for all who ask a source; unlike [`Runtime::now`] it never jumps.
    fn uptime(&self) -> Duration;
    /// A future that is ready after `duration`.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;
    /// Runs a task that nobody waits for.
    fn spawn(&self, task: BoxFuture<'static, ()>);
    /// Runs `work` on a thread that may block. The future is ready when it has ended, in whichever way.
    fn run_blocking(&self, work: Box<dyn FnOnce() + Send>) -> BoxFuture<'static, ()>;
}

/// The response of a [`TokenSource`]: a token or none, and until when it may be used.
#[derive(Debug, Clone)]
pub struct Grant {
    token: Option<Token>,
    expires_at: Option<SystemTime>,
    renew_before: Duration,
}

/// How long before its end a token is renewed, unless the source says otherwise.
const RENEW_BEFORE: Duration = Duration::from_secs(300);

impl Grant {
    /// A token that is good until a server refuses it.
    #[must_use]
    pub fn new(token: Token) -> Self {
        Self { token: Some(token), expires_at: None, renew_before: RENEW_BEFORE }
    }

    /// No token: requests go out anonymously. Kept for 60 s unless [`Grant::until`] says otherwise.
    #[must_use]
    pub fn none() -> Self {
        Self { token: None, expires_at: None, renew_before: RENEW_BEFORE }
    }

    /// Not to be used from this moment on. The token is renewed before: see [`Grant::renew_before`].
    #[must_use]
    pub fn until(self, expires_at: SystemTime) -> Self {
        Self { expires_at: Some(expires_at), ..self }
    }

    /// How long before its end it is renewed. Default 300 s, and never more than a quarter of the time it had left when
    /// it was given.
    #[must_use]
    pub fn renew_before(self, span: Duration) -> Self {
        Self { renew_before: span, ..self }
    }

    /// The token.
    #[must_use]
    pub fn token(&self) -> Option<&Token> {
        self.token.as_ref()
    }

    /// From when on it must not be used.
    #[must_use]
    pub fn expires_at(&self) -> Option<SystemTime> {
        self.expires_at
    }

    /// The token alone.
    #[must_use]
    pub fn into_token(self) -> Option<Token> {
        self.token
    }

    pub(crate) fn margin(&self, left: Duration) -> Duration {
        self.renew_before.min(left / 4)
    }
}

impl From<Option<Token>> for Grant {
    fn from(token: Option<Token>) -> Self {
        token.map_or_else(Self::none, Self::new)
    }
}

impl TokenSource for Token {
    fn token(&self, _: TokenRequest) -> GrantFuture<'_> {
        ready(Ok(Grant::new(self.clone())))
    }

    fn is_per_attempt(&self) -> bool {
        true
    }

    fn is_fixed(&self) -> bool {
        true
    }
}

impl<T: TokenSource + ?Sized> TokenSource for Arc<T> {
    fn token(&self, request: TokenRequest) -> GrantFuture<'_> {
        (**self).token(request)
    }

    fn is_per_attempt(&self) -> bool {
        (**self).is_per_attempt()
    }

    fn is_fixed(&self) -> bool {
        (**self).is_fixed()
    }
}

/// Never gives a token: `token=False` of the Python client.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Anonymous;

impl TokenSource for Anonymous {
    fn token(&self, _: TokenRequest) -> GrantFuture<'_> {
        ready(Ok(Grant::none()))
    }

    fn is_per_attempt(&self) -> bool {
        true
    }

    fn is_fixed(&self) -> bool {
        true
    }
}

/// A future that is ready.
pub(crate) fn ready(result: Result<Grant, AuthError>) -> GrantFuture<'static> {
    Box::pin(std::future::ready(result))
}

impl fmt::Display for Grant {
    /// Where the token is from, never the token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.token {
            Some(token) => write!(f, "{}", token.source()),
            None => f.write_str("no token"),
        }
    }
}
