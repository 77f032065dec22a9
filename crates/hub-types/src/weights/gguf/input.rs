//! Numbers and texts of a GGUF file, in the byte order and width of its version.

use crate::weights::WeightsError;

/// The longest text that is read: chat templates are the longest there are, and stay far below.
const MAX_TEXT: u64 = 16 << 20;

/// Why a step cannot be done.
#[derive(Debug)]
pub(super) enum Halt {
    /// More bytes are needed first.
    More,
    /// So many things are said to follow, and only `left` bytes can.
    Short {
        count: u64,
        things: &'static str,
        left: u64,
    },
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
    /// How many bytes can follow, of which `rest` are here.
    pub(super) left: u64,
}

impl<'a> Input<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], Halt> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Halt::More)?;
        self.rest = rest;
        self.left = self.left.saturating_sub(count as u64);
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Halt> {
        let mut bytes = *self.rest.first_chunk::<N>().ok_or(Halt::More)?;
        self.take(N)?;
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

    /// Refuses so many things, of at least `least` bytes each, where they cannot follow.
    pub(super) fn fits(&self, count: u64, things: &'static str, least: u64) -> Result<(), Halt> {
        let left = self.left;
        if count > left / least { Err(Halt::Short { count, things, left }) } else { Ok(()) }
    }

    /// The bytes of a text.
    pub(super) fn text(&mut self) -> Result<&'a [u8], Halt> {
        self.text_within(MAX_TEXT)
    }

    fn text_within(&mut self, most: u64) -> Result<&'a [u8], Halt> {
        let size = self.count()?;
        self.fits(size, "bytes of a text", 1)?;
        if size > most {
            return Err(WeightsError::TooLarge { what: "a text", size, most }.into());
        }
        self.take(usize::try_from(size).map_err(|_| Halt::More)?)
    }

    /// A text that names something.
    pub(super) fn name(&mut self) -> Result<String, Halt> {
        let bytes = self.text_within(u16::MAX.into())?;
        let text = std::str::from_utf8(bytes).map_err(|_| WeightsError::broken("a name is not UTF-8"))?;
        Ok(text.to_owned())
    }
}
