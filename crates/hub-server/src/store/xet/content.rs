//! A file put together from its terms.

use std::{ops::Range, sync::Arc, vec};

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};
use hub_xet::{
    ChunkRange, MerkleHash,
    recipe::{Term, covering},
    xorb::{RecordReader, XorbIndex},
};
use object_store::ObjectStoreExt;

use super::{XetStore, folder::body_location, indexes::damaged};
use crate::store::{Result, StoreError, lfs::incoming::blocking};

/// Raw bytes that are decoded at once.
const WINDOW: u64 = 512 * 1024;

/// What of a file is still to be read.
struct Rest {
    store: XetStore,
    terms: vec::IntoIter<Term>,
    /// What is left of the term that was begun, with its index.
    open: Option<(Arc<XorbIndex>, ChunkRange)>,
    /// Raw bytes of the next chunk that are not wanted.
    skip: u64,
    /// Raw bytes that are wanted.
    left: u64,
}

impl XetStore {
    /// The bytes `range` of a file, in pieces of about 512 KiB. The caller has checked that they are there.
    pub(crate) async fn read_file(
        &self,
        file: &MerkleHash,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes>>> {
        if range.is_empty() {
            return Ok(stream::empty().boxed());
        }
        let terms = self.terms(file).await?;
        self.read_terms(&terms, range).await
    }

    /// The bytes `range` of what consists of these terms.
    pub(super) async fn read_terms(
        &self,
        terms: &[Term],
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes>>> {
        let found = covering(terms, range.clone()).map_err(damaged)?;
        let terms = terms.get(found.terms).unwrap_or_default().to_vec();
        let mut rest = Rest {
            store: self.clone(),
            terms: terms.into_iter(),
            open: None,
            skip: found.before,
            left: range.end - range.start,
        };
        rest.open_next().await?;
        rest.skip_chunks();
        Ok(stream::try_unfold(rest, Rest::next).boxed())
    }
}

impl Rest {
    /// Begins the next term; false at the end.
    async fn open_next(&mut self) -> Result<bool> {
        let Some(term) = self.terms.next() else { return Ok(false) };
        self.open = Some((self.store.index(&term.xorb).await?, term.chunks));
        Ok(true)
    }

    /// Leaves out whole chunks of the first term.
    fn skip_chunks(&mut self) {
        let Some((index, chunks)) = &mut self.open else { return };
        let Some(raw) = index.raw_range(*chunks) else { return };
        let wanted = raw.start + self.skip;
        if let Some(chunk) = index.chunk_at(wanted)
            && let Some(begin) = index.chunk(chunk)
        {
            chunks.start = chunk;
            self.skip = wanted - begin.raw.start;
        }
    }

    async fn next(mut self) -> Result<Option<(Bytes, Self)>> {
        if self.left == 0 || (self.open.is_none() && !self.open_next().await?) {
            return Ok(None);
        }
        let Some((index, chunks)) = self.open.take() else { return Ok(None) };
        let window = window(&index, chunks, self.skip + self.left);
        let stored = index.stored_range(window).ok_or_else(|| no_chunks(&index))?;
        let raw = index.raw_range(window).ok_or_else(|| no_chunks(&index))?;
        let location = body_location(&index.hash());
        let body = self.store.shared.objects.get_range(&location, stored).await;
        let body = body.map_err(StoreError::content(&location))?;
        let expected = usize::try_from(raw.end - raw.start).unwrap_or_default();
        let data = blocking(move || Ok(decode(&body, expected))).await?;
        let data = data.map_err(StoreError::content(&location))?;
        let skip = usize::try_from(self.skip).unwrap_or(usize::MAX).min(data.len());
        let end = usize::try_from(self.left).unwrap_or(usize::MAX).saturating_add(skip).min(data.len());
        let data = data.slice(skip..end);
        self.skip = 0;
        self.left -= data.len() as u64;
        let chunks = ChunkRange::new(window.end, chunks.end);
        if !chunks.is_empty() {
            self.open = Some((index, chunks));
        }
        Ok(Some((data, self)))
    }
}

/// The first chunks of a range that have about so many raw bytes as are decoded at once, and not more than are wanted; at least one.
fn window(index: &XorbIndex, chunks: ChunkRange, wanted: u64) -> ChunkRange {
    let Some(begin) = index.chunk(chunks.start) else { return chunks };
    let mut window = ChunkRange::new(chunks.start, chunks.start + 1);
    while window.end < chunks.end
        && let Some(last) = index.chunk(window.end)
        && last.raw.end - begin.raw.start <= WINDOW
        && last.raw.start - begin.raw.start < wanted
    {
        window.end += 1;
    }
    window
}

fn decode(mut records: &[u8], expected: usize) -> std::result::Result<Bytes, hub_xet::XetError> {
    let mut reader = RecordReader::new();
    let mut data = Vec::with_capacity(expected);
    while let Some(record) = reader.next_record(&mut records)? {
        data.extend_from_slice(record.data);
    }
    reader.finish()?;
    if data.len() != expected {
        let reason = "its chunks have another length than its index says";
        return Err(hub_xet::XetError::Invalid { what: "xorb", reason });
    }
    Ok(data.into())
}

fn no_chunks(index: &XorbIndex) -> StoreError {
    damaged(hub_xet::XetError::Missing { what: "a chunk of xorb", name: index.hash().to_string() })
}
