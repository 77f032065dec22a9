//! Where a file is cut into chunks (section 4).
//!
//! [`Chunker`] finds the places and holds no data; [`ChunkStream`] gives the chunks themselves; [`chunks`] cuts what is in memory.

mod stream;

pub use stream::ChunkStream;

/// Least size of a chunk in bytes, the last one of a file aside.
pub const MIN_CHUNK: usize = 8 * 1024;
/// Size of a chunk in bytes that is aimed at.
pub const TARGET_CHUNK: usize = 64 * 1024;
/// Greatest size of a chunk in bytes.
pub const MAX_CHUNK: usize = 128 * 1024;

/// A chunk may end where these bits of the rolling hash are zero.
const BOUNDARY_MASK: u64 = 0xFFFF_0000_0000_0000;
/// A byte leaves the rolling hash after so many others.
const WINDOW: usize = 64;
/// Bytes at the beginning of a chunk that cannot influence where it ends.
const SKIPPED: usize = MIN_CHUNK - WINDOW;

/// Finds the ends of chunks in data that comes in pieces of any size. Where it cuts does not depend on the pieces.
///
/// ```
/// use hub_xet::chunker::Chunker;
///
/// let piece = vec![59; 300_000];
/// let mut chunker = Chunker::new();
/// let mut rest = piece.as_slice();
/// while let Some(end) = chunker.next_boundary(rest) {
///     assert_eq!(end, 131_072);
///     rest = rest.split_at(end).1;
/// }
/// assert_eq!(chunker.finish(), 300_000 - 2 * 131_072);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Chunker {
    hash: gearhash::Hasher<'static>,
    open: usize,
}

impl Chunker {
    /// At the beginning of a file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Bytes of the chunk that has not ended, less than [`MAX_CHUNK`].
    pub fn open_len(&self) -> usize {
        self.open
    }

    /// Reads the next bytes of the file up to the end of a chunk.
    ///
    /// `Some(n)`: the open chunk ends after the first `n` bytes (at least one) of `data`, and the rest has not been read: pass it
    /// next. `None`: all of `data` belongs to the open chunk.
    pub fn next_boundary(&mut self, data: &[u8]) -> Option<usize> {
        let mut read = 0;
        let mut take = |most: usize| {
            let rest = data.get(read..).unwrap_or_default();
            let taken = rest.get(..most).unwrap_or(rest);
            read += taken.len();
            taken
        };
        self.open += take(SKIPPED.saturating_sub(self.open)).len();
        let warm = take((MIN_CHUNK - 1).saturating_sub(self.open));
        self.hash.update(warm);
        self.open += warm.len();

        let tested = take(MAX_CHUNK - self.open);
        self.open += tested.len();
        let end = match self.hash.next_match(tested, BOUNDARY_MASK) {
            Some(matched) => read - tested.len() + matched,
            None if self.open == MAX_CHUNK => read,
            None => return None,
        };
        self.finish();
        Some(end)
    }

    /// Ends the file: the length of the last chunk in bytes, 0 if there is none. The next file can begin.
    pub fn finish(&mut self) -> usize {
        self.hash.set_hash(0);
        std::mem::take(&mut self.open)
    }
}

