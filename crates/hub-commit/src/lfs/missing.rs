//! What an upload would do, without doing it: digests of all files, and which content the server lacks.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt, stream};
use hub_types::preupload::UploadMode;

use crate::CommitError;
use crate::hash::digest::Want;
use crate::job::Job;
use crate::lfs::batch;
use crate::lfs::object::Object;
use crate::lfs::upload::{Choice, groups, hash_group, judge, work};
use crate::preupload::decision::Added;

/// Digests all files and notes what becomes of each. Each content that goes to LFS once, with the first file that has it.
pub(crate) async fn digest_all(job: &Arc<Job>, files: &mut [Added]) -> Result<Vec<Object>, CommitError> {
    digest(job, files, any_digest).await
}

/// Digests the regular files that need it, and notes what becomes of each.
pub(crate) async fn digest_regular(job: &Arc<Job>, files: &mut [Added]) -> Result<(), CommitError> {
    digest(job, files, |file| file.digest().filter(|want| *want == Want::GitBlob)).await.map(drop)
}

async fn digest(job: &Arc<Job>, files: &mut [Added], choice: Choice) -> Result<Vec<Object>, CommitError> {
    let work: Vec<_> = groups(files, choice).into_iter().map(|group| work(files, group, choice)).collect();
    let hashed = stream::iter(work).map(|work| hash_group(job, work)).buffered(job.at_once.hashing);
    let hashed: Vec<_> = hashed.try_collect().await?;
    let mut known = HashSet::new();
    let mut objects = Vec::new();
    for (index, digests) in hashed.into_iter().flatten() {
        let Some(file) = files.get_mut(index) else { continue };
        objects.extend(judge(file, digests).filter(|(sha256, _)| known.insert(*sha256)));
    }
    Ok(objects.into_iter().map(|(_, object)| object).collect())
}

fn any_digest(file: &Added) -> Option<Want> {
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
    let responses: Vec<Vec<batch::Upload>> = stream::iter(chunks)
        .map(|objects| batch::negotiate(job, objects))
        .buffered(job.at_once.questions)
        .try_collect()
        .await?;
    let missing: Vec<_> = responses
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
