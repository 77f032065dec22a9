//! [`Session`]: what becomes of each chunk of a commit. No I/O.
//!
//! A chunk gets its place in a xorb before it is compressed: a xorb ends by the raw length of its chunks and the headers of their
//! records, and what is stored is never longer. So no decision waits for a compressor, and several may work at once.

use std::collections::{HashMap, HashSet, VecDeque};

use bytes::Bytes;
use hub_xet::codec::HEADER_LEN;
use hub_xet::dedup::{ChunkIndex, Decision, Deduplicator, XorbId};
use hub_xet::recipe::{Recipe, RecipeBuilder};
use hub_xet::shard::Shard;
use hub_xet::xorb::{MAX_XORB_BYTES, MAX_XORB_CHUNKS};
use hub_xet::{MerkleHash, XetError};

/// A chunk of a file.
#[derive(Debug, Clone)]
pub(super) struct Chunk {
    pub(super) hash: MerkleHash,
    pub(super) data: Bytes,
}

/// What is to be done, in order.
#[derive(Debug)]
pub(super) enum Step {
    /// The next chunk of the xorb, and whose it is.
    Store { file: usize, chunk: Chunk },
    /// This xorb has all of its chunks.
    Seal(u64),
}

/// A file while its chunks come.
#[derive(Debug, Default)]
pub(super) struct Chunked {
    deduplicator: Deduplicator,
    recipe: RecipeBuilder<XorbId>,
    /// Chunks that are not decided.
    waiting: VecDeque<Chunk>,
    /// Bytes that need not be sent.
    pub(super) known: u64,
}

/// What is known of chunks, and where new ones go. Files are told apart by the caller's numbers.
#[derive(Debug)]
pub(super) struct Session {
    index: ChunkIndex,
    max_bytes: u64,
    open: Open,
    /// The hashes of this session's complete xorbs, and back.
    hashes: HashMap<u64, MerkleHash>,
    numbers: HashMap<MerkleHash, u64>,
    /// The files that have chunks in a xorb, as long as it is not settled whether it is sent.
    users: HashMap<u64, HashSet<usize>>,
    /// Xorbs that the server turned out not to have.
    missing: HashSet<MerkleHash>,
}

/// The xorb that is being filled.
#[derive(Debug, Default)]
struct Open {
    number: u64,
    bytes: u64,
    chunks: u32,
}

impl Session {
    /// With what is known already, and xorbs of at most `max_bytes` bytes: 256 KiB to 64 MiB.
    pub(super) fn new(index: ChunkIndex, max_bytes: u64) -> Self {
        Self {
            index,
            max_bytes: max_bytes.clamp(256 * 1024, MAX_XORB_BYTES as u64),
            open: Open::default(),
            hashes: HashMap::new(),
            numbers: HashMap::new(),
            users: HashMap::new(),
            missing: HashSet::new(),
        }
    }

    /// Takes the next chunk of a file and adds to `steps` what follows from it.
    pub(super) fn push(
        &mut self,
        file: usize,
        chunked: &mut Chunked,
        chunk: Chunk,
        steps: &mut Vec<Step>,
    ) -> Result<(), XetError> {
        let decisions = chunked.deduplicator.push(&self.index, &chunk.hash);
        chunked.waiting.push_back(chunk);
        self.settle(file, chunked, decisions, steps)
    }

    /// Ends a file: what it consists of.
    pub(super) fn finish(
        &mut self,
        file: usize,
        mut chunked: Chunked,
        steps: &mut Vec<Step>,
    ) -> Result<(Recipe<XorbId>, u64), XetError> {
        let decisions = chunked.deduplicator.finish();
        self.settle(file, &mut chunked, decisions, steps)?;
        Ok((chunked.recipe.finish(), chunked.known))
    }

