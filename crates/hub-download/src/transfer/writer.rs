//! What takes in the bytes of a blob as they arrive.

use bytes::Bytes;
use tokio::{sync::mpsc, task::JoinHandle};

use crate::DownloadError;
use crate::transfer::sink::{Sink, Store};

/// How many chunks may wait for the disk.
const QUEUE: usize = 4;

/// A partial file that is written on a blocking thread, while the next chunks arrive.
pub(crate) struct DiskWriter {
    chunks: mpsc::Sender<(u64, Bytes)>,
    task: JoinHandle<Result<Sink, DownloadError>>,
}

impl DiskWriter {
    pub(crate) fn start(mut sink: Sink) -> Self {
        let (chunks, mut receiver) = mpsc::channel::<(u64, Bytes)>(QUEUE);
        let task = tokio::task::spawn_blocking(move || {
            while let Some((at, chunk)) = receiver.blocking_recv() {
                sink.write(at, &chunk)?;
            }
            Ok(sink)
        });
        Self { chunks, task }
    }

    /// A further way to it, for a thread that may wait. [`Self::finish`] waits until all of them are dropped.
    pub(crate) fn sender(&self) -> mpsc::Sender<(u64, Bytes)> {
        self.chunks.clone()
    }

    /// False when the disk failed; [`Self::finish`] says why.
    pub(crate) async fn take(&self, at: u64, chunk: Bytes) -> bool {
        self.chunks.send((at, chunk)).await.is_ok()
    }

    /// The sink with everything that came.
    pub(crate) async fn finish(self) -> Result<Sink, DownloadError> {
        drop(self.chunks);
        self.task.await.map_err(|_| DownloadError::Stopped)?
    }
}

/// A sink while a body is poured into it.
pub(crate) enum Writer {
    Memory(Box<Sink>),
    DiskWriter(DiskWriter),
}

impl Writer {
    pub(crate) fn new(sink: Sink) -> Self {
        match sink.store {
            Store::Memory(_) => Self::Memory(Box::new(sink)),
            Store::Partial(_) => Self::DiskWriter(DiskWriter::start(sink)),
        }
    }

    /// False when the disk failed; [`Self::finish`] says why.
    pub(crate) async fn take(&mut self, at: u64, chunk: Bytes) -> bool {
        match self {
            Self::Memory(sink) => sink.write(at, &chunk).is_ok(),
            Self::DiskWriter(writer) => writer.take(at, chunk).await,
        }
    }

    /// The sink with everything that came.
    pub(crate) async fn finish(self) -> Result<Sink, DownloadError> {
        match self {
            Self::Memory(sink) => Ok(*sink),
            Self::DiskWriter(writer) => writer.finish().await,
        }
    }
}
