//! [`CommitPlan`]: what a commit would do, as data.

use std::sync::Arc;

use hub_types::preupload::UploadMode;
use hub_types::{RepoRef, Revision};
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::body::ndjson::lines;
use crate::lfs::Object;
use crate::preupload::decision::Added;
use crate::{CommitOperation, CommitOptions, Reason};

/// What a commit would do, file by file. [`plan_commit`](crate::plan_commit) makes it, [`execute`](crate::plan::execute) does
/// it.
///
/// In JSON: `repo_id`, `repo_type`, `revision`, `create_pr`, `head` (null where the repository was not there), `entries`,
/// `totals` and `warnings`.
#[derive(Debug, Clone)]
pub struct CommitPlan {
    pub(crate) endpoint: String,
    pub(crate) options: CommitOptions,
    pub(crate) head: String,
    pub(crate) operations: Arc<Vec<CommitOperation>>,
    pub(crate) files: Arc<Vec<Added>>,
    /// Content that the server lacks, each once.
    pub(crate) objects: Vec<Object>,
    pub(crate) entries: Vec<PlanEntry>,
    pub(crate) totals: PlanTotals,
    pub(crate) warnings: Vec<String>,
}

impl CommitPlan {
    /// Where the commit goes.
    pub fn repo(&self) -> &RepoRef {
        &self.options.repo
    }

    /// The branch.
    pub fn revision(&self) -> &Revision {
        &self.options.revision
    }

    /// The commit that the plan was made for, and the only one that it can be done on; empty where the repository was not
    /// there.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// Whether the repository was not there. What the Hub decides about each file is not known then: entries have no
    /// [`mode`](PlanEntry::mode), all sizes count as sent, and `requests` is the least that it takes.
    pub fn is_of_new_repo(&self) -> bool {
        self.head.is_empty()
    }

    /// What happens to each path: first what changes, in the order of the commit, then what is left out, by path.
    pub fn entries(&self) -> &[PlanEntry] {
        &self.entries
    }

    /// The sums.
    pub fn totals(&self) -> &PlanTotals {
        &self.totals
    }

    /// What looks like a mistake in the operations but is allowed, for example a path that is added twice.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether nothing would change: then no commit is made.
    pub fn is_empty(&self) -> bool {
        lines(&self.operations, &self.files).next().is_none()
    }
}

impl Serialize for CommitPlan {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut plan = serializer.serialize_struct("CommitPlan", 8)?;
        plan.serialize_field("repo_id", self.options.repo.id.as_str())?;
        plan.serialize_field("repo_type", self.options.repo.repo_type.singular())?;
        plan.serialize_field("revision", self.options.revision.as_str())?;
        plan.serialize_field("create_pr", &self.options.create_pr)?;
        plan.serialize_field("head", &Some(&self.head).filter(|head| !head.is_empty()))?;
        plan.serialize_field("entries", &self.entries)?;
        plan.serialize_field("totals", &self.totals)?;
        plan.serialize_field("warnings", &self.warnings)?;
        plan.end()
    }
}

/// What happens to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// A file comes to be.
    Add,
    /// A file gets other content.
    Replace,
    /// A file, or a folder with everything in it, goes away.
    Delete,
    /// Nothing.
    Skip,
}

/// One path of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct PlanEntry {
    /// Path in the repository; a folder ends in `/`.
    pub path: String,
    /// What happens to it.
    pub action: Action,
    /// How content travels; `None` when none does.
    pub mode: Option<UploadMode>,
    /// Bytes of the file, where it was inspected.
    pub size: Option<u64>,
    /// Whether the server has the content already, or gets it from another file of the plan, so that it is only named.
    pub stored: bool,
    /// Why nothing happens; in JSON `reason`, and `pattern` beside it. `None` unless the action is [`Action::Skip`].
    #[serde(flatten)]
    pub reason: Option<Reason>,
}

impl PlanEntry {
    pub(crate) fn new(path: impl Into<String>, action: Action) -> Self {
        Self { path: path.into(), action, mode: None, size: None, stored: false, reason: None }
    }

    pub(crate) fn skip(path: impl Into<String>, size: Option<u64>, reason: Reason) -> Self {
        Self { size, reason: Some(reason), ..Self::new(path, Action::Skip) }
    }
}

/// The sums of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct PlanTotals {
    /// Files that come to be.
    pub add: u64,
    /// Files that get other content.
    pub replace: u64,
    /// Files and folders that go away.
    pub delete: u64,
    /// What is left out.
    pub skip: u64,
    /// Bytes of all files that come to be or get other content.
    pub bytes: u64,
    /// Bytes that travel: content for LFS that the server lacks, by Xet only the chunks that it lacks, before they are compressed; and the
    /// body of the commit, in which files are in base64. Headers and the small messages around are not counted.
    pub bytes_to_send: u64,
    /// Requests that [`execute`](crate::plan::execute) sends when none has to be repeated, without questions about chunks.
    pub requests: u64,
}

impl PlanTotals {
    pub(crate) fn count(entries: &[PlanEntry]) -> Self {
        let mut totals = Self::default();
        for entry in entries {
            match entry.action {
                Action::Add => totals.add += 1,
                Action::Replace => totals.replace += 1,
                Action::Delete => totals.delete += 1,
                Action::Skip => totals.skip += 1,
            }
            if matches!(entry.action, Action::Add | Action::Replace) {
                totals.bytes = totals.bytes.saturating_add(entry.size.unwrap_or_default());
            }
        }
        totals
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_stands_beside_the_path_in_json() {
        let reason = Reason::IgnorePattern { pattern: "*.tmp".into() };
        let entries = [PlanEntry::skip("a.tmp", Some(3), reason), PlanEntry::new("b/", Action::Delete)];
        let json = serde_json::to_value(&entries).unwrap();
        let expected = serde_json::json!([
            {"path": "a.tmp", "action": "skip", "mode": null, "size": 3, "stored": false,
             "reason": "ignore_pattern", "pattern": "*.tmp"},
            {"path": "b/", "action": "delete", "mode": null, "size": null, "stored": false},
        ]);
        assert_eq!(json, expected);
    }

    #[test]
    fn only_what_is_written_counts_as_bytes() {
        let file = |action| PlanEntry { size: Some(5), ..PlanEntry::new("a", action) };
        let all = [Action::Add, Action::Replace, Action::Delete, Action::Skip].map(file);
        let totals = PlanTotals::count(&all);
        assert_eq!((totals.add, totals.replace, totals.delete, totals.skip, totals.bytes), (1, 1, 1, 1, 10));
    }
}
