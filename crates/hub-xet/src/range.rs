//! [`ChunkRange`]: a run of chunks of a xorb.

use serde::{Deserialize, Serialize};

use crate::{XetError, error::at_most};

/// Most chunks of a xorb.
pub const MAX_XORB_CHUNKS: usize = 8192;
/// Most raw bytes of a xorb.
pub const MAX_XORB_BYTES: usize = 64 * 1024 * 1024;

/// Chunks of a xorb from `start` to before `end`, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ChunkRange {
    /// The first chunk.
    pub start: u32,
    /// The one after the last chunk.
    pub end: u32,
}

impl ChunkRange {
    /// The range with these ends. It is not checked: see [`checked`](Self::checked).
    pub const fn new(start: u32, end: u32) -> Self {
        Self { start, end }
    }

    /// The range itself, if it has at least one chunk and none beyond the most that a xorb may have.
    ///
    /// # Errors
    ///
    /// It is empty, turned around or too high.
    pub fn checked(self) -> Result<Self, XetError> {
        at_most("end of a chunk range", self.end.into(), MAX_XORB_CHUNKS as u64)?;
        if self.start < self.end { Ok(self) } else { Err(XetError::invalid("chunk range", "it is empty")) }
    }

    /// Number of chunks.
    pub const fn len(self) -> u32 {
        self.end.saturating_sub(self.start)
    }

    /// Whether there is no chunk in it.
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether `chunk` is in it.
    pub const fn contains(self, chunk: u32) -> bool {
        self.start <= chunk && chunk < self.end
    }

    /// Whether all chunks of `other` are in it.
    pub const fn covers(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ranges_with_chunks_pass() {
        assert!(ChunkRange::new(0, 8192).checked().is_ok());
        for wrong in [ChunkRange::new(0, 0), ChunkRange::new(3, 2), ChunkRange::new(0, 8193)] {
            assert!(wrong.checked().is_err());
        }
        assert_eq!(ChunkRange::new(3, 2).len(), 0);
        assert!(ChunkRange::new(1, 5).covers(ChunkRange::new(1, 3)) && ChunkRange::new(1, 5).contains(4));
    }
}
