//! Memory of the chunks of a body, used again once they are sent.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// Chunks whose memory is used again: those on their way, those that wait, and those that the connection holds.
const KEPT: usize = 5;

/// The last chunks of a body.
#[derive(Debug, Default)]
pub(crate) struct Chunks(VecDeque<Bytes>);

impl Chunks {
    /// Notes a chunk that is handed on.
    pub(crate) fn note(&mut self, chunk: &Bytes) {
        if self.0.len() == KEPT {
            self.0.pop_front();
        }
        self.0.push_back(chunk.clone());
    }

    /// The memory of a chunk that was sent, with what it held.
    pub(crate) fn used(&mut self) -> Option<BytesMut> {
        let spent = self.0.iter().position(Bytes::is_unique)?;
        self.0.swap_remove_back(spent)?.try_into_mut().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_memory_that_nobody_reads_any_more_is_used_again() {
        let mut chunks = Chunks::default();
        let (held, sent) = (Bytes::from(vec![1; 8]), Bytes::from(vec![2; 8]));
        chunks.note(&held);
        chunks.note(&sent);
        let memory = sent.as_ptr();
        drop(sent);
        assert_eq!(chunks.used().unwrap().as_ptr(), memory);
        assert!(chunks.used().is_none());
    }
}
