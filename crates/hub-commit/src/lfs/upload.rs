//! Hashing and uploading, overlapped: while files are sent, the next ones are hashed and asked for.
//!
//! URLs to upload to are asked for just in time, 256 objects at most, and only when few uploads are waiting: they
//! expire. Content that several files share is sent once.

use std::collections::{HashSet, VecDeque};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use hub_types::progress::Phase;

use super::object::Object;
use super::{batch, transfer};
use hub_types::hex::encode as hex;

use crate::CommitError;
use crate::blocking::blocking;
use crate::hash::cache::known_or_read;
use crate::hash::digest::{Digests, Want};
use crate::inspect::Seen;
use crate::job::Job;
use crate::preupload::decision::{Added, Decision};

/// Files hashed by one task: as many as make up to this many bytes, so that small files do not cost a task each.
const GROUP_BYTES: u64 = 8 * 1024 * 1024;
const GROUP_FILES: usize = 64;
/// How many hashed objects may wait for their upload before hashing pauses.
const AHEAD: usize = 512;

/// What happened next.
enum Event {
    Hashed(Result<Vec<(usize, Digests)>, CommitError>),
    Routed(Result<Vec<batch::Upload>, CommitError>),
    Sent(Result<(), CommitError>),
}

type Step<'a, T> = Pin<Box<dyn Future<Output = Result<T, CommitError>> + Send + 'a>>;

/// Digests the files that need it, uploads those that go to LFS and are not there, and notes what becomes of each.
pub(crate) async fn upload(job: &Arc<Job>, files: &mut [Added]) -> Result<(), CommitError> {
    let to_hash = groups(files, Added::digest);
    overlapped(job, files, to_hash, VecDeque::new()).await
}

/// Uploads content whose digest is known, where the server does not have it. Each may be named once.
pub(crate) async fn upload_objects(job: &Arc<Job>, objects: Vec<Object>) -> Result<(), CommitError> {
    overlapped(job, &mut [], Vec::new(), objects.into()).await
}

async fn overlapped(
    job: &Arc<Job>,
    files: &mut [Added],
    to_hash: Vec<Vec<usize>>,
    mut ready: VecDeque<Object>,
) -> Result<(), CommitError> {
    let mut to_hash = to_hash.into_iter();
    let mut known: HashSet<[u8; 32]> = HashSet::new();
    let mut uploads: VecDeque<batch::Upload> = VecDeque::new();
    let mut hashing: FuturesUnordered<Step<'_, Vec<(usize, Digests)>>> = FuturesUnordered::new();
    let mut negotiating: FuturesUnordered<Step<'_, Vec<batch::Upload>>> = FuturesUnordered::new();
    let mut sending: FuturesUnordered<Step<'_, ()>> = FuturesUnordered::new();
    // Twice the transfers: while one file is confirmed, the next can be sent.
    let limit = job.at_once.transfers.saturating_mul(2);
    loop {
        while hashing.len() < job.at_once.hashing && ready.len() + uploads.len() < AHEAD {
            let Some(group) = to_hash.next() else { break };
            hashing.push(Box::pin(hash_group(job, work(files, group, Added::digest))));
        }
        if negotiating.is_empty() && !ready.is_empty() && uploads.len() < job.at_once.transfers {
            let objects: Vec<Object> = ready.drain(..ready.len().min(batch::MAX_OBJECTS)).collect();
            negotiating.push(Box::pin(batch::negotiate(job, objects)));
        }
        while sending.len() < limit {
            let Some(upload) = uploads.pop_front() else { break };
            sending.push(Box::pin(transfer::send(job, upload)));
        }
        if hashing.is_empty() && negotiating.is_empty() && sending.is_empty() {
            return Ok(());
        }
        // An empty set is never ready.
        let event = poll_fn(|cx| {
            if let Poll::Ready(Some(done)) = hashing.poll_next_unpin(cx) {
                return Poll::Ready(Event::Hashed(done));
            }
            if let Poll::Ready(Some(done)) = negotiating.poll_next_unpin(cx) {
                return Poll::Ready(Event::Routed(done));
            }
            match sending.poll_next_unpin(cx) {
                Poll::Ready(Some(done)) => Poll::Ready(Event::Sent(done)),
                _ => Poll::Pending,
            }
        });
        match event.await {
            Event::Hashed(done) => {
                for (index, digests) in done? {
                    let Some(file) = files.get_mut(index) else { continue };
                    match judge(file, digests) {
                        Some((sha256, object)) => {
                            if known.insert(sha256) {
                                ready.push_back(object);
                            } else {
                                finished(job, file.seen);
                            }
                        }
                        None if file.decision == Decision::Unchanged => finished(job, file.seen),
                        None => {}
                    }
                }
            }
            Event::Routed(done) => uploads.extend(done?),
            Event::Sent(done) => done?,
        }
    }
}

