//! The content of a file, into a partial file that is continued after an interruption.

use std::{
    fs::{File, OpenOptions},
    io::{Seek, SeekFrom, Write},
    path::PathBuf,
    sync::Arc,
};

use bytes::Bytes;
use http::StatusCode;
use http_body_util::BodyExt;
use hub_transport::{Body, ErrorKind, Transport};
use hub_types::progress::{Event, Phase, Progress};
use tokio::sync::mpsc;

use crate::{
    DownloadError, RemoteFile,
    content::Hasher,
    disk::{blocking, io_error},
    range::{self, Patience},
};

/// How many chunks may wait for the disk.
const QUEUE: usize = 16;

/// What to fetch and where to.
#[derive(Clone)]
pub(crate) struct Fetch {
    pub(crate) file: RemoteFile,
    /// The partial file; what it already holds is not asked for again.
    pub(crate) partial: PathBuf,
    pub(crate) progress: Option<Arc<dyn Progress>>,
}

/// Reports a file that is here already as downloaded.
pub(crate) fn announce_complete(file: &RemoteFile, progress: Option<&Arc<dyn Progress>>) {
    if let Some(progress) = progress {
        let (path, total) = (file.path.as_str(), file.size);
        progress.event(&Event::File { phase: Phase::Downloading, path, position: total, total });
    }
}

/// Completes the partial file: afterwards it has the announced size and hash.
///
/// A wrong content is thrown away and fetched once more, from the start.
pub(crate) async fn fetch(transport: &Transport, fetch: &Fetch) -> Result<(), DownloadError> {
    let mut first = None;
    for _ in 0..2 {
        let sink = transfer(transport, fetch).await?;
        match sink.hasher.finish() {
            Some(actual) if actual != fetch.file.id.as_str() => {
                std::fs::remove_file(&fetch.partial).map_err(|e| io_error("remove", &fetch.partial, e))?;
                first = Some(actual);
            }
            _ => return Ok(()),
        }
    }
    let (path, expected) = (fetch.file.path.to_string(), fetch.file.id.as_str().to_owned());
    Err(DownloadError::HashMismatch { path, expected, actual: first.unwrap_or_default() })
}

/// The partial file with the hash of what it holds.
struct Sink {
    file: File,
    hasher: Hasher,
    position: u64,
}

impl Sink {
    fn open(fetch: &Fetch) -> Result<Self, DownloadError> {
        let fail = |error| io_error("open", &fetch.partial, error);
        let options = OpenOptions::new().read(true).write(true).create(true).truncate(false).clone();
        let mut sink = Self {
            file: options.open(&fetch.partial).map_err(fail)?,
            hasher: fetch.file.id.hasher(fetch.file.size),
            position: 0,
        };
        sink.position = sink.hasher.read(&mut sink.file).map_err(fail)?;
        if sink.position > fetch.file.size {
            sink.restart(fetch)?;
        }
        Ok(sink)
    }

    fn restart(&mut self, fetch: &Fetch) -> Result<(), DownloadError> {
        let emptied = self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)));
        emptied.map_err(|error| io_error("empty", &fetch.partial, error))?;
        self.hasher = fetch.file.id.hasher(fetch.file.size);
        self.position = 0;
        Ok(())
    }

    fn write(&mut self, chunk: &[u8]) -> std::io::Result<()> {
        self.file.write_all(chunk)?;
        self.hasher.update(chunk);
        self.position += chunk.len() as u64;
        Ok(())
    }
}

async fn transfer(transport: &Transport, fetch: &Fetch) -> Result<Sink, DownloadError> {
    let mut sink = blocking({
        let fetch = fetch.clone();
        move || Sink::open(&fetch)
    })
    .await?;
    let (mut patience, mut range_refused) = (Patience::default(), false);
    while sink.position < fetch.file.size {
        let before = sink.position;
        let (size, etag) = (fetch.file.size, format!("\"{}\"", fetch.file.id.as_str()));
        let wanted = before..size;
        let opened = range::open(transport, "hf_hub_download", &fetch.file, &wanted, Some(&etag));
        let problem = match opened.await {
            Ok(response) => {
                if before > 0 && range::announced(&response, size) != Some(wanted) {
                    sink.restart(fetch)?;
                    if response.status() == StatusCode::PARTIAL_CONTENT {
                        continue;
                    }
                }
                let (returned, outcome) = pour(response.into_body(), sink, fetch).await?;
                sink = returned;
                outcome
            }
            Err(error) if error.kind() == ErrorKind::RangeNotSatisfiable && !range_refused => {
                range_refused = true;
                sink.restart(fetch)?;
                continue;
            }
            // The transport has tried as often as it may; only a transfer that had begun is continued from here.
            Err(error) => return Err(error.into()),
        };
        let Some(problem) = problem else { break };
        let Some(wait) = patience.wait(sink.position > before) else { return Err(problem.into()) };
        tracing::debug!(path = %fetch.file.path, position = sink.position, "download continues after an interruption");
        transport.clock().sleep(wait).await;
    }
    if sink.position != fetch.file.size {
        let (path, expected, actual) = (fetch.file.path.to_string(), fetch.file.size, sink.position);
        return Err(DownloadError::SizeMismatch { path, expected, actual });
    }
    Ok(sink)
}

impl Fetch {
    fn report(&self, position: u64) {
        if let Some(progress) = &self.progress {
            let (path, total) = (self.file.path.as_str(), self.file.size);
            progress.event(&Event::File { phase: Phase::Downloading, path, position, total });
        }
    }
}

/// Writes a body to the sink on a blocking thread, while the next chunks arrive.
///
/// Returns the sink with everything that was written, and the problem that ended the body, if one did.
async fn pour(
    mut body: Body,
    mut sink: Sink,
    fetch: &Fetch,
) -> Result<(Sink, Option<hub_transport::Error>), DownloadError> {
    let (sender, mut receiver) = mpsc::channel::<Bytes>(QUEUE);
    let partial = fetch.partial.clone();
    let mut position = sink.position;
    fetch.report(position);
    let writer = tokio::task::spawn_blocking(move || {
        while let Some(chunk) = receiver.blocking_recv() {
            sink.write(&chunk).map_err(|error| io_error("write", &partial, error))?;
        }
        Ok::<Sink, DownloadError>(sink)
    });
    let mut problem = None;
    let mut excess = false;
    while let Some(frame) = body.frame().await {
        let chunk = match frame.map(http_body::Frame::into_data) {
            Ok(Ok(chunk)) => chunk,
            Ok(Err(_trailers)) => continue,
            Err(error) => {
                problem = Some(hub_transport::Error::body(error));
                break;
            }
        };
        position += chunk.len() as u64;
        if position > fetch.file.size {
            excess = true;
            break;
        }
        if sender.send(chunk).await.is_err() {
            break;
        }
        fetch.report(position);
    }
    drop(sender);
    let sink = writer.await.map_err(|_| DownloadError::Stopped)??;
    if excess {
        let (path, expected) = (fetch.file.path.to_string(), fetch.file.size);
        return Err(DownloadError::SizeMismatch { path, expected, actual: position });
    }
    if problem.is_none() && sink.position < fetch.file.size {
        problem = Some(hub_transport::Error::new(ErrorKind::Interrupted, "the answer ended too early"));
    }
    Ok((sink, problem))
}
