//! [`execute`]: does a plan, and no other.

use std::sync::Arc;

use hub_transport::Transport;
use hub_types::CommitInfo;
use hub_types::progress::{Event, Phase, Progress as _};

use crate::blocking::blocking;
use crate::body::ndjson::Payload;
use crate::commit::attempts::{Base, commit};
use crate::commit::commit_url;
use crate::job::Job;
use crate::plan::commit_plan::CommitPlan;
use crate::preupload::decision::{Added, Decision};
use crate::{CommitError, CommitOptions, lfs, xet};

/// Does what `plan` says, or nothing: the commit follows the head that the plan was made for, and has the content that was
/// there then. Nothing is hashed or decided again.
///
/// A plan that changes nothing makes no commit: the response has [`CommitInfo::created`] false. A lost response is treated as in
/// [`create_commit`](crate::create_commit).
///
/// Endpoints: `GET .../revision/{rev}`, `GET .../xet-write-token/{rev}` and what it names, or `POST /{id}.git/info/lfs/objects/batch` and
/// what that names, and `POST .../commit/{rev}`.
///
/// # Errors
/// [`CommitError::ParentMismatch`] when the branch moved, [`CommitError::SourceChanged`] or [`CommitError::Sources`] when a
/// file is not what it was: both are looked at before anything is sent. [`CommitError::InvalidOperation`] when the plan was
/// made for another endpoint. Otherwise as for [`create_commit`](crate::create_commit), also when the server lost content in
/// the meantime that it had.
pub async fn execute(transport: &Transport, plan: CommitPlan) -> Result<CommitInfo, CommitError> {
    let is_empty = plan.is_empty();
    let CommitPlan { endpoint, options, head, operations, files, objects, totals, .. } = plan;
    if transport.endpoint().to_string() != endpoint {
        return Err(CommitError::invalid(format!("the plan was made for {endpoint}")));
    }
    if head.is_empty() {
        let text =
            "the plan was made when the repository was not there: make the repository, then plan again";
        return Err(CommitError::invalid(text));
    }
    let parent = head.parse().map_err(|_| CommitError::malformed(format!("{head:?} is not a commit")))?;
    let options = CommitOptions { parent_commit: Some(parent), ..options };
    let job = Arc::new(Job::new(transport, operations, options));
    let _cancel = job.cancel.on_drop();
    check_stamps(&job, Arc::clone(&files)).await?;
    let (now, server_time) = job.head().await?;
    if now != head {
        return Err(CommitError::ParentMismatch { expected: head, actual: Some(now) });
    }
    let sent = files.iter().filter(|file| file.decision != Decision::Unchanged).count();
    job.reporter.event(&Event::Started { files: sent as u64, bytes: totals.bytes });
    let info = if is_empty {
        let url = commit_url(&job.transport, &job.options.repo, &head);
        let mut info = CommitInfo::new(url, head, &job.options.message, &job.options.description);
        info.created = false;
        info
    } else {
        job.reporter.phase(Phase::Uploading);
        match xet::connect(&job, !objects.is_empty()).await? {
            Some(cas) => xet::upload_objects(&job, &cas, objects).await?,
            None => lfs::upload_objects(&job, objects).await?,
        }
        job.reporter.phase(Phase::Committing);
        let payload = Payload::of(&job, files);
        commit(&job, &payload, Base { head: now.parse().ok(), server_time }).await?
    };
    job.reporter.finish().await;
    Ok(info)
}

/// Opens the sources of the files that change something, to find out whether they still are what they were.
async fn check_stamps(job: &Arc<Job>, files: Arc<Vec<Added>>) -> Result<(), CommitError> {
    let job = Arc::clone(job);
    blocking(move || {
        for Added { seen, .. } in files.iter().filter(|file| file.decision != Decision::Unchanged) {
            let add = job.add(seen.operation)?;
            let (_, stamp) = add.open(&*job.options.files).map_err(|error| add.problem(error))?;
            if stamp != seen.stamp {
                return Err(CommitError::SourceChanged { path: add.path_in_repo().to_owned() });
            }
        }
        Ok(())
    })
    .await
}
