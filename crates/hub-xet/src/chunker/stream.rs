//! [`ChunkStream`]: from pieces of a file to its chunks.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use super::Chunker;

/// Gives the chunks of a file that comes in pieces.
///
/// A chunk that lies in one piece shares its memory; only one that crosses from a piece to the next is copied, once. So pieces of
/// some megabytes cost next to no copies, but a chunk that is kept keeps its whole piece alive.
///
/// ```
/// use hub_xet::chunker::ChunkStream;
///
/// let mut stream = ChunkStream::new();
/// let mut lengths = Vec::new();
/// for piece in [vec![1; 100_000], vec![1; 100_000]] {
///     stream.push(piece.into());
///     lengths.extend(std::iter::from_fn(|| stream.next_chunk()).map(|chunk| chunk.len()));
/// }
/// lengths.extend(stream.finish().map(|chunk| chunk.len()));
/// assert_eq!(lengths, [131_072, 200_000 - 131_072]);
/// ```
#[derive(Debug, Default)]
pub struct ChunkStream {
    chunker: Chunker,
    pieces: VecDeque<Bytes>,
    /// The beginning of the open chunk, from pieces that have been read to their end.
    open: BytesMut,
}

impl ChunkStream {
    /// At the beginning of a file.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the next bytes of the file. Take out all chunks before the next one, or the pieces gather here.
    pub fn push(&mut self, piece: Bytes) {
        if !piece.is_empty() {
            self.pieces.push_back(piece);
        }
    }

    /// The next chunk that has ended in the pieces so far.
    pub fn next_chunk(&mut self) -> Option<Bytes> {
        while let Some(piece) = self.pieces.front_mut() {
            let Some(end) = self.chunker.next_boundary(piece) else {
                self.open.extend_from_slice(piece);
                self.pieces.pop_front();
                continue;
            };
            let head = piece.split_to(end.min(piece.len()));
            if piece.is_empty() {
                self.pieces.pop_front();
            }
            return Some(self.close(head));
        }
        None
    }

    /// Ends the file: its last chunk, if any bytes are left. Call it after [`next_chunk`](Self::next_chunk) has given `None`; the
    /// next file can begin.
    pub fn finish(&mut self) -> Option<Bytes> {
        self.chunker.finish();
        (!self.open.is_empty()).then(|| self.open.split().freeze())
    }

    fn close(&mut self, head: Bytes) -> Bytes {
        if self.open.is_empty() {
            return head;
        }
        self.open.extend_from_slice(&head);
        self.open.split().freeze()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::chunker::{chunks, tests::mixed};

    #[test]
    fn chunks_inside_a_piece_share_its_memory() {
        let piece = Bytes::from(vec![7; 400_000]);
        let mut stream = ChunkStream::new();
        stream.push(piece.clone());
        let first = stream.next_chunk().unwrap();
        assert_eq!(first.as_ptr(), piece.as_ptr());
        assert_eq!(first.len(), 131_072);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn any_pieces_give_the_chunks_of_the_whole(data in mixed(), sizes in proptest::collection::vec(0..90_000_usize, 1..20)) {
            let mut stream = ChunkStream::new();
            let mut found = Vec::new();
            for _ in 0..2 {
                found.clear();
                let mut rest = Bytes::from(data.clone());
                for size in sizes.iter().cycle().map(|size| size + 1) {
                    if rest.is_empty() {
                        break;
                    }
                    stream.push(rest.split_to(size.min(rest.len())));
                    found.extend(std::iter::from_fn(|| stream.next_chunk()));
                }
                found.extend(stream.finish());
                prop_assert!(found.iter().eq(chunks(&data)));
            }
        }
    }
}
