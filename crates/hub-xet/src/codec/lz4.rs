//! LZ4 frames (LZ4 Frame Format Description 1.6) around the blocks of `lz4_flex`.
//!
//! The frame reader of `lz4_flex` sets buffers of the block size aside that a frame announces, up to 4 MiB for each chunk of some
//! bytes, and takes a frame without an end for a whole one. Here a frame is decoded into a buffer of exactly the raw length, and
//! nothing else is allocated.

use lz4_flex::block::{
    CompressTable, compress_into_with_table, decompress_into, decompress_into_with_dict,
    get_maximum_output_size,
};
use twox_hash::XxHash32;

use crate::XetError;

const MAGIC: [u8; 4] = [0x04, 0x22, 0x4D, 0x18];
/// Version 1, independent blocks, no checksums, no content size.
const WRITTEN_FLAGS: u8 = 0x60;
const BLOCK_64K: u8 = 0x40;
const BLOCK_256K: u8 = 0x50;
const END_MARK: [u8; 4] = [0; 4];
/// Set in a block's length when the block is not compressed.
const UNCOMPRESSED: u32 = 1 << 31;
/// How far back a linked block may refer.
const WINDOW: usize = 64 * 1024;

/// Appends `data`, at most 256 KiB, as a frame of one block. `false`, and rubbish in `out`, if that is no gain.
pub(super) fn compress(data: &[u8], table: &mut CompressTable, out: &mut Vec<u8>) -> bool {
    let begin = out.len();
    out.extend(MAGIC);
    let descriptor = [WRITTEN_FLAGS, if data.len() <= 64 * 1024 { BLOCK_64K } else { BLOCK_256K }];
    out.extend(descriptor);
    out.push(header_checksum(&descriptor));
    let length_at = out.len();
    let block_at = length_at + 4;
    out.resize(block_at + get_maximum_output_size(data.len()), 0);
    let Some(block) = out.get_mut(block_at..) else { return false };
    let Ok(compressed) = compress_into_with_table(data, block, table) else { return false };
    if compressed >= data.len() {
        return false;
    }
    out.truncate(block_at + compressed);
    if let (Some(field), Ok(length)) = (out.get_mut(length_at..block_at), u32::try_from(compressed)) {
        field.copy_from_slice(&length.to_le_bytes());
    }
    out.extend(END_MARK);
    out.len() - begin < data.len()
}

/// Decodes the one frame that `frame` is, which must fill `out` exactly.
pub(super) fn decompress(frame: &[u8], out: &mut [u8]) -> Result<(), XetError> {
    let mut input = Input(frame);
    let descriptor = Descriptor::read(&mut input, out.len())?;
    let mut filled = 0;
    loop {
        let length = u32::from_le_bytes(input.array()?);
        if length == 0 {
            break;
        }
        let block = input.take((length & !UNCOMPRESSED) as usize)?;
        if block.len() > descriptor.max_block {
            return Err(wrong("a block is longer than the frame allows"));
        }
        if descriptor.block_checksums && u32::from_le_bytes(input.array()?) != XxHash32::oneshot(0, block) {
            return Err(wrong("the checksum of a block is not right"));
        }
        let (done, room) =
            out.split_at_mut_checked(filled).ok_or_else(|| wrong("it is longer than its chunk"))?;
        let room = match room.len() {
            len if len > descriptor.max_block => room.get_mut(..descriptor.max_block).unwrap_or_default(),
            _ => room,
        };
        filled += if length & UNCOMPRESSED != 0 {
            let target = room.get_mut(..block.len()).ok_or_else(|| wrong("it is longer than its chunk"))?;
            target.copy_from_slice(block);
            block.len()
        } else if descriptor.linked && !done.is_empty() {
            let window = done.get(done.len().saturating_sub(WINDOW)..).unwrap_or_default();
            decompress_into_with_dict(block, room, window).map_err(|_| wrong("a block cannot be decoded"))?
        } else {
            decompress_into(block, room).map_err(|_| wrong("a block cannot be decoded"))?
        };
    }
    if descriptor.content_checksum && u32::from_le_bytes(input.array()?) != XxHash32::oneshot(0, out) {
        return Err(wrong("the checksum of the content is not right"));
    }
    if !input.0.is_empty() {
        return Err(wrong("more bytes follow its end"));
    }
    if filled != out.len() {
        return Err(wrong("it is shorter than its chunk"));
    }
    Ok(())
}

fn wrong(reason: &'static str) -> XetError {
    XetError::invalid("LZ4 frame", reason)
}

fn header_checksum(descriptor: &[u8]) -> u8 {
    let [_, byte, ..] = XxHash32::oneshot(0, descriptor).to_le_bytes();
    byte
}

/// What the head of a frame says.
struct Descriptor {
    linked: bool,
    block_checksums: bool,
    content_checksum: bool,
    /// Greatest length of a block, compressed and raw, in bytes.
    max_block: usize,
}

