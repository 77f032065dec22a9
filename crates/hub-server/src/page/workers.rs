//! The threads that make pages of files.
//!
//! What a thread has used, an allocator keeps for it. Of the many threads of the runtime each would hold as much as the heaviest page
//! takes; these are few, and always the same.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, LazyLock, Mutex, PoisonError,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use tokio::sync::oneshot;

use crate::api_error::{ApiError, busy};

/// How many there are.
pub(super) const COUNT: usize = 2;

type Work = Box<dyn FnOnce() + Send>;

static QUEUE: LazyLock<Sender<Work>> = LazyLock::new(|| {
    let (sender, receiver) = channel::<Work>();
    let receiver = Arc::new(Mutex::new(receiver));
    for _ in 0..COUNT {
        let receiver = Arc::clone(&receiver);
        // Without any of them the queue has no end, and whoever puts work into it is told.
        let _ = thread::Builder::new().name("hub-page".to_owned()).spawn(move || work_off(&receiver));
    }
    sender
});

fn work_off(queue: &Mutex<Receiver<Work>>) {
    loop {
        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(work) = next else { return };
        // Whoever waits for it is told by a channel that closes.
        let _ = catch_unwind(AssertUnwindSafe(work));
    }
}

/// Has something done by one of them.
///
/// # Errors
/// When it cannot be done.
pub(super) async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, ApiError> {
    let (done, result) = oneshot::channel();
    let work = move || {
        // Nobody may wait for it any more.
        let _ = done.send(work());
    };
    QUEUE.send(Box::new(work)).map_err(|_| busy())?;
    result.await.map_err(|error| ApiError::internal(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_ends_neither_the_threads_nor_those_who_wait() {
        for _ in 0..3 * COUNT {
            assert!(run(|| -> u8 { panic!("a page that cannot be made") }).await.is_err());
        }
        let name = run(|| thread::current().name().map(str::to_owned)).await.unwrap();
        assert_eq!(name.as_deref(), Some("hub-page"));
    }
}
