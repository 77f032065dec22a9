//! Signals that would end the program.

/// Waits for SIGINT or SIGTERM.
pub(crate) async fn stopped() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else {
            let _ = interrupt.await;
            return;
        };
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    {
        let _ = interrupt.await;
    }
}

/// While this is held, a write beyond the file size that the shell allows (`ulimit -f`) fails with an error instead of ending the program
/// without a word.
#[cfg(unix)]
pub(crate) fn file_size_is_an_error() -> Option<tokio::signal::unix::Signal> {
    /// Its number on all platforms that are built for.
    const SIGXFSZ: i32 = 25;
    tokio::signal::unix::signal(tokio::signal::unix::SignalKind::from_raw(SIGXFSZ)).ok()
}

#[cfg(not(unix))]
pub(crate) fn file_size_is_an_error() {}
