//! Reading a file, or a part of it, without keeping it.

use std::{
    fmt,
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    path::PathBuf,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf, Bytes};
use futures_util::{
    Stream, StreamExt,
    stream::{self, BoxStream, Fuse},
};
use http::HeaderValue;
use http_body_util::BodyExt;
use hub_transport::{Body, ErrorKind, Transport};
use hub_types::CommitHash;
use tokio::io::{AsyncRead, ReadBuf};

use crate::content_id::Hasher;
use crate::disk::{blocking, io_error};
use crate::transfer::range::{self, Interruptions};
use crate::{ContentId, DownloadError, DownloadTimeouts, RemoteFile};

const NAME: &str = "read_file";
/// How much of a file on this machine is read at once.
const PIECE: u64 = 256 * 1024;

/// The content of a file, or a range of it, while it arrives: a [`Stream`] of chunks, and an [`AsyncRead`].
///
/// A connection that breaks is continued where it was. A whole file is checked against its hash: when that is wrong, the
/// last item is an error in place of the end, and what was read is worth nothing. A range has no hash of its own; that it is
/// the one that was asked for is checked. What comes from the cache was checked when it was kept, and is not checked again.
pub struct FileReader {
    file: RemoteFile,
    range: Range<u64>,
    /// What a reader with a small buffer has left of a chunk.
    rest: Bytes,
    chunks: Fuse<BoxStream<'static, Result<Bytes, DownloadError>>>,
    /// Whether an error was given. As a reader it must not look like the end then, however often it is read.
    failed: bool,
}

