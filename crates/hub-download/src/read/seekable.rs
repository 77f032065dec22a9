//! [`SeekableReader`]: a file of the Hub as if it were open here.

use std::{
    fmt,
    io::{self, SeekFrom},
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::{FutureExt, future::BoxFuture};
use hub_transport::Transport;
use hub_types::CommitHash;
use tokio::io::{AsyncRead, AsyncSeek, ReadBuf};

use super::blocks::{Blocks, SeekOptions, Window};
use super::located::Located;
use crate::{ContentId, DownloadError, DownloadTimeouts, FileReader};

/// A file of a commit that is read at any place: an [`AsyncRead`] and [`AsyncSeek`]. Reads and seeks do what those of
/// [`std::io::Cursor`] do.
///
/// It is fetched in blocks, of which the last used are kept. A request asks for one block; while the file is read on from where
/// the last one ended, each asks for twice as much, which is read from the connection as it is needed. An error is that of one
/// read: the next tries again.
///
/// All bytes are those of one commit. Parts have no hash of their own: that they are the ones that were asked for is checked.
pub struct SeekableReader {
    place: Place,
    options: SeekOptions,
    position: u64,
    blocks: Blocks,
    window: Window,
    /// The response that goes on behind the last block.
    open: Option<Open>,
    pending: Option<(u64, BoxFuture<'static, Fetched>)>,
}

/// Where the bytes come from.
#[derive(Clone)]
struct Place {
    transport: Transport,
    located: Located,
    timeouts: DownloadTimeouts,
}

struct Open {
    reader: FileReader,
    /// Where its next byte is in the file.
    at: u64,
    end: u64,
}

/// A block, and the response that goes on behind it.
type Fetched = Result<(Bytes, Option<Open>), DownloadError>;

impl SeekableReader {
    pub(crate) fn new(
        transport: Transport,
        located: Located,
        timeouts: DownloadTimeouts,
        options: SeekOptions,
    ) -> Self {
        Self {
            place: Place { transport, located, timeouts },
            options,
            position: 0,
            blocks: Blocks::default(),
            window: Window::default(),
            open: None,
            pending: None,
        }
    }

    /// The commit that the file is of.
    pub fn commit(&self) -> &CommitHash {
        &self.place.located.file.commit
    }

    /// What identifies the whole content.
    pub fn id(&self) -> &ContentId {
        &self.place.located.file.id
    }

    /// Bytes of the file.
    pub fn size(&self) -> u64 {
        self.place.located.file.size
    }

    /// Where the next byte is read; it may be behind the end.
    pub fn position(&self) -> u64 {
        self.position
    }

    /// Goes to another place, which may be behind the end. Nothing is fetched.
    ///
    /// # Errors
    /// `InvalidInput` for a place before the beginning, or one that is no number of 64 bits.
    pub fn seek_to(&mut self, place: SeekFrom) -> io::Result<u64> {
        let position = match place {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(offset) => self.size().checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        let wrong = "invalid seek to a negative or overflowing position";
        self.position = position.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, wrong))?;
        Ok(self.position)
    }

    /// Reads what is in memory at the position, and no more; 0 at the end. `None` if [`fill`](Self::fill) must come first.
    pub fn read_here(&mut self, buffer: &mut [u8]) -> Option<usize> {
        let bytes = self.here(buffer.len())?;
        if let Some(buffer) = buffer.get_mut(..bytes.len()) {
            buffer.copy_from_slice(&bytes);
        }
        Some(bytes.len())
    }

    /// Brings the bytes at the position into memory; `wanted` are known to be read next.
    ///
    /// # Errors
    /// As those of a [`FileReader`].
    ///
    /// Endpoint: `GET /{id}/resolve/{commit}/{path}`.
    pub async fn fill(&mut self, wanted: usize) -> Result<(), DownloadError> {
        if self.position >= self.size() || self.blocks.get(self.block()).is_some() {
            return Ok(());
        }
        let (number, fetch) = self.fetch(wanted);
        let fetched = fetch.await;
        self.store(number, fetched)
    }

    /// The number of the block that the position is in.
    fn block(&self) -> u64 {
        self.position / self.options.block
    }

    fn here(&mut self, most: usize) -> Option<Bytes> {
        if most == 0 || self.position >= self.size() {
            return Some(Bytes::new());
        }
        let mut bytes = self.blocks.get(self.block())?;
        let before = usize::try_from(self.position % self.options.block).unwrap_or(usize::MAX);
        let bytes = bytes.split_off(before.min(bytes.len()));
        let bytes = bytes.slice(..most.min(bytes.len()));
        self.position += bytes.len() as u64;
        Some(bytes)
    }

    /// What brings the block of the position.
    fn fetch(&mut self, wanted: usize) -> (u64, BoxFuture<'static, Fetched>) {
        self.pending = None;
        let (number, block) = (self.block(), self.options.block);
        let start = number * block;
        let length = block.min(self.size() - start);
        // A short way ahead is read over.
        let near = |open: &Open| open.at <= start && start - open.at <= block && start < open.end;
        let open = self.open.take().filter(near);
        let ahead = match open {
            Some(_) => 0,
            None => {
                let wanted = (self.position - start).saturating_add(wanted as u64);
                self.window.next(start, wanted, self.options)
            }
        };
        (number, self.place.clone().fetch(open, start, length, ahead).boxed())
    }

    fn store(&mut self, number: u64, fetched: Fetched) -> Result<(), DownloadError> {
        let (bytes, open) = fetched?;
        self.open = open;
        self.blocks.put(number, bytes, self.options);
        Ok(())
    }
}

impl Place {
    /// Bytes `start..start + length`: from what is open, or from a request for `ahead` bytes.
    async fn fetch(self, open: Option<Open>, start: u64, length: u64, ahead: u64) -> Fetched {
        let size = self.located.file.size;
        let mut open = match open {
            Some(open) => open,
            None => {
                let end = start.saturating_add(ahead.max(length)).min(size);
                let reader = self.located.open(&self.transport, start..end, self.timeouts).await?;
                Open { reader, at: start, end }
            }
        };
        let skipped = usize::try_from(start - open.at).unwrap_or(usize::MAX);
        open.at += open.reader.take_bytes(skipped).await?.len() as u64;
        let wanted = usize::try_from(length).unwrap_or(usize::MAX);
        let bytes = open.reader.take_bytes(wanted).await?;
        open.at += bytes.len() as u64;
        if open.at != start + length {
            let path = self.located.file.path.to_string();
            return Err(DownloadError::SizeMismatch { path, expected: size, actual: open.at });
        }
        if open.at < open.end {
            return Ok((bytes.into(), Some(open)));
        }
        open.reader.end().await?;
        Ok((bytes.into(), None))
    }
}

impl fmt::Debug for SeekableReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeekableReader")
            .field("file", &self.place.located.file)
            .field("position", &self.position)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

impl AsyncRead for SeekableReader {
    /// Errors are [`DownloadError`]s in an [`io::Error`].
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        loop {
            if let Some(bytes) = self.here(buffer.remaining()) {
                buffer.put_slice(&bytes);
                return Poll::Ready(Ok(()));
            }
            // What was begun for another place is given up.
            let block = self.block();
            let (number, mut fetch) = match self.pending.take() {
                Some(pending) if pending.0 == block => pending,
                _ => self.fetch(buffer.remaining()),
            };
            let Poll::Ready(fetched) = fetch.poll_unpin(cx) else {
                self.pending = Some((number, fetch));
                return Poll::Pending;
            };
            self.store(number, fetched).map_err(io::Error::other)?;
        }
    }
}

impl AsyncSeek for SeekableReader {
    fn start_seek(mut self: Pin<&mut Self>, place: SeekFrom) -> io::Result<()> {
        self.seek_to(place).map(drop)
    }

    fn poll_complete(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<u64>> {
        Poll::Ready(Ok(self.position))
    }
}
