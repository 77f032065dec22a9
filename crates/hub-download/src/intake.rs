//! What takes in the bytes of a content as they arrive.

use bytes::Bytes;
use tokio::{sync::mpsc, task::JoinHandle};

use crate::{
    DownloadError,
    sink::{Sink, Store},
};

/// How many chunks may wait for the disk.
const QUEUE: usize = 4;

/// A partial file that is written on a blocking thread, while the next chunks arrive.
pub(crate) struct Writer {
    chunks: mpsc::Sender<(u64, Bytes)>,
    task: JoinHandle<Result<Sink, DownloadError>>,
}

impl Writer {
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
pub(crate) enum Intake {
    Memory(Box<Sink>),
    Writer(Writer),
}

impl Intake {
    pub(crate) fn new(sink: Sink) -> Self {
        match sink.store {
            Store::Memory(_) => Self::Memory(Box::new(sink)),
            Store::Partial(_) => Self::Writer(Writer::start(sink)),
        }
    }

    /// False when the disk failed; [`Self::finish`] says why.
    pub(crate) async fn take(&mut self, at: u64, chunk: Bytes) -> bool {
        match self {
            Self::Memory(sink) => sink.write(at, &chunk).is_ok(),
            Self::Writer(writer) => writer.take(at, chunk).await,
        }
    }

    /// The sink with everything that came.
    pub(crate) async fn finish(self) -> Result<Sink, DownloadError> {
        match self {
            Self::Memory(sink) => Ok(*sink),
            Self::Writer(writer) => writer.finish().await,
        }
    }
}