impl FileReader {
    /// Opens bytes `range` of a file. An end behind the file's is the file's.
    ///
    /// # Errors
    /// [`DownloadError::Transport`]: `RangeNotSatisfiable`, and nothing is sent, when the range begins behind the end; and
    /// what else can go wrong with a request. [`DownloadError::WrongResponse`] when the server sends other bytes.
    ///
    /// Endpoint: `GET /{id}/resolve/{commit}/{path}`.
    pub async fn open(
        transport: &Transport,
        file: RemoteFile,
        range: Range<u64>,
        timeouts: DownloadTimeouts,
    ) -> Result<Self, DownloadError> {
        let range = range_of(&file, range)?;
        let mut reading = Reading {
            transport: transport.clone(),
            timeouts,
            left: range.clone(),
            hasher: (range == (0..file.size)).then(|| file.id.hasher(file.size)),
            file: file.clone(),
            body: None,
            etag: None,
            patience: Interruptions::default(),
        };
        if !range.is_empty() {
            reading.connect().await?;
        }
        let chunks = stream::unfold(Some(reading), |reading| async {
            let mut reading = reading?;
            match reading.next().await {
                Ok(Some(chunk)) => Some((Ok(chunk), Some(reading))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        });
        Ok(Self::new(file, range, chunks.boxed()))
    }

    /// Reads bytes `range` of a file that is on this machine.
    pub(crate) fn from_disk(
        file: RemoteFile,
        range: Range<u64>,
        content: File,
    ) -> Result<Self, DownloadError> {
        let range = range_of(&file, range)?;
        let path = PathBuf::from(file.path.as_str());
        let chunks = stream::try_unfold((content, range.clone()), move |(mut content, left)| {
            let path = path.clone();
            async move {
                if left.is_empty() {
                    return Ok(None);
                }
                blocking(move || {
                    let chunk = piece(&mut content, &left).map_err(|error| io_error("read", &path, error))?;
                    let left = left.start + chunk.len() as u64..left.end;
                    Ok(Some((chunk, (content, left))))
                })
                .await
            }
        });
        Ok(Self::new(file, range, chunks.boxed()))
    }

    fn new(
        file: RemoteFile,
        range: Range<u64>,
        chunks: BoxStream<'static, Result<Bytes, DownloadError>>,
    ) -> Self {
        Self { file, range, rest: Bytes::new(), chunks: chunks.fuse(), failed: false }
    }

    /// The next bytes, at most so many: fewer only where there are no more.
    pub(crate) async fn take_bytes(&mut self, most: usize) -> Result<Vec<u8>, DownloadError> {
        let mut bytes = Vec::new();
        while bytes.len() < most {
            if self.rest.is_empty() {
                match self.chunks.next().await {
                    Some(chunk) => self.rest = chunk?,
                    None => break,
                }
            }
            let count = self.rest.len().min(most - bytes.len());
            bytes.extend_from_slice(&self.rest.split_to(count));
        }
        Ok(bytes)
    }

    /// Takes the end, behind the last byte: that of a whole file is an error if its hash is wrong.
    pub(crate) async fn end(mut self) -> Result<(), DownloadError> {
        self.chunks.next().await.map_or(Ok(()), |chunk| chunk.map(drop))
    }

    /// The commit that the file is of.
    pub fn commit(&self) -> &CommitHash {
        &self.file.commit
    }

    /// What identifies the whole content.
    pub fn id(&self) -> &ContentId {
        &self.file.id
    }

    /// The etag of the whole content, without quotes. Of a file of the cache what the cache knows of it: a system without
    /// links, and no earlier `snapshot_download`, leave no more than the file's name.
    pub fn etag(&self) -> &str {
        self.file.id.as_str()
    }

    /// Bytes of the whole file.
    pub fn size(&self) -> u64 {
        self.file.size
    }

    /// Which bytes of the file this reads.
    pub fn range(&self) -> Range<u64> {
        self.range.clone()
    }
}

/// The bytes of a file that a range stands for.
fn range_of(file: &RemoteFile, range: Range<u64>) -> Result<Range<u64>, DownloadError> {
    let range = range.start..range.end.min(file.size);
    if range.start <= range.end {
        return Ok(range);
    }
    let message = format!("{} has {} bytes, none from byte {} on", file.path, file.size, range.start);
    let error = hub_transport::Error::new(ErrorKind::RangeNotSatisfiable, message);
    Err(error.with_hint("ask for a range that begins inside the file").into())
}

/// The next bytes of a file on this machine. Waits for the disk.
fn piece(content: &mut File, left: &Range<u64>) -> io::Result<Bytes> {
    let mut chunk = Vec::new();
    content.seek(SeekFrom::Start(left.start))?;
    content.take((left.end - left.start).min(PIECE)).read_to_end(&mut chunk)?;
    if chunk.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::UnexpectedEof,
            "the file became shorter while it was read",
        ));
    }
    Ok(chunk.into())
}

impl fmt::Debug for FileReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileReader")
            .field("file", &self.file)
            .field("range", &self.range)
            .finish_non_exhaustive()
    }
}

impl Stream for FileReader {
    type Item = Result<Bytes, DownloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut self.rest))));
        }
        let chunk = ready!(self.chunks.poll_next_unpin(cx));
        self.failed |= matches!(chunk, Some(Err(_)));
        Poll::Ready(chunk)
    }
}

impl AsyncRead for FileReader {
    /// Errors are those of the stream, in an [`io::Error`]. After one, every further read fails.
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.rest.is_empty() && buffer.remaining() > 0 {
            match ready!(self.as_mut().poll_next(cx)) {
                Some(Ok(chunk)) => self.rest = chunk,
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
                None if self.failed => {
                    return Poll::Ready(Err(io::Error::other("reading has failed before")));
                }
                None => return Poll::Ready(Ok(())),
            }
        }
        let count = self.rest.len().min(buffer.remaining());
        buffer.put_slice(&self.rest.split_to(count));
        Poll::Ready(Ok(()))
    }
}

/// What is left to read, and where it comes from.
struct Reading {
    transport: Transport,
    timeouts: DownloadTimeouts,
    file: RemoteFile,
    left: Range<u64>,
    body: Option<Source>,
    /// Of a whole file only.
    hasher: Option<Hasher>,
    /// Of the responses: with it the server says whether the content is still the same.
    etag: Option<HeaderValue>,
    patience: Interruptions,
}

