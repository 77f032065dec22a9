//! Makes the commit: at most once, whatever happens to the answers.
//!
//! Every attempt names the head that the branch had, so a second one cannot make a second commit: the server answers 412.
//! Whether that 412 is about our own commit is settled by reading the history. When another writer was faster, the commit is
//! made anew on the new head: its operations replace whole files, so the result is what an unpinned commit gives.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hub_transport::{Error, ErrorKind, RetryClass};
use hub_types::commit::{CommitHeader, CommitResponse};
use hub_types::{CommitInfo, ParentCommit};

use crate::digest::hex;
use crate::endpoint::Commit;
use crate::job::Job;
use crate::payload::{Line, Payload};
use crate::reconcile::{CommitOutcomeUnknown, Expected, Reconciled, settle};
use crate::stream::Fault;
use crate::{CommitError, CommitOptions};

/// How often the commit is made anew because the branch moved.
const ATTEMPTS: u32 = 5;
/// Longest wait before that, doubled each time.
const FIRST_WAIT: Duration = Duration::from_millis(200);

/// What is known about the branch before the commit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Base {
    /// Its head, if known.
    pub(crate) head: Option<ParentCommit>,
    /// The server's time.
    pub(crate) server_time: Option<String>,
}

pub(crate) async fn commit(
    job: &Arc<Job>,
    payload: &Payload,
    mut base: Base,
) -> Result<CommitInfo, CommitError> {
    let demanded = job.options.parent_commit.clone();
    for attempt in 1..=ATTEMPTS {
        let parent = match (&demanded, job.options.pinned && !job.options.create_pr) {
            (Some(parent), _) => Some(parent.clone()),
            (None, true) => base.head.clone(),
            (None, false) => None,
        };
        let sent = send(job, payload, parent.clone()).await;
        let moved = match sent.result {
            Ok(response) => return Ok(info(job, response)),
            Err(error) if sent.ambiguous => {
                let bound = demanded.clone().or_else(|| base.head.clone());
                match settled(job, payload, bound, parent.is_some(), &base, error).await? {
                    Settled::Landed(info) => return Ok(info),
                    Settled::Moved(head) => Some(head),
                }
            }
            Err(error) if is_moved(&error) => None,
            Err(error) => return Err(error),
        };
        let head = match moved {
            Some(head) => Ok(head),
            None => job.head().await.map(|(head, _)| head),
        };
        if let Some(expected) = demanded {
            return Err(CommitError::ParentMismatch { expected: expected.to_string(), actual: head.ok() });
        }
        let head = head?;
        tracing::debug!(attempt, head, "the branch moved; committing on its new head");
        base.head = head.parse().ok();
        wait(job, attempt).await;
    }
    Err(CommitError::Contended { attempts: ATTEMPTS })
}

/// The first line of the commit's body.
pub(crate) fn header(options: &CommitOptions, parent: Option<ParentCommit>) -> CommitHeader {
    CommitHeader {
        summary: options.message.clone(),
        description: options.description.clone(),
        parent_commit: parent,
    }
}

/// One sending, with whatever the transport repeated.
struct Sent {
    result: Result<CommitResponse, CommitError>,
    /// Whether the commit may have been made although `result` is an error.
    ambiguous: bool,
}

async fn send(job: &Arc<Job>, payload: &Payload, parent: Option<ParentCommit>) -> Sent {
    let options = &job.options;
    let class = match (options.create_pr, &parent) {
        (true, _) => RetryClass::Append,
        // The parent makes it a compare-and-swap: a repetition is refused, not repeated.
        (false, Some(_)) => RetryClass::Read,
        (false, None) => RetryClass::Ambiguous,
    };
    let header = header(options, parent);
    let (fault, whole) = (Fault::default(), Arc::new(AtomicBool::new(false)));
    let body = match payload.body(header, &fault, &whole) {
        Ok(body) => body,
        Err(error) => return Sent { result: Err(error), ambiguous: false },
    };
    let rng = job.transport.rng();
    // One name for all sendings of these bytes; another parent makes other bytes.
    let nonce = format!("{:016x}{:016x}", rng.next_u64(), rng.next_u64());
    let endpoint = Commit {
        repo: &options.repo,
        revision: &options.revision,
        create_pr: options.create_pr,
        class,
        nonce: &nonce,
        body: &Mutex::new(body),
    };
    let result = fault.guard(job.transport.send(&endpoint)).await;
    // Without the last line no server can have taken the commit.
    let whole = whole.load(Ordering::SeqCst);
    match result {
        Ok(Ok(response)) => Sent { result: Ok(response), ambiguous: false },
        Ok(Err(error)) => {
            let unread = error.kind() == ErrorKind::Decode || error.status().is_some_and(|s| s.is_success());
            let ambiguous = whole && (error.maybe_processed() || unread);
            Sent { result: Err(CommitError::Commit(error)), ambiguous }
        }
        // A source failed in a later sending; an earlier one may have been complete.
        Err(error) => Sent { result: Err(error), ambiguous: whole },
    }
}

