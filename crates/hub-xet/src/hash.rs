//! [`MerkleHash`], its odd text form, and the keyed BLAKE3 hashes of the protocol (sections 2 and 3).
//!
//! ```
//! use hub_xet::hash::{self, MerkleHash};
//!
//! let hash = hash::chunk_hash(b"Hello World!");
//! let text = "d8d408e608fb9ca213b9909a65d86d725f2de4d8d540324be8a363e7a6e228cb";
//! assert_eq!(hash.to_string(), text);
//! assert_eq!(text.parse::<MerkleHash>()?, hash);
//! # Ok::<(), hub_xet::XetError>(())
//! ```

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::XetError;

/// Length of a [`MerkleHash`] in bytes.
pub const HASH_LEN: usize = 32;
/// One chunk in so many is asked for in the global index, on average.
pub const GLOBAL_DEDUP_MODULUS: u64 = 1024;

const DATA_KEY: [u8; 32] = [
    102, 151, 245, 119, 91, 149, 80, 222, 49, 53, 203, 172, 165, 151, 24, 28, 157, 228, 33, 16, 155, 235, 43,
    88, 180, 208, 176, 75, 147, 173, 242, 41,
];
const NODE_KEY: [u8; 32] = [
    1, 126, 197, 199, 165, 71, 41, 150, 253, 148, 102, 102, 180, 138, 2, 230, 93, 221, 83, 111, 55, 199, 109,
    210, 248, 99, 82, 230, 74, 83, 113, 63,
];
const RANGE_KEY: [u8; 32] = [
    127, 24, 87, 214, 206, 86, 237, 102, 18, 127, 249, 19, 231, 165, 195, 243, 164, 205, 38, 213, 181, 219,
    73, 230, 65, 36, 152, 127, 40, 251, 148, 195,
];
const FILE_KEY: [u8; 32] = [0; 32];

/// The hash of a chunk, xorb, file or range of chunks: 32 bytes.
///
/// Its text form, in URLs and JSON, is 64 hexadecimal digits in which each group of eight bytes stands in reverse. Text of
/// either case is read; `serde` uses the text form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MerkleHash([u8; HASH_LEN]);

impl MerkleHash {
    /// 32 zero bytes: the hash of no chunks at all, and of the empty file.
    pub const ZERO: Self = Self([0; HASH_LEN]);

    /// The hash with these raw bytes.
    pub const fn from_bytes(bytes: [u8; HASH_LEN]) -> Self {
        Self(bytes)
    }

    /// The raw bytes, as binary formats have them.
    pub const fn as_bytes(&self) -> &[u8; HASH_LEN] {
        &self.0
    }

    /// The first eight bytes as a little-endian number, by which lookup tables of shards are sorted.
    pub fn head(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    /// The last eight bytes as a little-endian number, which decides where groups of the merkle tree end.
    pub fn tail(&self) -> u64 {
        let [.., a, b, c, d, e, f, g, h] = self.0;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    /// Whether a chunk with this hash is one that global deduplication is asked about, wherever it stands in a file.
    pub fn is_global_dedup_candidate(&self) -> bool {
        self.tail().is_multiple_of(GLOBAL_DEDUP_MODULUS)
    }
}

impl From<[u8; HASH_LEN]> for MerkleHash {
    fn from(bytes: [u8; HASH_LEN]) -> Self {
        Self(bytes)
    }
}

impl fmt::Display for MerkleHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (words, _) = self.0.as_chunks::<8>();
        words.iter().try_for_each(|word| write!(f, "{:016x}", u64::from_le_bytes(*word)))
    }
}

impl fmt::Debug for MerkleHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MerkleHash({self})")
    }
}

impl FromStr for MerkleHash {
    type Err = XetError;

    fn from_str(text: &str) -> Result<Self, XetError> {
        const WRONG: XetError =
            XetError::Invalid { what: "merkle hash", reason: "it must be 64 hexadecimal digits" };
        let (groups, rest) = text.as_bytes().as_chunks::<16>();
        if groups.len() != HASH_LEN / 8 || !rest.is_empty() {
            return Err(WRONG);
        }
        let mut bytes = [0; HASH_LEN];
        for (word, group) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(groups) {
            let mut value = 0_u64;
            for digit in group {
                let digit = char::from(*digit).to_digit(16).ok_or(WRONG)?;
                value = value << 4 | u64::from(digit);
            }
            *word = value.to_le_bytes();
        }
        Ok(Self(bytes))
    }
}