impl Descriptor {
    fn read(input: &mut Input<'_>, raw_len: usize) -> Result<Self, XetError> {
        if input.array()? != MAGIC {
            return Err(wrong("it does not begin with the magic number"));
        }
        let begin = input.0;
        let [flags, block] = input.array()?;
        if flags >> 6 != 1 || flags & 0b10 != 0 || block & 0b1000_1111 != 0 {
            return Err(wrong("its version or a reserved bit is unknown"));
        }
        if flags & 1 != 0 {
            return Err(wrong("it needs a dictionary"));
        }
        let max_block = match block >> 4 {
            code @ 4..=7 => 1 << (8 + 2 * code),
            _ => return Err(wrong("its block size is unknown")),
        };
        if flags & 0b1000 != 0 && u64::from_le_bytes(input.array()?) != raw_len as u64 {
            return Err(wrong("its content size is not that of the chunk"));
        }
        let descriptor = begin.get(..begin.len() - input.0.len()).unwrap_or_default();
        let [checksum] = input.array()?;
        if checksum != header_checksum(descriptor) {
            return Err(wrong("the checksum of its header is not right"));
        }
        Ok(Self {
            linked: flags & 0b10_0000 == 0,
            block_checksums: flags & 0b1_0000 != 0,
            content_checksum: flags & 0b100 != 0,
            max_block,
        })
    }
}

struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, len: usize) -> Result<&'a [u8], XetError> {
        let (taken, rest) = self.0.split_at_checked(len).ok_or(XetError::Truncated { what: "LZ4 frame" })?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], XetError> {
        let (taken, rest) = self.0.split_first_chunk().ok_or(XetError::Truncated { what: "LZ4 frame" })?;
        self.0 = rest;
        Ok(*taken)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(data: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        compress(data, &mut CompressTable::default(), &mut out).then_some(out)
    }

    fn read(frame: &[u8], raw_len: usize) -> Result<Vec<u8>, XetError> {
        let mut out = vec![0; raw_len];
        decompress(frame, &mut out).map(|()| out)
    }

    /// `liblz4`'s frame of 200 times "abcdefgh" with linked blocks, content size, block and content checksums, from Python's lz4.
    const FOREIGN: &str = "04224d187c404006000000000000ce180000008f61626364656667680800ffffffffffff2650646566676891202f4d00000000aeb6bb55";
    /// The same with linked blocks of 64 KiB: 70,000 bytes, of which byte i is (i % 251).
    const LINKED: &str = "04224d1844405e05020000ffec000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafb00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec5014151617181b0000000fe7ffffffffffffffffffffffffffffffffffff6950d9dadbdcdd000000003192d374";

    fn bytes(hex: &str) -> Vec<u8> {
        (0..hex.len() / 2).map(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap()).collect()
    }

    #[test]
    fn frames_of_other_encoders_are_read() {
        let foreign = bytes(FOREIGN);
        assert_eq!(read(&foreign, 1600).unwrap(), b"abcdefgh".repeat(200));
        for at in 0..foreign.len() {
            let mut flipped = foreign.clone();
            flipped[at] ^= 0x10;
            assert!(read(&flipped, 1600).is_err(), "byte {at}");
        }
        let expected: Vec<u8> = (0..70_000).map(|i| (i % 251) as u8).collect();
        assert_eq!(read(&bytes(LINKED), 70_000).unwrap(), expected);
    }

    #[test]
    fn only_one_whole_frame_of_the_right_length_is_read() {
        let data = b"abcdefgh".repeat(200);
        let whole = frame(&data).unwrap();
        assert_eq!(whole[4..7], [0x60, 0x40, 0x82]);
        assert_eq!(read(&whole, data.len()).unwrap(), data);
        assert!(read(&whole, data.len() - 1).is_err());
        assert!(read(&whole, data.len() + 1).is_err());
        for len in 0..whole.len() {
            assert!(read(&whole[..len], data.len()).is_err(), "{len}");
        }
        assert!(read(&[whole.as_slice(), &[0]].concat(), data.len()).is_err());
        assert!(read(&whole.repeat(2), 2 * data.len()).is_err());
    }

    #[test]
    fn chunks_over_64_kib_have_the_greater_block_size() {
        let data = b"abcdefgh".repeat(16_384);
        let whole = frame(&data).unwrap();
        assert_eq!(whole[4..7], [0x60, 0x50, 0xfb]);
        assert_eq!(read(&whole, data.len()).unwrap(), data);
    }

    #[test]
    fn what_does_not_shrink_is_not_a_frame() {
        assert_eq!(frame(b""), None);
        assert_eq!(frame(b"abc"), None);
        assert_eq!(frame(&crate::chunker::tests::splitmix(70_000)), None);
    }

    proptest! {
        #[test]
        fn what_is_compressed_comes_back(pattern in proptest::collection::vec(any::<u8>(), 1..50), n in 1..2000_usize) {
            let data = pattern.repeat(n);
            if let Some(frame) = frame(&data) {
                prop_assert!(frame.len() < data.len());
                prop_assert_eq!(read(&frame, data.len()).unwrap(), data);
            }
        }

        #[test]
        fn changed_frames_are_errors_or_other_bytes(flips in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6)) {
            let data: Vec<u8> = (0..3000_u32).flat_map(|i| [(i % 7) as u8, 0, (i / 64) as u8]).collect();
            let mut whole = frame(&data).unwrap();
            for (at, byte) in flips {
                let at = at.index(whole.len());
                whole[at] = byte;
            }
            let _ = read(&whole, data.len());
        }
    }
}
