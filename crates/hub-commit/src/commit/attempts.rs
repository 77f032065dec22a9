//! Makes the commit: at most once, whatever happens to the responses.
//!
//! Every attempt names the head that the branch had, so a second one cannot make a second commit: the server answers 412. The
//! transport never repeats a commit that may have been carried out. When no response tells what became of one, the history is
//! read first, and also when the branch turns out to be elsewhere: a proxy may have sent it twice. It shows our commit; or another one in its place, so that ours can no longer be made; or the branch where it
//! was, and then the same bytes are sent again with the same parent. When another writer was faster, the commit is made anew
//! on the new head: its operations replace whole files, so the result is what an unpinned commit gives.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hub_transport::{Claims, Error, ErrorKind, RetryClass, Turn};
use hub_types::commit::{CommitHeader, CommitResponse};
use hub_types::progress::{Event, Phase, Progress as _, WaitReason};
use hub_types::{CommitInfo, ParentCommit};
use tokio::time::Instant;

use crate::body::encoded::Fault;
use crate::body::ndjson::Payload;
use crate::commit::endpoint::Commit;
use crate::commit::fingerprint::fingerprint;
use crate::commit::reconcile::{Found, claim_name, discussion_claim, search};
use crate::job::Job;
use crate::outcome_unknown::CommitOutcomeUnknown;
use crate::{CommitError, CommitOptions};

/// What is known about the branch before the commit.
#[derive(Debug, Clone, Default)]
pub(crate) struct Base {
    /// Its head, if known.
    pub(crate) head: Option<ParentCommit>,
    /// The server's time.
    pub(crate) server_time: Option<String>,
}

/// Makes the commit when it is its turn: commits of one client to one branch do not compete with each other.
pub(crate) async fn commit(
    job: &Arc<Job>,
    payload: &Payload,
    mut base: Base,
) -> Result<CommitInfo, CommitError> {
    let turn = turn(job).await;
    // The commit that had the turn before has moved the branch.
    if turn.waited() && job.options.parent_commit.is_none() && base.head.is_some() {
        base.head = job.head().await?.0.parse().ok();
    }
    job.reporter.phase(Phase::Committing);
    let owner = Claims::owner(&**job.transport.rng());
    Attempts { job, payload, base, owner, doubt: false, sent: 0, moved: 0 }.run().await
}

/// Two pull requests can be opened at once, unless nothing tells them apart.
async fn turn(job: &Job) -> Turn {
    let CommitOptions { repo, revision, message, create_pr, .. } = &job.options;
    let what = if *create_pr { message.as_str() } else { "" };
    let name = format!("commit to {revision} of {repo} {create_pr} {what}");
    // For as long as for others: a commit in front that nobody polls would hold this one up for ever.
    let give_up = job.transport.clock().sleep(job.options.contention_timeout);
    job.transport.turns().take(&name, || job.reporter.phase(Phase::Waiting), give_up).await
}

struct Attempts<'a> {
    job: &'a Arc<Job>,
    payload: &'a Payload,
    base: Base,
    /// The name of this call, under which it claims its commit.
    owner: String,
    /// Whether a sending with the present parent may have been carried out.
    doubt: bool,
    /// Sendings with the present parent.
    sent: u32,
    /// How often the branch was found elsewhere.
    moved: u32,
}

/// What to do after a sending that made no commit, as far as is known.
enum Next {
    /// The same bytes again.
    Same,
    /// A new commit, on this head if it is known.
    Anew(Option<String>),
}