/// The branch is not at the parent (412), or moved while the server was at work (409).
fn is_moved(error: &CommitError) -> bool {
    matches!(error, CommitError::Commit(error)
        if matches!(error.kind(), ErrorKind::PreconditionFailed | ErrorKind::Conflict))
}

enum Settled {
    Landed(CommitInfo),
    /// Not made; the branch is at this commit.
    Moved(String),
}

async fn settled(
    job: &Arc<Job>,
    payload: &Payload,
    bound: Option<ParentCommit>,
    pinned: bool,
    base: &Base,
    error: CommitError,
) -> Result<Settled, CommitError> {
    let mut unknown = describe(job, payload, bound, pinned, base);
    unknown.request_id = error.request_id().map(str::to_owned);
    tracing::debug!(%error, "the answer to a commit was lost; reading the history");
    match settle(&job.transport, &unknown).await {
        Ok(Reconciled::Landed(info)) => Ok(Settled::Landed(info)),
        Ok(Reconciled::NotLanded { head }) => match error {
            // Nothing can be sent again from a source that changed.
            CommitError::Commit(_) => Ok(Settled::Moved(head)),
            error => Err(error),
        },
        Ok(Reconciled::Undecided) => {
            unknown.cause = match error {
                CommitError::Commit(error) => Some(error),
                _ => None,
            };
            Err(CommitError::CommitOutcomeUnknown(Box::new(unknown)))
        }
        Err(cause) => {
            unknown.cause = Some(cause);
            Err(CommitError::CommitOutcomeUnknown(Box::new(unknown)))
        }
    }
}

fn describe(
    job: &Job,
    payload: &Payload,
    parent: Option<ParentCommit>,
    pinned: bool,
    base: &Base,
) -> CommitOutcomeUnknown {
    let options = &job.options;
    CommitOutcomeUnknown {
        repo_type: options.repo.repo_type,
        repo_id: options.repo.id.clone(),
        revision: options.revision.clone(),
        parent,
        pinned,
        create_pr: options.create_pr,
        message: options.message.clone(),
        description: options.description.clone(),
        author: options.author.clone(),
        server_time: base.server_time.clone(),
        request_id: None,
        fingerprint: fingerprint(payload),
        cause: None::<Error>,
    }
}

/// What the lines leave at each path, in order: later lines win.
fn fingerprint(payload: &Payload) -> BTreeMap<String, Expected> {
    let mut left: BTreeMap<String, Expected> = BTreeMap::new();
    let lfs = payload.lines().any(|line| matches!(line, Line::Lfs { .. }));
    for line in payload.lines() {
        let file = |id: &[u8], size| Expected::File { oid: hex(id), size };
        match line {
            Line::Delete(delete) => {
                let path = delete.path_in_repo().to_owned();
                let below = format!("{path}/");
                left.retain(|other, _| !other.starts_with(&below));
                left.insert(path, Expected::Absent);
            }
            Line::Lfs { path, size, sha256 } => put(&mut left, path, file(&sha256, size)),
            // The server adds a line for each LFS file that no rule covers.
            Line::Regular { add, .. } if lfs && add.path_in_repo() == ".gitattributes" => {
                put(&mut left, add.path_in_repo(), Expected::Present)
            }
            Line::Regular { add, stamp, git } => {
                let state = git.get().map_or(Expected::Present, |id| file(id, stamp.size));
                put(&mut left, add.path_in_repo(), state);
            }
        }
    }
    left
}

