//! A large file on its way in: written and hashed piece by piece, with constant memory.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    ops::Range,
    path::{Path, PathBuf},
    pin::{Pin, pin},
};

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use sha2::{Digest, Sha256};

use super::error::LfsError;
use crate::{
    BoxError,
    store::{Result, StoreError},
};

/// So many bytes are collected before they are written and hashed.
pub(super) const BATCH: usize = 256 * 1024;

/// A file that is being received; removed on drop.
pub(in crate::store) struct Incoming {
    file: File,
    path: tempfile::TempPath,
}

/// A file that was received whole; removed on drop unless it was moved.
pub(super) struct Received {
    pub(super) incoming: Incoming,
    /// Bytes that arrived.
    pub(super) size: u64,
    /// sha256 of the bytes that arrived, in lower-case hexadecimal digits.
    pub(super) sha256: String,
}

impl Incoming {
    /// Makes an empty file in `folder`.
    pub(in crate::store) async fn create(folder: &Path) -> Result<Self> {
        let folder = folder.to_path_buf();
        blocking(move || Self::create_blocking(&folder)).await
    }

    pub(super) fn create_blocking(folder: &Path) -> Result<Self> {
        let file = tempfile::Builder::new()
            .prefix("upload-")
            .tempfile_in(folder)
            .map_err(StoreError::io("create a file in", folder))?;
        let (file, path) = file.into_parts();
        Ok(Self { file, path })
    }

    /// Writes a whole body and hashes it on the way. Stops with `Mismatch` as soon as more than `size` bytes arrive.
    pub(super) async fn receive_hashed<S, E>(self, size: u64, body: S) -> Result<Received, LfsError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<BoxError>,
    {
        let sink = (self, Sha256::new());
        let write = |(incoming, hasher): &mut (Self, Sha256), batch: &[Bytes]| -> Result<(), LfsError> {
            for piece in batch {
                hasher.update(piece);
            }
            Ok(incoming.write(batch)?)
        };
        let ((incoming, hasher), received) = receive(sink, size, BATCH, body, write).await?;
        Ok(Received { incoming, size: received, sha256: hex(hasher) })
    }

    /// Writes a batch of a part to its place.
    pub(super) fn write_at(&mut self, offset: u64, batch: &[Bytes]) -> Result<()> {
        self.file.seek(SeekFrom::Start(offset)).map_err(StoreError::io("write", &self.path))?;
        self.write(batch)
    }

    /// Appends a batch.
    pub(in crate::store) fn write(&mut self, batch: &[Bytes]) -> Result<()> {
        let written = batch.iter().try_for_each(|piece| self.file.write_all(piece));
        written.map_err(StoreError::io("write", &self.path))
    }

    /// Closes the file, which stays on the disk for as long as the path is held.
    #[cfg(feature = "page")]
    pub(super) fn close(self) -> tempfile::TempPath {
        self.path
    }

    /// Opens a file again that was closed.
    #[cfg(feature = "page")]
    pub(super) fn reopen(path: tempfile::TempPath) -> Result<Self> {
        let file = File::options().read(true).write(true).open(&path);
        Ok(Self { file: file.map_err(StoreError::io("open", &path))?, path })
    }

    /// Keeps the first `len` bytes alone.
    pub(in crate::store) fn truncate(&self, len: u64) -> Result<()> {
        self.file.set_len(len).map_err(StoreError::io("write", &self.path))
    }

    /// The file from its beginning, to be read; it is removed with the path.
    pub(in crate::store) fn into_reader(mut self) -> Result<(File, tempfile::TempPath)> {
        self.file.seek(SeekFrom::Start(0)).map_err(StoreError::io("read", &self.path))?;
        Ok((self.file, self.path))
    }

    /// Puts the content on disk and hands the file over: returns its name in the folder it was received in.
    pub(in crate::store) async fn sync(self) -> Result<String> {
        blocking(move || {
            let Self { file, path } = self;
            file.sync_all().map_err(StoreError::io("sync", &path))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let kept = path.to_path_buf();
            path.keep().map_err(|error| StoreError::io("keep", &kept)(error.error))?;
            Ok(name)
        })
        .await
    }

    /// Hashes a file whose parts have all arrived.
    pub(super) fn hash(mut self) -> Result<Received> {
        let mut hasher = Sha256::new();
        let mut size = 0;
        let mut buffer = vec![0; BATCH];
        let mut read = || -> io::Result<()> {
            self.file.seek(SeekFrom::Start(0))?;
            loop {
                match self.file.read(&mut buffer)? {
                    0 => return Ok(()),
                    read => {
                        size += read as u64;
                        hasher.update(buffer.get(..read).unwrap_or_default());
                    }
                }
            }
        };
        read().map_err(StoreError::io("read", &self.path))?;
        Ok(Received { incoming: self, size, sha256: hex(hasher) })
    }
}

impl Received {
    /// Puts the content on disk.
    pub(super) async fn flush(&self) -> Result<()> {
        let path = self.incoming.path.to_path_buf();
        let file = self.incoming.file.try_clone().map_err(StoreError::io("open", &path))?;
        blocking(move || file.sync_all().map_err(StoreError::io("sync", &path))).await
    }

