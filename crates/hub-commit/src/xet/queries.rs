//! Global deduplication: whether the CAS has a chunk that nobody here knows.

use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use http_body::Body as _;
use hub_endpoints::XetCas;
use hub_transport::{Body, Error};
use hub_xet::MerkleHash;
use hub_xet::shard::Shard;

use super::endpoint::{chunk_call, get_chunk};
use super::known::Known;
use crate::blocking::blocking;

/// Queries on their way at once.
pub(super) const AT_ONCE: usize = 8;
/// A file of fewer bytes is sent as soon as asked about.
pub(super) const LEAST_FILE: u64 = 256 * 1024;
/// Failures, one after the other, after which nothing is asked any more.
const FAILURES: u32 = 3;
/// Most bytes of a response: what a shard says of ten full xorbs.
const MOST: usize = 4 * 1024 * 1024;

/// What the CAS says about a chunk.
pub(super) enum Found {
    /// These xorbs, one of which has it.
    Xorbs(Box<Shard>),
    /// Nobody has it.
    Nothing,
    /// It did not say.
    Failed,
}

/// Asks about a chunk, and notes what is said. What goes wrong is no obstacle: the chunk is sent. `now` is in seconds since 1970.
pub(super) async fn ask(cas: &XetCas, chunk: MerkleHash, known: &Arc<Known>, now: u64) -> Found {
    let response = match cas.open(chunk_call(chunk), || get_chunk(chunk)).await {
        Ok(response) => response,
        Err(error) if error.is_not_found() => return Found::Nothing,
        Err(error) => return failed(&error),
    };
    let bytes = match collect(response.into_body()).await {
        Ok(Some(bytes)) => bytes,
        Ok(None) => return failed(&"the response is too long"),
        Err(error) => return failed(&error),
    };
    let known = Arc::clone(known);
    let read = blocking(move || {
        let shard = Shard::parse(&bytes);
        if let Ok(shard) = &shard {
            known.note_answer(shard, now);
        }
        Ok(shard)
    });
    match read.await {
        Ok(Ok(shard)) => Found::Xorbs(Box::new(shard)),
        Ok(Err(error)) => failed(&error),
        Err(error) => failed(&error),
    }
}

fn failed(why: &dyn std::fmt::Display) -> Found {
    tracing::debug!(error = %why, "the server did not say whether it has a chunk");
    Found::Failed
}

/// The whole body; `None` when it is longer than [`MOST`].
async fn collect(body: Body) -> Result<Option<Bytes>, Error> {
    let mut body = std::pin::pin!(body);
    let mut frames = futures_util::stream::poll_fn(|cx| body.as_mut().poll_frame(cx));
    let mut all = Vec::new();
    while let Some(frame) = frames.next().await {
        let Ok(data) = frame.map_err(Error::body)?.into_data() else { continue };
        if all.len() + data.len() > MOST {
            return Ok(None);
        }
        all.extend_from_slice(&data);
    }
    Ok(Some(all.into()))
}

/// Whether it is worth to ask on.
#[derive(Debug)]
pub(super) struct Willing {
    failures: u32,
}

impl Willing {
    pub(super) fn new(asks: bool) -> Self {
        Self { failures: if asks { 0 } else { FAILURES } }
    }

    pub(super) fn is_left(&self) -> bool {
        self.failures < FAILURES
    }

    pub(super) fn note(&mut self, found: &Found) {
        self.failures = if matches!(found, Found::Failed) { self.failures + 1 } else { 0 };
    }
}
