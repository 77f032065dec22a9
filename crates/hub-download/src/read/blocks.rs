//! The blocks of a file that a seekable reader has in memory, and how far it reads ahead.

use std::collections::VecDeque;

use bytes::Bytes;

const KIB: u64 = 1024;
const MIB: u64 = 1024 * KIB;

/// How a [`SeekableReader`](crate::SeekableReader) reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeekOptions {
    pub(super) block: u64,
    memory: u64,
    pub(super) read_ahead: u64,
}

impl Default for SeekOptions {
    fn default() -> Self {
        Self { block: 256 * KIB, memory: 16 * MIB, read_ahead: 64 * MIB }
    }
}

impl SeekOptions {
    /// The defaults of the setters below.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many bytes are kept and fetched together, at least: 256 KiB unless set, from 4 KiB to 16 MiB.
    #[must_use]
    pub fn block_size(mut self, bytes: u64) -> Self {
        self.block = bytes.clamp(4 * KIB, 16 * MIB);
        self
    }

    /// How many bytes are kept, at least one block: 16 MiB unless set.
    #[must_use]
    pub fn memory(mut self, bytes: u64) -> Self {
        self.memory = bytes;
        self
    }

    /// How many bytes one request asks for, at most, when a file is read from front to back: 64 MiB unless set. They are read
    /// from the connection as they are needed, and are not in memory before.
    #[must_use]
    pub fn read_ahead(mut self, bytes: u64) -> Self {
        self.read_ahead = bytes;
        self
    }

    /// The most blocks that are kept.
    fn most(self) -> usize {
        usize::try_from(self.memory / self.block).unwrap_or(usize::MAX).max(1)
    }
}

/// Blocks by their number; the one that was used last is at the end.
#[derive(Debug, Default)]
pub(super) struct Blocks(VecDeque<(u64, Bytes)>);

impl Blocks {
    pub(super) fn get(&mut self, number: u64) -> Option<Bytes> {
        let at = self.0.iter().rposition(|(kept, _)| *kept == number)?;
        let found = self.0.remove(at)?;
        let bytes = found.1.clone();
        self.0.push_back(found);
        Some(bytes)
    }

    pub(super) fn put(&mut self, number: u64, bytes: Bytes, options: SeekOptions) {
        self.0.retain(|(kept, _)| *kept != number);
        while self.0.len() >= options.most() {
            self.0.pop_front();
        }
        self.0.push_back((number, bytes));
    }

    #[cfg(test)]
    pub(super) fn bytes(&self) -> usize {
        self.0.iter().map(|(_, bytes)| bytes.len()).sum()
    }
}

/// How much is asked for at once: one block where something else was wanted than what comes next, and twice as much each time it
/// was just that.
#[derive(Debug, Default)]
pub(super) struct Window {
    /// Where the last request ended.
    end: u64,
    length: u64,
}

impl Window {
    /// How many bytes from `start` on are asked for, when `wanted` of them are known to be: whole blocks.
    pub(super) fn next(&mut self, start: u64, wanted: u64, options: SeekOptions) -> u64 {
        let doubled = if start == self.end { self.length.saturating_mul(2) } else { 0 };
        let most = options.read_ahead / options.block;
        let blocks = doubled.max(wanted).div_ceil(options.block).min(most).max(1);
        self.length = blocks.saturating_mul(options.block);
        self.end = start.saturating_add(self.length);
        self.length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_that_was_not_used_for_the_longest_time_goes_first() {
        let options = SeekOptions::new().block_size(4 * KIB).memory(12 * KIB);
        let mut blocks = Blocks::default();
        for number in 0..3 {
            blocks.put(number, vec![0; 4096].into(), options);
        }
        assert!(blocks.get(0).is_some());
        blocks.put(3, vec![0; 4096].into(), options);
        let kept: Vec<bool> = (0..4).map(|number| blocks.get(number).is_some()).collect();
        assert_eq!((kept, blocks.bytes()), (vec![true, false, true, true], 12 * 1024));
    }

    #[test]
    fn a_window_grows_while_the_file_is_read_in_order() {
        let options = SeekOptions::new().block_size(10 * KIB).read_ahead(50 * KIB);
        let mut window = Window::default();
        let block = 10 * KIB;
        assert_eq!(window.next(100 * block, 1, options), block);
        assert_eq!(window.next(101 * block, 1, options), 2 * block);
        assert_eq!(window.next(103 * block, 1, options), 4 * block);
        assert_eq!(window.next(107 * block, 1, options), 5 * block);
        assert_eq!(window.next(0, 1, options), block);
        assert_eq!(window.next(500, 35 * KIB, options), 4 * block);
        assert_eq!(window.next(0, u64::MAX, options), 5 * block);
    }
}