/// A file that needs no upload counts as sent.
fn finished(job: &Job, seen: Seen) {
    let size = seen.stamp.size;
    job.reporter.file(Phase::Uploading, job.path(seen.operation), size, size);
}

/// Notes what becomes of a file that has these digests. The content, where it goes to LFS.
pub(crate) fn judge(file: &mut Added, digests: Digests) -> Option<([u8; 32], Object)> {
    let same = |id: &[u8]| file.remote.as_deref().is_some_and(|remote| remote == hex(id));
    let object;
    (file.decision, object) = match digests {
        Digests::Git(id) if same(&id) => (Decision::Unchanged, None),
        Digests::Git(id) => (Decision::Regular(id.into()), None),
        Digests::Lfs { sha256, .. } if same(&sha256) => (Decision::Unchanged, None),
        Digests::Lfs { sha256, blocks } => {
            let object = Object { oid: hex(&sha256), seen: file.seen, blocks: blocks.into() };
            (Decision::Lfs(sha256), Some((sha256, object)))
        }
    };
    object
}

/// Which digest of a file to compute, if any.
pub(crate) type Choice = fn(&Added) -> Option<Want>;

/// Indices of the files that need a digest, in groups that are worth a task.
pub(crate) fn groups(files: &[Added], choice: Choice) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut bytes = 0u64;
    for (index, file) in files.iter().enumerate().filter(|(_, file)| choice(file).is_some()) {
        let size = file.seen.stamp.size;
        match groups.last_mut() {
            Some(group) if group.len() < GROUP_FILES && bytes.saturating_add(size) <= GROUP_BYTES => {
                group.push(index);
                bytes += size;
            }
            _ => {
                groups.push(vec![index]);
                bytes = size;
            }
        }
    }
    groups
}

/// A file to hash: its index, its state, and the digest to compute.
type Work = (usize, Seen, Want);

pub(crate) fn work(files: &[Added], group: Vec<usize>, choice: Choice) -> Vec<Work> {
    let work = |index: usize| files.get(index).and_then(|file| Some((index, file.seen, choice(file)?)));
    group.into_iter().filter_map(work).collect()
}

pub(crate) async fn hash_group(
    job: &Arc<Job>,
    work: Vec<Work>,
) -> Result<Vec<(usize, Digests)>, CommitError> {
    let job = Arc::clone(job);
    blocking(move || {
        work.into_iter()
            .map(|(index, seen, want)| {
                let add = job.add(seen.operation)?;
                Ok((
                    index,
                    known_or_read(add, seen.stamp, want, job.options.digests.as_deref(), &job.reading())?,
                ))
            })
            .collect()
    })
    .await
}

#[cfg(test)]
mod tests {
    use hub_types::preupload::UploadMode;

    use super::*;
    use crate::source::Stamp;

    fn file(size: u64, remote: Option<&str>) -> Added {
        let seen = Seen { operation: 0, stamp: Stamp::of_size(size) };
        Added { mode: UploadMode::Lfs, remote: remote.map(Into::into), ..seen.into() }
    }

    #[test]
    fn small_files_share_a_task_and_large_ones_do_not() {
        let files: Vec<Added> =
            [1, 2, GROUP_BYTES * 9, 3, GROUP_BYTES - 3, 1].into_iter().map(|size| file(size, None)).collect();
        assert_eq!(groups(&files, Added::digest), [vec![0, 1], vec![2], vec![3, 4], vec![5]]);
        let many = vec![file(1, None); GROUP_FILES + 1];
        assert_eq!(groups(&many, Added::digest).len(), 2);
    }

    #[test]
    fn content_that_is_there_already_is_unchanged() {
        let sha256 = [0xab; 32];
        let digests = || Digests::Lfs { sha256, blocks: vec![1] };
        let mut same = file(1, Some(&"ab".repeat(32)));
        assert!(judge(&mut same, digests()).is_none() && same.decision == Decision::Unchanged);
        for remote in [None, Some("cd")] {
            let mut other = file(1, remote);
            assert_eq!(judge(&mut other, digests()).unwrap().1.oid, "ab".repeat(32));
            assert_eq!(other.decision, Decision::Lfs(sha256));
        }
    }
}
