//! Discussions and pull requests.

use hub_types::{
    DiscussionStatus,
    discussion::{CommitData, StatusChangeData, TitleChangeData},
};

use super::{
    CommitId, CommitRecord, RepoRecord, Result, Store, StoreError,
    database::{SqlResult, Transaction, now, params},
    discussion_record::{COLUMNS, DiscussionRecord, find, from_row},
    events::{self, EventRecord, NewEvent},
};

/// A discussion or pull request to be recorded.
#[derive(Debug, Clone)]
pub(crate) struct NewDiscussion {
    /// One line.
    pub(crate) title: String,
    /// Text of the first comment; may be empty.
    pub(crate) description: String,
    /// Account name of the author.
    pub(crate) author: String,
    /// What makes it a pull request.
    pub(crate) pull_request: Option<NewPullRequest>,
}

/// What a new pull request has besides a title and a text.
#[derive(Debug, Clone)]
pub(crate) struct NewPullRequest {
    /// Full name of the branch it is meant for.
    pub(crate) target: String,
    /// The commit that it starts from.
    pub(crate) base: CommitId,
    /// Whether it has to be opened before it can be merged.
    pub(crate) draft: bool,
}

/// Which discussions to list.
#[derive(Debug, Clone, Default)]
pub(crate) struct DiscussionFilter {
    /// Pull requests only, or discussions only.
    pub(crate) is_pull_request: Option<bool>,
    /// Open ones only (drafts are open), or closed ones only (merged ones are closed).
    pub(crate) open: Option<bool>,
    /// By this account only, in any case.
    pub(crate) author: Option<String>,
}

/// A page of a list.
#[derive(Debug, Clone)]
pub(crate) struct DiscussionList {
    /// Newest first.
    pub(crate) page: Vec<DiscussionRecord>,
    /// How many match.
    pub(crate) count: u64,
    /// How many of all are closed.
    pub(crate) closed: u64,
}

impl Store {
    /// A page of the discussions that match, newest first.
    pub(crate) fn list_discussions(
        &self,
        repo: &RepoRecord,
        filter: &DiscussionFilter,
        start: usize,
        length: usize,
    ) -> Result<DiscussionList> {
        const MATCHES: &str = "repo = ?1 AND (?2 IS NULL OR CASE WHEN target IS NULL THEN 0 ELSE 1 END = ?2)
             AND (?3 IS NULL OR CASE WHEN status IN ('draft', 'open') THEN 1 ELSE 0 END = ?3) AND (?4 IS NULL OR lower(author) = lower(?4))";
        let (start, length) =
            (i64::try_from(start).unwrap_or(i64::MAX), i64::try_from(length).unwrap_or(i64::MAX));
        let DiscussionFilter { is_pull_request, open, author } = filter;
        self.database().read(|connection| {
            let count = connection
                .prepare(&format!("SELECT count(*) FROM discussions WHERE {MATCHES}"))?
                .query_row(params![repo.key, is_pull_request, open, author], |row| row.get(0))?;
            let closed = connection
                .prepare(
                    "SELECT count(*) FROM discussions WHERE repo = ?1 AND status NOT IN ('draft', 'open')",
                )?
                .query_row([repo.key], |row| row.get(0))?;
            let page = connection
                .prepare(&format!(
                    "SELECT {COLUMNS} FROM discussions AS d WHERE {MATCHES} ORDER BY number DESC LIMIT ?5 OFFSET ?6"
                ))?
                .query_map(params![repo.key, is_pull_request, open, author, length, start], from_row)?
                .collect::<SqlResult<_>>()?;
            Ok(DiscussionList { page, count, closed })
        })
    }

    /// One discussion or pull request by number.
    ///
    /// # Errors
    /// `DiscussionNotFound`.
    pub(crate) fn discussion(&self, repo: &RepoRecord, number: u64) -> Result<DiscussionRecord> {
        self.database().read(|connection| find(connection, repo, number))
    }

