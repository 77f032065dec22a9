//! [`plan_commit`]: everything that [`create_commit`](crate::create_commit) does before the first byte is sent.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use hub_endpoints::XetPolicy;
use hub_transport::Transport;
use hub_types::preupload::UploadMode;
use hub_types::progress::{Event, Phase, Progress};

use crate::body::ndjson::Payload;
use crate::commit::attempts::header;
use crate::copies;
use crate::inspect::{Inspected, Seen};
use crate::job::Job;
use crate::lfs::{self, Object};
use crate::operation::warnings::warnings;
use crate::plan::commit_plan::{Action, CommitPlan, PlanEntry, PlanTotals};
use crate::preupload::classify::decide_all;
use crate::preupload::decision::{Added, Decision};
use crate::{CheckedCommit, CommitError, CommitOperation, CommitOptions, Reason, Skipped, xet};

/// Says what a commit of all operations would do, and changes nothing. `skipped` is what the caller left out already, for
/// example what [`folder::list`](crate::folder::list) says; it becomes part of the plan.
///
/// Every file is read and hashed once, so that the plan says which content the server has; where it has Xet, what it does not have is read
/// once more for the chunks of it that it has. Sources, permissions, limits
/// and the card are checked as for a commit.
///
/// Endpoints: `POST /api/validate-yaml` (only with a `README.md`), `POST .../preupload/{rev}`,
/// `POST /{id}.git/info/lfs/objects/batch`, `GET .../xet-write-token/{rev}` and questions about chunks, `GET .../revision/{rev}` where preupload does not name the head, and
/// `POST .../paths-info/{rev}` with copies.
///
/// # Errors
/// [`CommitError`], by stage; nothing was changed.
pub async fn plan_commit(
    transport: &Transport,
    operations: Vec<CommitOperation>,
    skipped: Vec<Skipped>,
    options: CommitOptions,
) -> Result<CommitPlan, CommitError> {
    CheckedCommit::new(operations, options).await?.plan(transport, skipped).await
}

impl CheckedCommit {
    /// Says what the commit would do. See [`plan_commit`].
    ///
    /// # Errors
    /// As [`plan_commit`].
    pub async fn plan(self, transport: &Transport, skipped: Vec<Skipped>) -> Result<CommitPlan, CommitError> {
        let warnings = warnings(&self.operations);
        let copies = copies::targets(&self.operations);
        let checked = self.resolve_copies(transport).await?;
        make(transport, checked, &copies, skipped, warnings).await
    }
}

