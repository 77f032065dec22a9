//! sha256 of pieces, at once or on a thread of its own while the next pieces are read.

use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{Builder, JoinHandle};

use sha2::{Digest, Sha256};

use crate::CommitError;

/// Pieces that wait to be hashed.
const QUEUE: usize = 2;

/// A sha256 that is being computed.
pub(crate) enum Hasher {
    Here(Sha256),
    Beside(Beside),
}

/// The other thread. It ends when this is dropped.
pub(crate) struct Beside {
    pieces: SyncSender<Vec<u8>>,
    used: Receiver<Vec<u8>>,
    thread: JoinHandle<[u8; 32]>,
}

impl Hasher {
    /// `beside` asks for a thread.
    pub(crate) fn new(beside: bool) -> Result<Self, CommitError> {
        if !beside {
            return Ok(Self::Here(Sha256::new()));
        }
        let (pieces, to_hash) = sync_channel(QUEUE);
        let (back, used) = channel();
        let thread = Builder::new()
            .name("sha256".to_owned())
            .spawn(move || hash_all(&to_hash, &back))
            .map_err(|error| CommitError::Stopped(format!("no thread to hash on: {error}")))?;
        Ok(Self::Beside(Beside { pieces, used, thread }))
    }

    /// Takes a piece, and gives a buffer whose content may be anything.
    pub(crate) fn update(&mut self, piece: Vec<u8>) -> Result<Vec<u8>, CommitError> {
        match self {
            Self::Here(hash) => {
                hash.update(&piece);
                Ok(piece)
            }
            Self::Beside(beside) => {
                beside.pieces.send(piece).map_err(|_| panicked())?;
                Ok(beside.used.try_recv().unwrap_or_default())
            }
        }
    }

    pub(crate) fn finish(self) -> Result<[u8; 32], CommitError> {
        match self {
            Self::Here(hash) => Ok(hash.finalize().into()),
            Self::Beside(Beside { pieces, used: _used, thread }) => {
                drop(pieces);
                thread.join().map_err(|_| panicked())
            }
        }
    }
}

fn hash_all(pieces: &Receiver<Vec<u8>>, back: &Sender<Vec<u8>>) -> [u8; 32] {
    let mut hash = Sha256::new();
    for piece in pieces {
        hash.update(&piece);
        // Nobody wants it any more at the end.
        let _ = back.send(piece);
    }
    hash.finalize().into()
}

fn panicked() -> CommitError {
    CommitError::Stopped("hashing panicked".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_give_the_same_digest() {
        let digest = |beside| {
            let mut hasher = Hasher::new(beside).unwrap();
            let mut buffer = Vec::new();
            for number in 0..100u32 {
                buffer.clear();
                buffer.resize(number as usize * 7, number as u8);
                buffer = hasher.update(buffer).unwrap();
            }
            hasher.finish().unwrap()
        };
        assert_eq!(digest(true), digest(false));
    }

    #[test]
    fn a_hasher_that_is_not_finished_leaves_no_thread_behind() {
        let Hasher::Beside(Beside { pieces, used, thread }) = Hasher::new(true).unwrap() else { panic!() };
        drop((pieces, used));
        thread.join().unwrap();
    }
}
