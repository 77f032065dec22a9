//! The plan of a commit to a repository that is not there yet.

use std::collections::HashSet;
use std::sync::Arc;

use hub_transport::Transport;

use crate::commit_plan::{Action, CommitPlan, PlanEntry, PlanTotals};
use crate::{CheckedCommit, CommitOperation, Skipped, plan, preupload};

impl CheckedCommit {
    /// Says what the commit would do in a new repository, and asks nobody; `None` when there are deletions or copies, for
    /// which something must be there. See [`CommitPlan::is_of_new_repo`].
    ///
    /// `skipped` is what the caller left out already.
    pub fn plan_of_new(self, transport: &Transport, skipped: Vec<Skipped>) -> Option<CommitPlan> {
        let Self { operations, looked, options } = self;
        if !operations.iter().all(|operation| matches!(operation, CommitOperation::Add(_))) {
            return None;
        }
        let mut warnings = plan::warnings(&operations);
        let mut paths = HashSet::new();
        let mut entries = Vec::with_capacity(looked.files.len() + skipped.len());
        // Of several additions of one path the last one counts.
        for file in looked.files.iter().rev() {
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
        let questions = looked.files.len().div_ceil(preupload::BATCH);
        totals.requests = 2 + u64::try_from(questions).unwrap_or(u64::MAX - 2);
        Some(CommitPlan {
            endpoint: transport.endpoint().to_string(),
            head: String::new(),
            files: Arc::new(looked.files),
            objects: Vec::new(),
            operations,
            options,
            entries,
            totals,
            warnings,
        })
    }
}
