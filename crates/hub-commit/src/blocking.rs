//! Work that blocks, on threads for it.

use tokio::task::JoinError;

use crate::CommitError;

/// Runs work that blocks on a thread of its own.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CommitError> + Send + 'static,
) -> Result<T, CommitError> {
    joined(tokio::task::spawn_blocking(work).await)
}

/// What a thread has returned.
pub(crate) fn joined<T>(outcome: Result<Result<T, CommitError>, JoinError>) -> Result<T, CommitError> {
    match outcome {
        Ok(result) => result,
        Err(error) if error.is_panic() => Err(CommitError::Stopped("reading a source panicked".into())),
        Err(_) => Err(CommitError::Stopped("the runtime is shutting down".into())),
    }
}
