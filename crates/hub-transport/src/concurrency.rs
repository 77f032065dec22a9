//! Adaptive concurrency: whether more transfers at once make the whole faster.

use std::time::Duration;

use tokio::time::Instant;

/// More at once must be faster by this factor, or it is not worth it.
const GAIN: f64 = 1.1;

/// Measures transfers in rounds of as many as run at once, each against the fastest round so far.
#[derive(Debug)]
pub struct Rounds {
    size: usize,
    done: usize,
    bytes: u64,
    began: Option<Instant>,
    /// Bytes a second of the fastest round so far.
    best: f64,
}

impl Rounds {
    /// Begins with `size` at once.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self { size, done: 0, bytes: 0, began: None, best: 0.0 }
    }

    /// How many run at once.
    #[must_use]
    pub fn size(&self) -> usize {
        self.size
    }

    /// Goes on with another number.
    pub fn resize(&mut self, size: usize) {
        self.size = size;
    }

    /// Says that the first round begins. Unless this is called, its end only begins the second one.
    pub fn begin(&mut self, now: Instant) {
        self.began.get_or_insert(now);
    }

    /// Leaves the present round unmeasured, and the next one too: connections that were just opened are slow.
    pub fn restart(&mut self) {
        (self.done, self.bytes, self.began) = (0, 0, None);
    }

    /// Notes a transfer of `bytes` bytes that has ended well at `now`. At the end of a measured round: whether it was faster, by
    /// a tenth, than every one before.
    pub fn note(&mut self, bytes: u64, now: Instant) -> Option<bool> {
        (self.done, self.bytes) = (self.done + 1, self.bytes.saturating_add(bytes));
        if self.done < self.size {
            return None;
        }
        let (bytes, began) = (std::mem::take(&mut self.bytes), self.began.replace(now));
        self.done = 0;
        let time = now.saturating_duration_since(began?).max(Duration::from_micros(1));
        let rate = bytes as f64 / time.as_secs_f64();
        let faster = rate > self.best * GAIN;
        if faster {
            self.best = rate;
        }
        Some(faster)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The outcomes of rounds that bring so many bytes a second.
    fn outcomes(rounds: &mut Rounds, rates: &[f64]) -> Vec<Option<bool>> {
        let mut now = Instant::now();
        let mut seen = Vec::new();
        for rate in rates {
            now += Duration::from_secs_f64(rounds.size() as f64 * 1e6 / rate);
            let ends: Vec<_> = (0..rounds.size()).map(|_| rounds.note(1_000_000, now)).collect();
            seen.extend(ends.last().copied());
        }
        seen
    }

    #[test]
    fn a_round_counts_when_it_is_faster_by_a_tenth_than_the_fastest() {
        let mut rounds = Rounds::new(4);
        assert_eq!(
            outcomes(&mut rounds, &[1e6, 1e6, 1.05e6, 1.2e6, 1e6]),
            [None, Some(true), Some(false), Some(true), Some(false)]
        );
        rounds.restart();
        assert_eq!(outcomes(&mut rounds, &[9e6, 9e6]), [None, Some(true)]);
    }

    #[test]
    fn the_first_round_counts_when_it_was_said_to_begin() {
        let mut rounds = Rounds::new(1);
        rounds.begin(Instant::now());
        assert_eq!(rounds.note(1, Instant::now()), Some(true));
    }
}