impl Attempts<'_> {
    async fn run(mut self) -> Result<CommitInfo, CommitError> {
        let clock = self.job.transport.clock();
        // When the branch was first found elsewhere. To send a commit may take long by itself.
        let mut contended: Option<Instant> = None;
        loop {
            let parent = self.parent();
            let sent = send(self.job, self.payload, parent.clone()).await;
            self.sent += 1;
            self.doubt |= sent.ambiguous;
            let error = match sent.result {
                Ok(response) => {
                    // What was returned to one call is no other's; an id that another call has claimed is a lie of the server.
                    let made = claim_name(&self.job.options.repo, &response.commit_oid);
                    if self.job.transport.claims().claim(&made, &self.owner) {
                        return Ok(info(self.job, response, &self.owner));
                    }
                    self.doubt = true;
                    CommitError::Commit(Error::new(
                        ErrorKind::Decode,
                        "the server names a commit that another call has made",
                    ))
                }
                Err(error) => error,
            };
            let mut refusal = None;
            let next = if self.doubt {
                match self.settle(parent.is_some(), error).await? {
                    Settled::Landed(info) => return Ok(info),
                    Settled::Next(next) => next,
                }
            } else {
                match error {
                    CommitError::Commit(error) if is_moved(&error) || error.is_not_found() => {
                        // Something on the way may have sent the commit twice: then its second copy met the first.
                        let found = match sent.whole {
                            true => {
                                search(&self.job.transport, &self.unknown(parent.is_some(), None)).await.ok()
                            }
                            false => None,
                        };
                        let head = match found {
                            Some(Found::Landed(info)) => return Ok(info),
                            Some(Found::Elsewhere { head }) => Some(head),
                            Some(Found::AtParent | Found::Untold) | None => None,
                        };
                        if !is_moved(&error) {
                            return Err(CommitError::Commit(error));
                        }
                        refusal = Some(error);
                        Next::Anew(head)
                    }
                    error if self.may_send_again(&error) => {
                        self.wait(&error).await;
                        Next::Same
                    }
                    error => return Err(error),
                }
            };
            let Next::Anew(head) = next else { continue };
            let head = match head {
                Some(head) => Ok(head),
                None => self.job.head().await.map(|(head, _)| head),
            };
            // A refusal of another kind, with the status of a branch that moved.
            if let Some(refusal) = refusal
                && head
                    .as_ref()
                    .is_ok_and(|head| parent.as_ref().is_some_and(|parent| parent.as_str() == head))
            {
                if !self.has_sendings_left() {
                    return Err(CommitError::Commit(refusal));
                }
                self.back_off(self.sent, Duration::MAX).await;
                continue;
            }
            if let Some(expected) = &self.job.options.parent_commit {
                return Err(CommitError::ParentMismatch {
                    expected: expected.to_string(),
                    actual: head.ok(),
                });
            }
            let head = head?;
            self.moved += 1;
            let waited = clock.now().saturating_duration_since(*contended.get_or_insert_with(|| clock.now()));
            if waited >= self.job.options.contention_timeout {
                return Err(CommitError::Contended { attempts: self.moved, waited });
            }
            tracing::debug!(attempt = self.moved, head, "the branch moved; committing on its new head");
            self.base.head = head.parse().ok();
            (self.sent, self.doubt) = (0, false);
            self.job.reporter.phase(Phase::Waiting);
            let left = self.job.options.contention_timeout.saturating_sub(waited);
            self.back_off(self.moved, left).await;
            self.job.reporter.phase(Phase::Committing);
        }
    }

    /// The parent that the next sending names.
    fn parent(&self) -> Option<ParentCommit> {
        let options = &self.job.options;
        match (&options.parent_commit, options.pinned && !options.create_pr) {
            (Some(parent), _) => Some(parent.clone()),
            (None, true) => self.base.head.clone(),
            (None, false) => None,
        }
    }

    /// Whether a sending that nobody has carried out is worth another.
    fn may_send_again(&self, error: &CommitError) -> bool {
        let CommitError::Commit(error) = error else { return false };
        let passing = error.is_retryable() || error.maybe_processed() || error.kind() == ErrorKind::Decode;
        let retry = self.job.transport.retry_config();
        let in_time = error.retry_after().is_none_or(|wait| retry.allows_server_wait(wait));
        // What was surely not carried out was repeated by the transport.
        let most = retry.attempts();
        let repeated = error.kind() == ErrorKind::RateLimited || error.context().attempts >= most.max(2);
        passing && in_time && !repeated && self.has_sendings_left()
    }

    fn has_sendings_left(&self) -> bool {
        let most = self.job.transport.retry_config().attempts().min(self.job.options.sendings);
        self.sent < most && self.job.transport.may_repeat()
    }

    /// Before the same bytes are sent again: as long as the server asked for, or a little.
    async fn wait(&self, error: &CommitError) {
        if let Some(duration) = error.as_transport().and_then(Error::retry_after) {
            self.job.reporter.event(&Event::Waiting { reason: WaitReason::Server, duration });
            self.job.transport.clock().sleep(duration).await;
        }
        self.back_off(self.sent, Duration::MAX).await;
    }

    /// Anything from no time to a limit that doubles with each attempt, and at most `longest`.
    async fn back_off(&self, attempt: u32, longest: Duration) {
        self.job.transport.clock().sleep(self.job.transport.backoff(attempt).min(longest)).await;
    }

    /// Finds out what became of a commit that may have been made.
    async fn settle(&self, pinned: bool, error: CommitError) -> Result<Settled, CommitError> {
        let unknown = self.unknown(pinned, error.request_id());
        tracing::debug!(%error, "what became of a commit is not known; reading the history");
        let open = |mut unknown: CommitOutcomeUnknown, cause| {
            unknown.cause = cause;
            Err(CommitError::CommitOutcomeUnknown(Box::new(unknown)))
        };
        match search(&self.job.transport, &unknown).await {
            Ok(Found::Landed(info)) => Ok(Settled::Landed(info)),
            Ok(Found::Elsewhere { head }) => match error {
                CommitError::Commit(_) => Ok(Settled::Next(Next::Anew(Some(head)))),
                // Nothing can be sent again from a source that changed.
                error => Err(error),
            },
            Ok(Found::AtParent) if pinned && self.may_send_again(&error) => {
                self.wait(&error).await;
                Ok(Settled::Next(Next::Same))
            }
            Ok(Found::AtParent | Found::Untold) => open(unknown, cause_of(error)),
            Err(cause) => open(unknown, Some(cause)),
        }
    }

    /// The commit as one of which nobody knows whether it was made.
    fn unknown(&self, pinned: bool, request_id: Option<&str>) -> CommitOutcomeUnknown {
        let options = &self.job.options;
        CommitOutcomeUnknown {
            repo_type: options.repo.repo_type,
            repo_id: options.repo.id.clone(),
            revision: options.revision.clone(),
            parent: options.parent_commit.clone().or_else(|| self.base.head.clone()),
            pinned,
            create_pr: options.create_pr,
            message: options.message.clone(),
            description: options.description.clone(),
            author: options.author.clone(),
            server_time: self.base.server_time.clone(),
            request_id: request_id.map(str::to_owned),
            fingerprint: fingerprint(self.payload),
            call: self.owner.clone(),
            cause: None,
        }
    }
}

