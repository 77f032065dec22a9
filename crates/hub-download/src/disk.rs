//! Work that waits for the disk, and the error when it fails.

use std::path::Path;

use crate::DownloadError;

/// Runs work that waits for the disk where it does not hold up other tasks.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DownloadError> + Send + 'static,
) -> Result<T, DownloadError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| DownloadError::Stopped)?
}

pub(crate) fn io_error(action: &'static str, path: &Path, source: std::io::Error) -> DownloadError {
    DownloadError::Io { action, path: path.to_owned(), source }
}
