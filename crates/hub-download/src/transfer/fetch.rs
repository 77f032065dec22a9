//! The content of a file, continued after an interruption and checked.

use http::{HeaderValue, Response};
use hub_transport::{Body, Error, ErrorKind};
use tokio::sync::SemaphorePermit;

use crate::job::Job;
use crate::transfer::adaptive::{AdaptiveConnections, Verdict};
use crate::transfer::parts::{self, fetch_parts};
use crate::transfer::range::{self, Interruptions};
use crate::transfer::response::{NAME, Next, has_ranges, judge, next};
use crate::transfer::sink::Sink;
use crate::transfer::writer::Writer;
use crate::{DownloadError, RemoteFile};

/// Completes the content: afterwards it has the announced size and hash.
///
/// A wrong content is thrown away and fetched once more, from the start and over one connection.
pub(crate) async fn fetch(job: &Job<'_>, file: &RemoteFile, mut sink: Sink) -> Result<Sink, DownloadError> {
    // From here on everything comes in order.
    sink.cut()?;
    for last in [false, true] {
        sink = transfer(job, file, sink, !last).await?;
        match sink.digest() {
            Some(actual) if actual != file.id.as_str() => {
                if last {
                    sink.discard();
                    let (path, expected) = (file.path.to_string(), file.id.as_str().to_owned());
                    return Err(DownloadError::HashMismatch { path, expected, actual });
                }
                tracing::debug!(path = %file.path, "the content does not match its hash; it is fetched again");
                sink.restart()?;
            }
            _ => break,
        }
    }
    Ok(sink)
}

/// Fetches what is missing. `several`: whether more than one connection may be tried.
async fn transfer(
    job: &Job<'_>,
    file: &RemoteFile,
    mut sink: Sink,
    several: bool,
) -> Result<Sink, DownloadError> {
    let (mut patience, mut range_refused) = (Interruptions::default(), false);
    let (mut validator, mut adaptive) = (None, AdaptiveConnections::new());
    job.report(file, sink.position);
    while sink.position < file.size {
        let before = sink.position;
        let problem = match open(job, file, before, validator.as_ref()).await {
            Ok(response) => match judge(&response, &(before..file.size), file, validator.as_ref()) {
                Err(why) => {
                    sink.restart()?;
                    validator = None;
                    Some(Error::new(ErrorKind::Protocol, why))
                }
                Ok(continues) => {
                    if !continues && before > 0 {
                        sink.restart()?;
                    }
                    validator = range::strong_etag(response.headers());
                    let several = several && validator.is_some() && has_ranges(&response);
                    let adaptive_of = several.then_some(&mut adaptive);
                    let (returned, end) = pour(job, file, response.into_body(), sink, adaptive_of).await?;
                    sink = returned;
                    match (end, &validator) {
                        (End::Slow(extra), Some(etag)) => {
                            sink = fetch_parts(job, file, sink, etag, &mut adaptive, extra).await?;
                            None
                        }
                        (End::Slow(_), None) => None,
                        (End::Ended(problem), _) => problem,
                    }
                }
            },
            Err(error) if error.kind() == ErrorKind::RangeNotSatisfiable && !range_refused => {
                range_refused = true;
                sink.restart()?;
                continue;
            }
            // The transport has tried as often as it may; only a transfer that had begun is continued from here.
            Err(error) => return Err(error.into()),
        };
        let Some(problem) = problem.filter(|_| sink.position < file.size) else { continue };
        let Some(wait) = patience.wait(sink.position > before) else {
            return Err(problem.in_call(&range::call(NAME, file)).into());
        };
        tracing::debug!(path = %file.path, position = sink.position, "download continues after an interruption");
        job.transport.clock().sleep(wait).await;
    }
    Ok(sink)
}

async fn open(
    job: &Job<'_>,
    file: &RemoteFile,
    position: u64,
    validator: Option<&HeaderValue>,
) -> Result<Response<Body>, Error> {
    // The etag of the storage, which may be another than the Hub's. What an earlier process left is judged by the hash of
    // the whole; where there is none, by the Hub's etag.
    let own = file.id.is_opaque().then(|| HeaderValue::from_str(&format!("\"{}\"", file.id.as_str())).ok());
    let condition = validator.cloned().or(own.flatten());
    let (span, timeouts) = (position..file.size, job.options.timeouts);
    range::open(job.transport, NAME, file, &span, condition.as_ref(), timeouts).await
}

/// How a body ended.
enum End<'j> {
    /// By itself, or with a problem.
    Ended(Option<Error>),
    /// It was left, because a second connection, for which this is the permit, may make it faster.
    Slow(SemaphorePermit<'j>),
}

/// Takes in a body: returns the sink with everything that came. With a `adaptive` it measures how fast that is.
async fn pour<'j>(
    job: &Job<'j>,
    file: &RemoteFile,
    mut body: Body,
    sink: Sink,
    mut adaptive: Option<&mut AdaptiveConnections>,
) -> Result<(Sink, End<'j>), DownloadError> {
    let length = parts::length(job.options.parts.bytes, file);
    let mut position = sink.position;
    let mut noted = position;
    let mut writer = Writer::new(sink);
    let end = loop {
        let at = position;
        match next(&mut body, &mut position, file.size).await {
            Next::Chunk(chunk) => {
                if !writer.take(at, chunk).await {
                    break Ok(End::Ended(None));
                }
                job.report(file, position);
            }
            Next::End(problem) => break Ok(End::Ended(problem)),
            Next::Excess(actual) => break Err(actual),
        }
        if let Some(adaptive) = adaptive.as_mut().filter(|_| position - noted >= length) {
            let verdict = adaptive.note(position - noted, job.transport.clock().now());
            noted = position;
            let worthwhile = (file.size - position) / length >= parts::WORTHWHILE;
            if verdict == Verdict::More
                && worthwhile
                && let Ok(extra) = job.extra.try_acquire()
            {
                break Ok(End::Slow(extra));
            }
        }
    };
    let sink = writer.finish().await?;
    match end {
        Ok(end) => Ok((sink, end)),
        Err(actual) => {
            sink.discard();
            Err(DownloadError::SizeMismatch { path: file.path.to_string(), expected: file.size, actual })
        }
    }
}
