//! Compression of chunks, by as many threads as there are jobs.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use hub_xet::XetError;
use hub_xet::codec::{Compression, EncodedChunk, Encoder};

use crate::xet::session::Step;

/// A [`Step`] whose chunk is as it is stored.
#[derive(Debug)]
pub(super) enum Encoded {
    /// The next chunk of the xorb that is being put together.
    Store { file: usize, chunk: EncodedChunk },
    /// The xorb of this number is complete.
    Seal(u64),
}

/// Encoders that are used again: their tables and buffers are 300 KiB each.
#[derive(Debug, Default)]
pub(super) struct Encoders {
    idle: Mutex<Vec<Encoder>>,
    raw: AtomicBool,
}

impl Encoders {
    /// Whether chunks are stored as they are from now on.
    pub(super) fn store_raw(&self, raw: bool) {
        self.raw.store(raw, Ordering::SeqCst);
    }

    /// Encodes the chunks of `steps`. Blocks.
    pub(super) fn encode(&self, steps: Vec<Step>) -> Result<Vec<Encoded>, XetError> {
        if self.raw.load(Ordering::SeqCst) {
            return encode_all(&mut Encoder::new(Compression::None), steps);
        }
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut encoder = idle.unwrap_or_else(|| Encoder::new(Compression::Auto));
        let encoded = encode_all(&mut encoder, steps);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(encoder);
        encoded
    }
}

fn encode_all(encoder: &mut Encoder, steps: Vec<Step>) -> Result<Vec<Encoded>, XetError> {
    let encode = |step| match step {
        Step::Seal(xorb) => Ok(Encoded::Seal(xorb)),
        Step::Store { file, chunk } => {
            Ok(Encoded::Store { file, chunk: encoder.encode_hashed(chunk.hash, &chunk.data)? })
        }
    };
    steps.into_iter().map(encode).collect()
}
