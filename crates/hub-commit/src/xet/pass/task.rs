//! [`Task`]: one step of a stage, on its way.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::CommitError;
use crate::blocking::joined;

/// Work that is under way, whether anybody polls it or not.
pub(super) type Task<T> = Pin<Box<dyn Future<Output = Result<T, CommitError>> + Send>>;

/// Begins work on a thread that may block.
pub(super) fn begin<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CommitError> + Send + 'static,
) -> Task<T> {
    let thread = tokio::task::spawn_blocking(work);
    Box::pin(async move { joined(thread.await) })
}

/// The outcome of a task, if it is there; then the place is free for the next one.
pub(super) fn ended<T>(task: &mut Option<Task<T>>, cx: &mut Context<'_>) -> Option<Result<T, CommitError>> {
    let Poll::Ready(outcome) = task.as_mut()?.as_mut().poll(cx) else { return None };
    *task = None;
    Some(outcome)
}
