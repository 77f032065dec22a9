//! Time and randomness as parameters, so that a simulation can decide both.

use std::fmt::Debug;
use std::future::Future;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// What the stack knows about time. [`TokioClock`] unless the builder is given another.
pub trait Clock: Send + Sync + Debug {
    /// A reading of the monotonic clock. All waits, deadlines and backoffs are computed from it.
    fn now(&self) -> Instant;
    /// The time of day. Only used to read dates that a server sends without a `Date` header of its own.
    fn wall(&self) -> SystemTime;
    /// A future that is ready after `duration`.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The clock of the tokio runtime; follows `tokio::time::pause`.
#[derive(Debug, Clone, Copy, Default)]
pub struct TokioClock;

impl Clock for TokioClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}

/// Where jitter and request ids come from. [`SystemRng`] unless the builder is given another.
pub trait Rng: Send + Sync + Debug {
    /// The next 64 random bits.
    fn next_u64(&self) -> u64;
}

/// Randomness from the keys that the standard library draws from the operating system. Not for secrets.
#[derive(Debug)]
pub struct SystemRng {
    keys: RandomState,
    counter: AtomicU64,
}

impl SystemRng {
    /// A generator with fresh keys.
    #[must_use]
    pub fn new() -> Self {
        Self { keys: RandomState::new(), counter: AtomicU64::new(0) }
    }
}

impl Default for SystemRng {
    fn default() -> Self {
        Self::new()
    }
}

impl Rng for SystemRng {
    fn next_u64(&self) -> u64 {
        let mut hasher = self.keys.build_hasher();
        hasher.write_u64(self.counter.fetch_add(1, Ordering::SeqCst));
        hasher.finish()
    }
}

/// A duration that is uniform over `0..=limit`, in microseconds.
pub(crate) fn jitter(rng: &dyn Rng, limit: Duration) -> Duration {
    let micros = u64::try_from(limit.as_micros()).unwrap_or(u64::MAX - 1);
    Duration::from_micros(rng.next_u64() % (micros + 1))
}

/// A random identifier in the form of a version 4 UUID.
pub(crate) fn uuid(rng: &dyn Rng) -> String {
    let (high, low) = (rng.next_u64(), rng.next_u64());
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        (high >> 16) & 0xffff,
        high & 0xfff,
        0x8000 | ((low >> 48) & 0x3fff),
        low & 0xffff_ffff_ffff
    )
}

/// The moment `wait` after `start`; `None` if no clock reaches it.
pub(crate) fn after(start: Instant, wait: Duration) -> Option<Instant> {
    // A century is further than any wait goes, and near enough for every operating system's clock.
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
    if wait >= CENTURY { None } else { start.checked_add(wait) }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn identifiers_have_the_form_of_a_uuid_and_do_not_repeat() {
        let rng = SystemRng::new();
        let ids: HashSet<_> = (0..1000).map(|_| uuid(&rng)).collect();
        assert_eq!(ids.len(), 1000);
        for id in ids {
            let lengths: Vec<_> = id.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
            assert_eq!(id.as_bytes()[14], b'4', "{id}");
        }
    }

    #[test]
    fn jitter_stays_in_its_range_and_spreads_over_it() {
        let rng = SystemRng::new();
        let limit = Duration::from_millis(500);
        let draws: Vec<_> = (0..1000).map(|_| jitter(&rng, limit)).collect();
        assert!(draws.iter().all(|draw| *draw <= limit));
        let early = draws.iter().filter(|draw| **draw < limit / 2).count();
        assert!((300..700).contains(&early), "{early} of 1000 in the first half");
    }

    #[test]
    fn a_moment_that_no_clock_reaches_is_none() {
        let now = Instant::now();
        assert_eq!(after(now, Duration::MAX), None);
        assert_eq!(after(now, Duration::from_secs(u64::MAX / 4)), None);
        assert_eq!(after(now, Duration::ZERO), Some(now));
    }
}
