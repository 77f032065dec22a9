//! Scripted failures, for tests of programs that talk to a Hub.
//!
//! ```
//! use hub_server::{Fault, EmbeddedHub};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let hub = EmbeddedHub::temporary().user("ada").fault(Fault::status(503).on("PUT").times(2)).build()?;
//! # Ok(())
//! # }
//! ```

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use http_body::{Frame, SizeHint};
use tokio::sync::{Semaphore, watch};

use crate::{Body, BoxError, api_error::ApiError, respond};

/// A failure that the hub plays for requests that match, once unless told otherwise.
///
/// Without [`on`](Self::on) and [`path`](Self::path) every request matches. Of several faults that match a request, the
/// one that was added first is used, until its [`times`](Self::times) are used up.
#[derive(Debug, Clone)]
pub struct Fault {
    method: Option<Method>,
    path: Option<String>,
    skip: usize,
    times: usize,
    latency: Duration,
    effect: Effect,
}

#[derive(Debug, Clone)]
enum Effect {
    None,
    Status(StatusCode, Vec<(HeaderName, HeaderValue)>),
    Reset(u64),
    Truncate(u64),
    LoseResponse,
    ExpireLinks,
    Hold { before: bool, gate: Gate },
}

#[derive(Debug, Clone)]
struct Gate {
    reached: Arc<Semaphore>,
    open: watch::Receiver<bool>,
}

impl Fault {
    fn new(effect: Effect) -> Self {
        Self { method: None, path: None, skip: 0, times: 1, latency: Duration::ZERO, effect }
    }

    /// The request is answered with this status and nothing is done. A number that is no HTTP status becomes 500.
    pub fn status(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::new(Effect::Status(status, Vec::new()))
    }

    /// The request is handled after this time; it needs a tokio runtime with timers.
    pub fn latency(time: Duration) -> Self {
        Self::new(Effect::None).after(time)
    }

    /// The response's body breaks off with an error after `bytes` bytes; on a port the connection is closed.
    pub fn reset_after(bytes: u64) -> Self {
        Self::new(Effect::Reset(bytes))
    }

    /// The response's body ends without an error after `bytes` bytes, although its headers promise more.
    pub fn truncate_after(bytes: u64) -> Self {
        Self::new(Effect::Truncate(bytes))
    }

    /// The request is handled, with all its effects, but no response comes back: the service fails, on a port the
    /// connection is closed.
    pub fn lose_response() -> Self {
        Self::new(Effect::LoseResponse)
    }

    /// The URLs of LFS objects in the response have expired already, and so have tokens of Xet and the URLs of its chunks.
    pub fn expire_links() -> Self {
        Self::new(Effect::ExpireLinks)
    }

    /// The request waits until it is released, and is handled then.
    pub fn hold() -> (Self, Held) {
        Self::held(true)
    }

    /// The request is handled, and its response waits until it is released.
    pub fn hold_response() -> (Self, Held) {
        Self::held(false)
    }

    fn held(before: bool) -> (Self, Held) {
        let (open, receiver) = watch::channel(false);
        let reached = Arc::new(Semaphore::new(0));
        let gate = Gate { reached: reached.clone(), open: receiver };
        (Self::new(Effect::Hold { before, gate }), Held { reached, open })
    }

