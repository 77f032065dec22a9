//! The footer of a shard that is stored or that answers a query.

use super::format::RECORD_LEN;
use crate::{XetError, hash::DedupKey};

/// Length of a footer in bytes.
pub(super) const FOOTER_LEN: usize = 200;
const VERSION: u64 = 1;

/// What a stored or answered shard says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShardFooter {
    /// Under which key the chunk hashes of the xorbs are hidden.
    pub key: DedupKey,
    /// When the shard was made, in seconds since 1970.
    pub created: u64,
    /// Until when it may be used, in seconds since 1970. `u64::MAX`: for ever.
    pub expires: u64,
}

/// Where the parts of a shard are, in bytes from its beginning.
pub(super) struct Places {
    pub(super) xorb_section: u64,
    pub(super) footer: u64,
}

impl ShardFooter {
    /// A footer with plain chunk hashes that never expires.
    pub const fn new(created: u64) -> Self {
        Self { key: DedupKey::PLAIN, created, expires: u64::MAX }
    }

    /// The footer after a shard without lookup tables: their place is then where the footer is, which is also how readers find the
    /// end of the xorb section.
    pub(super) fn write(&self, places: &Places, out: &mut Vec<u8>) {
        let mut words = |words: &[u64]| words.iter().for_each(|word| out.extend(word.to_le_bytes()));
        let lookup = places.footer;
        words(&[VERSION, RECORD_LEN as u64, places.xorb_section, lookup, 0, lookup, 0, lookup, 0]);
        out.extend(self.key.as_bytes());
        let mut words = |words: &[u64]| words.iter().for_each(|word| out.extend(word.to_le_bytes()));
        words(&[self.created, self.expires]);
        words(&[0; 6]);
        words(&[0, 0, 0, places.footer]);
    }

    pub(super) fn read(bytes: &[u8; FOOTER_LEN], places: &Places) -> Result<Self, XetError> {
        let wrong = |reason| XetError::invalid("shard footer", reason);
        let word = |at: usize| -> u64 {
            bytes.get(at..).and_then(|rest| rest.first_chunk()).map_or(0, |word| u64::from_le_bytes(*word))
        };
        if word(0) != VERSION {
            return Err(XetError::Unsupported { what: "version of a shard footer", value: word(0) });
        }
        if (word(8), word(16), word(192)) != (RECORD_LEN as u64, places.xorb_section, places.footer) {
            return Err(wrong("an offset in it is not right"));
        }
        for (at, entry_len) in [(24, 12), (40, 12), (56, 16)] {
            let end = word(at + 8).checked_mul(entry_len).and_then(|len| len.checked_add(word(at)));
            if end.is_none_or(|end| end > places.footer) {
                return Err(wrong("a lookup table lies beyond its end"));
            }
        }
        let key = bytes.get(72..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
        Ok(Self { key: DedupKey::from_bytes(key), created: word(104), expires: word(112) })
    }
}
