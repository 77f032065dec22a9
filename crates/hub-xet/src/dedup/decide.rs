//! [`Deduplicator`]: whether a chunk is stored or referred to.

use super::{ChunkIndex, FragmentationGuard, Hit, XorbId};
use crate::MerkleHash;

/// What becomes of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Put it into a new xorb.
    Store,
    /// It is there already.
    Refer {
        /// The xorb that has it.
        xorb: XorbId,
        /// Its number there.
        number: u32,
    },
}

/// Decides for the chunks of one file, in order.
///
/// Decisions come in the order of the chunks, one for each, but late while the [`FragmentationGuard`] waits whether a hit becomes
/// long enough: the caller keeps the chunks that are not decided, at most eight with the one that it pushes.
///
/// ```
/// use hub_xet::MerkleHash;
/// use hub_xet::dedup::{ChunkIndex, Decision, Deduplicator, XorbId};
/// use hub_xet::hash::chunk_hash;
///
/// let (known, new) = (chunk_hash(b"known"), chunk_hash(b"new"));
/// let mut index = ChunkIndex::new(1_000_000);
/// index.insert(MerkleHash::ZERO, [known]);
///
/// let mut file = Deduplicator::new();
/// let mut decisions = file.push(&index, &new);
/// decisions.extend(file.push(&index, &known));
/// decisions.extend(file.finish());
/// let refer = Decision::Refer { xorb: XorbId::Stored(MerkleHash::ZERO), number: 0 };
/// assert_eq!(decisions, [Decision::Store, refer]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Deduplicator {
    guard: FragmentationGuard,
    run: Option<Run>,
}

/// Chunks of the file that follow one another in a xorb as well.
#[derive(Debug, Clone)]
struct Run {
    last: Hit,
    /// Chunks that are not decided. None once the run is long enough.
    waiting: u32,
}

impl Deduplicator {
    /// At the beginning of a file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Chunks that are not decided.
    pub fn waiting(&self) -> u32 {
        self.run.as_ref().map_or(0, |run| run.waiting)
    }

    /// Takes the plain hash of the next chunk; decides for it and those that waited, or for none.
    pub fn push(&mut self, index: &ChunkIndex, chunk: &MerkleHash) -> Vec<Decision> {
        let mut decisions = Vec::new();
        if let Some(run) = &mut self.run {
            let next = index.follow(run.last, chunk).and_then(|next| Some((next, index.xorb(next)?)));
            if let Some((next, xorb)) = next {
                run.last = next;
                if run.waiting == 0 {
                    self.guard.referred(1, true);
                    return vec![Decision::Refer { xorb, number: next.number() }];
                }
                run.waiting += 1;
                self.accept(index, &mut decisions);
                return decisions;
            }
            decisions = self.finish();
        }
        match index.find(chunk) {
            Some(last) => {
                self.run = Some(Run { last, waiting: 1 });
                self.accept(index, &mut decisions);
            }
            None => {
                self.guard.stored(1);
                decisions.push(Decision::Store);
            }
        }
        decisions
    }

    /// Ends the file, or takes what waits as it is: decides for all chunks that waited.
    pub fn finish(&mut self) -> Vec<Decision> {
        let waited = self.run.take().map_or(0, |run| run.waiting);
        if waited > 0 {
            self.guard.stored(waited);
        }
        vec![Decision::Store; waited as usize]
    }

    /// Refers to what waits, if that is long enough.
    fn accept(&mut self, index: &ChunkIndex, decisions: &mut Vec<Decision>) {
        let Some(run) = self.run.as_mut().filter(|run| run.waiting >= self.guard.needed()) else { return };
        let Some(xorb) = index.xorb(run.last) else { return };
        let waited = std::mem::take(&mut run.waiting);
        let end = run.last.number().saturating_add(1);
        decisions.extend((end.saturating_sub(waited)..end).map(|number| Decision::Refer { xorb, number }));
        self.guard.referred(waited, false);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{dedup::MIN_CHUNKS_PER_RANGE, hash::chunk_hash};

    fn chunk(i: u32) -> MerkleHash {
        chunk_hash(&i.to_le_bytes())
    }

    fn decide(index: &ChunkIndex, file: &[u32]) -> Vec<Decision> {
        let mut deduplicator = Deduplicator::new();
        let mut decisions = Vec::new();
        for (place, i) in file.iter().enumerate() {
            decisions.extend(deduplicator.push(index, &chunk(*i)));
            assert_eq!(decisions.len() + deduplicator.waiting() as usize, place + 1);
            assert!(deduplicator.waiting() < MIN_CHUNKS_PER_RANGE);
        }
        decisions.extend(deduplicator.finish());
        decisions
    }

    fn refer(number: u32) -> Decision {
        Decision::Refer { xorb: XorbId::Stored(MerkleHash::ZERO), number }
    }

    fn index() -> ChunkIndex {
        let mut index = ChunkIndex::new(10_000);
        index.insert(MerkleHash::ZERO, (0..1000).map(chunk));
        index
    }

    #[test]
    fn known_chunks_are_referred_to() {
        let expected = [Decision::Store, refer(5), refer(6), Decision::Store, refer(5)];
        assert_eq!(decide(&index(), &[2000, 5, 6, 2001, 5]), expected);
    }

    #[test]
    fn in_a_file_of_fragments_only_long_hits_are_used() {
        // Every second chunk of the xorb: 128 ranges of one chunk.
        let mut file: Vec<u32> = (0..300).map(|i| 2 * i).collect();
        file.extend(700..720);
        let decisions = decide(&index(), &file);
        assert!((0..128).all(|i| decisions[i] == refer(2 * i as u32)));
        assert!(decisions[128..300].iter().all(|decision| *decision == Decision::Store));
        assert!((300..320).all(|i| decisions[i] == refer(400 + i as u32)));
    }

    #[test]
    fn a_run_in_a_xorb_that_is_forgotten_ends() {
        let mut index = index();
        let mut deduplicator = Deduplicator::new();
        assert_eq!(deduplicator.push(&index, &chunk(1)), [refer(1)]);
        index.remove(XorbId::Stored(MerkleHash::ZERO));
        assert_eq!(deduplicator.push(&index, &chunk(2)), [Decision::Store]);
    }

    proptest! {
        #[test]
        fn each_chunk_has_one_decision_and_hits_are_true(
            runs in proptest::collection::vec((0..1500_u32, 1..20_u32), 0..400),
        ) {
            let file: Vec<u32> = runs.into_iter().flat_map(|(first, len)| first..first + len).collect();
            let decisions = decide(&index(), &file);
            prop_assert_eq!(decisions.len(), file.len());
            for (i, decision) in file.iter().zip(decisions) {
                prop_assert!(decision == Decision::Store || decision == refer(*i));
            }
        }
    }
}
