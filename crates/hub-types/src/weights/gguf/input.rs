//! Numbers and texts of a GGUF file, in the byte order and width of its version.

use crate::weights::WeightsError;

/// The longest text that is read: chat templates are the longest there are, and stay far below.
const MAX_TEXT: u64 = 16 << 20;

/// Why a step cannot be done.
#[derive(Debug)]
pub(super) enum Halt {
    /// More bytes are needed first.
    More,
    Wrong(WeightsError),
}

impl From<WeightsError> for Halt {
    fn from(error: WeightsError) -> Self {
        Self::Wrong(error)
    }
}

/// How numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) big_endian: bool,
    /// Whether counts and lengths have 8 bytes, as from version 2 on, and not 4.
    pub(super) wide: bool,
}

/// Bytes that are read from the front.
#[derive(Debug, Clone)]
pub(super) struct Input<'a> {
    pub(super) rest: &'a [u8],
    pub(super) layout: Layout,
}

impl<'a> Input<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Halt> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Halt::More)?;
        self.rest = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Halt> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(Halt::More)?;
        self.rest = rest;
        let mut bytes = *taken;
        if self.layout.big_endian {
            bytes.reverse();
        }
        Ok(bytes)
    }

    pub(super) fn u32(&mut self) -> Result<u32, Halt> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, Halt> {
        Ok(u64::from_le_bytes(self.array()?))
    }

    /// A count or a length.
    pub(super) fn count(&mut self) -> Result<u64, Halt> {
        if self.layout.wide { self.u64() } else { Ok(self.u32()?.into()) }
    }

    /// The bytes of a text of which at most `left` bytes can be there.
    pub(super) fn text(&mut self, left: u64) -> Result<&'a [u8], Halt> {
        let size = self.count()?;
        let most = left.min(MAX_TEXT);
        if size > most {
            return Err(WeightsError::TooLarge { what: "a text", size, most }.into());
        }
        self.take(usize::try_from(size).map_err(|_| Halt::More)?)
    }

    /// A text that names something.
    pub(super) fn name(&mut self, left: u64) -> Result<String, Halt> {
        const MOST: u64 = u16::MAX as u64;
        let bytes = self.text(left.min(MOST))?;
        let text = std::str::from_utf8(bytes).map_err(|_| WeightsError::broken("a name is not UTF-8"))?;
        Ok(text.to_owned())
    }
}
