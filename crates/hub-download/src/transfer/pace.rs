//! Over how many connections a content comes: one at first, more for as long as that makes it faster.

use std::time::Duration;

use tokio::time::Instant;

/// More connections must be faster by this factor, or there will not be more.
const GAIN: f64 = 1.1;

/// What the last parts say about the number of connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing yet, or that it is right.
    Stay,
    /// Twice as many may be faster.
    More,
    /// One is as fast.
    One,
}

/// Measures the parts of one content, in rounds of as many as there are connections.
#[derive(Debug)]
pub(crate) struct Pace {
    connections: usize,
    settled: bool,
    /// Bytes a second of the fastest round so far.
    best: f64,
    /// Parts and bytes of this round.
    parts: usize,
    bytes: u64,
    /// When it began. The first round after a change is not measured: its connections are only being opened.
    began: Option<Instant>,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self { connections: 1, settled: false, best: 0.0, parts: 0, bytes: 0, began: None }
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections
    }

    /// Goes on with this many connections.
    pub(crate) fn change(&mut self, connections: usize) {
        (self.connections, self.parts, self.bytes, self.began) = (connections, 0, 0, None);
    }

    /// Changes no more.
    pub(crate) fn settle(&mut self, connections: usize) {
        self.change(connections);
        self.settled = true;
    }

    /// Notes a part of `bytes` bytes that is complete `now`.
    pub(crate) fn note(&mut self, bytes: u64, now: Instant) -> Verdict {
        (self.parts, self.bytes) = (self.parts + 1, self.bytes.saturating_add(bytes));
        if self.settled || self.parts < self.connections {
            return Verdict::Stay;
        }
        let (bytes, began) = (std::mem::take(&mut self.bytes), self.began.replace(now));
        self.parts = 0;
        let Some(began) = began else { return Verdict::Stay };
        let time = now.saturating_duration_since(began).max(Duration::from_micros(1));
        let rate = bytes as f64 / time.as_secs_f64();
        if self.connections > 1 && rate <= self.best * GAIN {
            self.settled = true;
            return if self.connections == 2 { Verdict::One } else { Verdict::Stay };
        }
        self.best = rate;
        Verdict::More
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Notes parts of 1 MB, which come at the rate that `rate` gives for that many connections, and returns how many
    /// there were at each.
    fn connections(parts: usize, rate: impl Fn(usize) -> f64) -> Vec<usize> {
        let (mut pace, mut now, mut seen) = (Pace::new(), Instant::now(), Vec::new());
        for _ in 0..parts {
            seen.push(pace.connections());
            now += Duration::from_secs_f64(1e6 / rate(pace.connections()));
            match pace.note(1_000_000, now) {
                Verdict::Stay => {}
                Verdict::More => pace.change(pace.connections() * 2),
                Verdict::One => pace.settle(1),
            }
        }
        seen
    }

    #[test]
    fn where_each_connection_is_slow_by_itself_there_are_twice_as_many_after_every_second_round() {
        let seen = connections(2 + 4 + 8 + 1, |connections| connections as f64 * 1e8);
        assert_eq!(seen, [[1].repeat(2), [2].repeat(4), [4].repeat(8), vec![8]].concat());
    }

    #[test]
    fn where_one_connection_is_as_fast_as_two_it_stays_with_one() {
        assert_eq!(connections(9, |_| 1e9), [[1].repeat(2), [2].repeat(4), [1].repeat(3)].concat());
    }

    #[test]
    fn it_stays_where_more_help_no_longer() {
        let seen = connections(30, |connections| connections.min(4) as f64 * 1e8);
        assert_eq!(seen, [[1].repeat(2), [2].repeat(4), [4].repeat(8), [8].repeat(16)].concat());
    }
}
