//! How many transfers run at once: few at first, more while that makes the whole faster.

use std::sync::{Mutex, PoisonError};

use hub_transport::Rounds;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

/// With how many it begins.
const FIRST: usize = 4;

/// One permit for each transfer that may run. The number doubles as long as the last doubling paid, up to a limit.
#[derive(Debug)]
pub(crate) struct Window {
    permits: Semaphore,
    limit: usize,
    rounds: Mutex<Rounds>,
}

impl Window {
    /// At most `limit` at once, at least 1.
    pub(crate) fn new(limit: usize) -> Self {
        let limit = limit.max(1);
        let size = FIRST.min(limit);
        Self { permits: Semaphore::new(size), limit, rounds: Mutex::new(Rounds::new(size)) }
    }

    /// Waits for a place.
    pub(crate) async fn enter(&self, now: impl Fn() -> Instant) -> Option<SemaphorePermit<'_>> {
        // Never closed, so there is always a permit to come.
        let permit = self.permits.acquire().await.ok();
        self.rounds.lock().unwrap_or_else(PoisonError::into_inner).begin(now());
        permit
    }

    /// Notes a transfer of `bytes` bytes that has ended well at `now`.
    pub(crate) fn note(&self, bytes: u64, now: Instant) {
        let mut rounds = self.rounds.lock().unwrap_or_else(PoisonError::into_inner);
        if rounds.note(bytes, now) == Some(true) {
            let grown = (rounds.size() * 2).min(self.limit);
            self.permits.add_permits(grown - rounds.size());
            rounds.resize(grown);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Ends rounds of transfers of 1 MB, each at the rate that `rate` gives for that many at once, and returns the sizes.
    fn sizes(limit: usize, rounds: usize, rate: impl Fn(usize) -> f64) -> Vec<usize> {
        let window = Window::new(limit);
        let mut now = Instant::now();
        window.rounds.lock().unwrap().begin(now);
        let mut sizes = Vec::new();
        for _ in 0..rounds {
            let size = window.rounds.lock().unwrap().size();
            sizes.push(size);
            now += Duration::from_secs_f64(size as f64 * 1e6 / rate(size));
            (0..size).for_each(|_| window.note(1_000_000, now));
            assert_eq!(window.permits.available_permits(), window.rounds.lock().unwrap().size());
        }
        sizes
    }

    #[test]
    fn it_grows_while_each_transfer_is_slow_by_itself() {
        assert_eq!(sizes(16, 4, |size| size as f64 * 1e8), [4, 8, 16, 16]);
        assert_eq!(sizes(10, 3, |size| size as f64 * 1e8), [4, 8, 10]);
    }

    #[test]
    fn it_stays_where_more_does_not_help() {
        assert_eq!(sizes(64, 4, |_| 1e9), [4, 8, 8, 8]);
        assert_eq!(sizes(3, 3, |size| size as f64), [3, 3, 3]);
    }

    #[tokio::test]
    async fn no_more_than_the_window_enter() {
        let window = Window::new(2);
        let first = window.enter(Instant::now).await;
        let _second = window.enter(Instant::now).await;
        let third = window.enter(Instant::now);
        tokio::pin!(third);
        assert!(futures_util::poll!(&mut third).is_pending());
        drop(first);
        assert!(third.await.is_some());
    }
}
