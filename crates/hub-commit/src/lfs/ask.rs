//! What an upload would do, without doing it: digests of all files, and which content the server lacks.

use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use hub_types::preupload::UploadMode;

use super::{Fate, Object, batch, groups, hash_group, judge};
use crate::CommitError;
use crate::digest::Want;
use crate::job::Job;
use crate::plan::Wanted;

/// Digests all files, in their order; with the content, where it goes to LFS.
pub(crate) async fn digest_all(
    job: &Arc<Job>,
    files: &[Wanted],
) -> Result<Vec<(Fate, Option<Object>)>, CommitError> {
    let mut found: Vec<_> = vec![(Fate::Regular(None), None); files.len()];
    let mut hashed = stream::iter(groups(files, any_digest))
        .map(|group| hash_group(job, files, group, any_digest))
        .buffer_unordered(job.at_once.hashing);
    while let Some(digests) = hashed.try_next().await? {
        for (index, digests) in digests {
            if let (Some(file), Some(place)) = (files.get(index), found.get_mut(index)) {
                let (fate, object) = judge(file, digests);
                *place = (fate, object.map(|(_, object)| object));
            }
        }
    }
    Ok(found)
}

fn any_digest(file: &Wanted) -> Option<Want> {
    Some(match file.mode {
        UploadMode::Lfs => Want::Sha256,
        UploadMode::Regular => Want::GitBlob,
    })
}

/// Those of `objects` that the server lacks, each with the number of requests that it takes to send it, and how often
/// the server will have to be asked where they go.
pub(crate) async fn missing(
    job: &Arc<Job>,
    objects: Vec<Object>,
) -> Result<(Vec<(Object, u64)>, u64), CommitError> {
    let chunks: Vec<Vec<Object>> = objects.chunks(batch::MAX_OBJECTS).map(<[Object]>::to_vec).collect();
    let answers: Vec<Vec<batch::Upload>> = stream::iter(chunks)
        .map(|objects| batch::negotiate(job, objects))
        .buffered(job.at_once.questions)
        .try_collect()
        .await?;
    let missing: Vec<_> = answers
        .into_iter()
        .flatten()
        .map(|upload| {
            let requests = upload.route.requests();
            (upload.object, requests)
        })
        .collect();
    let batches = missing.len().div_ceil(batch::MAX_OBJECTS) as u64;
    Ok((missing, batches))
}
