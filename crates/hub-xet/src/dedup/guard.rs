//! [`FragmentationGuard`]: keeps files from falling into too many small ranges.

use std::collections::VecDeque;

/// Over how many of the last ranges of a file the guard looks.
pub const RANGES: usize = 128;
/// So many chunks a range shall have on average.
pub const MIN_CHUNKS_PER_RANGE: u32 = 8;

/// While the last [`RANGES`] ranges of a file are too short, a hit must be [`MIN_CHUNKS_PER_RANGE`] chunks long to be used.
///
/// It begins to refuse when their mean falls below half of that, and ends when the mean is reached, so that it does not go to and fro.
/// Until so many ranges have been seen it refuses nothing.
#[derive(Debug, Clone, Default)]
pub struct FragmentationGuard {
    ranges: VecDeque<u32>,
    chunks: u64,
    strict: bool,
    /// Whether the last range consists of stored chunks and can grow.
    storing: bool,
}

impl FragmentationGuard {
    /// At the beginning of a file.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many chunks a hit must have to be used, at least 1.
    pub fn needed(&self) -> u32 {
        if self.strict { MIN_CHUNKS_PER_RANGE } else { 1 }
    }

    /// Chunks are stored.
    pub fn stored(&mut self, chunks: u32) {
        if self.storing {
            self.grow(chunks);
        } else {
            self.begin(chunks);
            self.storing = true;
        }
    }

    /// Chunks are referred to: a new range, or more of the one before if `continued`.
    pub fn referred(&mut self, chunks: u32, continued: bool) {
        if continued && !self.storing {
            self.grow(chunks);
        } else {
            self.begin(chunks);
        }
        self.storing = false;
    }

    fn begin(&mut self, chunks: u32) {
        if self.ranges.len() == RANGES {
            let oldest = self.ranges.pop_front().unwrap_or_default();
            self.chunks -= u64::from(oldest);
        }
        self.ranges.push_back(0);
        self.grow(chunks);
    }

    fn grow(&mut self, chunks: u32) {
        if let Some(last) = self.ranges.back_mut() {
            let grown = last.saturating_add(chunks);
            self.chunks += u64::from(grown - *last);
            *last = grown;
        }
        let enough = (RANGES as u64) * u64::from(MIN_CHUNKS_PER_RANGE);
        if self.ranges.len() == RANGES {
            self.strict = self.chunks < if self.strict { enough } else { enough / 2 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_ranges_make_it_strict_and_long_ones_lenient() {
        let mut guard = FragmentationGuard::new();
        for _ in 0..RANGES - 1 {
            guard.referred(1, false);
        }
        assert_eq!(guard.needed(), 1);
        guard.referred(1, false);
        assert_eq!(guard.needed(), MIN_CHUNKS_PER_RANGE);
        // Half is not enough to be lenient again.
        guard.stored(700);
        assert_eq!(guard.needed(), MIN_CHUNKS_PER_RANGE);
        guard.stored(400);
        assert_eq!(guard.needed(), 1);
        assert_eq!(guard.ranges.len(), RANGES);
    }

    #[test]
    fn a_continued_run_is_one_range() {
        let mut guard = FragmentationGuard::new();
        guard.referred(1, false);
        guard.referred(1, true);
        guard.stored(3);
        guard.stored(3);
        guard.referred(1, true);
        assert_eq!(guard.ranges, [2, 6, 1]);
    }
}
