//! Brings one file to its place: waits for the right to fetch it, fetches it, and publishes what is complete.

use std::{fs, path::PathBuf, sync::Arc};

use crate::cache::lock::Lock;
use crate::destination::{Destination, Kind};
use crate::disk::{blocking, check_room};
use crate::job::Job;
use crate::transfer::fetch::fetch;
use crate::transfer::partial::{Partial, publish_bytes};
use crate::transfer::sink::{Sink, Store};
use crate::{Disk, DownloadError, RemoteFile, xet};

/// The largest content that arrives in memory: it costs one visit to the disk and no lock. Two that fetch it at once
/// do no harm.
const SMALL: u64 = 128 * 1024;

/// Whether a file arrives in memory.
pub(crate) fn is_small(file: &RemoteFile) -> bool {
    file.size <= SMALL
}

/// Fetches a file that is not there, and returns where it is then.
pub(crate) async fn deliver(job: &Job<'_>, place: Destination) -> Result<PathBuf, DownloadError> {
    let path = place.path().to_owned();
    if is_small(&place.file) {
        let fetched = fetch_small(job, place).await;
        publish(job, vec![fetched]).await?;
        return Ok(path);
    }
    match begin(job, &place).await? {
        Some(sink) => {
            let (sink, by_xet) = xet::fetch(job, &place, sink).await?;
            let sink = fetch(job, &place.file, sink).await?;
            let (disk, force) = (Arc::clone(&job.options.disk), job.options.force);
            blocking(move || {
                put_content(&place, &*disk, sink)?;
                // Only what has this Xet hash is for others, whatever the Hub says of it.
                if by_xet.has_hash {
                    place.share(&*disk, force)?;
                }
                place.settle()?;
                if let Some(recipe) = by_xet.recipe {
                    recipe.publish();
                }
                Ok(())
            })
            .await?;
        }
        None => job.announce(&place.file),
    }
    Ok(path)
}

/// Fetches a small file into memory.
pub(crate) async fn fetch_small(
    job: &Job<'_>,
    place: Destination,
) -> Result<(Destination, Sink), DownloadError> {
    let sink = fetch(job, &place.file, Sink::memory(&place.file)).await?;
    Ok((place, sink))
}

/// Publishes what is complete, up to the first failure.
pub(crate) async fn publish(
    job: &Job<'_>,
    batch: Vec<Result<(Destination, Sink), DownloadError>>,
) -> Result<(), DownloadError> {
    let disk = Arc::clone(&job.options.disk);
    blocking(move || {
        batch.into_iter().try_for_each(|fetched| {
            let (place, sink) = fetched?;
            put_content(&place, &*disk, sink)?;
            place.settle()
        })
    })
    .await
}

/// Waits for the right to fetch a large content; `None` if another has brought it meanwhile.
async fn begin(job: &Job<'_>, place: &Destination) -> Result<Option<Sink>, DownloadError> {
    let disk = Arc::clone(&job.options.disk);
    let lock = Lock::wait(job.transport, &disk, &place.lock).await?;
    let (place, force) = (place.clone(), job.options.force);
    blocking(move || {
        if !force && place.is_current(&*disk)? {
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

/// Puts a complete content to its place, where nothing leads to it yet.
fn put_content(place: &Destination, disk: &dyn Disk, sink: Sink) -> Result<(), DownloadError> {
    match sink.store {
        Store::Memory(content) => publish_bytes(disk, &place.stem, &place.content, &content),
        Store::Partial(partial) => match partial.publish(&place.content) {
            // Where locks do nothing, another may have published this content from under us. What was there before, under
            // the same name, may be what was to be replaced: only its bytes tell.
            Err(_) if is_right(place) => Ok(()),
            outcome => outcome,
        },
    }
}

/// Whether the content is there, by its hash.
fn is_right(place: &Destination) -> bool {
    matches!(place.kind, Kind::Cache { .. })
        && fs::metadata(&place.content).is_ok_and(|there| there.len() == place.file.size)
        && place.file.id.matches_file(&place.content).is_ok_and(|same| same == Some(true))
}
