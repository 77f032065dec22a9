//! [`TokenRuntime`]: the clock and the tasks that a source of tokens may use.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hub_auth::{BoxFuture, Runtime};
use tokio::time::Instant;

use crate::Clock;

/// What the transport lends to a [`TokenSource`](hub_auth::TokenSource): the time of its [`Clock`], and tasks and blocking
/// threads of the tokio runtime that the call runs in.
#[derive(Debug)]
pub struct TokenRuntime {
    clock: Arc<dyn Clock>,
    start: Instant,
}

impl TokenRuntime {
    /// Over this clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let start = clock.now();
        Self { clock, start }
    }
}

impl Runtime for TokenRuntime {
    fn now(&self) -> SystemTime {
        self.clock.wall()
    }

    fn uptime(&self) -> Duration {
        self.clock.now().saturating_duration_since(self.start)
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.clock.sleep(duration)
    }

    fn spawn(&self, task: BoxFuture<'static, ()>) {
        // Without a handle: the task ends by itself, within the time limits of the source.
        drop(tokio::spawn(task));
    }

    fn run_blocking(&self, work: Box<dyn FnOnce() + Send>) -> BoxFuture<'static, ()> {
        let thread = tokio::task::spawn_blocking(work);
        Box::pin(async move {
            // A panic shows in the missing result.
            let _ = thread.await;
        })
    }
}
