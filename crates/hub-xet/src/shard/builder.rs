//! [`ShardBuilder`]: writes a shard.

use super::{
    FileBlock, MAX_SHARD_BYTES, ShardFooter, XorbBlock,
    footer::{FOOTER_LEN, Places},
    format::{Fields, GLOBAL_DEDUP, HAS_METADATA, HAS_VERIFICATION, RECORD_LEN, TAG, VERSION},
};
use crate::{MAX_XORB_CHUNKS, XetError, error::at_most, hash::swap_sha256};

/// The header and two bookends.
const EMPTY_LEN: usize = 3 * RECORD_LEN;

/// Gathers files and xorbs up to the limit of a shard.
///
/// ```
/// use hub_xet::hash::{DedupKey, chunk_hash};
/// use hub_xet::shard::{Shard, ShardBuilder, ShardChunk, ShardFooter, XorbBlock};
///
/// // How a server answers a deduplication query: the chunks of a xorb, hidden under a key.
/// let chunk = ShardChunk { hash: chunk_hash(b"abc"), raw_len: 3, global_dedup: false };
/// let xorb = XorbBlock { hash: chunk.hash, stored_len: 11, chunks: vec![chunk] };
/// let key = DedupKey::from_bytes([7; 32]);
/// let mut builder = ShardBuilder::new();
/// builder.push_xorb(&xorb.clone().hidden(&key))?;
/// let footer = ShardFooter { key, created: 1_700_000_000, expires: 1_700_600_000 };
/// let answer = builder.finish_with(&footer);
///
/// let shard = Shard::parse(&answer)?;
/// assert_eq!(shard.footer, Some(footer));
/// assert_eq!(shard.xorbs, [xorb.hidden(&key)]);
/// # Ok::<(), hub_xet::XetError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ShardBuilder {
    max_bytes: u64,
    files: Vec<u8>,
    xorbs: Vec<u8>,
    verified: Option<bool>,
}

impl ShardBuilder {
    /// With the limit of uploads, 64 MiB.
    pub fn new() -> Self {
        Self { max_bytes: MAX_SHARD_BYTES as u64, files: Vec::new(), xorbs: Vec::new(), verified: None }
    }

