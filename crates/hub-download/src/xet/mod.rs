//! Files by Xet: in chunks, of which only those are fetched that no older version of the file has.
//!
//! It brings as much of a file as it can. Whatever is in the way, a plain `GET` goes on from there, so that nothing of this is ever an
//! error of a download but what the disk says.

mod arrived;
mod base;
mod chunk_log;
mod download;
mod fetch;
mod holes;
mod recipe;
mod reconstruct;
mod trouble;

use std::sync::Arc;

use bytes::Bytes;
use hub_xet::{MerkleHash, chunker::ChunkStream, hash::chunk_hash};

use self::base::Bases;
use self::chunk_log::ChunkLog;
use self::download::Download;
use self::recipe::{BlobChunk, Recipe, RecipeWriter};
use crate::destination::{Destination, Kind};
use crate::disk::blocking;
use crate::job::Job;
use crate::transfer::sink::{Sink, Store};
use crate::{DownloadError, RemoteFile, XetPolicy};

/// From how many missing bytes on Xet is worth its additional requests.
const WORTHWHILE: u64 = 16 * 1024 * 1024;
/// The same where an older version of the file is here.
const WORTHWHILE_WITH_BASE: u64 = 1024 * 1024;

/// What is known of a file that came by Xet.
#[derive(Debug, Default)]
pub(crate) struct ByXet {
    /// Whether all of it has the announced Xet hash.
    pub(crate) has_hash: bool,
    /// Its recipe, to be published with it.
    pub(crate) recipe: Option<Recipe>,
}

/// Brings what it can of a large file. If that is all of it, it has the announced hashes, and there may be a recipe to publish with it.
///
/// # Errors
/// Those of the disk.
pub(crate) async fn fetch(
    job: &Job<'_>,
    place: &Destination,
    sink: Sink,
) -> Result<(Sink, ByXet), DownloadError> {
    let file = &place.file;
    let Some(hash) = file.xet_hash else { return Ok((sink, ByXet::default())) };
    if !pays(job, place, &sink).await? {
        return Ok((sink, ByXet::default()));
    }
    let Some(cas) = job.xet.get(job.transport, file).await else {
        return Ok((sink, ByXet::default()));
    };
    job.report(file, sink.position);
    let prepared = {
        let (place, force) = (place.clone(), job.options.force);
        blocking(move || prepare(&place, force, sink)).await?
    };
    let (sink, log, bases) = prepared;
    let download = Download { job, file, hash, cas, bases: &Arc::new(bases) };
    let (sink, log) = download.run(sink, log).await?;
    let file = file.clone();
    blocking(move || conclude(&file, hash, sink, log)).await
}

/// Whether it is worth asking for.
async fn pays(job: &Job<'_>, place: &Destination, sink: &Sink) -> Result<bool, DownloadError> {
    let missing = place.file.size.saturating_sub(sink.position);
    match job.options.xet {
        XetPolicy::Never => Ok(false),
        _ if missing == 0 => Ok(false),
        XetPolicy::Always => Ok(true),
        _ if missing >= WORTHWHILE => Ok(true),
        _ if missing < WORTHWHILE_WITH_BASE || job.options.force => Ok(false),
        _ => {
            let place = place.clone();
            blocking(move || match &place.kind {
                Kind::Cache { folder, .. } => Ok(base::has_earlier(folder, &place.file)),
                Kind::Folder(_) => Ok(false),
            })
            .await
        }
    }
}

/// What is needed besides the sink: the chunks of what is there, and older blobs. Waits for the disk.
fn prepare(
    place: &Destination,
    force: bool,
    mut sink: Sink,
) -> Result<(Sink, ChunkLog, Bases), DownloadError> {
    let file = &place.file;
    let (mut recipe, mut bases) = (None, Bases::default());
    if let Kind::Cache { folder, .. } = &place.kind {
        recipe = RecipeWriter::create(&folder.recipe(&file.id), file.size)
            .inspect_err(|error| tracing::debug!(%error, "no recipe of this file is kept"))
            .ok();
        if !force {
            bases = Bases::load(folder, file);
        }
    }
    let mut log = ChunkLog::new(recipe);
    let position = sink.position;
    if let Store::Partial(partial) = &mut sink.store
        && position > 0
    {
        // The last one may go on behind the position, and is not noted.
        let (mut chunks, mut begin) = (ChunkStream::new(), 0_u64);
        partial.each_piece(0..position, |piece| {
            chunks.push(Bytes::copy_from_slice(piece));
            while let Some(data) = chunks.next_chunk() {
                let (hash, len) = (chunk_hash(&data), data.len() as u32);
                // They come in order, so that none is held.
                drop(log.note(begin, BlobChunk { xorb: MerkleHash::ZERO, number: 0, hash, len }));
                begin += u64::from(len);
            }
        })?;
    }
    Ok((sink, log, bases))
}

/// Judges what has come: a file that is whole and not the announced one is thrown away. Waits for the disk.
fn conclude(
    file: &RemoteFile,
    hash: MerkleHash,
    mut sink: Sink,
    log: ChunkLog,
) -> Result<(Sink, ByXet), DownloadError> {
    if sink.position < file.size {
        return Ok((sink, ByXet::default()));
    }
    let of_chunks = log.finish(file.size);
    let is_right = of_chunks.as_ref().is_none_or(|(actual, _)| *actual == hash);
    if !is_right || sink.digest().is_some_and(|digest| digest != file.id.as_str()) {
        tracing::warn!(path = %file.path, "what came by Xet has another hash than the announced one; the file is fetched by GET");
        sink.restart()?;
        return Ok((sink, ByXet::default()));
    }
    let by_xet = match of_chunks {
        Some((_, recipe)) => ByXet { has_hash: true, recipe },
        None => ByXet::default(),
    };
    Ok((sink, by_xet))
}
