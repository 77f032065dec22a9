//! The merkle tree over chunks, whose root is the hash of a xorb and, keyed once more, of a file (section 3).

use crate::hash::{MerkleHash, file_hash, node_hash};

/// Most children of a node.
pub const MAX_CHILDREN: usize = 9;
/// A node ends after a child whose tail is divisible by this, from the third child on.
const CUT_MODULUS: u64 = 4;
const CUT_FROM: usize = 3;

/// Builds the tree while chunks come one by one.
///
/// Memory does not depend on the file: at most eight entries for each level, and a level more for every threefold number of chunks.
///
/// ```
/// use hub_xet::hash::chunk_hash;
/// use hub_xet::merkle::MerkleBuilder;
///
/// let mut tree = MerkleBuilder::new();
/// for chunk in ["first", "second"] {
///     tree.push(chunk_hash(chunk.as_bytes()), chunk.len() as u64);
/// }
/// assert_eq!(tree.total_len(), 11);
/// println!("as a xorb {}, as a file {}", tree.root(), tree.file_hash());
/// ```
#[derive(Debug, Clone, Default)]
pub struct MerkleBuilder {
    levels: Vec<Level>,
    chunks: u64,
    total_len: u64,
}

#[derive(Debug, Clone, Default)]
struct Level {
    /// Entries of the node that is not complete.
    open: Vec<(MerkleHash, u64)>,
    /// Whether a node of this level has been completed.
    closed: bool,
}

impl Level {
    /// Adds an entry; the node that it completes, if it does.
    fn push(&mut self, entry: (MerkleHash, u64)) -> Option<(MerkleHash, u64)> {
        self.open.push(entry);
        let cut = self.open.len() >= CUT_FROM && entry.0.tail().is_multiple_of(CUT_MODULUS);
        (cut || self.open.len() >= MAX_CHILDREN).then(|| self.close())
    }

    fn close(&mut self) -> (MerkleHash, u64) {
        let node = node(&self.open);
        self.open.clear();
        self.closed = true;
        node
    }
}

fn node(children: &[(MerkleHash, u64)]) -> (MerkleHash, u64) {
    let length = children.iter().fold(0_u64, |sum, (_, length)| sum.saturating_add(*length));
    (node_hash(children), length)
}

impl MerkleBuilder {
    /// No chunk yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next chunk: its hash and its raw length in bytes.
    pub fn push(&mut self, chunk: MerkleHash, raw_len: u64) {
        self.chunks += 1;
        self.total_len = self.total_len.saturating_add(raw_len);
        let mut entry = Some((chunk, raw_len));
        for level in &mut self.levels {
            let Some(pushed) = entry else { return };
            entry = level.push(pushed);
        }
        if let Some(top) = entry {
            self.levels.push(Level { open: vec![top], closed: false });
        }
    }

    /// Chunks so far.
    pub fn chunks(&self) -> u64 {
        self.chunks
    }

    /// Raw bytes of all chunks so far.
    pub fn total_len(&self) -> u64 {
        self.total_len
    }

    /// The root over the chunks so far: the hash of a xorb that has them. No chunks: [`MerkleHash::ZERO`].
    pub fn root(&self) -> MerkleHash {
        let mut carried: Option<(MerkleHash, u64)> = None;
        for (above, level) in (1..).zip(&self.levels) {
            // The one that comes from below may complete a node here and leave nothing open.
            let mut level = level.clone();
            let mut completed = None;
            if let Some(entry) = carried.take() {
                completed = level.push(entry);
            }
            let top = above == self.levels.len();
            carried = match (completed, level.open.as_slice()) {
                (Some(node), _) => Some(node),
                (None, []) => None,
                (None, [only]) if top && !level.closed => Some(*only),
                (None, open) => Some(node(open)),
            };
        }
        carried.map_or(MerkleHash::ZERO, |(root, _)| root)
    }

    /// The hash of a file that consists of the chunks so far. No chunks: [`MerkleHash::ZERO`].
    pub fn file_hash(&self) -> MerkleHash {
        if self.chunks == 0 { MerkleHash::ZERO } else { file_hash(&self.root()) }
    }
}

impl Extend<(MerkleHash, u64)> for MerkleBuilder {
    fn extend<I: IntoIterator<Item = (MerkleHash, u64)>>(&mut self, chunks: I) {
        chunks.into_iter().for_each(|(hash, raw_len)| self.push(hash, raw_len));
    }
}

/// The root over `chunks`, each a hash and a raw length in bytes.
pub fn root(chunks: impl IntoIterator<Item = (MerkleHash, u64)>) -> MerkleHash {
    let mut tree = MerkleBuilder::new();
    tree.extend(chunks);
    tree.root()
}

#[cfg(test)]
mod vectors;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::hash::chunk_hash;

    /// The rule of the protocol as it is written: the list is replaced by its groups' nodes until one is left.
    fn batch(mut list: Vec<(MerkleHash, u64)>) -> MerkleHash {
        if list.is_empty() {
            return MerkleHash::ZERO;
        }
        while list.len() > 1 {
            let mut nodes = Vec::new();
            let mut rest = list.as_slice();
            while !rest.is_empty() {
                let most = rest.len().min(9);
                let end = match rest.len() {
                    0..=2 => rest.len(),
                    _ => (2..most).find(|i| rest[*i].0.tail().is_multiple_of(4)).map_or(most, |i| i + 1),
                };
                nodes.push(node(&rest[..end]));
                rest = &rest[end..];
            }
            list = nodes;
        }
        list[0].0
    }

    #[test]
    fn one_chunk_is_the_root_and_none_is_zero() {
        let chunk = chunk_hash(b"a");
        assert_eq!(root([]), MerkleHash::ZERO);
        assert_eq!(root([(chunk, 1)]), chunk);
        assert_eq!(MerkleBuilder::new().file_hash(), MerkleHash::ZERO);
    }

    #[test]
    fn every_number_of_chunks_agrees_with_the_batch_form() {
        let mut tree = MerkleBuilder::new();
        let mut list = Vec::new();
        for i in 0..700_u32 {
            assert_eq!(tree.root(), batch(list.clone()), "{i} chunks");
            let chunk = (chunk_hash(&i.to_le_bytes()), u64::from(i));
            tree.extend([chunk]);
            list.push(chunk);
        }
        assert!(tree.levels.iter().map(|level| level.open.len()).sum::<usize>() <= 9 * 8);
    }

    proptest! {
        /// With tails that always, never or sometimes end a group.
        #[test]
        fn incremental_is_batch(tails in proptest::collection::vec(prop_oneof![0_u8..2, Just(4), any::<u8>()], 0..200)) {
            let list: Vec<_> = tails.iter().enumerate().map(|(i, tail)| {
                let mut bytes = *chunk_hash(&i.to_le_bytes()).as_bytes();
                bytes[24] = *tail;
                (MerkleHash::from_bytes(bytes), i as u64)
            }).collect();
            prop_assert_eq!(root(list.clone()), batch(list));
        }
    }
}
