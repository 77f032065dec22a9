//! The arithmetic of progress: what moved, what was there already, how fast, how long still.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use hub_api::types::progress::Phase;

use crate::shown::human_size;

/// Over how much of the past the rate is measured.
const WINDOW: Duration = Duration::from_secs(10);
/// How far apart its samples are.
const STEP: Duration = Duration::from_millis(200);

/// Counts the bytes of one job.
///
/// While some files are hashed others already travel: what counts is the hashing until the first byte is sent, and then what
/// was sent.
#[derive(Default)]
pub(crate) struct Tally {
    expected: u64,
    downloads: bool,
    sending: bool,
    hashed: Bytes,
    sent: Bytes,
    /// Bytes of each file that did not have to travel, by a hash of its path.
    known: HashMap<u64, u64>,
}

/// Files, their positions, and the speed at which they move.
#[derive(Default)]
struct Bytes {
    /// Where each file began and where it is, by a hash of its path.
    files: HashMap<u64, (u64, u64)>,
    /// Those that began at their first byte and have reached their last one: there may be hundreds of thousands.
    complete: HashSet<u64>,
    hasher: RandomState,
    /// Where the files began, together.
    kept: u64,
    /// Where they are, together.
    done: u64,
    /// When how much had moved, the oldest first.
    samples: VecDeque<(Duration, u64)>,
}

impl Bytes {
    fn set(&mut self, path: &str, position: u64, total: u64, at: Duration) {
        let file = self.hasher.hash_one(path);
        let known = if self.complete.remove(&file) { Some((0, total)) } else { self.files.remove(&file) };
        let (first, before) = known.unwrap_or_else(|| {
            self.kept = self.kept.saturating_add(position);
            (position, 0)
        });
        self.done = self.done.saturating_sub(before).saturating_add(position);
        // What is transferred after all was not kept.
        self.kept = self.kept.saturating_sub(first.saturating_sub(position));
        let first = first.min(position);
        if first == 0 && position == total {
            self.complete.insert(file);
        } else {
            self.files.insert(file, (first, position));
        }
        let moved = self.moved();
        if self.samples.len() > 1
            && self.samples.iter().nth_back(1).is_some_and(|(last, _)| at < *last + STEP)
        {
            self.samples.pop_back();
        }
        self.samples.push_back((at, moved));
        while self.samples.len() > 2 && self.samples.get(1).is_some_and(|(begin, _)| *begin + WINDOW <= at) {
            self.samples.pop_front();
        }
    }

    fn moved(&self) -> u64 {
        self.done.saturating_sub(self.kept)
    }

    /// Bytes a second; nothing before there is something to measure.
    fn rate(&self) -> Option<u64> {
        let ((begin, before), (end, after)) = (self.samples.front()?, self.samples.back()?);
        per_second(after.saturating_sub(*before), end.saturating_sub(*begin))
    }
}

fn per_second(bytes: u64, time: Duration) -> Option<u64> {
    let millis = u64::try_from(time.as_millis()).ok()?;
    (bytes.saturating_mul(1000)).checked_div(millis).filter(|rate| *rate > 0)
}

impl Tally {
    /// Notes how many bytes the job has.
    pub(crate) fn expect(&mut self, bytes: u64) {
        self.expected = bytes;
    }

    /// Notes how far a file of `total` bytes is, `at` this time of the job. Whether that changes what is shown.
    pub(crate) fn moved(
        &mut self,
        phase: Phase,
        path: &str,
        position: u64,
        total: u64,
        at: Duration,
    ) -> bool {
        let hashing = phase == Phase::Hashing;
        self.sending |= !hashing && position > 0;
        self.downloads |= phase == Phase::Downloading;
        if hashing { &mut self.hashed } else { &mut self.sent }.set(path, position, total, at);
        hashing != self.sending
    }

    /// Notes how many bytes of a file do not travel, although they are a part of its positions.
    pub(crate) fn known(&mut self, path: &str, bytes: u64) {
        self.known.insert(self.sent.hasher.hash_one(path), bytes);
    }

    fn shown(&self) -> &Bytes {
        if self.sending { &self.sent } else { &self.hashed }
    }

    /// Bytes of the whole job.
    pub(crate) fn expected(&self) -> u64 {
        self.expected.max(self.done())
    }

    /// Bytes that are done, with those that were there already.
    pub(crate) fn done(&self) -> u64 {
        self.shown().done
    }

    /// Bytes a second of late, without those that were there already.
    pub(crate) fn rate(&self) -> Option<u64> {
        self.shown().rate()
    }

