//! The records of a shard, 48 bytes each.

use crate::{ChunkRange, MerkleHash, recipe::Term};

pub(super) const RECORD_LEN: usize = 48;
pub(super) type Record = [u8; RECORD_LEN];

/// "HFRepoMetaData", a zero, and 17 bytes that no text file has.
pub(super) const TAG: [u8; 32] = [
    72, 70, 82, 101, 112, 111, 77, 101, 116, 97, 68, 97, 116, 97, 0, 85, 105, 103, 69, 106, 123, 129, 87,
    131, 165, 189, 217, 92, 205, 209, 74, 169,
];
pub(super) const VERSION: u64 = 2;

/// A file's header: verification records follow.
pub(super) const HAS_VERIFICATION: u32 = 1 << 31;
/// A file's header: a metadata record follows.
pub(super) const HAS_METADATA: u32 = 1 << 30;
/// A chunk of a xorb: global deduplication may be asked about it.
pub(super) const GLOBAL_DEDUP: u32 = 1 << 31;

/// Most shards' records are a hash and four numbers.
#[derive(Clone, Copy)]
pub(super) struct Fields {
    pub(super) hash: [u8; 32],
    pub(super) words: [u32; 4],
}

impl Fields {
    pub(super) const BOOKEND: Self = Self { hash: [0xFF; 32], words: [0; 4] };

    pub(super) fn read(record: &Record) -> Self {
        let mut fields = Self { hash: [0; 32], words: [0; 4] };
        let (hash, words) = record.split_at(32);
        if let Ok(hash) = hash.try_into() {
            fields.hash = hash;
        }
        for (field, word) in fields.words.iter_mut().zip(words.as_chunks::<4>().0) {
            *field = u32::from_le_bytes(*word);
        }
        fields
    }

    pub(super) fn write(self, out: &mut Vec<u8>) {
        out.extend(self.hash);
        self.words.iter().for_each(|word| out.extend(word.to_le_bytes()));
    }

    pub(super) fn is_bookend(&self) -> bool {
        self.hash == Self::BOOKEND.hash
    }

    pub(super) fn of_hash(hash: &MerkleHash) -> Self {
        Self { hash: *hash.as_bytes(), words: [0; 4] }
    }

    pub(super) fn of_term(term: &Term) -> Self {
        let words = [0, term.raw_len, term.chunks.start, term.chunks.end];
        Self { hash: *term.xorb.as_bytes(), words }
    }

    pub(super) fn term(&self) -> Term {
        let [_, raw_len, start, end] = self.words;
        Term { xorb: self.hash.into(), chunks: ChunkRange::new(start, end), raw_len }
    }
}