impl Serialize for MerkleHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for MerkleHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl de::Visitor<'_> for Text {
            type Value = MerkleHash;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("64 hexadecimal digits")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<MerkleHash, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_str(Text)
    }
}

/// The key under which the chunk hashes of a shard are hidden (section 12). All zero: they are plain.
///
/// `Debug` does not show it: who has it can find out which chunks a response lists.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct DedupKey([u8; HASH_LEN]);

impl DedupKey {
    /// No key: chunk hashes stand as they are.
    pub const PLAIN: Self = Self([0; HASH_LEN]);

    /// The key with these bytes.
    pub const fn from_bytes(bytes: [u8; HASH_LEN]) -> Self {
        Self(bytes)
    }

    /// The raw bytes, as the footer of a shard has them.
    pub const fn as_bytes(&self) -> &[u8; HASH_LEN] {
        &self.0
    }

    /// What stands in a shard with this key for a chunk hash.
    pub fn hide(&self, chunk: &MerkleHash) -> MerkleHash {
        if *self == Self::PLAIN { *chunk } else { keyed(&self.0, &chunk.0) }
    }
}

impl fmt::Debug for DedupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::PLAIN { "DedupKey::PLAIN" } else { "DedupKey(…)" })
    }
}

fn keyed(key: &[u8; 32], data: &[u8]) -> MerkleHash {
    MerkleHash(*blake3::keyed_hash(key, data).as_bytes())
}

/// The hash of a chunk's raw bytes.
pub fn chunk_hash(data: &[u8]) -> MerkleHash {
    keyed(&DATA_KEY, data)
}

/// The hash of a chunk whose raw bytes come in pieces.
#[derive(Debug, Clone)]
pub struct ChunkHasher(blake3::Hasher);

impl ChunkHasher {
    /// Nothing hashed yet.
    pub fn new() -> Self {
        Self(blake3::Hasher::new_keyed(&DATA_KEY))
    }

    /// Adds the next bytes of the chunk.
    pub fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    /// The hash of all bytes so far; the next chunk can begin.
    pub fn finish(&mut self) -> MerkleHash {
        let hash = MerkleHash(*self.0.finalize().as_bytes());
        self.0.reset();
        hash
    }
}

impl Default for ChunkHasher {
    fn default() -> Self {
        Self::new()
    }
}

/// The hash of an inner node of the merkle tree over its children: each a hash and a number of raw bytes.
///
/// [`MerkleBuilder`](crate::merkle::MerkleBuilder) finds the children.
pub fn node_hash(children: &[(MerkleHash, u64)]) -> MerkleHash {
    use std::io::Write;
    // A line is at most 64 + 3 + 20 + 1 bytes, a node has at most nine.
    let mut text = Vec::with_capacity(children.len() * 88);
    for (hash, length) in children {
        // Writing to a vector does not fail.
        let _ = writeln!(text, "{hash} : {length}");
    }
    keyed(&NODE_KEY, &text)
}

/// The hash of a file, from the root of the tree over all of its chunks. The empty file has no root, and the hash
/// [`MerkleHash::ZERO`]; [`MerkleBuilder::file_hash`](crate::merkle::MerkleBuilder::file_hash) knows that.
pub fn file_hash(root: &MerkleHash) -> MerkleHash {
    keyed(&FILE_KEY, &root.0)
}

/// The range hash of a term: what proves that a shard's author has the hashes of the chunks that it refers to.
pub fn range_hash<'a>(chunks: impl IntoIterator<Item = &'a MerkleHash>) -> MerkleHash {
    let mut hasher = RangeHasher::new();
    chunks.into_iter().for_each(|chunk| hasher.push(chunk));
    hasher.finish()
}

/// [`range_hash`] while the chunks of the term come one by one.
#[derive(Debug, Clone)]
pub struct RangeHasher(blake3::Hasher);

impl RangeHasher {
    /// No chunk yet.
    pub fn new() -> Self {
        Self(blake3::Hasher::new_keyed(&RANGE_KEY))
    }

    /// Adds the plain hash of the next chunk.
    pub fn push(&mut self, chunk: &MerkleHash) {
        self.0.update(&chunk.0);
    }

