//! [`TokenRuntime`]: the clock and the tasks that a source of tokens may use.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use hub_auth::{BoxFuture, Runtime};
use tokio::time::Instant;

use crate::Clock;

/// What the transport lends to a [`TokenSource`](hub_auth::TokenSource): the time of its [`Clock`], and tasks and blocking
/// threads of the tokio runtime that the call runs in.
#[derive(Debug)]
pub(crate) struct TokenRuntime {
    clock: Arc<dyn Clock>,
}

/// What uptime is counted from, the same for all clients of the process: a source that they share compares what each of
/// them says.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The uptime at [`START`]. A clock that a test or a simulation has stopped may be behind it.
const AT_START: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

impl TokenRuntime {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

impl Runtime for TokenRuntime {
    fn now(&self) -> SystemTime {
        self.clock.wall()
    }

    fn uptime(&self) -> Duration {
        let (now, start) = (self.clock.now(), *START);
        let before = start.saturating_duration_since(now);
        (AT_START + now.saturating_duration_since(start)).saturating_sub(before)
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
