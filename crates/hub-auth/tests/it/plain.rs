//! A runtime that does everything at once, on the thread of the test, at a time that the test sets.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use hub_auth::{AuthError, BoxFuture, Grant, Runtime, TokenRequest, TokenSource};

#[derive(Debug, Clone)]
pub(crate) struct Plain {
    pub(crate) now: SystemTime,
}

impl Default for Plain {
    fn default() -> Self {
        Self { now: SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000) }
    }
}

impl Runtime for Plain {
    fn now(&self) -> SystemTime {
        self.now
    }

    fn uptime(&self) -> Duration {
        Duration::ZERO
    }

    fn sleep(&self, _: Duration) -> BoxFuture<'static, ()> {
        Box::pin(std::future::pending())
    }

    fn spawn(&self, _: BoxFuture<'static, ()>) {}

    fn run_blocking(&self, work: Box<dyn FnOnce() + Send>) -> BoxFuture<'static, ()> {
        work();
        Box::pin(std::future::ready(()))
    }
}

pub(crate) fn request() -> TokenRequest {
    TokenRequest::new(Arc::new(Plain::default()))
}

/// The result of a future that never has to wait on [`Plain`].
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("it waits"),
    }
}

pub(crate) fn granted(source: &dyn TokenSource) -> Result<Grant, AuthError> {
    now(source.token(request()))
}

pub(crate) fn revealed(source: &dyn TokenSource) -> Option<String> {
    granted(source).unwrap().token().map(|token| token.reveal().to_owned())
}
