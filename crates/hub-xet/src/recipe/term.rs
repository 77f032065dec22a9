//! [`Term`]: one run of chunks of a file.

use crate::{ChunkRange, MAX_XORB_BYTES, MerkleHash, XetError, error::at_most};

/// Some chunks of a xorb, as a part of a file. A file is its terms, one after another.
///
/// While a file is being uploaded, `X` can be another name of a xorb that has no hash yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Term<X = MerkleHash> {
    /// The xorb that has the chunks.
    pub xorb: X,
    /// Which chunks of it.
    pub chunks: ChunkRange,
    /// Raw bytes of these chunks together: their length in the file.
    pub raw_len: u32,
}

impl<X> Term<X> {
    /// The term itself, if it can exist: at least one chunk and one byte for each, and no more of both than a xorb may have.
    ///
    /// # Errors
    ///
    /// It cannot.
    pub fn checked(self) -> Result<Self, XetError> {
        self.chunks.checked()?;
        at_most("raw length of a term", self.raw_len.into(), MAX_XORB_BYTES as u64)?;
        if self.raw_len < self.chunks.len() {
            return Err(XetError::invalid("term", "it has fewer bytes than chunks"));
        }
        Ok(self)
    }
}

/// Raw bytes of all `terms`: the size of a file that consists of them.
pub fn total_len<X>(terms: &[Term<X>]) -> u64 {
    terms.iter().map(|term| u64::from(term.raw_len)).sum()
}
