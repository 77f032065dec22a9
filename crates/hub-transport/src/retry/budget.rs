//! [`RetryBudget`]: what keeps many calls that fail together from attacking a server that is already in trouble.

use tokio::time::Instant;

use crate::RetryConfig;
use crate::sync::{Mutex, PoisonError};

/// Savings are kept for about this many calls, so that a long good time does not pay for a storm.
const KEPT_CALLS: f64 = 1000.0;

/// Retries that all calls of a transport share.
///
/// Every call pays in a fraction of a retry, and every retry takes out one. A floor is always there and comes back at one
/// retry per second, so that a program that makes few calls can retry them.
#[derive(Debug)]
pub struct RetryBudget {
    fraction: f64,
    floor: f64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Paid in by calls.
    saved: f64,
    /// What is left of the floor at `at`.
    floor: f64,
    at: Option<Instant>,
}

impl RetryBudget {
    /// A full budget with the fraction and the floor of `config`.
    #[must_use]
    pub fn new(config: &RetryConfig) -> Self {
        let (fraction, floor) = config.budget();
        let floor = f64::from(floor);
        let state = Mutex::new(State { saved: 0.0, floor, at: None });
        Self { fraction: fraction.max(0.0), floor, state }
    }

    /// Pays in for one call.
    pub fn deposit(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.saved = (state.saved + self.fraction).min(self.fraction * KEPT_CALLS);
    }

    /// Takes out one retry; false if there is none.
    #[must_use]
    pub fn withdraw(&self, now: Instant) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let since = state.at.map_or(0.0, |at| now.saturating_duration_since(at).as_secs_f64());
        state.floor = (state.floor + since).min(self.floor);
        state.at = Some(now);
        if state.saved >= 1.0 {
            state.saved -= 1.0;
            true
        } else if state.floor >= 1.0 {
            state.floor -= 1.0;
            true
        } else {
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn spent(budget: &RetryBudget, now: Instant) -> usize {
        std::iter::repeat_with(|| budget.withdraw(now)).take_while(|allowed| *allowed).count()
    }

    #[test]
    fn the_floor_is_there_without_calls_and_comes_back_with_time() {
        let budget = RetryBudget::new(&RetryConfig::default());
        let start = Instant::now();
        assert_eq!(spent(&budget, start), 10);
        assert_eq!(spent(&budget, start + Duration::from_secs(3)), 3);
        assert_eq!(spent(&budget, start + Duration::from_secs(1000)), 10);
    }

    #[test]
    fn calls_pay_for_a_fifth_of_their_number_and_savings_are_bounded() {
        let budget = RetryBudget::new(&RetryConfig::default());
        let start = Instant::now();
        assert_eq!(spent(&budget, start), 10);
        (0..100).for_each(|_| budget.deposit());
        assert!((19..=20).contains(&spent(&budget, start)));
        (0..1_000_000).for_each(|_| budget.deposit());
        assert!((199..=200).contains(&spent(&budget, start)));
    }
}