    /// Gives it another title.
    ///
    /// # Errors
    /// `DiscussionNotFound`.
    pub(crate) fn rename_discussion(
        &self,
        repo: &RepoRecord,
        number: u64,
        author: &str,
        title: &str,
    ) -> Result<EventRecord> {
        self.database().write(|transaction| {
            let before = find(transaction, repo, number)?.title;
            transaction.execute(
                "UPDATE discussions SET title = ?3 WHERE repo = ?1 AND number = ?2",
                params![repo.key, number, title],
            )?;
            let data = TitleChangeData::new(before, title);
            events::add(transaction, repo, number, NewEvent::new("title-change", author, now(), &data)?)
        })
    }

    /// Opens or closes it; the comment becomes an event of its own before the change.
    ///
    /// # Errors
    /// `DiscussionNotFound`, `DiscussionMerged`.
    pub(crate) fn set_discussion_status(
        &self,
        repo: &RepoRecord,
        number: u64,
        author: &str,
        status: DiscussionStatus,
        comment: Option<&str>,
    ) -> Result<EventRecord> {
        self.database().write(|transaction| {
            if find(transaction, repo, number)?.status == DiscussionStatus::Merged {
                return Err(StoreError::DiscussionMerged { number });
            }
            set_status(transaction, repo, number, author, status.clone(), comment)
        })
    }

    /// Notes that a pull request is in its branch through the commit `merge_commit`, and what it changed from.
    ///
    /// # Errors
    /// `DiscussionNotFound`, `DiscussionMerged`.
    pub(crate) fn mark_merged(
        &self,
        repo: &RepoRecord,
        number: u64,
        author: &str,
        merge_commit: CommitId,
        base: CommitId,
        comment: Option<&str>,
    ) -> Result<EventRecord> {
        self.database().write(|transaction| {
            if find(transaction, repo, number)?.status == DiscussionStatus::Merged {
                return Err(StoreError::DiscussionMerged { number });
            }
            transaction.execute(
                "UPDATE discussions SET merge_commit = ?3, base = ?4 WHERE repo = ?1 AND number = ?2",
                params![repo.key, number, merge_commit.to_string(), base.to_string()],
            )?;
            set_status(transaction, repo, number, author, DiscussionStatus::Merged, comment)
        })
    }

    /// Notes the commits that took a pull request from `old` to `new`; nothing when somebody else has noted them.
    pub(crate) fn record_commits(
        &self,
        repo: &RepoRecord,
        number: u64,
        old: CommitId,
        new: CommitId,
        commits: &[CommitRecord],
    ) -> Result<()> {
        self.database().write(|transaction| {
            let moved = transaction.execute(
                "UPDATE discussions SET head = ?4 WHERE repo = ?1 AND number = ?2 AND head = ?3",
                params![repo.key, number, old.to_string(), new.to_string()],
            )?;
            for commit in commits.iter().take(if moved > 0 { usize::MAX } else { 0 }) {
                let data = CommitData::new(&commit.title, commit.id.to_string());
                let event = NewEvent::new("commit", &commit.author, commit.time, &data)?;
                events::add(transaction, repo, number, event)?;
            }
            Ok(())
        })
    }
}

/// Writes the row of a discussion or pull request, open or as a draft, and its first comment.
pub(super) fn insert(
    transaction: &Transaction<'_>,
    repo: &RepoRecord,
    number: u64,
    new: &NewDiscussion,
) -> Result<()> {
    let NewDiscussion { title, description, author, pull_request } = new;
    let status = match pull_request {
        Some(NewPullRequest { draft: true, .. }) => DiscussionStatus::Draft,
        _ => DiscussionStatus::Open,
    };
    let (target, base) = pull_request.as_ref().map(|pr| (pr.target.as_str(), pr.base.to_string())).unzip();
    let time = now();
    transaction.execute(
        "INSERT INTO discussions (repo, number, title, status, author, created_at, target, base, head)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8)",
        params![repo.key, number, title, status.as_str(), author, time.as_millisecond(), target, base],
    )?;
    events::add(transaction, repo, number, NewEvent::comment(author, time, description))?;
    Ok(())
}

