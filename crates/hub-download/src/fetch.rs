//! The content of a file, continued after an interruption and checked.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::BodyExt;
use hub_transport::{Body, Error, ErrorKind};
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{
    DownloadError, RemoteFile,
    keep::Job,
    range::{self, Patience},
    sink::{Sink, Store},
};

const NAME: &str = "hf_hub_download";
/// How many chunks may wait for the disk.
const QUEUE: usize = 16;

/// Completes the content: afterwards it has the announced size and hash.
///
/// A wrong content is thrown away and fetched once more, from the start.
pub(crate) async fn fetch(job: &Job<'_>, file: &RemoteFile, mut sink: Sink) -> Result<Sink, DownloadError> {
    for last in [false, true] {
        sink = transfer(job, file, sink).await?;
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

async fn transfer(job: &Job<'_>, file: &RemoteFile, mut sink: Sink) -> Result<Sink, DownloadError> {
    let (mut patience, mut range_refused) = (Patience::default(), false);
    let mut validator = None;
    job.report(file, sink.position);
    while sink.position < file.size {
        let before = sink.position;
        let problem = match open(job, file, before, validator.as_ref()).await {
            Ok(response) => match judge(&response, before, file.size, validator.as_ref()) {
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
                    let (returned, problem) = pour(job, file, response.into_body(), sink).await?;
                    sink = returned;
                    problem
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
    range::open(job.transport, NAME, file, &(position..file.size), condition.as_ref()).await
}

/// Whether the answer goes on at `position`, or else has the content from its start.
///
/// # Errors
/// Why it can be used for neither.
fn judge(
    response: &Response<Body>,
    position: u64,
    size: u64,
    validator: Option<&HeaderValue>,
) -> Result<bool, &'static str> {
    let headers = response.headers();
    if range::is_compressed(headers) {
        return Err("the content came compressed, which was not asked for; is there a proxy that does it?");
    }
    if response.status() != StatusCode::PARTIAL_CONTENT {
        return Ok(false);
    }
    if range::announced(response, size) != Some(position..size) {
        return Err("the answer has another range of bytes than the one that was asked for");
    }
    match (validator, range::strong_etag(headers)) {
        (Some(before), Some(now)) if *before != now => Err("the content changed while it was downloaded"),
        _ => Ok(true),
    }
}

/// What a body gives next.
enum Next {
    Chunk(Bytes),
    End(Option<Error>),
    /// More than was announced; the number of bytes so far.
    Excess(u64),
}

async fn next(body: &mut Body, position: &mut u64, size: u64) -> Next {
    loop {
        return match body.frame().await.map(|frame| frame.map(http_body::Frame::into_data)) {
            Some(Ok(Ok(chunk))) => {
                *position += chunk.len() as u64;
                if *position > size { Next::Excess(*position) } else { Next::Chunk(chunk) }
            }
            Some(Ok(Err(_trailers))) => continue,
            Some(Err(error)) => Next::End(Some(Error::body(error))),
            None if *position < size => {
                Next::End(Some(Error::new(ErrorKind::Interrupted, "the answer ended too early")))
            }
            None => Next::End(None),
        };
    }
}

/// A sink while a body is poured into it.
enum Intake {
    Memory(Box<Sink>),
    /// A partial file is written on a blocking thread, while the next chunks arrive.
    Writer(mpsc::Sender<Bytes>, JoinHandle<Result<Sink, DownloadError>>),
}

impl Intake {
    fn new(mut sink: Sink) -> Self {
        if let Store::Memory(_) = sink.store {
            return Self::Memory(Box::new(sink));
        }
        let (sender, mut receiver) = mpsc::channel::<Bytes>(QUEUE);
        let writer = tokio::task::spawn_blocking(move || {
            while let Some(chunk) = receiver.blocking_recv() {
                sink.write(&chunk)?;
            }
            Ok(sink)
        });
        Self::Writer(sender, writer)
    }

    /// False when the disk failed; [`Self::finish`] says why.
    async fn take(&mut self, chunk: Bytes) -> bool {
        match self {
            Self::Memory(sink) => sink.write(&chunk).is_ok(),
            Self::Writer(sender, _) => sender.send(chunk).await.is_ok(),
        }
    }

    async fn finish(self) -> Result<Sink, DownloadError> {
        match self {
            Self::Memory(sink) => Ok(*sink),
            Self::Writer(sender, writer) => {
                drop(sender);
                writer.await.map_err(|_| DownloadError::Stopped)?
            }
        }
    }
}

/// Takes in a body: returns the sink with everything that came, and the problem that ended the body, if one did.
async fn pour(
    job: &Job<'_>,
    file: &RemoteFile,
    mut body: Body,
    sink: Sink,
) -> Result<(Sink, Option<Error>), DownloadError> {
    let mut position = sink.position;
    let mut intake = Intake::new(sink);
    let end = loop {
        match next(&mut body, &mut position, file.size).await {
            Next::Chunk(chunk) => {
                if !intake.take(chunk).await {
                    break Next::End(None);
                }
                job.report(file, position);
            }
            end => break end,
        }
    };
    let sink = intake.finish().await?;
    match end {
        Next::Excess(actual) => {
            sink.discard();
            Err(DownloadError::SizeMismatch { path: file.path.to_string(), expected: file.size, actual })
        }
        Next::End(problem) => Ok((sink, problem)),
        Next::Chunk(_) => Ok((sink, None)),
    }
}
