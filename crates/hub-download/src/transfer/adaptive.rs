//! Over how many connections a file comes: one at first, more for as long as that makes it faster.

use hub_transport::Rounds;
use tokio::time::Instant;

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

/// Measures the parts of one file, in rounds of as many as there are connections.
#[derive(Debug)]
pub(crate) struct AdaptiveConnections {
    rounds: Rounds,
    settled: bool,
}

impl AdaptiveConnections {
    pub(crate) fn new() -> Self {
        Self { rounds: Rounds::new(1), settled: false }
    }

    pub(crate) fn connections(&self) -> usize {
        self.rounds.size()
    }

    /// Goes on with this many connections.
    pub(crate) fn change(&mut self, connections: usize) {
        self.rounds.resize(connections);
        self.rounds.restart();
    }

    /// Changes no more.
    pub(crate) fn settle(&mut self, connections: usize) {
        self.change(connections);
        self.settled = true;
    }

    /// Notes a part of `bytes` bytes that is complete `now`.
    pub(crate) fn note(&mut self, bytes: u64, now: Instant) -> Verdict {
        if self.settled {
            return Verdict::Stay;
        }
        match (self.rounds.note(bytes, now), self.connections()) {
            (None, _) => Verdict::Stay,
            (Some(true), _) | (Some(false), 1) => Verdict::More,
            (Some(false), connections) => {
                self.settled = true;
                if connections == 2 { Verdict::One } else { Verdict::Stay }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Notes parts of 1 MB, which come at the rate that `rate` gives for that many connections, and returns how many
    /// there were at each.
    fn connections(parts: usize, rate: impl Fn(usize) -> f64) -> Vec<usize> {
        let (mut adaptive, mut now, mut seen) = (AdaptiveConnections::new(), Instant::now(), Vec::new());
        for _ in 0..parts {
            seen.push(adaptive.connections());
            now += Duration::from_secs_f64(1e6 / rate(adaptive.connections()));
            match adaptive.note(1_000_000, now) {
                Verdict::Stay => {}
                Verdict::More => adaptive.change(adaptive.connections() * 2),
                Verdict::One => adaptive.settle(1),
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