    /// At most so many bytes, with a footer.
    #[must_use]
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.max_bytes = bytes;
        self
    }

    /// Length in bytes of the shard so far, without a footer.
    pub fn byte_len(&self) -> u64 {
        (EMPTY_LEN + self.files.len() + self.xorbs.len()) as u64
    }

    /// Whether there is neither a file nor a xorb.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty() && self.xorbs.is_empty()
    }

    /// Adds a file.
    ///
    /// # Errors
    ///
    /// [`XetError::TooLarge`]: it has no room; finish this shard and add it to the next. Otherwise a term cannot exist, the file
    /// has verifications for some terms only, or files before it had verifications and it has none, or the reverse.
    pub fn push_file(&mut self, file: &FileBlock) -> Result<(), XetError> {
        let wrong = |reason| XetError::invalid("file of a shard", reason);
        let has_verification = !file.verification.is_empty();
        if has_verification && file.verification.len() != file.terms.len() {
            return Err(wrong("it has not one verification for each term"));
        }
        file.terms.iter().try_for_each(|term| term.checked().map(drop))?;
        // The empty file has no terms to verify, so it goes with both.
        let verified = self.verified.unwrap_or(has_verification || file.terms.is_empty());
        if !file.terms.is_empty() && verified != has_verification {
            return Err(wrong("all files of a shard must have verifications, or none"));
        }
        let records = 1 + file.terms.len() + file.verification.len() + usize::from(file.sha256.is_some());
        self.room(records)?;
        self.verified = Some(verified);

        let mut header = Fields::of_hash(&file.hash);
        let flag = |flag: u32, set: bool| if set { flag } else { 0 };
        let count = u32::try_from(file.terms.len()).map_err(|_| wrong("it has too many terms"))?;
        let flags = flag(HAS_VERIFICATION, verified) | flag(HAS_METADATA, file.sha256.is_some());
        header.words = [flags, count, 0, 0];
        header.write(&mut self.files);
        file.terms.iter().for_each(|term| Fields::of_term(term).write(&mut self.files));
        file.verification.iter().for_each(|hash| Fields::of_hash(hash).write(&mut self.files));
        if let Some(digest) = file.sha256 {
            Fields::of_hash(&swap_sha256(digest).into()).write(&mut self.files);
        }
        Ok(())
    }

    /// Adds a xorb.
    ///
    /// # Errors
    ///
    /// [`XetError::TooLarge`]: it has no room, or more chunks or bytes than a xorb may have.
    pub fn push_xorb(&mut self, xorb: &XorbBlock) -> Result<(), XetError> {
        at_most("number of chunks in a xorb", xorb.chunks.len() as u64, MAX_XORB_CHUNKS as u64)?;
        let raw_len: u64 = xorb.chunks.iter().map(|chunk| u64::from(chunk.raw_len)).sum();
        at_most("raw length of a xorb", raw_len, crate::MAX_XORB_BYTES as u64)?;
        self.room(1 + xorb.chunks.len())?;

        let mut header = Fields::of_hash(&xorb.hash);
        header.words = [0, xorb.chunks.len() as u32, raw_len as u32, xorb.stored_len];
        header.write(&mut self.xorbs);
        let mut raw_offset = 0;
        for chunk in &xorb.chunks {
            let mut record = Fields::of_hash(&chunk.hash);
            let flags = if chunk.global_dedup { GLOBAL_DEDUP } else { 0 };
            record.words = [raw_offset, chunk.raw_len, flags, 0];
            record.write(&mut self.xorbs);
            raw_offset += chunk.raw_len;
        }
        Ok(())
    }

    /// The shard as it is uploaded, without a footer.
    pub fn finish(self) -> Vec<u8> {
        self.write(None)
    }

    /// The shard as it is stored or answers a query. Its lookup tables are empty, which readers take as "scan the sections".
    pub fn finish_with(self, footer: &ShardFooter) -> Vec<u8> {
        self.write(Some(footer))
    }

    fn write(self, footer: Option<&ShardFooter>) -> Vec<u8> {
        let footer_len = if footer.is_some() { FOOTER_LEN } else { 0 };
        let mut out = Vec::with_capacity(self.byte_len() as usize + footer_len);
        out.extend(TAG);
        out.extend(VERSION.to_le_bytes());
        out.extend((footer_len as u64).to_le_bytes());
        out.extend(self.files);
        Fields::BOOKEND.write(&mut out);
        let xorb_section = out.len() as u64;
        out.extend(self.xorbs);
        Fields::BOOKEND.write(&mut out);
        if let Some(footer) = footer {
            let places = Places { xorb_section, footer: out.len() as u64 };
            footer.write(&places, &mut out);
        }
        out
    }

    fn room(&self, records: usize) -> Result<(), XetError> {
        let len = self.byte_len() + (records * RECORD_LEN + FOOTER_LEN) as u64;
        at_most("length of a shard", len, self.max_bytes)
    }
}