    /// How long the rest takes at the present rate.
    pub(crate) fn left(&self) -> Option<Duration> {
        Some(Duration::from_secs(self.expected().saturating_sub(self.done()).div_ceil(self.rate()?)))
    }

    /// One line about a job that took `time`; nothing when it had no files.
    pub(crate) fn summary(&self, took: Duration) -> Option<String> {
        if self.sent.files.is_empty() && self.sent.complete.is_empty() {
            return None;
        }
        let known = self.known.values().fold(0u64, |sum, bytes| sum.saturating_add(*bytes));
        let moved = self.sent.moved().saturating_sub(known);
        let kept = self.sent.kept.saturating_add(known);
        let verb = if self.downloads { "downloaded" } else { "uploaded" };
        let rate =
            per_second(moved, took).map(|rate| format!(" ({}/s)", human_size(rate))).unwrap_or_default();
        let kept =
            if kept > 0 { format!(", {} were there already", human_size(kept)) } else { String::new() };
        Some(format!("{verb} {} in {}{rate}{kept}", human_size(moved), time(took)))
    }
}

/// A length of time for people: `0.4 s`, `12 s`, `3 min 05 s`, `2 h 07 min`.
pub(crate) fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn hashing_is_shown_until_something_is_sent() {
        let mut tally = Tally::default();
        let table = [
            (Phase::Hashing, "a", 10, Some(10)),
            (Phase::Hashing, "b", 5, Some(15)),
            (Phase::Hashing, "b", 6, Some(16)),
            (Phase::Uploading, "a", 0, None),
            (Phase::Uploading, "a", 4, Some(4)),
            (Phase::Hashing, "b", 6, None),
            (Phase::Uploading, "b", 6, Some(10)),
            (Phase::Uploading, "b", 0, Some(4)),
            (Phase::Uploading, "b", 6, Some(10)),
            (Phase::Committing, "c", 1, Some(11)),
        ];
        for (phase, path, position, shown) in table {
            let shows = tally.moved(phase, path, position, if path == "b" { 6 } else { 10 }, SECOND);
            assert_eq!(shows.then(|| tally.done()), shown, "{phase:?} {path} {position}");
        }
    }

    #[test]
    fn what_was_there_already_is_done_but_has_no_speed() {
        let mut tally = Tally::default();
        tally.expect(10_000);
        for (path, position, at) in [("skipped", 4000, 0), ("resumed", 1000, 0), ("resumed", 3000, 2)] {
            tally.moved(Phase::Downloading, path, position, 4000, SECOND * at);
        }
        assert_eq!((tally.done(), tally.rate(), tally.left()), (7000, Some(1000), Some(SECOND * 3)));
        assert_eq!(
            tally.summary(SECOND * 4).unwrap(),
            "downloaded 2.0 kB in 4.0 s (500 B/s), 5.0 kB were there already"
        );
        tally.moved(Phase::Downloading, "resumed", 0, 4000, SECOND * 5);
        assert!(tally.summary(SECOND * 5).unwrap().ends_with("4.0 kB were there already"));
    }

    #[test]
    fn what_does_not_travel_was_there_already() {
        let mut tally = Tally::default();
        tally.moved(Phase::Uploading, "a", 0, 4000, SECOND);
        tally.moved(Phase::Uploading, "a", 4000, 4000, SECOND);
        tally.known("a", 9999);
        tally.known("a", 3000);
        assert_eq!(
            tally.summary(SECOND).unwrap(),
            "uploaded 1.0 kB in 1.0 s (1.0 kB/s), 3.0 kB were there already"
        );
    }

    #[test]
    fn the_rate_is_that_of_the_last_seconds() {
        let mut tally = Tally::default();
        tally.moved(Phase::Uploading, "a", 0, 10_000, Duration::ZERO);
        for second in 1..=30u32 {
            let position = if second <= 15 { 0 } else { u64::from(second - 15) * 500 };
            tally.moved(Phase::Uploading, "a", position, 10_000, SECOND * second);
        }
        assert_eq!(tally.rate(), Some(500));
        assert!(tally.sent.samples.len() < 60);
    }

    #[test]
    fn a_job_without_files_has_no_summary() {
        assert_eq!(Tally::default().summary(SECOND), None);
    }

    #[test]
    fn times_are_written_for_people() {
        for (seconds, text) in
            [(0.44, "0.4 s"), (12.9, "12 s"), (185.0, "3 min 05 s"), (7620.0, "2 h 07 min")]
        {
            assert_eq!(time(Duration::from_secs_f64(seconds)), text);
        }
    }
}