fn set_status(
    transaction: &Transaction<'_>,
    repo: &RepoRecord,
    number: u64,
    author: &str,
    status: DiscussionStatus,
    comment: Option<&str>,
) -> Result<EventRecord> {
    if let Some(comment) = comment {
        events::add(transaction, repo, number, NewEvent::comment(author, now(), comment))?;
    }
    transaction.execute(
        "UPDATE discussions SET status = ?3 WHERE repo = ?1 AND number = ?2",
        params![repo.key, number, status.as_str()],
    )?;
    let data = StatusChangeData::new(status);
    events::add(transaction, repo, number, NewEvent::new("status-change", author, now(), &data)?)
}

#[cfg(test)]
mod tests {
    use hub_types::DiscussionStatus;

    use crate::store::{
        DiscussionFilter, NewDiscussion, NewPullRequest, RepoRecord, Store, StoreError,
        testing::{model, temporary},
    };

    fn open(store: &Store, repo: &RepoRecord, pull_request: bool) -> u64 {
        let git = store.git(repo).unwrap();
        let base = git.resolve("main").unwrap();
        let new = NewDiscussion {
            title: "Change".into(),
            description: "why".into(),
            author: "ada".into(),
            pull_request: pull_request.then(|| NewPullRequest {
                target: "refs/heads/main".into(),
                base,
                draft: true,
            }),
        };
        if pull_request {
            store.open_pull_request(repo, &new, |name| git.new_ref(name, base)).unwrap().0
        } else {
            store.open_discussion(repo, &new).unwrap()
        }
    }

    #[test]
    fn discussions_and_pull_requests_share_their_numbers_in_each_repository() {
        let store = temporary();
        let (one, two) = (model(&store, "ada/one"), model(&store, "ada/two"));
        assert_eq!(
            (open(&store, &one, true), open(&store, &one, false), open(&store, &two, true)),
            (1, 2, 1)
        );
        let list = |filter: &DiscussionFilter| {
            let list = store.list_discussions(&one, filter, 0, 10).unwrap();
            (list.page.iter().map(|one| one.number).collect::<Vec<_>>(), list.count, list.closed)
        };
        assert_eq!(list(&DiscussionFilter::default()), (vec![2, 1], 2, 0));
        let pulls = DiscussionFilter { is_pull_request: Some(true), ..DiscussionFilter::default() };
        assert_eq!(list(&pulls), (vec![1], 1, 0));
        let by_bob = DiscussionFilter { author: Some("bob".into()), ..DiscussionFilter::default() };
        assert_eq!(list(&by_bob), (vec![], 0, 0));
        for missing in [3, u64::MAX] {
            assert!(matches!(store.discussion(&one, missing), Err(StoreError::DiscussionNotFound { .. })));
        }
    }

    #[test]
    fn what_happens_is_kept_in_order() {
        let store = temporary();
        let repo = model(&store, "ada/one");
        let number = open(&store, &repo, true);
        store.rename_discussion(&repo, number, "ada", "Better").unwrap();
        store.set_discussion_status(&repo, number, "ada", DiscussionStatus::Closed, Some("no more")).unwrap();
        let kinds: Vec<_> = store.events(&repo, number).unwrap().into_iter().map(|e| e.kind).collect();
        assert_eq!(kinds, ["comment", "title-change", "comment", "status-change"]);
        let found = store.discussion(&repo, number).unwrap();
        assert_eq!((found.title.as_str(), found.comments), ("Better", 2));
        assert_eq!(found.status, DiscussionStatus::Closed);
        let store = store.reopen();
        assert_eq!(store.discussion(&repo, number).unwrap(), found);
    }

    #[test]
    fn merging_is_final() {
        let store = temporary();
        let repo = model(&store, "ada/one");
        let number = open(&store, &repo, true);
        let base = store.git(&repo).unwrap().resolve("main").unwrap();
        store.mark_merged(&repo, number, "ada", base, base, None).unwrap();
        let again = store.mark_merged(&repo, number, "ada", base, base, None).unwrap_err();
        assert!(matches!(again, StoreError::DiscussionMerged { number: 1 }));
        let status = DiscussionStatus::Open;
        let reopened = store.set_discussion_status(&repo, number, "ada", status, None).unwrap_err();
        assert!(matches!(reopened, StoreError::DiscussionMerged { number: 1 }));
        store.delete_repo(&repo).unwrap();
        assert!(store.events(&repo, number).unwrap().is_empty());
    }
}
