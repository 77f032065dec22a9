//! [`GlobalQueries`]: which chunks the server is asked about.

use crate::MerkleHash;

/// Least number of chunks between two queries for a file, the first one aside.
pub const QUERY_DISTANCE: u32 = 256;

/// Chooses the chunks of one file for which global deduplication is asked: the first one, and about one in 1024 of the others.
#[derive(Debug, Clone, Default)]
pub struct GlobalQueries {
    /// Chunks since the last query.
    since: Option<u32>,
}

impl GlobalQueries {
    /// At the beginning of a file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether to ask about the next chunk of the file.
    pub fn wants(&mut self, chunk: &MerkleHash) -> bool {
        let since = self.since.map_or(QUERY_DISTANCE, |since| since.saturating_add(1));
        let first = self.since.is_none();
        let wants = first || (since >= QUERY_DISTANCE && chunk.is_global_dedup_candidate());
        self.since = Some(if wants { 0 } else { since });
        wants
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_chunk_and_candidates_at_a_distance_are_asked_for() {
        let mut queries = GlobalQueries::new();
        let (other, candidate) = (MerkleHash::from_bytes([1; 32]), MerkleHash::ZERO);
        assert!(queries.wants(&other));
        let asked: Vec<usize> = (1..=600).filter(|_| queries.wants(&candidate)).collect();
        assert_eq!(asked, [256, 512]);
        assert!((0..2000).all(|_| !queries.wants(&other)));
        assert!(queries.wants(&candidate));
    }
}
