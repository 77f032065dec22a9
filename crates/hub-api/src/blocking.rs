//! The thread behind blocking clients.
//!
//! One thread for the whole process owns a small runtime. A call is spawned there and the caller waits on a channel, so
//! that neither making nor dropping a blocking client inside another runtime can panic.

use std::{
    future::Future,
    sync::{OnceLock, mpsc},
};

use tokio::runtime::Handle;

use crate::Error;

/// Runs `future` to its end on the blocking clients' thread.
pub(crate) fn run<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> Result<T, Error> {
    let (sender, receiver) = mpsc::sync_channel(1);
    handle()?.spawn(async move {
        // The caller waits for as long as this channel is open; it cannot be gone.
        let _ = sender.send(future.await);
    });
    receiver.recv().map_err(|_| Error::setup("the call panicked; its message is on stderr"))
}

fn handle() -> Result<&'static Handle, Error> {
    static HANDLE: OnceLock<Result<Handle, String>> = OnceLock::new();
    HANDLE.get_or_init(start).as_ref().map_err(|reason| Error::setup(reason.clone()))
}

fn start() -> Result<Handle, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| format!("the runtime of the blocking client cannot start: {error}"))?;
    let handle = runtime.handle().clone();
    std::thread::Builder::new()
        .name("hub-blocking".to_owned())
        .spawn(move || runtime.block_on(std::future::pending::<()>()))
        .map_err(|error| format!("the thread of the blocking client cannot start: {error}"))?;
    Ok(handle)
}
