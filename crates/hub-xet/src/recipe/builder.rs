//! [`RecipeBuilder`]: from the chunks of a file to its terms and hash.

use super::Term;
use crate::{
    ChunkRange, MAX_XORB_BYTES, MAX_XORB_CHUNKS, MerkleHash, XetError, hash::RangeHasher,
    merkle::MerkleBuilder,
};

/// Makes the [`Recipe`] of a file while it is known for one chunk after another where it is stored.
///
/// Chunks that follow one another in one xorb become one term. `X` names a xorb: its hash, or something of the caller's own as long
/// as a xorb is not complete.
///
/// ```
/// use hub_xet::{ChunkRange, MerkleHash, hash};
/// use hub_xet::recipe::RecipeBuilder;
///
/// let mut builder = RecipeBuilder::new();
/// for (number, chunk) in (0..).zip(["first", "second"]) {
///     builder.push("open xorb", number, hash::chunk_hash(chunk.as_bytes()), chunk.len() as u32)?;
/// }
/// let recipe = builder.finish().resolve(|name| (*name == "open xorb").then_some(MerkleHash::ZERO))?;
/// assert_eq!(recipe.terms.len(), 1);
/// assert_eq!(recipe.terms[0].chunks, ChunkRange::new(0, 2));
/// # Ok::<(), hub_xet::XetError>(())
/// ```
#[derive(Debug, Clone)]
pub struct RecipeBuilder<X = MerkleHash> {
    tree: MerkleBuilder,
    terms: Vec<Term<X>>,
    verification: Vec<MerkleHash>,
    /// The range hash of the last term.
    open: RangeHasher,
}

/// A file as terms, with the hashes that a shard has for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipe<X = MerkleHash> {
    /// The Xet hash of the file.
    pub hash: MerkleHash,
    /// What it consists of. Empty for the empty file.
    pub terms: Vec<Term<X>>,
    /// The range hash of each term.
    pub verification: Vec<MerkleHash>,
}

impl<X: PartialEq> RecipeBuilder<X> {
    /// At the beginning of a file.
    pub fn new() -> Self {
        Self {
            tree: MerkleBuilder::new(),
            terms: Vec::new(),
            verification: Vec::new(),
            open: RangeHasher::new(),
        }
    }

    /// Adds the next chunk of the file: the one with this `number` in `xorb`, with its plain hash and raw length in bytes.
    ///
    /// # Errors
    ///
    /// No xorb can have such a chunk.
    pub fn push(&mut self, xorb: X, number: u32, hash: MerkleHash, raw_len: u32) -> Result<(), XetError> {
        let end = number.saturating_add(1);
        let term = Term { xorb, chunks: ChunkRange::new(number, end), raw_len }.checked()?;
        self.tree.push(hash, raw_len.into());
        match self.terms.last_mut() {
            Some(last)
                if last.xorb == term.xorb
                    && last.chunks.end == number
                    && last.raw_len as usize + raw_len as usize <= MAX_XORB_BYTES
                    && last.chunks.len() < MAX_XORB_CHUNKS as u32 =>
            {
                last.chunks.end = end;
                last.raw_len += raw_len;
            }
            _ => {
                self.close();
                self.terms.push(term);
            }
        }
        self.open.push(&hash);
        Ok(())
    }

    /// Raw bytes so far.
    pub fn total_len(&self) -> u64 {
        self.tree.total_len()
    }

    /// The recipe of the whole file.
    pub fn finish(mut self) -> Recipe<X> {
        self.close();
        Recipe { hash: self.tree.file_hash(), terms: self.terms, verification: self.verification }
    }

    fn close(&mut self) {
        if !self.terms.is_empty() {
            let open = std::mem::take(&mut self.open);
            self.verification.push(open.finish());
        }
    }
}

impl<X: PartialEq> Default for RecipeBuilder<X> {
    fn default() -> Self {
        Self::new()
    }
}

impl<X> Recipe<X> {
    /// Size of the file in bytes.
    pub fn total_len(&self) -> u64 {
        super::total_len(&self.terms)
    }

    /// The same with the hashes of its xorbs, once all of them are complete.
    ///
    /// # Errors
    ///
    /// [`XetError::Missing`]: `hash_of` does not know a xorb.
    pub fn resolve(self, hash_of: impl Fn(&X) -> Option<MerkleHash>) -> Result<Recipe, XetError> {
        let term = |(place, term): (usize, Term<X>)| {
            let xorb = hash_of(&term.xorb).ok_or_else(|| XetError::missing("xorb of term", place))?;
            Ok(Term { xorb, chunks: term.chunks, raw_len: term.raw_len })
        };
        let terms = self.terms.into_iter().enumerate().map(term).collect::<Result<_, _>>()?;
        Ok(Recipe { hash: self.hash, terms, verification: self.verification })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::{chunk_hash, range_hash};

    #[test]
    fn chunks_in_a_row_are_one_term_with_one_range_hash() {
        let hashes: Vec<MerkleHash> = (0..5_u8).map(|i| chunk_hash(&[i])).collect();
        let mut builder = RecipeBuilder::new();
        for ((xorb, number), hash) in
            [('a', 3), ('a', 4), ('b', 5), ('b', 7), ('a', 5)].into_iter().zip(&hashes)
        {
            builder.push(xorb, number, *hash, 10).unwrap();
        }
        let recipe = builder.finish();
        let terms: Vec<_> =
            recipe.terms.iter().map(|t| (t.xorb, t.chunks.start, t.chunks.end, t.raw_len)).collect();
        assert_eq!(terms, [('a', 3, 5, 20), ('b', 5, 6, 10), ('b', 7, 8, 10), ('a', 5, 6, 10)]);
        let expected = [&hashes[..2], &hashes[2..3], &hashes[3..4], &hashes[4..]].map(range_hash);
        assert_eq!(recipe.verification, expected);
        assert_eq!(recipe.total_len(), 50);
        assert!(recipe.resolve(|xorb| (*xorb == 'a').then_some(MerkleHash::ZERO)).is_err());
    }

    #[test]
    fn the_empty_file_has_no_terms_and_the_zero_hash() {
        let recipe = RecipeBuilder::<MerkleHash>::new().finish();
        assert_eq!(recipe, Recipe { hash: MerkleHash::ZERO, terms: vec![], verification: vec![] });
    }

    #[test]
    fn a_term_never_has_more_than_a_xorb() {
        let mut builder = RecipeBuilder::new();
        assert!(builder.push((), 8192, MerkleHash::ZERO, 1).is_err());
        assert!(builder.push((), u32::MAX, MerkleHash::ZERO, 1).is_err());
        assert!(builder.push((), 0, MerkleHash::ZERO, 0).is_err());
        for number in 0..513 {
            builder.push((), number, MerkleHash::ZERO, 128 * 1024).unwrap();
        }
        assert_eq!(builder.finish().terms.len(), 2);
    }
}
