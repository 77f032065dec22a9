//! The plan of a commit to a repository that is not there yet.

use std::collections::HashSet;
use std::sync::Arc;

use hub_transport::Transport;

use crate::operation::warnings::warnings;
use crate::plan::commit_plan::{Action, CommitPlan, PlanEntry, PlanTotals};
use crate::preupload::classify;
use crate::{CheckedCommit, CommitOperation, Skipped};

impl CheckedCommit {
    /// Says what the commit would do in a new repository, and asks nobody; `None` when there are deletions or copies, for
    /// which something must be there. See [`CommitPlan::is_of_new_repo`].
    ///
    /// `skipped` is what the caller left out already.
    pub fn plan_of_new(self, transport: &Transport, skipped: Vec<Skipped>) -> Option<CommitPlan> {
        let Self { operations, inspected, options } = self;
        if !operations.iter().all(|operation| matches!(operation, CommitOperation::Add(_))) {
            return None;
        }
        let mut warnings = warnings(&operations);
        let mut paths = HashSet::new();
        let mut entries = Vec::with_capacity(inspected.files.len() + skipped.len());
        // Of several additions of one path the last one counts.
        for file in inspected.files.iter().rev() {
            let path = operations.get(file.seen.operation)?.path_in_repo();
            if paths.insert(path) {
                entries.push(PlanEntry {
                    size: Some(file.seen.stamp.size),
                    ..PlanEntry::new(path, Action::Add)
                });
            }
        }
        entries.reverse();
        if paths.contains(".gitignore") {
            let text = "what .gitignore leaves out is shown as added: the Hub was not asked";
            warnings.push(text.to_owned());
        }
        entries.extend(skipped.into_iter().map(|one| PlanEntry::skip(one.path, None, one.reason)));
        let mut totals = PlanTotals::count(&entries);
        totals.bytes_to_send = totals.bytes;
        // The repository is made, each batch is asked about, and then comes the commit.
        let questions = inspected.files.len().div_ceil(classify::BATCH);
        totals.requests = 2 + u64::try_from(questions).unwrap_or(u64::MAX - 2);
        Some(CommitPlan {
            endpoint: transport.endpoint().to_string(),
            head: String::new(),
            files: Arc::new(inspected.files),
            objects: Vec::new(),
            operations,
            options,
            entries,
            totals,
            warnings,
        })
    }
}
