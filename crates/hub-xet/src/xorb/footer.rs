//! The footer that older writers append to a xorb, and in which a [`XorbIndex`] is stored.

use super::{IndexBuilder, XorbIndex};
use crate::{
    MAX_XORB_CHUNKS, XetError,
    error::at_most,
    hash::{HASH_LEN, MerkleHash},
};

const MAGIC: [u8; 7] = *b"XETBLOB";
const HASHES: [u8; 7] = *b"XBLBHSH";
const BOUNDARIES: [u8; 7] = *b"XBLBBND";
const VERSION: u8 = 1;
const HASHES_VERSION: u8 = 0;
const BOUNDARIES_VERSION: u8 = 1;
/// Length of a footer of version 1 without chunks.
const FIXED_LEN: usize = 92;
const CHUNK_LEN: usize = 40;
/// What stands behind the boundaries: a count, two distances and 16 bytes.
const TAIL_LEN: usize = 28;
const SECTION_HEAD: usize = 12;

/// Greatest length of a footer in bytes, with the four bytes after it that say how long it is.
pub const MAX_FOOTER_LEN: usize = FIXED_LEN + CHUNK_LEN * MAX_XORB_CHUNKS + 4;

/// The byte with which a footer begins, where a record would have its version.
pub(super) const FIRST_BYTE: u8 = b'X';

impl XorbIndex {
    /// The footer, version 1, and the four bytes after it that say how long it is.
    pub fn to_footer(&self) -> Vec<u8> {
        let count = self.chunk_count();
        let len = FIXED_LEN + CHUNK_LEN * self.chunk_count() as usize;
        let boundaries = (SECTION_HEAD + TAIL_LEN) as u32 + 8 * count;
        let mut out = Vec::with_capacity(len + 4);
        out.extend(MAGIC);
        out.push(VERSION);
        out.extend(self.hash().as_bytes());

        out.extend(HASHES);
        out.push(HASHES_VERSION);
        out.extend(count.to_le_bytes());
        self.chunks().for_each(|chunk| out.extend(chunk.hash.as_bytes()));

        out.extend(BOUNDARIES);
        out.push(BOUNDARIES_VERSION);
        out.extend(count.to_le_bytes());
        let mut end = |end: u64| out.extend((end as u32).to_le_bytes());
        self.chunks().for_each(|chunk| end(chunk.record.end));
        self.chunks().for_each(|chunk| end(chunk.raw.end));

        out.extend(count.to_le_bytes());
        out.extend((SECTION_HEAD as u32 + HASH_LEN as u32 * count + boundaries).to_le_bytes());
        out.extend(boundaries.to_le_bytes());
        out.extend([0; 16]);
        let len = out.len() as u32;
        out.extend(len.to_le_bytes());
        out
    }

    /// Reads what [`to_footer`](Self::to_footer) writes. The hash is computed, and must be the one that is written.
    ///
    /// A hash says nothing of how chunks are compressed: that records lie where a footer says is only known of one's own footers, and
    /// otherwise by reading the body with a [`XorbReader`](super::XorbReader).
    ///
    /// # Errors
    ///
    /// It is cut off, of another version, or contradicts itself.
    pub fn from_footer(bytes: &[u8]) -> Result<Self, XetError> {
        let mut input = Input(bytes);
        if input.version(MAGIC)? != VERSION {
            return Err(unsupported(bytes));
        }
        let hash = input.hash()?;
        if input.version(HASHES)? != HASHES_VERSION {
            return Err(unsupported(bytes));
        }
        let count = input.count()?;
        let hashes = input.take(count * HASH_LEN)?;
        if input.version(BOUNDARIES)? != BOUNDARIES_VERSION {
            return Err(unsupported(bytes));
        }
        input.same(count)?;
        let stored = input.take(count * 4)?;
        let raw = input.take(count * 4)?;
        input.same(count)?;
        let boundaries = SECTION_HEAD + TAIL_LEN + 8 * count;
        input.same(boundaries + SECTION_HEAD + HASH_LEN * count)?;
        input.same(boundaries)?;
        // May hold a nonce.
        input.take(16)?;
        input.same(FIXED_LEN + CHUNK_LEN * count)?;
        input.end()?;

        let mut index = IndexBuilder::new();
        let chunks = hashes.as_chunks::<HASH_LEN>().0.iter().zip(words(stored)).zip(words(raw));
        for ((hash, stored_end), raw_end) in chunks {
            let length =
                |end: u64, before: u64| end.checked_sub(before).ok_or_else(|| wrong("its ends do not grow"));
            let record_len = length(stored_end, index.stored_len())?;
            let raw_len = length(raw_end, index.raw_len())?;
            index.push(MerkleHash::from_bytes(*hash), record_len, raw_len)?;
        }
        let index = index.finish()?;
        if index.hash() != hash {
            return Err(XetError::mismatch("hash in a xorb footer", index.hash(), hash));
        }
        Ok(index)
    }