/// The chunks of a whole file in memory, in order. No data, no chunks.
pub fn chunks(data: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut chunker = Chunker::new();
    let mut rest = data;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = chunker.next_boundary(rest).unwrap_or(rest.len());
        let (chunk, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(chunk)
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{hash::chunk_hash, merkle::MerkleBuilder};

    /// splitmix64 with seed 0, as the protocol's vector has it.
    pub(crate) fn splitmix(len: usize) -> Vec<u8> {
        let mut state = 0_u64;
        let mut data = Vec::with_capacity(len + 8);
        while data.len() < len {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut word = state;
            word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            data.extend((word ^ (word >> 31)).to_le_bytes());
        }
        data.truncate(len);
        data
    }

    fn ends(data: &[u8]) -> Vec<usize> {
        chunks(data)
            .scan(0, |end, chunk| {
                *end += chunk.len();
                Some(*end)
            })
            .collect()
    }

    /// The rule of the protocol, byte by byte.
    fn plain(data: &[u8]) -> Vec<usize> {
        let (mut ends, mut hash, mut size) = (Vec::new(), 0_u64, 0);
        for (i, byte) in data.iter().enumerate() {
            size += 1;
            hash = (hash << 1).wrapping_add(gearhash::DEFAULT_TABLE[usize::from(*byte)]);
            if (size >= 8192 && hash & 0xFFFF_0000_0000_0000 == 0) || size == 131_072 || i + 1 == data.len() {
                ends.push(i + 1);
                (hash, size) = (0, 0);
            }
        }
        ends
    }

    #[test]
    fn random_data_is_cut_as_the_protocol_says() {
        let data = splitmix(1_000_000);
        let expected = [
            84493, 134_421, 144_853, 243_318, 271_793, 336_457, 467_529, 494_581, 582_000, 596_735, 616_815,
            653_164, 678_202, 724_510, 815_591, 827_760, 958_832, 991_092, 1_000_000,
        ];
        assert_eq!(ends(&data), expected);

        let mut tree = MerkleBuilder::new();
        tree.extend(chunks(&data).map(|chunk| (chunk_hash(chunk), chunk.len() as u64)));
        let file = "3d17b2d7d64a0e011b6717a52d9a16bd2c3f05b743fa8adf52a7d75dafab6d89";
        let xorb = "6f2ce16ca5e317f0100ff0e7e5bf40a0de9032e9ee1ad04b6b8ff4e36cdfbf6c";
        assert_eq!(tree.file_hash().to_string(), file);
        assert_eq!(tree.root().to_string(), xorb);
    }

    #[test]
    fn a_run_of_one_byte_is_cut_at_the_greatest_size() {
        let mut expected: Vec<usize> = (1..=7).map(|n| n * MAX_CHUNK).collect();
        expected.push(1_000_000);
        assert_eq!(ends(&vec![59; 1_000_000]), expected);
    }

    #[test]
    fn the_table_is_the_one_of_the_protocol() {
        let table = gearhash::DEFAULT_TABLE;
        assert_eq!((table[0], table[255]), (0xb088_d3a9_e840_f559, 0x63c7_a906_c1dd_187b));
        // The others as their sum and their weighted sum.
        let sum = table.iter().fold(0_u64, |sum, word| sum.wrapping_add(*word));
        let weighted =
            (1_u64..).zip(table).fold(0_u64, |sum, (i, word)| sum.wrapping_add(word.wrapping_mul(i)));
        assert_eq!((sum, weighted), (0xc1ac_b37e_f35c_570a, 0x6dca_e50e_44de_1e4e));
    }

    #[test]
    fn no_data_is_no_chunk() {
        assert_eq!(chunks(&[]).count(), 0);
        assert_eq!(Chunker::new().next_boundary(&[]), None);
        assert_eq!(Chunker::new().finish(), 0);
    }

    /// Data with stretches of random bytes, of one byte and of text, so that each way to end a chunk occurs.
    pub(crate) fn mixed() -> impl Strategy<Value = Vec<u8>> {
        let stretch = prop_oneof![
            (any::<u8>(), 1..200_000_usize).prop_map(|(byte, len)| vec![byte; len]),
            (0..500_000_usize, 1..200_000_usize)
                .prop_map(|(skip, len)| splitmix(skip + len)[skip..].to_vec()),
            (1..20_000_usize).prop_map(|n| "{\"weight\": 0.25}\n".repeat(n).into_bytes()[..n].to_vec()),
        ];
        proptest::collection::vec(stretch, 0..5).prop_map(|stretches| stretches.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn cuts_are_those_of_the_plain_rule(data in mixed()) {
            prop_assert_eq!(ends(&data), plain(&data));
        }

        #[test]
        fn cuts_do_not_depend_on_the_pieces(data in mixed(), sizes in proptest::collection::vec(1..70_000_usize, 1..20)) {
            let mut chunker = Chunker::new();
            let (mut at, mut found, mut rest) = (0, Vec::new(), data.as_slice());
            for size in sizes.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (mut piece, after) = rest.split_at((*size).min(rest.len()));
                rest = after;
                while let Some(end) = chunker.next_boundary(piece) {
                    at += end;
                    found.push(at + chunker.open_len());
                    piece = &piece[end..];
                }
                at += piece.len();
            }
            if chunker.finish() > 0 {
                found.push(at);
            }
            prop_assert_eq!(found, ends(&data));
        }
    }
}
