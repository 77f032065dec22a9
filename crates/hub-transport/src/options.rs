//! Per-request options. They travel in the extensions of the request and survive retries and redirects.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{StatusCode, Uri};
use hub_auth::{Token, TokenSource};
use hub_types::progress::{Event, Progress, WaitReason};
use tokio::time::Instant;

use crate::TokenUse;
use crate::clock::after;

/// What sending a request a second time can do. There is no default: every call states its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetryClass {
    /// No effect, or none that matters: reads, checks, uploads addressed by content. Sent again freely.
    Read,
    /// Sets a value; a second time changes nothing. Sent again freely.
    Set,
    /// May not be repeated blindly: sent again only if the server provably did not act on it.
    Ambiguous,
    /// Adds something each time: a comment, a pull request. Treated as [`RetryClass::Ambiguous`] by the transport;
    /// callers settle an unknown outcome differently.
    Append,
}

impl RetryClass {
    /// True if a request that may already have been carried out may be sent again.
    #[must_use]
    pub fn is_repeatable(self) -> bool {
        matches!(self, Self::Read | Self::Set)
    }
}

/// What may have happened to one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Provably no byte of the request reached a server.
    NotSent,
    /// Anything from the first byte written up to a missing, late or broken response.
    MaybeProcessed,
    /// The head of a response arrived.
    Responded(StatusCode),
}

/// Names a call for spans and errors, and states how it may be retried.
///
/// A request without it is only sent again when no byte of it was sent.
#[derive(Debug, Clone)]
pub struct CallInfo {
    /// The operation, under its Python name where it has one: `list_repo_refs`.
    pub name: &'static str,
    /// What it is about, for people: `model ada/demo`.
    pub target: String,
    /// How it may be retried.
    pub class: RetryClass,
}

impl CallInfo {
    /// A description of one call.
    #[must_use]
    pub fn new(name: &'static str, target: impl Into<String>, class: RetryClass) -> Self {
        Self { name, target: target.into(), class }
    }
}

impl fmt::Display for CallInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        if self.target.is_empty() { Ok(()) } else { write!(f, " {}", self.target) }
    }
}

/// Which redirects are followed. [`RedirectMode::Follow`] unless the request says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RedirectMode {
    /// All that are safe.
    #[default]
    Follow,
    /// Those whose `Location` is relative: the Hub's own, for example to a repository's new name. The first other one is
    /// the response, whose 3xx head tells what a file is; a store of contents may well be at the same origin.
    Relative,
    /// None: a 3xx is the response.
    Never,
}

/// When the call as a whole has to be over. Set from [`Timeouts::total`](crate::Timeouts::total) when the call begins. Clones
/// are the same deadline.
#[derive(Debug, Clone)]
pub struct Deadline {
    end: Arc<Mutex<Option<Instant>>>,
    moves: bool,
}

impl Deadline {
    /// At `end`, whatever a server asks for.
    #[must_use]
    pub fn at(end: Instant) -> Self {
        Self { end: Arc::new(Mutex::new(Some(end))), moves: false }
    }

    /// At `end`, and later by the waits that servers ask for.
    #[must_use]
    pub fn without_waits(end: Instant) -> Self {
        Self { moves: true, ..Self::at(end) }
    }

    /// When it is; `None` if it was put off for ever.
    #[must_use]
    pub fn end(&self) -> Option<Instant> {
        *self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether waits that servers ask for put it off.
    #[must_use]
    pub fn moves(&self) -> bool {
        self.moves
    }

    /// Puts it off by a wait that a server asked for, if it is one that moves.
    pub fn put_off(&self, wait: Duration) {
        if self.moves {
            let mut end = self.end.lock().unwrap_or_else(PoisonError::into_inner);
            *end = end.and_then(|end| after(end, wait));
        }
    }
}

/// Marks a request as a part of longer work: a listing, a snapshot, an upload. The waits that a server asks for do not count to
/// its total time, unless that was set for the request or the client, and are told to whoever watches the work.
#[derive(Clone, Default)]
pub struct Patience {
    watcher: Option<Arc<dyn Progress>>,
}

impl Patience {
    /// `watcher` hears of each wait, as [`Event::Waiting`].
    #[must_use]
    pub fn new(watcher: Option<Arc<dyn Progress>>) -> Self {
        Self { watcher }
    }

    pub(crate) fn tell(&self, wait: Duration) {
        if let Some(watcher) = &self.watcher {
            watcher.event(&Event::Waiting { reason: WaitReason::Server, duration: wait });
        }
    }
}

impl fmt::Debug for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patience").field("watched", &self.watcher.is_some()).finish()
    }
}

/// Marks a request that sends or fetches the content of files: what [`TransportBuilder::max_bandwidth`] holds back.
///
/// [`TransportBuilder::max_bandwidth`]: crate::TransportBuilder::max_bandwidth
#[derive(Debug, Clone, Copy)]
pub struct Transfer;

/// Marks a request whose response may be sent compressed: messages of the API, never the content of files.
#[derive(Debug, Clone, Copy)]
pub struct Compressible;

/// Sends this request once, whatever becomes of it: where something else stands ready.
#[derive(Debug, Clone, Copy)]
pub struct OneAttempt;

/// Asks the retry layer to read the response's body, so that one that breaks off can be asked for again.
#[derive(Debug, Clone, Copy)]
pub struct CollectBody {
    /// The most bytes to accept.
    pub limit: usize,
}

/// Where a response finally came from: the absolute URI of the last hop. Set on responses by the redirect layer.
#[derive(Debug, Clone)]
pub struct EffectiveUri(pub Uri);

/// Where the token of one request comes from, in place of the source of the stack. Bound to the origin like any other.
#[derive(Debug, Clone)]
pub(crate) struct CallToken(pub(crate) Arc<dyn TokenSource>);

/// Keeps the token off a request: set where a URL carries its own permission (a signed upload), and by the redirect
/// layer once a chain has left the origin it began at.
#[derive(Debug, Clone, Copy)]
pub struct WithoutToken;

/// The token of this request, in place of the client's. It is bound to the endpoint's origin all the same, and
/// [`WithoutToken`] is stronger.
#[derive(Debug, Clone)]
pub struct UseToken(pub Token);

/// What happened to a call so far, shared by all its attempts. The transport makes one for each call and reads it when the
/// call fails; layers that send requests more than once write it.
#[derive(Debug, Clone, Default)]
pub struct CallLog(Arc<LogState>);

#[derive(Debug, Default)]
struct LogState {
    retries: AtomicU32,
    maybe_processed: AtomicBool,
    token: Mutex<Option<TokenUse>>,
}

impl CallLog {
    /// Counts one more sending of the same request.
    pub fn record_retry(&self) {
        self.0.retries.fetch_add(1, Ordering::SeqCst);
    }

    /// How often the request was sent: 1 plus the retries.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.0.retries.load(Ordering::SeqCst).saturating_add(1)
    }

    /// Notes that an attempt may have been carried out although no response said so.
    pub fn record_maybe_processed(&self) {
        self.0.maybe_processed.store(true, Ordering::SeqCst);
    }

    /// True if any attempt may have been carried out although no response said so.
    #[must_use]
    pub fn maybe_processed(&self) -> bool {
        self.0.maybe_processed.load(Ordering::SeqCst)
    }

    /// Notes which token the request went out with, if it went to the Hub.
    pub(crate) fn record_token(&self, token: TokenUse) {
        *self.0.token.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
    }

    pub(crate) fn token(&self) -> Option<TokenUse> {
        self.0.token.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn token_withheld(&self) -> bool {
        matches!(self.token(), Some(TokenUse::Withheld(_)))
    }
}
