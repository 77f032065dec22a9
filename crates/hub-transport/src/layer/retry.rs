//! [`RetryLayer`]: sends a request again where that is safe and may help.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use tower::{Layer, Service, ServiceExt};

use super::sent::watch;
use super::{Inner, ResponseFuture, ResponseResult, copy_request, drain, take_ready};
use crate::clock::after;
use crate::collect;
use crate::error::failure_in;
use crate::options::{CallLog, CollectBody, Deadline, OneAttempt, Patience};
use crate::ratelimit::server_wait;
use crate::retry::{Outcome, RetryBudget, RetryConfig, Verdict, decide};
use crate::{Body, BoxError, CallInfo, Clock, ErrorKind, Failure, RetryClass, Rng};

/// Sends a request again by the rule of [`decide`], after a wait with jitter or the one the server asked for, while the
/// number of attempts, the deadline of the call and the budget of all calls allow it.
///
/// It reads the options [`CallInfo`], [`OneAttempt`], [`Deadline`] and [`CollectBody`] of the request and writes its [`CallLog`]. With
/// [`CollectBody`] the body of a successful response is read here, so that one that breaks off is asked for again.
#[derive(Debug, Clone)]
pub struct RetryLayer {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    config: RetryConfig,
    budget: Arc<RetryBudget>,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

impl RetryLayer {
    /// `budget` is shared by everything that speaks to the same server.
    #[must_use]
    pub fn new(
        config: RetryConfig,
        budget: Arc<RetryBudget>,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Self {
        Self { shared: Arc::new(Shared { config, budget, clock, rng }) }
    }
}

impl<S> Layer<S> for RetryLayer {
    type Service = Retry<S>;

    fn layer(&self, inner: S) -> Retry<S> {
        Retry { inner, shared: Arc::clone(&self.shared) }
    }
}

/// See [`RetryLayer`].
#[derive(Debug, Clone)]
pub struct Retry<S> {
    inner: S,
    shared: Arc<Shared>,
}

impl<S: Inner + Sync> Service<Request<Body>> for Retry<S> {
    type Response = S::Response;
    type Error = BoxError;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> ResponseFuture {
        let service = take_ready(&mut self.inner);
        Box::pin(run(Arc::clone(&self.shared), service, request))
    }
}

/// A wait that nobody reports otherwise is told from here on.
const WORTH_TELLING: Duration = Duration::from_secs(5);

async fn run<S: Inner>(shared: Arc<Shared>, mut service: S, mut request: Request<Body>) -> ResponseResult {
    let options = request.extensions();
    let class = options.get::<CallInfo>().map(|call| call.class);
    let deadline = options.get::<Deadline>().cloned();
    let patience = options.get::<Patience>().cloned();
    let collect = options.get::<CollectBody>().copied();
    let log = options.get::<CallLog>().cloned().unwrap_or_default();
    let most = if options.get::<OneAttempt>().is_some() { 1 } else { shared.config.attempts() };
    shared.budget.deposit();
    let mut attempt = 1;
    let mut once = false;
    loop {
        let copy = if attempt < most { copy_request(&request) } else { None };
        let sent = (!class.is_some_and(RetryClass::is_repeatable)).then(|| watch(&mut request));
        let mut response = service.call(request).await;
        if let Some(CollectBody { limit }) = collect {
            response = read_body(response, limit).await;
        }
        let outcome = match &response {
            Ok(response) => Outcome::response(response.status())
                .body_complete(sent.is_none_or(|complete| complete.load(Ordering::SeqCst))),
            Err(error) => Outcome::failure(error),
        };
        if outcome.is_ambiguous() {
            log.record_maybe_processed();
        }
        let again = match decide(&outcome, class, copy.is_some()) {
            Verdict::Stop => false,
            Verdict::Once => !std::mem::replace(&mut once, true),
            Verdict::Again => true,
        };
        let (Some(copy), true) = (copy, again) else { return response };
        let Some((wait, asked)) = shared.wait(&response, attempt, deadline.as_ref()) else { return response };
        let reason = match &response {
            Ok(response) => format!("status {}", response.status().as_u16()),
            Err(error) => failure_in(&**error).map_or_else(|| "an error".to_owned(), ToString::to_string),
        };
        tracing::debug!(attempt, wait_ms = wait.as_millis(), reason, "sending again");
        if let Ok(response) = response {
            drain(&*shared.clock, response.into_body()).await;
        }
        if asked {
            if let Some(deadline) = &deadline {
                deadline.put_off(wait);
            }
            match &patience {
                Some(patience) => patience.tell(wait),
                None if wait >= WORTH_TELLING => {
                    let (wait_s, host) = (wait.as_secs(), copy.uri().host().unwrap_or_default());
                    tracing::warn!(wait_s, host, "the server asked to be left alone for a while");
                }
                None => {}
            }
        }
        shared.clock.sleep(wait).await;
        attempt += 1;
        log.record_retry();
        request = copy;
        service.ready().await?;
    }
}

impl Shared {
    /// How long to wait before the next attempt, and whether the server asked for it; `None` if there must be none.
    fn wait(
        &self,
        response: &ResponseResult,
        attempt: u32,
        deadline: Option<&Deadline>,
    ) -> Option<(Duration, bool)> {
        let now = self.clock.now();
        let asked = self.server_wait(response);
        let (wait, free) = match asked {
            Some((asked, _)) if !self.config.allows_server_wait(asked) => return None,
            Some((asked, limited)) => (self.config.after_server_wait(asked, &*self.rng), limited),
            None => (self.config.backoff(attempt, &*self.rng), false),
        };
        let put_off = asked.is_some() && deadline.is_some_and(Deadline::moves);
        let begin = if put_off { Some(now) } else { after(now, wait) };
        let late = |end| begin.is_none_or(|begin| begin >= end);
        if deadline.and_then(Deadline::end).is_some_and(late) {
            return None;
        }
        // A server that says when to come back steers the load itself; everything else is paid for.
        (free || self.budget.withdraw(now)).then_some((wait, asked.is_some()))
    }