    /// The range hash of all chunks so far.
    pub fn finish(&self) -> MerkleHash {
        MerkleHash(*self.0.finalize().as_bytes())
    }
}

impl Default for RangeHasher {
    fn default() -> Self {
        Self::new()
    }
}

/// A sha256 as shards store it: each group of eight bytes reversed. The same function leads back.
pub(crate) fn swap_sha256(digest: [u8; 32]) -> [u8; 32] {
    let mut swapped = digest;
    swapped.as_chunks_mut::<8>().0.iter_mut().for_each(|word| word.reverse());
    swapped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hash(text: &str) -> MerkleHash {
        text.parse().unwrap()
    }

    #[test]
    fn the_text_form_reverses_groups_of_eight_bytes() {
        let bytes = std::array::from_fn(|i| i as u8);
        let text = "07060504030201000f0e0d0c0b0a090817161514131211101f1e1d1c1b1a1918";
        assert_eq!(MerkleHash::from_bytes(bytes).to_string(), text);
        assert_eq!(hash(text), MerkleHash::from_bytes(bytes));
        assert_eq!(hash(&text.to_uppercase()), MerkleHash::from_bytes(bytes));
        assert_eq!(serde_json::to_string(&hash(text)).unwrap(), format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<MerkleHash>(&format!("\"{text}\"")).unwrap(), hash(text));
    }

    #[test]
    fn other_texts_are_no_hash() {
        let digits = "0".repeat(64);
        for wrong in ["", "0", &digits[1..], &format!("{digits}0"), &"+0".repeat(32), &"é".repeat(32)] {
            assert!(wrong.parse::<MerkleHash>().is_err(), "{wrong}");
            assert!(serde_json::from_value::<MerkleHash>(wrong.into()).is_err());
        }
    }

    #[test]
    fn a_chunk_has_the_hash_of_the_protocol() {
        let raw = "a29cfb08e608d4d8726dd8659a90b9134b3240d5d8e42d5fcb28e2a6e763a3e8";
        let hex: String = chunk_hash(b"Hello World!").as_bytes().iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(hex, raw);
    }

    #[test]
    fn nodes_and_ranges_have_the_hashes_of_the_protocol() {
        let a = hash("c28f58387a60d4aa200c311cda7c7f77f686614864f5869eadebf765d0a14a69");
        let b = hash("6e4e3263e073ce2c0e78cc770c361e2778db3b054b98ab65e277fc084fa70f22");
        let node = "be64c7003ccd3cf4357364750e04c9592b3c36705dee76a71590c011766b6c14";
        assert_eq!(node_hash(&[(a, 100), (b, 200)]), hash(node));
        let range = "eb06a8ad81d588ac05d1d9a079232d9c1e7d0b07232fa58091caa7bf333a2768";
        assert_eq!(range_hash(&[a, b]), hash(range));
    }

    #[test]
    fn a_key_of_zeros_hides_nothing() {
        let chunk = chunk_hash(b"a");
        assert_eq!(DedupKey::PLAIN.hide(&chunk), chunk);
        assert_ne!(DedupKey::from_bytes([1; 32]).hide(&chunk), chunk);
    }

    #[test]
    fn a_stored_sha256_read_as_a_hash_has_the_usual_digits() {
        let digest: [u8; 32] = std::array::from_fn(|i| i as u8);
        let usual: String = digest.iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(MerkleHash::from_bytes(swap_sha256(digest)).to_string(), usual);
        assert_eq!(swap_sha256(swap_sha256(digest)), digest);
    }

    proptest! {
        #[test]
        fn a_text_comes_back(bytes: [u8; 32]) {
            let hash = MerkleHash::from_bytes(bytes);
            prop_assert_eq!(hash.to_string().parse(), Ok(hash));
        }

        #[test]
        fn pieces_hash_like_the_whole(data in proptest::collection::vec(any::<u8>(), 0..5000), cut: prop::sample::Index) {
            let (head, rest) = data.split_at(cut.index(data.len() + 1));
            let mut hasher = ChunkHasher::new();
            for _ in 0..2 {
                hasher.update(head);
                hasher.update(rest);
                prop_assert_eq!(hasher.finish(), chunk_hash(&data));
            }
        }
    }
}
