//! Finds out whether a commit whose response was lost was made.
//!
//! A commit that names its parent can be made at most once. So after a lost response there are three possibilities, and the
//! branch tells which: our commit is there; another one took its place, and ours can no longer be made; or the branch is
//! where it was, and the server may still be at work.

use std::collections::BTreeMap;

use futures_util::TryStreamExt;
use hub_endpoints::{GetWhoAmI, ListRepoCommits, paths_info};
use hub_transport::{Error, Transport};
use hub_types::{CommitInfo, GitCommitInfo, RepoRef, Revision, route};

use crate::CommitError;
use crate::commit::endpoint::{Discussion, OpenPullRequests};
use crate::job::head;
use crate::outcome_unknown::{CommitOutcomeUnknown, Expected};

/// How far back the history is searched, in commits.
const MAX_HISTORY: usize = 200;
/// Pages of open pull requests that are searched, newest first.
const MAX_PAGES: u32 = 3;

/// What became of a commit whose response was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reconciled {
    /// It was made; [`CommitInfo::recovered`] is true.
    Landed(CommitInfo),
    /// It was not made and cannot be made any more: the branch has moved to another commit.
    NotLanded {
        /// Where the branch is.
        head: String,
    },
    /// It was not made so far, but the server may still be at work; or the history is too long to tell.
    Undecided,
}

/// Looks whether a commit whose response was lost was made. Reads only.
///
/// # Errors
/// [`CommitError::Commit`] when the history cannot be read.
pub async fn reconcile_commit(
    transport: &Transport,
    unknown: &CommitOutcomeUnknown,
) -> Result<Reconciled, CommitError> {
    Ok(match search(transport, unknown).await.map_err(CommitError::Commit)? {
        Found::Landed(info) => Reconciled::Landed(info),
        Found::Elsewhere { head } => Reconciled::NotLanded { head },
        Found::AtParent | Found::Untold => Reconciled::Undecided,
    })
}

/// What the server shows of a commit.
pub(crate) enum Found {
    /// It is there.
    Landed(CommitInfo),
    /// It is not there and cannot come any more: the branch is at this commit.
    Elsewhere { head: String },
    /// The branch is still at the parent: the server may be at work, or never begin.
    AtParent,
    /// It cannot be told.
    Untold,
}

/// The name under which a commit is claimed.
pub(crate) fn claim_name(repo: &RepoRef, oid: &str) -> String {
    format!("commit {oid} of {repo}")
}

/// The name under which a discussion or pull request is claimed, in [`hub_transport::Claims`].
#[must_use]
pub fn discussion_claim(repo: &RepoRef, number: u64) -> String {
    format!("discussion {number} of {repo}")
}

/// Looks for the commit and claims it. One that another call of this client has made is not it.
pub(crate) async fn search(transport: &Transport, unknown: &CommitOutcomeUnknown) -> Result<Found, Error> {
    if unknown.create_pr {
        return find_pull_request(transport, unknown).await;
    }
    let endpoint = ListRepoCommits { repo: unknown.repo(), revision: unknown.revision.clone() };
    let mut history = std::pin::pin!(transport.stream(endpoint, Some(MAX_HISTORY)));
    let mut head = None;
    let mut searched = 0;
    let mut at_parent = false;
    let mut author = Author::of(transport, unknown);
    while let Some(commit) = history.try_next().await? {
        searched += 1;
        head.get_or_insert_with(|| commit.id.clone());
        if unknown.parent.as_ref().is_some_and(|parent| parent.matches(&commit.id)) {
            at_parent = true;
            break;
        }
        let made = claim_name(&unknown.repo(), &commit.id);
        if !transport.claims().is_anothers(&made, &unknown.call)
            && has_our_message(unknown, &commit)
            && author.made(&commit).await?
            && has_our_content(transport, unknown, &commit.id).await?
            && transport.claims().claim(&made, &unknown.call)
        {
            return Ok(Found::Landed(landed(transport, unknown, &commit.id)));
        }
    }
    Ok(match head {
        Some(_) if at_parent && searched == 1 => Found::AtParent,
        Some(head) if at_parent && unknown.pinned => Found::Elsewhere { head },
        // A history without the parent proves nothing: it was rewritten, is too long, or is not that of this repository.
        _ => Found::Untold,
    })
}

fn landed(transport: &Transport, unknown: &CommitOutcomeUnknown, oid: &str) -> CommitInfo {
    let url = commit_url(transport, &unknown.repo(), oid);
    let mut info = CommitInfo::new(url, oid, &unknown.message, &unknown.description);
    info.recovered = true;
    info
}

pub(crate) fn commit_url(transport: &Transport, repo: &RepoRef, oid: &str) -> String {
    format!("{}{}", transport.endpoint(), route::repo(repo).commit_page(oid))
}

/// Servers cut and trim messages in their own ways; words and their order are what counts.
fn words(texts: [&str; 2]) -> Vec<&str> {
    texts.into_iter().flat_map(str::split_whitespace).collect()
}