    /// Whether `bytes` are a footer, of version 0 or 1, of the xorb that this index was made from.
    ///
    /// # Errors
    ///
    /// They are not.
    pub(super) fn check_footer(&self, bytes: &[u8]) -> Result<(), XetError> {
        match bytes.get(MAGIC.len()) {
            Some(0) => self.check_footer_v0(bytes),
            _ if Self::from_footer(bytes)? == *self => Ok(()),
            _ => Err(contradicts()),
        }
    }

    fn check_footer_v0(&self, bytes: &[u8]) -> Result<(), XetError> {
        let mut input = Input(bytes);
        input.version(MAGIC)?;
        let hash = input.hash()?;
        let count = input.count()?;
        let stored = input.take(count * 4)?;
        let hashes = input.take(count * HASH_LEN)?;
        input.take(16)?;
        input.same(bytes.len() - 4)?;
        input.end()?;
        let same = hash == self.hash()
            && words(stored).eq(self.chunks().map(|chunk| chunk.record.end))
            && hashes
                .as_chunks::<HASH_LEN>()
                .0
                .iter()
                .copied()
                .map(MerkleHash::from_bytes)
                .eq(self.chunks().map(|chunk| chunk.hash));
        if same { Ok(()) } else { Err(contradicts()) }
    }
}

fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word).into())
}

fn wrong(reason: &'static str) -> XetError {
    XetError::invalid("xorb footer", reason)
}

fn contradicts() -> XetError {
    wrong("it does not fit the chunks before it")
}

fn unsupported(bytes: &[u8]) -> XetError {
    let value = bytes.get(MAGIC.len()).copied().unwrap_or_default();
    XetError::Unsupported { what: "version of a xorb footer", value: value.into() }
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], XetError> {
        let (taken, rest) =
            self.0.split_at_checked(len).ok_or(XetError::Truncated { what: "xorb footer" })?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], XetError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(XetError::Truncated { what: "xorb footer" })?;
        self.0 = rest;
        Ok(*taken)
    }

    /// The version after a section's name.
    fn version(&mut self, name: [u8; 7]) -> Result<u8, XetError> {
        if self.array()? != name {
            return Err(wrong("a section does not begin with its name"));
        }
        self.array().map(|[version]| version)
    }

    fn hash(&mut self) -> Result<MerkleHash, XetError> {
        self.array().map(MerkleHash::from_bytes)
    }

    fn word(&mut self) -> Result<u32, XetError> {
        self.array().map(u32::from_le_bytes)
    }

    /// A number of chunks, within the limit.
    fn count(&mut self) -> Result<usize, XetError> {
        let count = self.word()?;
        at_most("number of chunks in a xorb", count.into(), MAX_XORB_CHUNKS as u64)?;
        Ok(count as usize)
    }

    /// A number that follows from others.
    fn same(&mut self, expected: usize) -> Result<(), XetError> {
        if self.word()? as usize == expected {
            Ok(())
        } else {
            Err(wrong("a count or distance in it is not right"))
        }
    }

    fn end(&self) -> Result<(), XetError> {
        if self.0.is_empty() { Ok(()) } else { Err(wrong("more bytes follow its end")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xorb::index::tests::index;

    fn version_0(index: &XorbIndex) -> Vec<u8> {
        let mut out =
            [&MAGIC[..], &[0], index.hash().as_bytes(), &index.chunk_count().to_le_bytes()].concat();
        index.chunks().for_each(|chunk| out.extend((chunk.record.end as u32).to_le_bytes()));
        index.chunks().for_each(|chunk| out.extend(chunk.hash.as_bytes()));
        out.extend([0; 16]);
        let len = out.len() as u32;
        out.extend(len.to_le_bytes());
        out
    }

    #[test]
    fn a_footer_comes_back() {
        for count in [1, 2, 100] {
            let index = index(count);
            let footer = index.to_footer();
            assert_eq!(footer.len(), 96 + 40 * count as usize);
            assert_eq!(XorbIndex::from_footer(&footer).as_ref(), Ok(&index));
            assert_eq!(index.check_footer(&footer), Ok(()));
            assert_eq!(index.check_footer(&version_0(&index)), Ok(()));
        }
    }

    #[test]
    fn every_changed_byte_is_noticed_but_those_of_the_nonce() {
        let index = index(3);
        for footer in [index.to_footer(), version_0(&index)] {
            let nonce = footer.len() - 20..footer.len() - 4;
            for at in 0..footer.len() {
                let mut changed = footer.clone();
                changed[at] ^= 1;
                assert_eq!(index.check_footer(&changed).is_ok(), nonce.contains(&at), "byte {at}");
                assert!(index.check_footer(&footer[..at]).is_err());
            }
            assert!(index.check_footer(&[footer.as_slice(), &[0]].concat()).is_err());
        }
    }
}
