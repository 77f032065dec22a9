//! [`Sums`]: sha256 and block checksums of files whose content comes in order.

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::reader::{End, Part};
use crate::hash::block_checksums::{BLOCK, sum};

/// A piece of a file.
#[derive(Debug)]
pub(super) struct Piece {
    file: usize,
    position: u64,
    data: Bytes,
    end: Option<End>,
}

impl From<&Part> for Piece {
    fn from(part: &Part) -> Self {
        Self { file: part.file, position: part.position, data: part.data.clone(), end: part.end }
    }
}

/// The sums of a whole file.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Summed {
    pub(super) file: usize,
    pub(super) sha256: [u8; 32],
    pub(super) blocks: Vec<u64>,
}

/// The sums of the file that is being read.
#[derive(Debug, Default)]
pub(super) struct Sums {
    sha256: Sha256,
    blocks: Vec<u64>,
}

impl Sums {
    /// Adds pieces; the files that end with one of them.
    pub(super) fn add(&mut self, pieces: Vec<Piece>) -> Vec<Summed> {
        let mut ended = Vec::new();
        for piece in pieces {
            let part = sum(&piece.data, piece.position);
            match self.blocks.last_mut() {
                Some(block) if !piece.position.is_multiple_of(BLOCK) => *block = block.wrapping_add(part),
                _ if piece.data.is_empty() => {}
                _ => self.blocks.push(part),
            }
            self.sha256.update(&piece.data);
            let Some(end) = piece.end else { continue };
            let Self { sha256, blocks } = std::mem::take(self);
            if end == End::Whole {
                ended.push(Summed { file: piece.file, sha256: sha256.finalize().into(), blocks });
            }
        }
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::block_checksums::WORD;

    #[test]
    fn each_whole_file_has_the_sums_of_its_content() {
        let content: Vec<u8> = (0..BLOCK + 5 * WORD + 3).map(|i| (i % 251) as u8).collect();
        let (first, rest) = content.split_at(BLOCK as usize - 1024);
        let (second, third) = rest.split_at(1024);
        let piece =
            |file, position, data: &[u8], end| Piece { file, position, data: data.to_vec().into(), end };
        let mut sums = Sums::default();
        assert_eq!(sums.add(vec![piece(7, 0, first, None)]), []);
        let ended = sums.add(vec![
            piece(7, first.len() as u64, second, None),
            piece(7, BLOCK, third, Some(End::Whole)),
            piece(8, 0, b"begun", None),
            piece(8, 5, b"", Some(End::Skipped)),
            piece(9, 0, b"x", Some(End::Whole)),
        ]);
        let summed =
            |file, content: &[u8], blocks| Summed { file, sha256: Sha256::digest(content).into(), blocks };
        let blocks = vec![sum(&content[..BLOCK as usize], 0), sum(third, BLOCK)];
        assert_eq!(ended, [summed(7, &content, blocks), summed(9, b"x", vec![sum(b"x", 0)])]);
    }
}