enum Settled {
    Landed(CommitInfo),
    Next(Next),
}

fn cause_of(error: CommitError) -> Option<Error> {
    match error {
        CommitError::Commit(error) => Some(error),
        _ => None,
    }
}

/// The first line of the commit's body.
pub(crate) fn header(options: &CommitOptions, parent: Option<ParentCommit>) -> CommitHeader {
    CommitHeader::new(&options.message).description(&options.description).parent_commit(parent)
}

/// One sending, with whatever the transport repeated.
struct Sent {
    result: Result<CommitResponse, CommitError>,
    /// Whether the server may have got the whole of it.
    whole: bool,
    /// Whether the commit may have been made although `result` is an error.
    ambiguous: bool,
}

async fn send(job: &Arc<Job>, payload: &Payload, parent: Option<ParentCommit>) -> Sent {
    let options = &job.options;
    let class = if options.create_pr { RetryClass::Append } else { RetryClass::Ambiguous };
    let header = header(options, parent);
    let (fault, whole) = (Fault::default(), Arc::new(AtomicBool::new(false)));
    let body = match payload.body(header, &fault, &whole) {
        Ok(body) => body,
        Err(error) => return Sent { result: Err(error), whole: false, ambiguous: false },
    };
    let endpoint = Commit {
        repo: &options.repo,
        revision: &options.revision,
        create_pr: options.create_pr,
        class,
        body: &Mutex::new(body),
    };
    let result = fault.guard(job.transport.send(&endpoint)).await;
    // Without the last line no server can have taken the commit.
    let whole = whole.load(Ordering::SeqCst);
    match result {
        Ok(Ok(response)) => Sent { result: Ok(response), whole, ambiguous: false },
        Ok(Err(error)) => {
            let ambiguous = whole && error.maybe_processed();
            Sent { result: Err(CommitError::Commit(error)), whole, ambiguous }
        }
        // A source failed in a later sending; an earlier one may have been complete.
        Err(error) => Sent { result: Err(error), whole, ambiguous: whole },
    }
}

/// The branch is not at the parent (412), or moved while the server was at work (409).
fn is_moved(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::PreconditionFailed | ErrorKind::Conflict)
}

fn info(job: &Job, response: CommitResponse, owner: &str) -> CommitInfo {
    let options = &job.options;
    let claims = job.transport.claims();
    if let Some(text) = response.hook_output.as_deref().filter(|text| !text.trim().is_empty()) {
        tracing::info!("the server's hooks say: {}", text.trim().escape_debug());
    }
    let mut info =
        CommitInfo::new(response.commit_url, response.commit_oid, &options.message, &options.description);
    if let Some(url) = response.pull_request_url {
        // The commit is made, so an odd URL of its pull request is no reason to fail.
        match info.clone().with_pull_request(&url) {
            Ok(with) => {
                let number = with.pr_num.unwrap_or_default();
                if !claims.claim(&discussion_claim(&options.repo, number), owner) {
                    tracing::warn!(number, "the server names a pull request that another call has opened");
                }
                info = with;
            }
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(error, "the number of the pull request is not known");
                info.pr_url = Some(url);
            }
        }
    }
    info
}