fn has_our_message(unknown: &CommitOutcomeUnknown, commit: &GitCommitInfo) -> bool {
    words([&commit.title, &commit.message]) == words([&unknown.message, &unknown.description])
}

/// Who commits, asked for when somebody has to know.
struct Author<'a> {
    transport: &'a Transport,
    asked: bool,
    name: Option<String>,
}

impl<'a> Author<'a> {
    fn of(transport: &'a Transport, unknown: &CommitOutcomeUnknown) -> Self {
        Self { transport, asked: unknown.author.is_some(), name: unknown.author.clone() }
    }

    /// The name; `None` for a token that cannot ask, such as one of a job.
    async fn name(&mut self) -> Result<Option<&str>, Error> {
        if !std::mem::replace(&mut self.asked, true) {
            self.name = match self.transport.send(&GetWhoAmI).await {
                Ok(me) => Some(me.name),
                Err(error) if error.status().is_some_and(|status| status.is_client_error()) => None,
                Err(error) => return Err(error),
            };
        }
        Ok(self.name.as_deref())
    }

    /// Whether the commit may be theirs: what a server does not say is no reason against it.
    async fn made(&mut self, commit: &GitCommitInfo) -> Result<bool, Error> {
        let name = self.name().await?;
        let by =
            |name: &str| commit.authors.is_empty() || commit.authors.iter().any(|author| author.user == name);
        Ok(name.is_none_or(by))
    }
}

/// Whether a commit with our message left what ours leaves. A no is asked for twice: it would have the commit made anew, and
/// a cache in between may have answered about something else.
async fn has_our_content(
    transport: &Transport,
    unknown: &CommitOutcomeUnknown,
    revision: &str,
) -> Result<bool, Error> {
    Ok(left_ours(transport, unknown, revision).await? || left_ours(transport, unknown, revision).await?)
}

async fn left_ours(
    transport: &Transport,
    unknown: &CommitOutcomeUnknown,
    revision: &str,
) -> Result<bool, Error> {
    let repo = unknown.repo();
    let revision: Revision = revision
        .parse()
        .map_err(|error| Error::decode("the history names a commit that cannot be one", error))?;
    let paths: Vec<String> = unknown.fingerprint.keys().cloned().collect();
    let entries = paths_info(transport, &repo, &revision, &paths, false).await?;
    let entries: BTreeMap<&str, _> =
        entries.iter().map(|entry| (entry.path.trim_end_matches('/'), entry)).collect();
    Ok(unknown.fingerprint.iter().all(|(path, expected)| match (expected, entries.get(path.as_str())) {
        (Expected::Absent, entry) => entry.is_none(),
        (Expected::Present, entry) => entry.is_some_and(|entry| entry.is_file()),
        (Expected::File { oid, size }, Some(entry)) => {
            entry.is_file() && entry.content_id().eq_ignore_ascii_case(oid) && entry.size == *size
        }
        (Expected::File { .. }, None) => false,
    }))
}

async fn find_pull_request(transport: &Transport, unknown: &CommitOutcomeUnknown) -> Result<Found, Error> {
    let repo = unknown.repo();
    let mut author = Author::of(transport, unknown);
    let author = author.name().await?;
    for page in 0..MAX_PAGES {
        let endpoint = OpenPullRequests { repo: &repo, author, page };
        let found = transport.send(&endpoint).await?.discussions;
        if found.is_empty() {
            break;
        }
        for discussion in found.iter().filter(|discussion| may_be_ours(unknown, author, discussion)) {
            let revision = Revision::pull_request(discussion.num);
            let (head, _) = head(transport, &repo, &revision).await?;
            let made = discussion_claim(&repo, discussion.num);
            if has_our_content(transport, unknown, &head).await?
                && transport.claims().claim(&made, &unknown.call)
            {
                let mut info = landed(transport, unknown, &head);
                info.pr_url = Some(format!(
                    "{}{}",
                    transport.endpoint(),
                    route::repo(&repo).discussion_page(discussion.num)
                ));
                info.pr_num = Some(discussion.num);
                return Ok(Found::Landed(info));
            }
        }
    }
    Ok(Found::Untold)
}

fn may_be_ours(unknown: &CommitOutcomeUnknown, us: Option<&str>, discussion: &Discussion) -> bool {
    let by_us = match (us, &discussion.author) {
        (Some(us), Some(author)) => us == author.name,
        _ => true,
    };
    // Both times are the server's, and RFC 3339 in UTC sorts as text.
    let in_time = match (&unknown.server_time, &discussion.created_at) {
        (Some(before), Some(created)) => {
            created.get(..before.len()).is_none_or(|created| created >= before.as_str())
        }
        _ => true,
    };
    discussion.is_pull_request
        && by_us
        && in_time
        && words([&discussion.title, ""]) == words([&unknown.message, ""])
}