    fn settle(
        &mut self,
        file: usize,
        chunked: &mut Chunked,
        decisions: Vec<Decision>,
        steps: &mut Vec<Step>,
    ) -> Result<(), XetError> {
        for decision in decisions {
            let Some(chunk) = chunked.waiting.pop_front() else { break };
            let raw_len = u32::try_from(chunk.data.len()).unwrap_or(u32::MAX);
            let (xorb, number) = match decision {
                Decision::Refer { xorb, number } => {
                    chunked.known = chunked.known.saturating_add(raw_len.into());
                    (xorb, number)
                }
                Decision::Store => self.place(&chunk, steps),
            };
            let own = match xorb {
                XorbId::Open(own) => Some(own),
                XorbId::Stored(hash) => self.numbers.get(&hash).copied(),
            };
            if let Some(users) = own.and_then(|own| self.users.get_mut(&own)) {
                users.insert(file);
            }
            chunked.recipe.push(xorb, number, chunk.hash, raw_len)?;
            if decision == Decision::Store {
                steps.push(Step::Store { file, chunk });
            }
        }
        Ok(())
    }

    /// Where a new chunk goes.
    fn place(&mut self, chunk: &Chunk, steps: &mut Vec<Step>) -> (XorbId, u32) {
        let bytes = (chunk.data.len() + HEADER_LEN) as u64;
        if self.open.bytes + bytes > self.max_bytes || self.open.chunks as usize == MAX_XORB_CHUNKS {
            steps.extend(self.seal().map(Step::Seal));
        }
        let (xorb, number) = (self.open.number, self.open.chunks);
        self.open.bytes += bytes;
        self.open.chunks += 1;
        self.users.entry(xorb).or_default();
        self.index.push_open(xorb, chunk.hash);
        (XorbId::Open(xorb), number)
    }

    /// Ends the open xorb, if it has a chunk; the next one goes to another.
    pub(super) fn seal(&mut self) -> Option<u64> {
        let number = self.open.number;
        let any = self.open.chunks > 0;
        if any {
            self.open = Open { number: number + 1, ..Open::default() };
        }
        any.then_some(number)
    }

    /// A sealed xorb has got its hash.
    pub(super) fn close(&mut self, number: u64, hash: MerkleHash) {
        self.hashes.insert(number, hash);
        self.numbers.insert(hash, number);
        self.index.close(number, hash);
    }

    /// The files that have chunks in a xorb that is not sent yet.
    pub(super) fn users(&self, number: u64) -> impl Iterator<Item = usize> {
        self.users.get(&number).into_iter().flatten().copied()
    }

    /// A xorb is being sent: it does not matter any more whose it is.
    pub(super) fn sent(&mut self, number: u64) {
        self.users.remove(&number);
    }

    /// A xorb is not sent, for nobody needs it.
    pub(super) fn dropped(&mut self, number: u64) {
        self.users.remove(&number);
        if let Some(hash) = self.hashes.remove(&number) {
            self.numbers.remove(&hash);
            self.index.remove(XorbId::Stored(hash));
        }
    }

    /// The hash of a xorb, once it has one.
    pub(super) fn hash_of(&self, xorb: &XorbId) -> Option<MerkleHash> {
        match xorb {
            XorbId::Open(number) => self.hashes.get(number).copied(),
            XorbId::Stored(hash) => Some(*hash),
        }
    }

    /// Whether a xorb was made by this session, so that the server has said that it has it.
    pub(super) fn is_own(&self, xorb: &MerkleHash) -> bool {
        self.numbers.contains_key(xorb)
    }

    /// Whether a chunk need not be sent.
    pub(super) fn knows(&self, chunk: &MerkleHash) -> bool {
        self.index.find(chunk).is_some()
    }

    /// Adds what a shard tells of xorbs. `now` is in seconds since 1970.
    pub(super) fn learn(&mut self, shard: &Shard, now: u64) {
        self.index.insert_shard(shard, now);
        self.missing.iter().for_each(|xorb| self.index.remove(XorbId::Stored(*xorb)));
    }

    /// The server has not this xorb after all.
    pub(super) fn forget(&mut self, xorb: MerkleHash) {
        self.missing.insert(xorb);
        self.index.remove(XorbId::Stored(xorb));
    }
}

#[cfg(test)]
mod tests {
    use hub_xet::hash::chunk_hash;
    use proptest::prelude::*;

    use super::*;

    fn chunk(name: u32, len: usize) -> Chunk {
        Chunk { hash: chunk_hash(&name.to_le_bytes()), data: vec![0; len].into() }
    }