    /// As [`Incoming::sync`].
    pub(super) async fn sync(self) -> Result<String> {
        self.incoming.sync().await
    }
}

/// Reads a whole body and keeps nothing of it: the number of bytes, and their sha256 if that is wanted.
pub(super) async fn count<S, E>(
    size: u64,
    body: S,
    how: DiscardLfs,
) -> Result<(u64, Option<String>), LfsError>
where
    S: Stream<Item = Result<Bytes, E>> + Send,
    E: Into<BoxError>,
{
    if how == DiscardLfs::Unchecked {
        let (mut body, mut received) = (pin!(body), 0);
        while let Some(piece) = body.next().await {
            received += piece.map_err(|error| LfsError::Body(error.into()))?.len() as u64;
        }
        return Ok((received, None));
    }
    let write = |hasher: &mut Sha256, batch: &[Bytes]| -> Result<(), LfsError> {
        batch.iter().for_each(|piece| hasher.update(piece));
        Ok(())
    };
    let (hasher, received) = receive(Sha256::new(), size, BATCH, body, write).await?;
    Ok((received, Some(hex(hasher))))
}

/// Collects a body of at most `size` bytes into batches of about `batch` bytes and hands each to `write` on a thread that may
/// wait, while the next one arrives. Returns the sink and the number of bytes.
pub(in crate::store) async fn receive<T, S, E, F>(
    sink: T,
    size: u64,
    batch: usize,
    body: S,
    write: impl Fn(&mut T, &[Bytes]) -> Result<(), F> + Clone + Send + 'static,
) -> Result<(T, u64), F>
where
    T: Send + 'static,
    S: Stream<Item = Result<Bytes, E>> + Send,
    E: Into<BoxError>,
    F: From<LfsError> + Send + 'static,
{
    let spawn = |mut sink: T, batch: Vec<Bytes>| {
        let write = write.clone();
        tokio::task::spawn_blocking(move || write(&mut sink, &batch).map(|()| sink))
    };
    // A batch may end with the body; the next one asks again.
    let mut body = pin!(body.fuse());
    let mut received = 0;
    let mut running = spawn(sink, Vec::new());
    loop {
        let batch = next_batch(&mut body, batch, size - received).await;
        // Also after an error: what was written is gone when the caller learns of it.
        let sink = running.await.map_err(|error| LfsError::Store(StoreError::Stopped(error)))??;
        let batch = batch?;
        if batch.is_empty() {
            return Ok((sink, received));
        }
        received += batch.iter().map(|piece| piece.len() as u64).sum::<u64>();
        running = spawn(sink, batch);
    }
}

/// The next pieces of a body: about `most` bytes, nothing at its end, `Mismatch` for more than `left` bytes.
async fn next_batch<S, E>(body: &mut Pin<&mut S>, most: usize, left: u64) -> Result<Vec<Bytes>, LfsError>
where
    S: Stream<Item = Result<Bytes, E>> + Send,
    E: Into<BoxError>,
{
    let (mut batch, mut length) = (Vec::new(), 0);
    while length < most {
        let Some(piece) = body.next().await else { break };
        let piece = piece.map_err(|error| LfsError::Body(error.into()))?;
        length += piece.len();
        if length as u64 > left {
            return Err(LfsError::Mismatch { reason: "more bytes were sent than announced".to_owned() });
        }
        if !piece.is_empty() {
            batch.push(piece);
        }
    }
    Ok(batch)
}

/// Reads a part of a file in pieces, each on a thread that may wait.
pub(in crate::store) fn pieces(
    file: File,
    path: PathBuf,
    range: Range<u64>,
    piece: u64,
) -> impl Stream<Item = Result<Bytes>> + Send + 'static {
    stream::try_unfold((file, path, range), move |(mut file, path, range)| async move {
        if range.is_empty() {
            return Ok(None);
        }
        blocking(move || {
            let wanted = piece.min(range.end - range.start);
            let mut buffer = Vec::with_capacity(usize::try_from(wanted).unwrap_or_default());
            let mut read = || {
                file.seek(SeekFrom::Start(range.start))?;
                let read = Read::by_ref(&mut file).take(wanted).read_to_end(&mut buffer)?;
                if (read as u64) < wanted { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
            };
            read().map_err(StoreError::io("read", &path))?;
            let rest = range.start + wanted..range.end;
            Ok(Some((Bytes::from(buffer), (file, path, rest))))
        })
        .await
    })
}

fn hex(hasher: Sha256) -> String {
    hub_types::hex::encode(&hasher.finalize())
}

/// What happens to the content of LFS files that is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DiscardLfs {
    /// It is counted and hashed. The sha256 of what comes in parts cannot be checked.
    Checked,
    /// It is counted: costs the least time.
    Unchecked,
}

/// Runs what may wait for a disk on a thread that may wait.
pub(in crate::store) async fn blocking<T: Send + 'static>(
    job: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(job).await.map_err(StoreError::Stopped)?
}
