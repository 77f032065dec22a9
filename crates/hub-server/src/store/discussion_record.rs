//! A discussion or pull request as the database has it.

use hub_types::DiscussionStatus;
use jiff::Timestamp;

use super::{
    CommitId, RepoRecord, Result, StoreError,
    database::{Connection, OptionalExtension, Row, SqlResult, corrupt, time_from_column},
};

/// A recorded discussion or pull request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DiscussionRecord {
    /// Counted from 1 in each repository.
    pub(crate) number: u64,
    /// One line.
    pub(crate) title: String,
    /// Where it stands.
    pub(crate) status: DiscussionStatus,
    /// Account name of the author.
    pub(crate) author: String,
    /// When it was opened.
    pub(crate) created_at: Timestamp,
    /// What makes it a pull request.
    pub(crate) pull_request: Option<PullRequest>,
    /// How many comments it has, the first text included.
    pub(crate) comments: u64,
}

/// What a pull request has besides; its commits are in git at `refs/pr/{number}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PullRequest {
    /// Full name of the branch it is meant for.
    pub(crate) target: String,
    /// The commit that its changes are counted from.
    pub(crate) base: CommitId,
    /// The newest commit that has an event.
    pub(crate) head: CommitId,
    /// The commit that brought it into the branch.
    pub(crate) merge_commit: Option<CommitId>,
}

/// The columns of [`from_row`].
pub(super) const COLUMNS: &str =
    "number, title, status, author, created_at, target, base, head, merge_commit,
     (SELECT count(*) FROM discussion_events AS e
      WHERE e.repo = d.repo AND e.number = d.number AND e.kind = 'comment')";

pub(super) fn find(connection: &Connection, repo: &RepoRecord, number: u64) -> Result<DiscussionRecord> {
    // Numbers above the largest that SQLite holds are not in it.
    let key = i64::try_from(number).map_err(|_| StoreError::DiscussionNotFound { number })?;
    let query = format!("SELECT {COLUMNS} FROM discussions AS d WHERE repo = ?1 AND number = ?2");
    let found = connection.prepare(&query)?.query_row([repo.key, key], from_row).optional()?;
    found.ok_or(StoreError::DiscussionNotFound { number })
}

pub(super) fn from_row(row: &Row<'_>) -> SqlResult<DiscussionRecord> {
    let commit = |column: usize| -> SqlResult<Option<CommitId>> {
        let text: Option<String> = row.get(column)?;
        text.map(|text| text.parse().map_err(|_| corrupt(column)("not a commit id"))).transpose()
    };
    let target: Option<String> = row.get(5)?;
    let pull_request = match (target, commit(6)?, commit(7)?) {
        (Some(target), Some(base), Some(head)) => {
            Some(PullRequest { target, base, head, merge_commit: commit(8)? })
        }
        _ => None,
    };
    Ok(DiscussionRecord {
        number: row.get(0)?,
        title: row.get(1)?,
        status: row.get::<_, String>(2)?.into(),
        author: row.get(3)?,
        created_at: time_from_column(row, 4)?,
        pull_request,
        comments: row.get(9)?,
    })
}
