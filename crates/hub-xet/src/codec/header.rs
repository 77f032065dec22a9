//! The eight bytes before each stored chunk.

use crate::{XetError, chunker::MAX_CHUNK, error::at_most};

/// Length of a record's header in bytes.
pub const HEADER_LEN: usize = 8;
/// Greatest stored length of a chunk that is read, in bytes, without its header.
pub const MAX_STORED_CHUNK: usize = 2 * MAX_CHUNK;
const VERSION: u8 = 0;
const WHAT: &str = "chunk record";

/// How the bytes of a chunk are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scheme {
    /// As they are. Number 0.
    None,
    /// As an LZ4 frame. Number 1.
    Lz4,
    /// Bytes at positions 0, 4, 8, … first, then those at 1, 5, 9, … and so on, as an LZ4 frame. Number 2. Good for numbers of four
    /// or two bytes.
    ByteGroup4Lz4,
}

impl Scheme {
    /// The number in a record.
    pub const fn number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Lz4 => 1,
            Self::ByteGroup4Lz4 => 2,
        }
    }
}

impl TryFrom<u8> for Scheme {
    type Error = XetError;

    fn try_from(number: u8) -> Result<Self, XetError> {
        match number {
            0 => Ok(Self::None),
            1 => Ok(Self::Lz4),
            2 => Ok(Self::ByteGroup4Lz4),
            _ => Err(XetError::Unsupported { what: "compression scheme", value: number.into() }),
        }
    }
}

/// The header of a record. What [`parse`](Self::parse) gives is within the limits of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChunkHeader {
    /// How the chunk is stored.
    pub scheme: Scheme,
    /// Bytes that follow the header, 1 to [`MAX_STORED_CHUNK`].
    pub stored_len: u32,
    /// Bytes of the chunk itself, 1 to [`MAX_CHUNK`].
    pub raw_len: u32,
}

impl ChunkHeader {
    /// Reads a header.
    ///
    /// # Errors
    ///
    /// The version or scheme is unknown, or a length is zero or over its limit.
    pub fn parse(bytes: &[u8; HEADER_LEN]) -> Result<Self, XetError> {
        let [version, s0, s1, s2, scheme, r0, r1, r2] = *bytes;
        if version != VERSION {
            return Err(XetError::Unsupported { what: "version of a chunk record", value: version.into() });
        }
        let header = Self {
            scheme: scheme.try_into()?,
            stored_len: u32::from_le_bytes([s0, s1, s2, 0]),
            raw_len: u32::from_le_bytes([r0, r1, r2, 0]),
        };
        at_most("raw length of a chunk", header.raw_len.into(), MAX_CHUNK as u64)?;
        at_most("stored length of a chunk", header.stored_len.into(), MAX_STORED_CHUNK as u64)?;
        if header.raw_len == 0 || header.stored_len == 0 {
            return Err(XetError::invalid(WHAT, "a length is zero"));
        }
        if header.scheme == Scheme::None && header.raw_len != header.stored_len {
            return Err(XetError::invalid(WHAT, "an uncompressed chunk has two lengths"));
        }
        Ok(header)
    }

    /// The header as it is stored.
    pub fn to_bytes(self) -> [u8; HEADER_LEN] {
        let [s0, s1, s2, _] = self.stored_len.to_le_bytes();
        let [r0, r1, r2, _] = self.raw_len.to_le_bytes();
        [VERSION, s0, s1, s2, self.scheme.number(), r0, r1, r2]
    }

    /// Length of the whole record in bytes, with the header.
    pub fn record_len(self) -> usize {
        HEADER_LEN + self.stored_len as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_comes_back() {
        let header = ChunkHeader { scheme: Scheme::ByteGroup4Lz4, stored_len: 0x01_0203, raw_len: 0x02_0000 };
        assert_eq!(header.to_bytes(), [0, 3, 2, 1, 2, 0, 0, 2]);
        assert_eq!(ChunkHeader::parse(&header.to_bytes()), Ok(header));
    }

    #[test]
    fn what_the_protocol_forbids_is_refused() {
        for wrong in [
            [1, 1, 0, 0, 0, 1, 0, 0],
            [b'X', 1, 0, 0, 0, 1, 0, 0],
            [0, 1, 0, 0, 3, 1, 0, 0],
            [0, 0, 0, 0, 1, 1, 0, 0],
            [0, 1, 0, 0, 1, 0, 0, 0],
            [0, 1, 0, 0, 0, 2, 0, 0],
            [0, 1, 0, 0, 1, 1, 0, 2],
            [0, 1, 0, 4, 1, 1, 0, 0],
        ] {
            assert!(ChunkHeader::parse(&wrong).is_err(), "{wrong:?}");
        }
        assert!(ChunkHeader::parse(&[0, 0, 0, 4, 1, 0, 0, 2]).is_ok());
    }
}