async fn make(
    transport: &Transport,
    checked: CheckedCommit,
    copies: &[String],
    skipped: Vec<Skipped>,
    warnings: Vec<String>,
) -> Result<CommitPlan, CommitError> {
    let CheckedCommit { operations, inspected, options } = checked;
    let Inspected { mut files, samples, .. } = inspected;
    let replaced = copies::existing(transport, copies, &options).await?;

    // What is only asked about is not shown as sent.
    let quiet = options.progress.clone().map(|sink| -> Arc<dyn Progress> { Arc::new(OnlyHashing(sink)) });
    let job = Job::new(transport, operations, CommitOptions { progress: quiet, ..options.clone() });
    let job = Arc::new(job);
    let _cancel = job.cancel.on_drop();
    let bytes = files.iter().fold(0u64, |sum, file| sum.saturating_add(file.seen.stamp.size));
    job.reporter.event(&Event::Started { files: files.len() as u64, bytes });
    let response = decide_all(&job, &mut files, samples).await?;
    let head = match response.head {
        Some(head) => head,
        None => job.head().await?.0,
    };
    if let Some(expected) = options.parent_commit.as_ref().filter(|parent| !parent.matches(&head)) {
        return Err(CommitError::ParentMismatch { expected: expected.to_string(), actual: Some(head) });
    }

    job.reporter.phase(Phase::Hashing);
    let contents = lfs::digest_all(&job, &mut files).await?;
    let (missing, batches) = lfs::missing(&job, contents).await?;
    let transfers: u64 = missing.iter().map(|(_, requests)| requests).sum();
    let objects: Vec<Object> = missing.into_iter().map(|(object, _)| object).collect();
    let (content, requests) = match xet::connect(&job, !objects.is_empty()).await? {
        Some(cas) => xet::estimate(&job, &cas, &objects).await?,
        None => {
            let question = u64::from(!objects.is_empty() && options.xet != XetPolicy::Never);
            (objects.iter().map(Object::size).sum(), question + batches + transfers)
        }
    };

    let payload = Payload::of(&job, files.into());
    let files: HashMap<usize, &Added> =
        payload.added.iter().map(|file| (file.seen.operation, file)).collect();
    let ignored: HashMap<usize, Seen> = response.ignored.iter().map(|seen| (seen.operation, *seen)).collect();
    let sends: HashSet<usize> = objects.iter().map(|object| object.seen.operation).collect();
    let mut entries = Vec::with_capacity(job.operations.len() + skipped.len());
    for (index, operation) in job.operations.iter().enumerate() {
        entries.push(match (files.get(&index), ignored.get(&index)) {
            (Some(file), _) => file_entry(operation, file, sends.contains(&index)),
            (None, Some(seen)) => {
                PlanEntry::skip(operation.path_in_repo(), Some(seen.stamp.size), Reason::GitIgnore)
            }
            (None, None) => other_entry(operation, &replaced),
        });
    }
    entries.extend(dropped_copies(copies, &job.operations));
    entries.extend(skipped.into_iter().map(|one| PlanEntry::skip(one.path, None, one.reason)));
    let (mut entries, mut left_out): (Vec<_>, Vec<_>) =
        entries.into_iter().partition(|entry| entry.action != Action::Skip);
    left_out.sort_by(|a, b| a.path.cmp(&b.path));
    entries.append(&mut left_out);

    let mut totals = PlanTotals::count(&entries);
    // The head is compared first, whatever comes next.
    totals.requests = 1;
    if payload.lines().next().is_some() {
        totals.requests += requests + 1;
        totals.bytes_to_send = content.saturating_add(payload.body_len(header(&options, head.parse().ok()))?);
    }
    job.reporter.finish().await;
    Ok(CommitPlan {
        endpoint: transport.endpoint().to_string(),
        operations: Arc::clone(&job.operations),
        options,
        head,
        files: payload.added,
        objects,
        entries,
        totals,
        warnings,
    })
}

fn file_entry(operation: &CommitOperation, file: &Added, is_sent: bool) -> PlanEntry {
    let (path, size) = (operation.path_in_repo(), Some(file.seen.stamp.size));
    if file.decision == Decision::Unchanged {
        return PlanEntry::skip(path, size, Reason::Unchanged);
    }
    let action = if file.remote.is_some() { Action::Replace } else { Action::Add };
    let stored = matches!(file.decision, Decision::Lfs(_)) && !is_sent;
    PlanEntry { mode: Some(file.mode), size, stored, ..PlanEntry::new(path, action) }
}

/// A deletion, or a copy of a file in LFS.
fn other_entry(operation: &CommitOperation, replaced: &HashSet<String>) -> PlanEntry {
    let path = operation.path_in_repo();
    match operation {
        CommitOperation::Delete(delete) if delete.is_folder() => {
            PlanEntry::new(format!("{path}/"), Action::Delete)
        }
        CommitOperation::Copy(copy) => {
            let action = if replaced.contains(path) { Action::Replace } else { Action::Add };
            let size = copy.object().map(|object| object.size);
            PlanEntry { mode: Some(UploadMode::Lfs), size, stored: true, ..PlanEntry::new(path, action) }
        }
        _ => PlanEntry::new(path, Action::Delete),
    }
}

/// Copies that would change nothing: nothing became of them.
fn dropped_copies(copies: &[String], operations: &[CommitOperation]) -> Vec<PlanEntry> {
    let kept: HashSet<&str> = operations
        .iter()
        .filter(|operation| !matches!(operation, CommitOperation::Delete(_)))
        .map(CommitOperation::path_in_repo)
        .collect();
    let dropped = copies.iter().filter(|path| !kept.contains(path.as_str()));
    dropped.map(|path| PlanEntry::skip(path, None, Reason::Unchanged)).collect()
}

/// Passes on everything but news about content on its way.
struct OnlyHashing(Arc<dyn Progress>);

impl Progress for OnlyHashing {
    fn event(&self, event: &Event<'_>) {
        if !matches!(event, Event::File { phase: Phase::Uploading, .. }) {
            self.0.event(event);
        }
    }
}
