//! [`Shard`]: a shard in memory.

use super::{ShardChunk, ShardEvent, ShardFooter, ShardReader};
use crate::{
    MerkleHash, XetError,
    hash::DedupKey,
    recipe::{Recipe, Term},
    xorb::{IndexedChunk, XorbIndex},
};

/// A whole shard.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shard {
    /// The files that it registers, in order.
    pub files: Vec<FileBlock>,
    /// The xorbs whose chunks it lists, in order.
    pub xorbs: Vec<XorbBlock>,
    /// The footer, if it was stored or answers a query.
    pub footer: Option<ShardFooter>,
}

/// A file of a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileBlock {
    /// Its Xet hash.
    pub hash: MerkleHash,
    /// What it consists of.
    pub terms: Vec<Term>,
    /// The range hash of each term, as an upload must have them; otherwise empty.
    pub verification: Vec<MerkleHash>,
    /// The sha256 of the file in its usual order, as an upload must have it.
    pub sha256: Option<[u8; 32]>,
}

impl FileBlock {
    /// A file as an upload registers it.
    pub fn new(recipe: Recipe, sha256: Option<[u8; 32]>) -> Self {
        Self { hash: recipe.hash, terms: recipe.terms, verification: recipe.verification, sha256 }
    }
}

/// A xorb of a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XorbBlock {
    /// Its hash.
    pub hash: MerkleHash,
    /// Length of its body in bytes, or 0 if that is not told.
    pub stored_len: u32,
    /// Its chunks in order.
    pub chunks: Vec<ShardChunk>,
}

impl XorbBlock {
    /// The same with every chunk hash hidden under `key`, as a query is answered.
    #[must_use]
    pub fn hidden(mut self, key: &DedupKey) -> Self {
        self.chunks.iter_mut().for_each(|chunk| chunk.hash = key.hide(&chunk.hash));
        self
    }
}

impl From<&XorbIndex> for XorbBlock {
    fn from(index: &XorbIndex) -> Self {
        let chunk = |chunk: IndexedChunk| ShardChunk {
            hash: chunk.hash,
            // Both fit, for an index holds the limits of the protocol.
            raw_len: (chunk.raw.end - chunk.raw.start) as u32,
            global_dedup: false,
        };
        Self {
            hash: index.hash(),
            stored_len: index.stored_len() as u32,
            chunks: index.chunks().map(chunk).collect(),
        }
    }
}

impl Shard {
    /// Reads a shard. It takes about as much memory as `bytes`.
    ///
    /// ```
    /// use hub_xet::shard::{Shard, ShardBuilder};
    ///
    /// let bytes = ShardBuilder::new().finish();
    /// assert_eq!(Shard::parse(&bytes)?, Shard::default());
    /// # Ok::<(), hub_xet::XetError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// It breaks a rule of the format.
    pub fn parse(bytes: &[u8]) -> Result<Self, XetError> {
        let mut reader = ShardReader::new(bytes.len() as u64);
        let mut shard = Self::default();
        let mut input = bytes;
        while let Some(event) = reader.next_event(&mut input)? {
            shard.add(event);
        }
        shard.footer = reader.finish()?;
        Ok(shard)
    }

    fn add(&mut self, event: ShardEvent) {
        match event {
            ShardEvent::File { hash, terms, has_verification, .. } => {
                let terms = terms as usize;
                self.files.push(FileBlock {
                    hash,
                    terms: Vec::with_capacity(terms),
                    verification: Vec::with_capacity(if has_verification { terms } else { 0 }),
                    sha256: None,
                });
            }
            ShardEvent::Xorb { hash, chunks, stored_len, .. } => {
                self.xorbs.push(XorbBlock { hash, stored_len, chunks: Vec::with_capacity(chunks as usize) });
            }
            ShardEvent::Chunk(chunk) => self.xorbs.last_mut().into_iter().for_each(|x| x.chunks.push(chunk)),
            of_file => {
                let Some(file) = self.files.last_mut() else { return };
                match of_file {
                    ShardEvent::Term(term) => file.terms.push(term),
                    ShardEvent::Verification(hash) => file.verification.push(hash),
                    ShardEvent::Sha256(digest) => file.sha256 = Some(digest),
                    _ => {}
                }
            }
        }
    }
}
