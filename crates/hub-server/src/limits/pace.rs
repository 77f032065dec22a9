//! How long a peer may keep somebody waiting.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::{Instant, Sleep, sleep_until};

/// How much waiting is looked at together.
const WINDOW: Duration = Duration::from_secs(60);

/// Watches how fast a peer sends or takes bytes. Only the time counts in which it is waited for.
///
/// It is given up on when one wait is longer than `pause`, or when the bytes of a minute of waiting are fewer than `rate` a second.
#[derive(Debug)]
pub(crate) struct Pace {
    pause: Duration,
    rate: u64,
    waited: Duration,
    bytes: u64,
    since: Option<Instant>,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    pub(crate) const fn new(pause: Duration, rate: u64) -> Self {
        Self { pause, rate, waited: Duration::ZERO, bytes: 0, since: None, timer: None }
    }

    /// The peer is waited for. Ready when it has been for too long.
    pub(crate) fn poll_wait(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let since = *self.since.get_or_insert_with(Instant::now);
        let limit = if self.is_too_slow(WINDOW) {
            self.pause.min(WINDOW.saturating_sub(self.waited))
        } else {
            self.pause
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(since + limit)));
        timer.as_mut().poll(cx)
    }

    /// It has sent or taken this many bytes.
    pub(crate) fn moved(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_add(bytes as u64);
        self.timer = None;
        if let Some(since) = self.since.take() {
            self.waited += since.elapsed();
            if self.waited >= WINDOW && !self.is_too_slow(self.waited) {
                (self.waited, self.bytes) = (Duration::ZERO, 0);
            }
        }
    }

    fn is_too_slow(&self, time: Duration) -> bool {
        u128::from(self.bytes) * 1_000 < u128::from(self.rate) * time.as_millis()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After how many seconds a peer is given up on that moves `bytes` every `every`; `None` if it lasts an hour.
    async fn lasts(bytes: usize, every: Duration) -> Option<u64> {
        let (mut pace, start) = (Pace::new(Duration::from_secs(30), 1_024), Instant::now());
        while start.elapsed() < Duration::from_secs(3_600) {
            let wait = std::future::poll_fn(|cx| pace.poll_wait(cx));
            if tokio::time::timeout(every, wait).await.is_ok() {
                return Some(start.elapsed().as_secs());
            }
            pace.moved(bytes);
        }
        None
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_stands_still_or_trickles_is_given_up_on_and_a_slow_one_is_not() {
        let second = Duration::from_secs(1);
        assert_eq!(lasts(1, 3_600 * second).await, Some(30), "stands still");
        assert_eq!(lasts(1, 12 * second).await, Some(60), "a byte every 12 seconds");
        assert_eq!(lasts(1_000, second).await, Some(60), "a little too slow");
        assert_eq!(lasts(1_100, second).await, None, "slow, but not too slow");
        assert_eq!(lasts(40 << 10, 25 * second).await, None, "in bursts");
    }

    #[tokio::test(start_paused = true)]
    async fn time_in_which_nobody_waits_for_the_peer_does_not_count() {
        let mut pace = Pace::new(Duration::from_secs(30), 1_024);
        for _ in 0..100 {
            tokio::time::sleep(Duration::from_secs(300)).await;
            pace.moved(1);
        }
        let wait = std::future::poll_fn(|cx| pace.poll_wait(cx));
        assert!(tokio::time::timeout(Duration::from_secs(29), wait).await.is_err());
    }
}
