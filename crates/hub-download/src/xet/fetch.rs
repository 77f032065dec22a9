//! One range of a xorb: requested, decoded while it arrives, and written where its chunks belong.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;
use http::{
    Response, StatusCode,
    header::{ACCEPT_ENCODING, CONTENT_RANGE, RANGE},
};
use http_body_util::BodyExt;
use hub_endpoints::server_url;
use hub_transport::{Body, CallInfo, Error, RetryClass, Transfer, WithoutToken, get};
use hub_xet::{hash::chunk_hash, recipe::Fetch, wire::SignedUrl, xorb::RecordReader};
use tokio::sync::mpsc;

use super::arrived::{Arrived, ToDisk};
use super::recipe::BlobChunk;
use super::trouble::Trouble;
use crate::job::Job;
use crate::transfer::range::is_compressed;
use crate::{DownloadTimeouts, RemoteFile};

/// How many pieces of a body may wait to be decoded.
const QUEUE: usize = 4;

/// Where the chunks of a file go.
pub(super) struct Sinks<'t> {
    pub(super) job: &'t Job<'t>,
    pub(super) file: &'t RemoteFile,
    pub(super) arrived: &'t Arc<Arrived>,
    pub(super) to_disk: ToDisk,
    /// Bytes that were there before.
    pub(super) begun: u64,
}

impl Sinks<'_> {
    /// Tells how much has arrived.
    pub(super) fn report(&self) {
        self.job.report(self.file, self.begun + self.arrived.written());
    }

    /// Fetches a range of a xorb at a URL that carries its own permission. Returns how many bytes that were.
    pub(super) async fn fetch(&self, fetch: Fetch, url: SignedUrl) -> Result<u64, Trouble> {
        let bytes = fetch.range.bytes.clone();
        let mut body = self.open(&bytes, &url).await?;
        let (pieces, received) = mpsc::channel(QUEUE);
        let (arrived, to_disk) = (Arc::clone(self.arrived), self.to_disk.clone());
        let decoding = tokio::task::spawn_blocking(move || decode(&fetch, received, &arrived, &to_disk));
        let mut broken = None;
        while let Some(frame) = body.frame().await {
            match frame.map(http_body::Frame::into_data) {
                Ok(Ok(piece)) => {
                    // Whoever decodes has found something wrong, and says so below.
                    if pieces.send(piece).await.is_err() {
                        break;
                    }
                    self.report();
                }
                Ok(Err(_trailers)) => {}
                Err(error) => {
                    broken = Some(Trouble::Passing(Error::body(error).to_string()));
                    break;
                }
            }
        }
        drop(pieces);
        let decoded = decoding.await.map_err(|_| Trouble::lasting("the decoder panicked"))?;
        self.report();
        match (decoded, broken) {
            (Err(lasting @ Trouble::Lasting(_)), _) => Err(lasting),
            (_, Some(broken)) => Err(broken),
            (decoded, None) => decoded.map(|()| bytes.end - bytes.start),
        }
    }

    async fn open(&self, bytes: &Range<u64>, url: &SignedUrl) -> Result<Body, Trouble> {
        let Self { job, file, .. } = self;
        let url = server_url(job.transport.endpoint(), url.as_str())
            .map_err(|reason| Trouble::Lasting(format!("the URL of a xorb {reason}")))?;
        let request = get(url)
            .header(ACCEPT_ENCODING, "identity")
            .header(RANGE, format!("bytes={}-{}", bytes.start, bytes.end.saturating_sub(1)))
            .extension(job.options.timeouts.of_content())
            .extension(DownloadTimeouts::usual_of_content())
            .extension(Transfer)
            .extension(WithoutToken)
            .finish()
            .map_err(Trouble::lasting)?;
        let call = CallInfo::new("xet_fetch", format!("{} {}", file.repo, file.path), RetryClass::Read);
        let response = job.transport.open(call, request).await.map_err(|error| Trouble::of_fetch(&error))?;
        if !has(&response, bytes) {
            return Err(Trouble::lasting(
                "the response has other bytes of a xorb than those that were asked for",
            ));
        }
        Ok(response.into_body())
    }
}

/// Whether a response has these bytes of a xorb, whose size nobody told.
fn has(response: &Response<Body>, bytes: &Range<u64>) -> bool {
    let said = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
    let span = said.and_then(|text| Some(text.strip_prefix("bytes ")?.split_once('/')?.0));
    let wanted = format!("{}-{}", bytes.start, bytes.end.saturating_sub(1));
    response.status() == StatusCode::PARTIAL_CONTENT
        && span.map(str::trim) == Some(wanted.as_str())
        && !is_compressed(response.headers())
}

/// Decodes what arrives until it ends. Waits for it, and for the disk.
fn decode(
    fetch: &Fetch,
    mut received: mpsc::Receiver<Bytes>,
    arrived: &Arrived,
    to_disk: &ToDisk,
) -> Result<(), Trouble> {
    let (mut records, mut placement) = (RecordReader::new(), fetch.placement());
    let mut number = fetch.range.chunks.start;
    while let Some(piece) = received.blocking_recv() {
        let mut input = piece.as_ref();
        while let Some(record) = records.next_record(&mut input)? {
            let data = Bytes::copy_from_slice(record.data);
            let placed = placement.place(&data)?;
            if !placed.is_empty() {
                let (hash, len) = (chunk_hash(&data), record.header.raw_len);
                let chunk = BlobChunk { xorb: fetch.xorb, number, hash, len };
                for part in placed {
                    let whole = (part.data.len() == data.len()).then_some(chunk);
                    arrived.put(to_disk, part.position, &data.slice_ref(part.data), whole)?;
                }
            }
            number += 1;
        }
    }
    records.finish()?;
    Ok(placement.finish()?)
}