/// A response that is being read.
struct Source {
    body: Body,
    /// How many bytes come before the wanted ones.
    skip: u64,
    /// Whether it ends with the last wanted byte.
    exact: bool,
    /// Whether a wanted byte came.
    useful: bool,
}

impl Reading {
    fn wrong(&self, reason: String) -> DownloadError {
        DownloadError::WrongResponse { path: self.file.path.to_string(), reason }
    }

    async fn connect(&mut self) -> Result<(), DownloadError> {
        let (etag, timeouts) = (self.etag.as_ref(), self.timeouts);
        let response = range::open(&self.transport, NAME, &self.file, &self.left, etag, timeouts).await?;
        let etag = range::strong_etag(response.headers());
        if self.etag.is_some() && etag.is_some() && self.etag != etag {
            return Err(self.wrong("the content changed while it was read".to_owned()));
        }
        self.etag = self.etag.take().or(etag);
        let whole = 0..self.file.size;
        let (skip, exact) = match range::announced(&response, self.file.size) {
            Some(span) if span == self.left => (0, true),
            // A server that does not know ranges sends everything.
            Some(span) if span == whole => (self.left.start, self.left.end == whole.end),
            got => {
                let (wanted, got) =
                    (&self.left, got.map_or("something else".to_owned(), |got| format!("{got:?}")));
                return Err(self.wrong(format!("asked for bytes {wanted:?} of {}, got {got}", whole.end)));
            }
        };
        self.body = Some(Source { body: response.into_body(), skip, exact, useful: false });
        Ok(())
    }

    /// The next bytes; `None` at the end, when they are the right ones.
    async fn next(&mut self) -> Result<Option<Bytes>, DownloadError> {
        loop {
            if self.left.is_empty() {
                self.body = None;
                return self.check().map(|()| None);
            }
            let Some(source) = &mut self.body else {
                self.connect().await?;
                continue;
            };
            let problem = match source.body.frame().await.map(|frame| frame.map(http_body::Frame::into_data))
            {
                Some(Ok(Ok(mut chunk))) => {
                    let before = source.skip.min(chunk.len() as u64);
                    source.skip -= before;
                    chunk.advance(usize::try_from(before).unwrap_or(chunk.len()));
                    let wanted = usize::try_from(self.left.end - self.left.start).unwrap_or(usize::MAX);
                    if chunk.len() > wanted {
                        if source.exact {
                            return Err(
                                self.wrong("the server sends more bytes than it announced".to_owned())
                            );
                        }
                        chunk.truncate(wanted);
                    }
                    if chunk.is_empty() {
                        continue;
                    }
                    source.useful = true;
                    self.left.start += chunk.len() as u64;
                    if let Some(hasher) = &mut self.hasher {
                        hasher.update(&chunk);
                    }
                    return Ok(Some(chunk));
                }
                Some(Ok(Err(_trailers))) => continue,
                Some(Err(error)) => hub_transport::Error::body(error),
                None => hub_transport::Error::new(ErrorKind::Interrupted, "the response ended too early"),
            };
            let Some(wait) = self.patience.wait(source.useful) else {
                return Err(problem.in_call(&range::call(NAME, &self.file)).into());
            };
            tracing::debug!(path = %self.file.path, position = self.left.start, "reading continues after an interruption");
            self.body = None;
            self.transport.clock().sleep(wait).await;
        }
    }

    fn check(&mut self) -> Result<(), DownloadError> {
        match self.hasher.take().and_then(Hasher::finish) {
            Some(actual) if actual != self.file.id.as_str() => Err(DownloadError::ReadMismatch {
                path: self.file.path.to_string(),
                expected: self.file.id.as_str().to_owned(),
                actual,
            }),
            _ => Ok(()),
        }
    }
}
