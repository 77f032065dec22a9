//! The chunks of a file while they arrive in any order: its Xet hash, and its recipe.

use std::collections::BTreeMap;

use hub_xet::{MerkleHash, merkle::MerkleBuilder};

use super::recipe::{BlobChunk, Recipe, RecipeWriter};
use super::trouble::Trouble;

/// Most chunks that are held because one before them is missing. Of chunks as small as uploads make them, the range that is fetched at a
/// time has half as many.
const MAX_AHEAD: usize = 64 * 1024;

/// Takes chunks in any order and puts them in that of the file.
#[derive(Debug, Default)]
pub(super) struct ChunkLog {
    tree: MerkleBuilder,
    next: u64,
    ahead: BTreeMap<u64, BlobChunk>,
    recipe: Option<RecipeWriter>,
    given_up: bool,
}

impl ChunkLog {
    pub(super) fn new(recipe: Option<RecipeWriter>) -> Self {
        Self { recipe, ..Self::default() }
    }

    /// Up to where every chunk is known.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// Notes nothing more: a chunk is missing that will not come.
    pub(super) fn give_up(&mut self) {
        *self = Self { given_up: true, ..Self::default() };
    }

    /// Notes the chunk at `position` of the file. One that is noted already changes nothing.
    pub(super) fn note(&mut self, position: u64, chunk: BlobChunk) -> Result<(), Trouble> {
        if self.given_up {
            return Ok(());
        }
        if position > self.next {
            self.ahead.insert(position, chunk);
            let many = self.ahead.len() > MAX_AHEAD;
            return if many { Err(Trouble::lasting("its chunks are too small")) } else { Ok(()) };
        }
        let mut chunk = (position == self.next).then_some(chunk);
        while let Some(next) = chunk {
            self.push(next);
            chunk = self.ahead.remove(&self.next);
        }
        Ok(())
    }

    fn push(&mut self, chunk: BlobChunk) {
        self.tree.push(chunk.hash, chunk.len.into());
        self.next += u64::from(chunk.len);
        if let Some(recipe) = &mut self.recipe
            && let Err(error) = recipe.push(chunk)
        {
            tracing::debug!(%error, "no recipe of this file is kept");
            self.recipe = None;
        }
    }

    /// The Xet hash of a file of `size` bytes and its recipe; `None` if not all of its chunks are known.
    pub(super) fn finish(self, size: u64) -> Option<(MerkleHash, Option<Recipe>)> {
        if self.next != size || self.given_up {
            return None;
        }
        let recipe = self.recipe.and_then(|recipe| recipe.finish().ok());
        Some((self.tree.file_hash(), recipe))
    }
}

#[cfg(test)]
mod tests {
    use hub_xet::hash::chunk_hash;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn in_whatever_order_chunks_come_the_hash_is_that_of_the_file(
            lens in prop::collection::vec(1..50_u32, 1..40),
            order in prop::collection::vec(any::<prop::sample::Index>(), 0..80),
        ) {
            let (mut tree, mut position, mut chunks) = (MerkleBuilder::new(), 0, Vec::new());
            for (number, len) in (0..).zip(&lens) {
                let hash = chunk_hash(&[number as u8]);
                tree.push(hash, u64::from(*len));
                chunks.push((position, BlobChunk { xorb: MerkleHash::ZERO, number, hash, len: *len }));
                position += u64::from(*len);
            }
            let mut log = ChunkLog::new(None);
            let mixed = order.iter().map(|index| *index.get(&chunks)).collect::<Vec<_>>();
            for (position, chunk) in mixed.into_iter().chain(chunks.iter().copied().rev()) {
                log.note(position, chunk).unwrap();
            }
            let (hash, _) = log.finish(position).unwrap();
            prop_assert_eq!(hash, tree.file_hash());
        }
    }

    #[test]
    fn a_file_of_which_a_chunk_is_missing_has_no_hash_and_no_flood_of_chunks_is_held() {
        let chunk = BlobChunk { xorb: MerkleHash::ZERO, number: 0, hash: MerkleHash::ZERO, len: 1 };
        let mut log = ChunkLog::new(None);
        log.note(1, chunk).unwrap();
        assert!(log.finish(2).is_none());
        let mut log = ChunkLog::new(None);
        let failed = (1..).find(|position| log.note(*position, chunk).is_err());
        assert_eq!(failed, Some(MAX_AHEAD as u64 + 1));
    }
}
