//! How many things each stage may do at once, from the two settings that say so.

use std::thread::available_parallelism;

/// Memory of one transfer, in bytes: chunks that are read, that wait, and that the connection holds.
const TRANSFER: u64 = 1 << 20;
/// Memory of one file that is hashed: the pieces between reading and hashing.
const HASHING: u64 = 1 << 20;
/// Memory of one request about 256 files: their beginnings, the request and its response.
const QUESTION: u64 = 1 << 20;
/// More requests about files at once make nothing faster.
const QUESTIONS: usize = 4;

/// The most that runs at once, at least one of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AtOnce {
    /// Uploads of content.
    pub(crate) transfers: usize,
    /// Files, or groups of small ones, that are hashed. Runs beside transfers.
    pub(crate) hashing: usize,
    /// Requests about files.
    pub(crate) questions: usize,
}

impl AtOnce {
    /// What fits in `memory` bytes and in `limit`. Hashing gets a quarter of the memory, transfers the rest.
    pub(crate) fn new(memory: u64, limit: usize) -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        let fit = |memory: u64, each: u64, most: usize| {
            usize::try_from(memory / each).unwrap_or(usize::MAX).min(most).min(limit).max(1)
        };
        Self {
            transfers: fit(memory - memory / 4, TRANSFER, usize::MAX),
            hashing: fit(memory / 4, HASHING, cores),
            questions: fit(memory, QUESTION, QUESTIONS),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_smaller_of_both_settings_counts() {
        const MIB: u64 = 1 << 20;
        let table = [
            (64 * MIB, 16, 16, 4),
            (64 * MIB, 2, 2, 2),
            (8 * MIB, 16, 6, 4),
            (2 * MIB, 16, 1, 2),
            (0, 0, 1, 1),
        ];
        for (memory, limit, transfers, questions) in table {
            let found = AtOnce::new(memory, limit);
            assert_eq!((found.transfers, found.questions), (transfers, questions), "{memory} {limit}");
            assert!((1..=limit.max(1)).contains(&found.hashing));
        }
    }

    proptest! {
        #[test]
        fn all_stages_together_stay_within_the_memory_beyond_one_of_each(memory in 0u64..1 << 32, limit in 0usize..4096) {
            let found = AtOnce::new(memory, limit);
            let beyond = |number: usize| number as u64 - 1;
            prop_assert!(beyond(found.transfers) * TRANSFER + beyond(found.hashing) * HASHING <= memory);
            prop_assert!(beyond(found.questions) * QUESTION <= memory);
        }
    }
}