/// A file also makes the folders above it be there.
fn put(left: &mut BTreeMap<String, Expected>, path: &str, state: Expected) {
    for (at, _) in path.match_indices('/') {
        left.remove(path.get(..at).unwrap_or_default());
    }
    left.insert(path.to_owned(), state);
}

fn info(job: &Job, response: CommitResponse) -> CommitInfo {
    let options = &job.options;
    if let Some(text) = response.hook_output.as_deref().filter(|text| !text.trim().is_empty()) {
        tracing::info!("the server's hooks say: {}", text.trim().escape_debug());
    }
    let mut info =
        CommitInfo::new(response.commit_url, response.commit_oid, &options.message, &options.description);
    if let Some(url) = response.pull_request_url {
        // The commit is made, so an odd address of its pull request is no reason to fail.
        match info.clone().with_pull_request(&url) {
            Ok(with) => info = with,
            Err(error) => {
                tracing::warn!(%error, "the number of the pull request is not known");
                info.pr_url = Some(url);
            }
        }
    }
    info
}

async fn wait(job: &Job, attempt: u32) {
    let limit = FIRST_WAIT.saturating_mul(1 << attempt.min(6)).as_millis();
    let limit = u64::try_from(limit).unwrap_or(u64::MAX).max(1);
    job.transport.clock().sleep(Duration::from_millis(job.transport.rng().next_u64() % limit)).await;
}

#[cfg(test)]
mod tests {
    use std::sync::OnceLock;

    use hub_transport::Reporter;

    use super::*;
    use crate::look::Seen;
    use crate::plan::{Added, Fate};
    use crate::source::{Stamp, SystemFiles};
    use crate::{CommitOperation, CommitOperationAdd, CommitOperationDelete, IsFolder};

    fn add(path: &str) -> CommitOperation {
        CommitOperationAdd::new(path, b"x".as_slice()).unwrap().into()
    }

    fn delete(path: &str) -> CommitOperation {
        CommitOperationDelete::new(path, IsFolder::Auto).unwrap().into()
    }

    /// What the operations leave, with additions in LFS where the path ends in `.bin`.
    fn left_by(operations: Vec<CommitOperation>) -> BTreeMap<String, Expected> {
        let file = |(operation, step): (usize, &CommitOperation)| {
            let CommitOperation::Add(add) = step else { return None };
            let in_lfs = add.path_in_repo().ends_with(".bin");
            let fate = if in_lfs { Fate::Lfs([2; 32]) } else { Fate::Regular(OnceLock::from([1; 20])) };
            let seen = Seen { operation, stamp: Stamp::of_size(1) };
            Some(Added { fate, ..seen.into() })
        };
        let added: Vec<_> = operations.iter().enumerate().filter_map(file).collect();
        fingerprint(&Payload {
            added: added.into(),
            operations: operations.into(),
            files: Arc::new(SystemFiles),
            reporter: Reporter::default(),
            digests: None,
        })
    }

    #[test]
    fn the_fingerprint_is_what_all_lines_together_leave() {
        let regular = || Expected::File { oid: "01".repeat(20), size: 1 };
        let lfs = || Expected::File { oid: "02".repeat(32), size: 1 };
        let table = [
            (vec![add("a"), add("w.bin")], vec![("a", regular()), ("w.bin", lfs())]),
            (vec![add("a"), delete("a")], vec![("a", Expected::Absent)]),
            (vec![delete("a"), add("a")], vec![("a", regular())]),
            (vec![add("d/a"), delete("d/")], vec![("d", Expected::Absent)]),
            (vec![delete("d/"), add("d/a")], vec![("d/a", regular())]),
            (vec![add(".gitattributes")], vec![(".gitattributes", regular())]),
            (
                vec![add(".gitattributes"), add("w.bin")],
                vec![(".gitattributes", Expected::Present), ("w.bin", lfs())],
            ),
        ];
        for (operations, expected) in table {
            let expected = expected.into_iter().map(|(path, state)| (path.to_owned(), state)).collect();
            assert_eq!(left_by(operations.clone()), expected, "{operations:?}");
        }
    }
}