impl Default for ShardBuilder {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        ChunkRange, MerkleHash,
        hash::DedupKey,
        recipe::Term,
        shard::{Shard, ShardChunk, ShardEvent, ShardReader},
    };

    fn hash() -> impl Strategy<Value = MerkleHash> {
        any::<[u8; 32]>().prop_map(MerkleHash::from_bytes)
    }

    fn file(verified: bool) -> impl Strategy<Value = FileBlock> {
        let term =
            (hash(), 0..8191_u32, 1..100_u32, 100..1_000_000_u32).prop_map(|(xorb, start, len, raw_len)| {
                Term { xorb, chunks: ChunkRange::new(start, (start + len).min(8192)), raw_len }
            });
        let terms = proptest::collection::vec((term, hash()), 0..6);
        (hash(), terms, any::<Option<[u8; 32]>>()).prop_map(move |(hash, terms, sha256)| {
            let (terms, mut verification): (Vec<_>, Vec<_>) = terms.into_iter().unzip();
            verification.truncate(if verified { usize::MAX } else { 0 });
            FileBlock { hash, terms, verification, sha256 }
        })
    }

    fn xorb() -> impl Strategy<Value = XorbBlock> {
        let chunk = (hash(), 1..131_073_u32, any::<bool>())
            .prop_map(|(hash, raw_len, global_dedup)| ShardChunk { hash, raw_len, global_dedup });
        (hash(), any::<u32>(), proptest::collection::vec(chunk, 1..6))
            .prop_map(|(hash, stored_len, chunks)| XorbBlock { hash, stored_len, chunks })
    }

    fn footer() -> impl Strategy<Value = ShardFooter> {
        (any::<[u8; 32]>(), any::<u64>(), any::<u64>()).prop_map(|(key, created, expires)| ShardFooter {
            key: DedupKey::from_bytes(key),
            created,
            expires,
        })
    }

    fn shard() -> impl Strategy<Value = Shard> {
        let files = any::<bool>().prop_flat_map(|verified| proptest::collection::vec(file(verified), 0..4));
        (files, proptest::collection::vec(xorb(), 0..4), proptest::option::of(footer()))
            .prop_map(|(files, xorbs, footer)| Shard { files, xorbs, footer })
    }

    fn write(shard: &Shard) -> Result<Vec<u8>, XetError> {
        let mut builder = ShardBuilder::new();
        shard.files.iter().try_for_each(|file| builder.push_file(file))?;
        shard.xorbs.iter().try_for_each(|xorb| builder.push_xorb(xorb))?;
        Ok(match &shard.footer {
            Some(footer) => builder.finish_with(footer),
            None => builder.finish(),
        })
    }

    fn read_in_pieces(bytes: &[u8], piece: usize) -> Result<Vec<ShardEvent>, XetError> {
        let mut reader = ShardReader::new(bytes.len() as u64);
        let mut events = Vec::new();
        for mut input in bytes.chunks(piece) {
            while let Some(event) = reader.next_event(&mut input)? {
                events.push(event);
            }
        }
        reader.finish().map(|_| events)
    }

    #[test]
    fn the_empty_shard_is_a_header_and_two_bookends() {
        let bytes = ShardBuilder::new().finish();
        assert_eq!(bytes.len(), 144);
        assert_eq!(bytes[..14], *b"HFRepoMetaData");
        assert_eq!(bytes[48..80], [0xFF; 32]);
    }

    #[test]
    fn a_count_beyond_the_end_is_refused_before_anything_is_allocated() {
        for (at, section) in [(48 + 36, "file"), (96 + 36, "xorb")] {
            let mut bytes = ShardBuilder::new().finish();
            let record = at - 36;
            bytes[record..record + 32].fill(1);
            bytes[at..at + 4].copy_from_slice(&8000_u32.to_le_bytes());
            assert!(matches!(Shard::parse(&bytes), Err(XetError::TooLarge { .. })), "{section}");
        }
    }

    #[test]
    fn what_follows_the_end_is_refused() {
        let mut bytes = ShardBuilder::new().finish();
        bytes.push(0);
        assert!(Shard::parse(&bytes).is_err());
    }

    #[test]
    fn a_full_shard_says_so() {
        let chunk = ShardChunk { hash: MerkleHash::ZERO, raw_len: 1, global_dedup: false };
        let xorb = XorbBlock { hash: MerkleHash::ZERO, stored_len: 0, chunks: vec![chunk] };
        let mut builder = ShardBuilder::new().max_bytes(144 + 200 + 96);
        assert_eq!(builder.push_xorb(&xorb), Ok(()));
        assert!(matches!(builder.push_xorb(&xorb), Err(XetError::TooLarge { .. })));
        assert_eq!(builder.finish_with(&ShardFooter::new(0)).len(), 144 + 200 + 96);
    }

    #[test]
    fn verifications_are_all_there_or_none() {
        let term = Term { xorb: MerkleHash::ZERO, chunks: ChunkRange::new(0, 1), raw_len: 1 };
        let file = |terms: usize, verifications: usize| FileBlock {
            hash: MerkleHash::ZERO,
            terms: vec![term; terms],
            verification: vec![MerkleHash::ZERO; verifications],
            sha256: None,
        };
        let mut builder = ShardBuilder::new();
        assert!(builder.push_file(&file(2, 1)).is_err());
        assert!(builder.push_file(&file(1, 1)).is_ok());
        assert!(builder.push_file(&file(1, 0)).is_err());
        assert!(builder.push_file(&file(0, 0)).is_ok());
        assert_eq!(Shard::parse(&builder.finish()).unwrap().files.len(), 2);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]
        #[test]
        fn what_is_written_is_read_back(shard in shard(), piece in 1..300_usize) {
            // A shard with an empty file first cannot know that the others have no verifications.
            let Ok(bytes) = write(&shard) else {
                prop_assert!(shard.files[0].terms.is_empty());
                return Ok(());
            };
            prop_assert_eq!(&Shard::parse(&bytes).unwrap(), &shard);
            let whole = read_in_pieces(&bytes, bytes.len()).unwrap();
            prop_assert_eq!(read_in_pieces(&bytes, piece).unwrap(), whole);
            for len in 0..bytes.len() {
                prop_assert!(Shard::parse(&bytes[..len]).is_err());
            }
        }

        #[test]
        fn changed_bytes_never_panic(
            shard in shard(),
            changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
        ) {
            let mut bytes = write(&shard).unwrap_or_default();
            for (at, byte) in changes {
                if !bytes.is_empty() {
                    let at = at.index(bytes.len());
                    bytes[at] = byte;
                }
            }
            let whole = Shard::parse(&bytes).is_ok();
            prop_assert_eq!(read_in_pieces(&bytes, 100).is_ok(), whole);
        }
    }
}
