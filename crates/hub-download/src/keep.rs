//! Bringing one file to its place.

use std::{path::PathBuf, sync::Arc};

use hub_transport::{Reporter, Transport};
use hub_types::progress::Phase;
use tokio::sync::Semaphore;

use crate::{
    DownloadError, DownloadOptions, RemoteFile,
    disk::{blocking, check_room},
    fetch::fetch,
    lock::Lock,
    partial::Partial,
    place::Place,
    sink::Sink,
};

/// The largest content that arrives in memory: it costs one visit to the disk and no lock. Two that fetch it at once
/// do no harm.
const SMALL: u64 = 128 * 1024;

/// Whether a file arrives in memory.
pub(crate) fn is_small(file: &RemoteFile) -> bool {
    file.size <= SMALL
}

/// What all files of one download share.
#[derive(Clone, Copy)]
pub(crate) struct Job<'j> {
    pub(crate) transport: &'j Transport,
    pub(crate) options: &'j DownloadOptions,
    pub(crate) reporter: &'j Reporter,
    /// Permits for connections that files have beyond their first.
    pub(crate) extra: &'j Semaphore,
}

impl Job<'_> {
    /// Fetches a file that is not there, and returns where it is then.
    pub(crate) async fn bring(&self, place: Place) -> Result<PathBuf, DownloadError> {
        let path = place.path().to_owned();
        if is_small(&place.file) {
            let fetched = self.fetch_small(place).await;
            self.publish(vec![fetched]).await?;
            return Ok(path);
        }
        match self.begin(&place).await? {
            Some(sink) => {
                let sink = fetch(self, &place.file, sink).await?;
                self.publish(vec![Ok((place, sink))]).await?;
            }
            None => self.announce(&place.file),
        }
        Ok(path)
    }

    /// Fetches a small file into memory.
    pub(crate) async fn fetch_small(&self, place: Place) -> Result<(Place, Sink), DownloadError> {
        let sink = fetch(self, &place.file, Sink::memory(&place.file)).await?;
        Ok((place, sink))
    }

    /// Publishes what is complete, up to the first failure.
    pub(crate) async fn publish(
        &self,
        batch: Vec<Result<(Place, Sink), DownloadError>>,
    ) -> Result<(), DownloadError> {
        let disk = Arc::clone(&self.options.disk);
        blocking(move || {
            batch.into_iter().try_for_each(|fetched| {
                let (place, sink) = fetched?;
                place.publish(&*disk, sink)
            })
        })
        .await
    }

    /// Waits for the right to fetch a large content; `None` if another has brought it meanwhile.
    async fn begin(&self, place: &Place) -> Result<Option<Sink>, DownloadError> {
        let disk = Arc::clone(&self.options.disk);
        let lock = Lock::wait(self.transport, &disk, &place.lock).await?;
        let (place, force) = (place.clone(), self.options.force);
        blocking(move || {
            if !force && place.is_current()? {
                return Ok(None);
            }
            let partial = Partial::open(&place.stem, place.file.size, force, Arc::clone(&disk), lock)?;
            let folder = partial.path().parent().map(ToOwned::to_owned).unwrap_or_default();
            let sink = Sink::partial(&place.file, partial)?;
            check_room(&*disk, &folder, place.file.size.saturating_sub(sink.position))?;
            Ok(Some(sink))
        })
        .await
    }

    /// Reports a file that is there already as downloaded.
    pub(crate) fn announce(&self, file: &RemoteFile) {
        self.report(file, file.size);
    }

    pub(crate) fn report(&self, file: &RemoteFile, position: u64) {
        self.reporter.file(Phase::Downloading, file.path.as_str(), position, file.size);
    }
}