    /// Only for requests with this method; any spelling. What is no method matches nothing.
    #[must_use]
    pub fn on(mut self, method: &str) -> Self {
        let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes());
        self.times = if method.is_ok() { self.times } else { 0 };
        self.method = method.ok();
        self
    }

    /// Only for requests whose path, as it is sent and without query, contains this text.
    #[must_use]
    pub fn path(mut self, text: impl Into<String>) -> Self {
        self.path = Some(text.into());
        self
    }

    /// For this many requests that match. The default is 1.
    #[must_use]
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    /// Leaves the first `count` requests that match alone. The default is 0.
    #[must_use]
    pub fn skip(mut self, count: usize) -> Self {
        self.skip = count;
        self
    }

    /// Waits this long before anything else. The default is no wait.
    #[must_use]
    pub fn after(mut self, time: Duration) -> Self {
        self.latency = time;
        self
    }

    /// Adds a header to the response of [`Fault::status`]; other faults, and texts that are no header, change nothing.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Effect::Status(_, headers) = &mut self.effect
            && let (Ok(name), Ok(value)) = (name.parse(), value.parse())
        {
            headers.push((name, value));
        }
        self
    }

    fn matches(&self, method: &Method, path: &str) -> bool {
        self.times > 0
            && self.method.as_ref().is_none_or(|wanted| wanted == method)
            && self.path.as_ref().is_none_or(|text| path.contains(text.as_str()))
    }

    /// Waits, and answers when the handler is not to be asked.
    pub(crate) async fn before(&self) -> Option<Response<Body>> {
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        match &self.effect {
            Effect::Hold { before: true, gate } => gate.wait().await,
            Effect::Status(status, headers) => {
                let mut response = respond::error(ApiError::new(*status, "a scripted failure"));
                for (name, value) in headers {
                    response.headers_mut().insert(name, value.clone());
                }
                return Some(response);
            }
            _ => {}
        }
        None
    }

    /// Whether URLs in the response are to be expired ones.
    pub(crate) fn expires_links(&self) -> bool {
        matches!(self.effect, Effect::ExpireLinks)
    }

    /// Spoils the response.
    pub(crate) async fn apply(&self, response: Response<Body>) -> Result<Response<Body>, BoxError> {
        match &self.effect {
            Effect::LoseResponse => Err("the response is lost, as scripted".into()),
            Effect::Reset(bytes) => Ok(response.map(|body| cut(body, *bytes, true))),
            Effect::Truncate(bytes) => Ok(response.map(|body| cut(body, *bytes, false))),
            Effect::Hold { before: false, gate } => {
                gate.wait().await;
                Ok(response)
            }
            _ => Ok(response),
        }
    }
}

impl Gate {
    async fn wait(&self) {
        self.reached.add_permits(1);
        // An error means that the handle was dropped, which releases as well.
        let _ = self.open.clone().wait_for(|open| *open).await;
    }
}

/// The other end of [`Fault::hold`]: tells when a request waits, and releases it. Dropping it releases too.
#[derive(Debug)]
pub struct Held {
    reached: Arc<Semaphore>,
    open: watch::Sender<bool>,
}

impl Held {
    /// Returns when a request waits. Each request that waits is reported once.
    pub async fn reached(&self) {
        if let Ok(permit) = self.reached.acquire().await {
            permit.forget();
        }
    }

    /// Lets all requests that wait go on, and those that come later through.
    pub fn release(self) {
        let _ = self.open.send(true);
    }
}

/// The faults of a hub, shared by its clones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults(Arc<Mutex<VecDeque<Fault>>>);

impl Faults {
    pub(crate) fn add(&self, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back(fault);
    }

    /// Takes the fault for a request, if there is one.
    pub(crate) fn take(&self, method: &Method, path: &str) -> Option<Fault> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fault = faults.iter_mut().find(|fault| fault.matches(method, path))?;
        if fault.skip > 0 {
            fault.skip -= 1;
            return None;
        }
        fault.times -= 1;
        let taken = fault.clone();
        faults.retain(|fault| fault.times > 0);
        Some(taken)
    }
}

fn cut(body: Body, bytes: u64, fail: bool) -> Body {
    Body::new(CutBody { body, left: bytes, fail, waited: false })
}

struct CutBody {
    body: Body,
    left: u64,
    fail: bool,
    waited: bool,
}

impl http_body::Body for CutBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if self.left == 0 && !self.waited {
            // A server throws away what it has not sent when a body fails: it gets the time to send it.
            self.waited = true;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        if self.left == 0 {
            let end = self.fail.then(|| Err("the connection is reset, as scripted".into()));
            self.fail = false;
            return Poll::Ready(end);
        }
        Pin::new(&mut self.body).poll_frame(cx).map_ok(|frame| {
            frame.map_data(|mut data| {
                let kept = usize::try_from(self.left).unwrap_or(usize::MAX).min(data.len());
                data.truncate(kept);
                self.left -= kept as u64;
                data
            })
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