    fn file(session: &mut Session, number: usize, chunks: &[Chunk]) -> (Recipe<XorbId>, u64, Vec<Step>) {
        let (mut chunked, mut steps) = (Chunked::default(), Vec::new());
        for chunk in chunks {
            session.push(number, &mut chunked, chunk.clone(), &mut steps).unwrap();
        }
        let (recipe, known) = session.finish(number, chunked, &mut steps).unwrap();
        (recipe, known, steps)
    }

    #[test]
    fn files_share_a_xorb_and_what_both_have_is_stored_once() {
        let mut session = Session::new(ChunkIndex::new(1000), 1 << 20);
        let chunks: Vec<Chunk> = (0..4).map(|name| chunk(name, 10_000)).collect();
        let (first, known, steps) = file(&mut session, 1, &chunks[..3]);
        assert_eq!((first.terms.len(), known, steps.len()), (1, 0, 3));
        let (second, known, steps) = file(&mut session, 2, &chunks[1..]);
        assert_eq!(
            (second.terms.len(), known, steps.len()),
            (1, 20_000, 1),
            "the new chunk follows in the xorb"
        );
        assert_eq!(session.users(0).collect::<HashSet<_>>(), HashSet::from([1, 2]));
        assert_eq!(session.seal(), Some(0));
        assert_eq!(session.seal(), None);
        session.close(0, MerkleHash::ZERO);
        assert!(first.resolve(|xorb| session.hash_of(xorb)).is_ok() && session.is_own(&MerkleHash::ZERO));
    }

    #[test]
    fn what_is_dropped_or_missing_is_stored_again() {
        let chunks = [chunk(1, 10), chunk(2, 10)];
        let mut session = Session::new(ChunkIndex::new(1000), 1 << 20);
        file(&mut session, 1, &chunks);
        session.seal();
        session.close(0, MerkleHash::ZERO);
        assert!(session.knows(&chunks[0].hash));
        session.dropped(0);
        assert_eq!(file(&mut session, 2, &chunks).2.len(), 2);

        let mut index = ChunkIndex::new(1000);
        index.insert(MerkleHash::ZERO, chunks.iter().map(|chunk| chunk.hash));
        let mut session = Session::new(index, 1 << 20);
        assert_eq!(file(&mut session, 1, &chunks).1, 20);
        session.forget(MerkleHash::ZERO);
        assert_eq!(file(&mut session, 2, &chunks).2.len(), 2);
    }

    proptest! {
        #[test]
        fn every_stored_chunk_has_the_place_that_its_recipe_says(
            files in proptest::collection::vec(proptest::collection::vec(0..200_u32, 1..60), 1..5),
        ) {
            let mut session = Session::new(ChunkIndex::new(100_000), 0);
            let mut stored: HashMap<u64, Vec<u32>> = HashMap::new();
            let (mut recipes, mut filled) = (Vec::new(), 0);
            for (number, names) in files.iter().enumerate() {
                let chunks: Vec<Chunk> =
                    names.iter().map(|name| chunk(*name, 8192 + *name as usize)).collect();
                let (recipe, _, steps) = file(&mut session, number, &chunks);
                for step in steps {
                    match step {
                        Step::Store { chunk, .. } => {
                            stored.entry(filled).or_default().push(chunk.data.len() as u32 - 8192);
                        }
                        Step::Seal(xorb) => {
                            prop_assert_eq!(xorb, filled);
                            filled += 1;
                        }
                    }
                }
                recipes.push(recipe);
            }
            for names in stored.values() {
                prop_assert!(names.iter().map(|name| 8200 + u64::from(*name)).sum::<u64>() <= 256 * 1024);
            }
            for (names, recipe) in files.iter().zip(recipes) {
                let read: Vec<u32> = recipe.terms.iter().flat_map(|term| {
                    let XorbId::Open(xorb) = term.xorb else { panic!() };
                    stored[&xorb][term.chunks.start as usize..term.chunks.end as usize].to_vec()
                }).collect();
                prop_assert_eq!(&read, names);
            }
        }
    }
}
