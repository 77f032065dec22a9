//! When a request is sent again: [`decide`] says whether, [`RetryConfig`] how often and how late, [`RetryBudget`] whether
//! all calls together still may.

mod budget;
mod rule;

use std::time::Duration;

pub use budget::RetryBudget;
pub use rule::{Outcome, Verdict, decide};

use crate::clock::{Rng, jitter};

/// How often and how late requests are sent again.
///
/// ```
/// use std::time::Duration;
/// let patient = hub_transport::RetryConfig::new().max_attempts(8).longest_wait(Duration::from_secs(20));
/// assert_eq!(patient.attempts(), 8);
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RetryConfig {
    max_attempts: u32,
    first_wait: Duration,
    longest_wait: Duration,
    longest_server_wait: Duration,
    budget_fraction: f64,
    budget_floor: u32,
}

impl RetryConfig {
    /// The defaults of the setters below.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sends every request once.
    #[must_use]
    pub fn none() -> Self {
        Self::new().max_attempts(1)
    }

    /// Most times a request is sent, the first included. Default 5.
    #[must_use]
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Upper end of the first wait, which is drawn evenly from zero to it. Default 0.5 s; doubles each time.
    #[must_use]
    pub const fn first_wait(mut self, limit: Duration) -> Self {
        self.first_wait = limit;
        self
    }

    /// Upper end of any wait. Default 8 s.
    #[must_use]
    pub const fn longest_wait(mut self, limit: Duration) -> Self {
        self.longest_wait = limit;
        self
    }

    /// The longest wait a server may ask for. Default 330 s, because the Hub counts over 300 s. When it asks for more, or for
    /// more than a call may take, the error is returned at once, with [`Error::retry_after`](crate::Error::retry_after).
    #[must_use]
    pub const fn longest_server_wait(mut self, limit: Duration) -> Self {
        self.longest_server_wait = limit;
        self
    }

    /// Retries that all calls share, as a fraction of the calls. Default 0.2.
    #[must_use]
    pub const fn budget_fraction(mut self, fraction: f64) -> Self {
        self.budget_fraction = fraction;
        self
    }

    /// Retries that are there without any calls; they come back at one per second. Default 10.
    #[must_use]
    pub const fn budget_floor(mut self, retries: u32) -> Self {
        self.budget_floor = retries;
        self
    }

    /// Most times a request is sent.
    pub const fn attempts(&self) -> u32 {
        self.max_attempts
    }

    /// The fraction and the floor of the budget that all calls share.
    pub const fn budget(&self) -> (f64, u32) {
        (self.budget_fraction, self.budget_floor)
    }

    /// Whether a server may ask for a wait this long.
    pub fn allows_server_wait(&self, wait: Duration) -> bool {
        wait <= self.longest_server_wait
    }

    /// A wait before the retry after attempt number `attempt` (from 1): anything from zero to a limit that doubles ("full
    /// jitter"), so that clients that failed together do not come back together.
    pub(crate) fn backoff(&self, attempt: u32, rng: &dyn Rng) -> Duration {
        let doubled =
            self.first_wait.saturating_mul(1u32.checked_shl(attempt.saturating_sub(1)).unwrap_or(u32::MAX));
        jitter(rng, doubled.min(self.longest_wait))
    }

    /// A wait that the server asked for: never shorter, one second more because servers round down, and spread a little.
    pub(crate) fn after_server_wait(&self, asked: Duration, rng: &dyn Rng) -> Duration {
        asked.saturating_add(Duration::from_secs(1)).saturating_add(jitter(rng, self.first_wait))
    }
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self {
            max_attempts: 5,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(8),
            longest_server_wait: Duration::from_secs(330),
            budget_fraction: 0.2,
            budget_floor: 10,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Fixed(u64);

    impl Rng for Fixed {
        fn next_u64(&self) -> u64 {
            self.0
        }
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let config = RetryConfig::default();
        for (attempt, limit) in [(1, 500), (2, 1000), (3, 2000), (4, 4000), (5, 8000), (6, 8000), (99, 8000)]
        {
            assert_eq!(
                config.backoff(attempt, &Fixed(limit * 1000)),
                Duration::from_millis(limit),
                "attempt {attempt}"
            );
            assert_eq!(
                config.backoff(attempt, &Fixed(limit * 1000 + 1)),
                Duration::ZERO,
                "attempt {attempt}"
            );
        }
    }

    #[test]
    fn a_wait_that_the_server_asked_for_is_never_shortened() {
        let asked = Duration::from_secs(30);
        let wait = RetryConfig::default().after_server_wait(asked, &Fixed(0));
        assert_eq!(wait, asked + Duration::from_secs(1));
    }
}
