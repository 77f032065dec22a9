//! [`create_commit`]: the job from top to bottom.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::try_join;
use hub_transport::Transport;
use hub_types::CommitInfo;
use hub_types::preupload::UploadMode;
use hub_types::progress::{Event, Phase, Progress as _};

use crate::body::ndjson::Payload;
use crate::commit::attempts::{Base, commit};
use crate::commit::commit_url;
use crate::inspect::Inspected;
use crate::job::Job;
use crate::preupload::classify::decide_all;
use crate::preupload::decision::Added;
use crate::{CheckedCommit, CommitError, CommitOperation, CommitOptions, lfs, xet};

/// A head read longer ago than this is read again before the commit.
const HEAD_IS_FRESH: Duration = Duration::from_secs(30);

/// Makes one commit of all operations. Python: `create_commit`.
///
/// Files that the repository already has, and files that `.gitignore` leaves out, are not sent. When nothing remains, no
/// commit is made: the response has [`CommitInfo::created`] false and the head of the branch. A lost response makes neither a
/// second commit nor an error: the commit is found in the history and the response has [`CommitInfo::recovered`] true.
///
/// Endpoints: `POST /api/validate-yaml` (only with a `README.md`), `POST .../preupload/{rev}`,
/// `GET .../xet-write-token/{rev}` and what it names, or `POST /{id}.git/info/lfs/objects/batch` and what that names, and
/// `POST .../commit/{rev}`.
///
/// # Errors
/// [`CommitError`], by stage. Unless it is [`CommitError::CommitOutcomeUnknown`], no commit was made.
pub async fn create_commit(
    transport: &Transport,
    operations: Vec<CommitOperation>,
    options: CommitOptions,
) -> Result<CommitInfo, CommitError> {
    CheckedCommit::new(operations, options).await?.commit(transport).await
}

impl CheckedCommit {
    /// Makes the commit. See [`create_commit`].
    ///
    /// # Errors
    /// As [`create_commit`].
    pub async fn commit(self, transport: &Transport) -> Result<CommitInfo, CommitError> {
        run(transport, self.resolve_copies(transport).await?).await
    }
}

async fn run(transport: &Transport, checked: CheckedCommit) -> Result<CommitInfo, CommitError> {
    let CheckedCommit { operations, inspected, options } = checked;
    let Inspected { mut files, samples, .. } = inspected;
    let job = Arc::new(Job::new(transport, operations, options));
    let _cancel = job.cancel.on_drop();
    let bytes = files.iter().fold(0u64, |sum, file| sum.saturating_add(file.seen.stamp.size));
    job.reporter.event(&Event::Started { files: files.len() as u64, bytes });

    if !files.is_empty() {
        job.reporter.phase(Phase::Hashing);
    }
    let response = decide_all(&job, &mut files, samples).await?;

    let asked = transport.clock().now();
    let base = Base {
        head: response.head.as_deref().and_then(|head| head.parse().ok()),
        server_time: response.server_time,
    };
    job.reporter.phase(Phase::Uploading);
    let ((), mut base) = try_join(contents(&job, &mut files), complete(&job, base)).await?;
    let payload = Payload::of(&job, files.into());
    if payload.lines().next().is_none() {
        return unchanged(&job).await;
    }
    if needs_head(&job) && transport.clock().now() - asked > HEAD_IS_FRESH {
        base.head = job.head().await?.0.parse().ok();
    }

    job.reporter.phase(Phase::Committing);
    let info = commit(&job, &payload, base).await?;
    job.reporter.finish().await;
    Ok(info)
}

/// Digests and uploads the content of the files, as far as it does not travel in the commit.
async fn contents(job: &Arc<Job>, files: &mut [Added]) -> Result<(), CommitError> {
    match xet::connect(job, files.iter().any(|file| file.mode == UploadMode::Lfs)).await? {
        Some(cas) => xet::upload(job, &cas, files).await,
        None => lfs::upload(job, files).await,
    }
}

/// Whether the commit will name the head of the branch as its parent.
fn needs_head(job: &Job) -> bool {
    job.options.pinned && !job.options.create_pr && job.options.parent_commit.is_none()
}

/// Reads what preupload did not tell and the commit needs: the head to pin, or the time to find a pull request by.
async fn complete(job: &Job, base: Base) -> Result<Base, CommitError> {
    let needed = if job.options.create_pr {
        base.server_time.is_none()
    } else {
        needs_head(job) && base.head.is_none()
    };
    if !needed || job.operations.is_empty() {
        return Ok(base);
    }
    let (head, server_time) = job.head().await?;
    Ok(Base { head: head.parse().ok().or(base.head), server_time: server_time.or(base.server_time) })
}

/// Nothing is left to commit: the head stays.
async fn unchanged(job: &Job) -> Result<CommitInfo, CommitError> {
    tracing::info!(repo = %job.options.repo, "nothing has changed; no commit is made");
    let (head, _) = job.head().await?;
    let url = commit_url(&job.transport, &job.options.repo, &head);
    let mut info = CommitInfo::new(url, head, &job.options.message, &job.options.description);
    info.created = false;
    job.reporter.finish().await;
    Ok(info)
}
