//! One content over several connections: each brings a part, which is written where it belongs.

use std::{
    ops::Range,
    sync::atomic::{AtomicU64, Ordering},
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use http::HeaderValue;
use tokio::sync::SemaphorePermit;

use crate::job::Job;
use crate::transfer::adaptive::{AdaptiveConnections, Verdict};
use crate::transfer::range::{self, Interruptions};
use crate::transfer::response::{NAME, Next, judge, next};
use crate::transfer::sink::Sink;
use crate::transfer::writer::DiskWriter;
use crate::{DownloadError, RemoteFile};

/// A file is asked for in at most about this many parts, however large it is: a Hub counts requests.
const MOST: u64 = 128;
/// What is left of a blob must be this many parts for a second connection.
pub(crate) const WORTHWHILE: u64 = 4;

/// How many bytes of a file a connection asks for at a time.
pub(crate) fn length(least: u64, file: &RemoteFile) -> u64 {
    let least = least.max(1);
    least.saturating_mul(file.size.div_ceil(least).div_ceil(MOST).max(1))
}

/// Goes on with a blob for as long as several connections are faster than one. What is left then is for a single
/// one, which also finds out what is wrong where a part could not be had.
///
/// `extra` is the permit for a second connection; `validator` the etag of the content.
pub(crate) async fn fetch_parts(
    job: &Job<'_>,
    file: &RemoteFile,
    sink: Sink,
    validator: &HeaderValue,
    adaptive: &mut AdaptiveConnections,
    mut extra: SemaphorePermit<'_>,
) -> Result<Sink, DownloadError> {
    let length = length(job.options.parts.bytes, file);
    let mut unclaimed = sink.position;
    let parts = Parts {
        job,
        file,
        validator,
        arrived: AtomicU64::new(sink.position),
        writer: DiskWriter::start(sink),
    };
    let mut running = FuturesUnordered::new();
    adaptive.change(2);
    while unclaimed < file.size || !running.is_empty() {
        while adaptive.connections() > running.len() && unclaimed < file.size {
            let end = unclaimed.saturating_add(length).min(file.size);
            running.push(parts.fetch(unclaimed..end));
            unclaimed = end;
        }
        let complete = running.next().await.unwrap_or_default();
        if !complete {
            tracing::debug!(path = %file.path, "a part cannot be had; the rest comes over one connection");
            adaptive.settle(1);
            break;
        }
        match adaptive.note(length, job.transport.clock().now()) {
            Verdict::Stay => {}
            Verdict::More => match more(job, adaptive.connections()) {
                Some(permit) => {
                    adaptive.change(adaptive.connections() + permit.num_permits());
                    extra.merge(permit);
                }
                None => adaptive.settle(adaptive.connections()),
            },
            Verdict::One => {
                adaptive.settle(1);
                unclaimed = file.size;
            }
        }
    }
    drop(running);
    let mut sink = parts.writer.finish().await?;
    sink.cut()?;
    Ok(sink)
}

/// As many more connections as there are, or as may be had.
pub(crate) fn more<'j>(job: &Job<'j>, connections: usize) -> Option<SemaphorePermit<'j>> {
    let count = connections.min(job.extra.available_permits());
    let permit = job.extra.try_acquire_many(u32::try_from(count).ok()?).ok()?;
    (permit.num_permits() > 0).then_some(permit)
}

struct Parts<'p> {
    job: &'p Job<'p>,
    file: &'p RemoteFile,
    validator: &'p HeaderValue,
    /// Bytes of the content that have come, wherever they belong.
    arrived: AtomicU64,
    writer: DiskWriter,
}

impl Parts<'_> {
    /// Fetches a part, continued after an interruption; false when it cannot be had.
    async fn fetch(&self, part: Range<u64>) -> bool {
        let Self { job, file, validator, .. } = self;
        let (mut position, mut patience) = (part.start, Interruptions::default());
        while position < part.end {
            let span = position..part.end;
            let before = position;
            let timeouts = job.options.timeouts;
            let response = range::open(job.transport, NAME, file, &span, Some(validator), timeouts).await;
            let Some(response) =
                response.ok().filter(|response| judge(response, &span, file, Some(validator)) == Ok(true))
            else {
                return false;
            };
            let mut body = response.into_body();
            loop {
                let at = position;
                match next(&mut body, &mut position, part.end).await {
                    Next::Chunk(chunk) => {
                        let count = chunk.len() as u64;
                        if !self.writer.take(at, chunk).await {
                            return false;
                        }
                        job.report(file, self.arrived.fetch_add(count, Ordering::Relaxed) + count);
                    }
                    Next::End(_) => break,
                    Next::Excess(_) => return false,
                }
            }
            if position < part.end {
                let Some(wait) = patience.wait(position > before) else { return false };
                job.transport.clock().sleep(wait).await;
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_parts_of_the_least_length_or_about_a_hundred_longer_ones() {
        let repo = hub_types::RepoRef::new(hub_types::RepoType::Model, "ada/demo".parse().unwrap());
        for (size, expected) in [
            (0, 16),
            (1, 16),
            (1_000, 16),
            (2_048, 16),
            (2_049, 32),
            (50_000, 400),
            (u64::MAX / 2, u64::MAX / 256),
        ] {
            let commit = "1".repeat(40).parse().unwrap();
            let (path, id) = ("w.bin".parse().unwrap(), crate::ContentId::from_etag("x"));
            let length = length(16, &RemoteFile::new(repo.clone(), commit, path, size, id));
            assert!(length.abs_diff(expected) < 16, "{size}: {length}");
            assert!(size.div_ceil(length) <= MOST, "{size}: {length}");
        }
    }
}