    /// The wait that the response asks for, and whether it is a 429.
    fn server_wait(&self, response: &ResponseResult) -> Option<(Duration, bool)> {
        let response: &Response<Body> = response.as_ref().ok()?;
        let asked = server_wait(response.status(), response.headers(), self.clock.wall())?;
        Some((asked, response.status() == StatusCode::TOO_MANY_REQUESTS))
    }
}

/// Replaces the body of a successful response by its content.
async fn read_body(response: ResponseResult, limit: usize) -> ResponseResult {
    let response = response?;
    let status = response.status();
    if !status.is_success() {
        return Ok(response);
    }
    let (head, body) = response.into_parts();
    match collect::collect(body, limit).await {
        Ok(Some(bytes)) => Ok(Response::from_parts(head, Body::bytes(bytes))),
        Ok(None) => {
            let message = format!("the response is larger than {} MiB", limit >> 20);
            Err(Failure::responded(status, ErrorKind::TooLarge, message).permanent().into())
        }
        Err(error) => {
            let inner = failure_in(&*error);
            if inner.is_some_and(Failure::is_permanent) {
                return Err(error);
            }
            let kind = inner.map_or(ErrorKind::Interrupted, Failure::kind);
            Err(Failure::responded(status, kind, "the response broke off").with_source(error).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[test]
    fn an_instant_past_the_deadline_allows_no_wait() {
        let config = RetryConfig::default();
        let shared = Shared {
            budget: Arc::new(RetryBudget::new(&config)),
            config,
            clock: Arc::new(crate::TokioClock),
            rng: Arc::new(crate::SystemRng::new()),
        };
        let failed: ResponseResult = Err("x".into());
        assert!(shared.wait(&failed, 1, Some(&Deadline::at(Instant::now()))).is_none());
        assert!(shared.wait(&failed, 1, None).is_some());
    }
}
