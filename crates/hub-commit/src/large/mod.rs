//! Folders of any size, over as many commits as they need. Python: `upload_large_folder`.
//!
//! A [`LargeFolder`] keeps a journal beside the files, in `.cache/huggingface/upload`, so that a run that was killed goes on
//! where it was:
//!
//! * The digest of every file is written down as soon as it is known, with size, time and number of the file: a file that
//!   has not changed is never hashed again.
//! * The repository itself says what is committed: its tree is listed once, at the commit that
//!   the next one must follow, and a file whose known digest stands there is
//!   left out without being opened for reading. So a file that somebody has removed or changed meanwhile is uploaded again.
//! * The server says what is uploaded but not committed, when it is asked where the next 256 objects go.
//!
//! So the journal holds nothing that could contradict the repository, and losing it costs time only.

mod batches;
mod facts;
mod journal;
#[cfg(feature = "testing")]
pub mod testing;
mod tree;

use std::borrow::Cow;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hub_transport::{ErrorKind, Reporter, Transport};
use hub_types::progress::{Event, Progress};
use hub_types::{CommitInfo, ParentCommit, RepoRef};
use serde::Serialize;
use tokio::time::Instant;

pub use self::batches::Limits;
pub use self::facts::Staging;
use self::journal::Journal;
use crate::blocking::blocking;
use crate::folder::{FolderOptions, scan};
use crate::inspect::{Seen, inspect};
use crate::{CommitError, CommitOperation, CommitOptions, Reconciled, create_commit, reconcile_commit};

/// A folder to upload, with its journal. Only one program at a time can have it.
pub struct LargeFolder {
    operations: Arc<Vec<CommitOperation>>,
    journal: Arc<Journal>,
}

/// What an upload of a folder came to. Written as JSON by the command line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LargeUpload {
    /// Files of the folder.
    pub files: u64,
    /// Their bytes together.
    pub bytes: u64,
    /// How many of them the repository had already when the run began, as far as that was known without reading them.
    pub unchanged: u64,
    /// Ids of the commits of this run, in order; empty when there was nothing to do.
    pub commits: Vec<String>,
    /// Web page of the last of them.
    pub commit_url: Option<String>,
    /// Number of the pull request that collected them.
    pub pull_request: Option<u64>,
}

/// How often the same bytes are sent before smaller commits are tried.
const SENDINGS: u32 = 2;
/// After how many commits in a row larger ones are tried again.
const GROWS_AFTER: u32 = 4;

impl LargeFolder {
    /// Lists the files of a folder as [`scan`] does, and opens its journal. Nothing is sent.
    ///
    /// # Errors
    /// As [`scan`]; [`CommitError::FolderBusy`] when another upload of the folder runs, [`CommitError::Journal`] when nothing
    /// can be written in it.
    pub async fn open(folder: &Path, options: FolderOptions) -> Result<Self, CommitError> {
        let folder: PathBuf = folder.to_path_buf();
        blocking(move || {
            let mut operations = scan(&folder, &options)?;
            // They say how other files travel, so they are committed first.
            operations.sort_by_key(|operation| {
                !matches!(operation.path_in_repo(), ".gitattributes" | ".gitignore")
            });
            let journal = Arc::new(Journal::open(&folder)?);
            Ok(Self { operations: Arc::new(operations), journal })
        })
        .await
    }

    /// The pull request that an earlier run opened for this repository, if it was not done with.
    pub fn staging(&self, transport: &Transport, repo: &RepoRef) -> Option<Staging> {
        self.journal.staging(&target(transport, repo))
    }

    /// Notes the pull request that collects the commits, or with `None` that it is done with.
    ///
    /// # Errors
    /// [`CommitError::Journal`] when it cannot be written.
    pub fn stage(
        &self,
        transport: &Transport,
        repo: &RepoRef,
        staging: Option<Staging>,
    ) -> Result<(), CommitError> {
        self.journal.stage(target(transport, repo), staging)
    }

    /// Whether a commit to this revision could have anything in it.
    ///
    /// # Errors
    /// [`CommitError::Sources`] with all files that cannot be opened, [`CommitError::Head`] when the tree cannot be read.
    pub async fn has_news(
        &self,
        transport: &Transport,
        options: &CommitOptions,
    ) -> Result<bool, CommitError> {
        let (_, pending, _) = self.pending(transport, options).await?;
        Ok(!pending.is_empty())
    }

    /// Commits all files that the revision does not have, in as many commits as `limits` ask for, one after the other.
    ///
    /// The options are those of each commit; `parent_commit` and `create_pr` cannot be set. A message gets its number where
    /// there are several. When a server cannot cope with a commit, smaller ones are tried.
    ///
    /// # Errors
    /// As [`create_commit`]. The commits made so far stay, and the next run goes on from there.
    pub async fn upload(
        &self,
        transport: &Transport,
        options: CommitOptions,
        limits: Limits,
    ) -> Result<LargeUpload, CommitError> {
        options.validate()?;
        if options.create_pr || options.parent_commit.is_some() {
            return Err(CommitError::invalid(
                "a large upload has neither a parent commit nor a pull request of its own",
            ));
        }
        let (mut report, mut rest, mut head) = self.pending(transport, &options).await?;
        let options = options.digests(Arc::clone(&self.journal) as _);
        let reporter = Reporter::new(options.progress.clone());
        let bytes = rest.iter().fold(0u64, |sum, file| sum.saturating_add(file.stamp.size));
        reporter.event(&Event::Started { files: rest.len() as u64, bytes });
        let (mut part, mut moved) = (1u64, Moved::default());
        let (mut largest, mut limits, mut successes) = (limits, limits, 0);
        while !rest.is_empty() {
            let taken = limits.take(rest.iter().map(|file| file.stamp.size));
            let batch = rest.get(..taken).unwrap_or_default();
            let mut options = options.clone().parent_commit(head.clone());
            if part > 1 || taken < rest.len() {
                options.message = format!("{} (part {part})", options.message);
            }
            if taken > batches::FEWEST {
                // A commit that is too much for the server is made smaller rather than sent again and again.
                options.sendings = SENDINGS;
            }
            options.progress = reporter.sink().map(|progress| Arc::new(Part(progress)) as _);
            match create_commit(transport, self.batch(batch), options.clone()).await {
                Ok(info) => {
                    rest.drain(..taken);
                    head = info.oid.parse().ok();
                    (part, moved) = (part + u64::from(info.created), Moved::default());
                    report.note(info);
                    successes += 1;
                    if successes % GROWS_AFTER == 0 {
                        limits = limits.larger(&largest);
                    }
                }
                // Somebody else has committed, or a run that was killed while its last commit was under way.
                Err(CommitError::ParentMismatch { .. }) => {
                    moved.again(transport, options.contention_timeout).await?;
                    (head, rest) = self.left(transport, &options, rest).await?;
                }
                // The usual end of a commit that takes a gateway too long (504). Whatever still comes of it, what follows
                // names the same parent: only one of them can be made.
                Err(CommitError::CommitOutcomeUnknown(unknown)) if unknown.pinned => {
                    // As long as nothing can be read, nobody knows whether it was made.
                    let Ok(left) = self.left(transport, &options, rest).await else {
                        return Err(CommitError::CommitOutcomeUnknown(unknown));
                    };
                    if left.0 == head {
                        let smaller = limits.smaller(taken, batches::FEWEST);
                        limits = smaller.ok_or(CommitError::CommitOutcomeUnknown(unknown))?;
                        successes = 0;
                        tracing::warn!(
                            "a commit of {taken} files was too much for the server; smaller ones are tried"
                        );
                    } else if let Ok(Reconciled::Landed(info)) = reconcile_commit(transport, &unknown).await {
                        (part, moved) = (part + 1, Moved::default());
                        report.note(info);
                    } else {
                        moved.again(transport, options.contention_timeout).await?;
                    }
                    (head, rest) = left;
                }
                Err(error) => {
                    let is_final = is_too_large(&error);
                    (limits, successes) = (self.after(error, &limits, taken)?, 0);
                    if is_final {
                        largest = limits;
                    }
                }
            }
        }
        reporter.finish().await;
        Ok(report)
    }

    fn batch(&self, files: &[Seen]) -> Vec<CommitOperation> {
        files.iter().filter_map(|file| self.operations.get(file.operation).cloned()).collect()
    }

    /// The files that the revision does not have, as far as the journal tells; a report without commits; and the head.
    async fn pending(
        &self,
        transport: &Transport,
        options: &CommitOptions,
    ) -> Result<(LargeUpload, Vec<Seen>, Option<ParentCommit>), CommitError> {
        let seen: Vec<Seen> = inspect(&self.operations, options, false).await?.files;
        let mut report = LargeUpload { files: seen.len() as u64, ..LargeUpload::default() };
        report.bytes = seen.iter().fold(0u64, |sum, file| sum.saturating_add(file.stamp.size));
        if seen.is_empty() {
            return Ok((report, seen, None));
        }
        let (head, rest) = self.left(transport, options, seen).await?;
        report.unchanged = report.files.saturating_sub(rest.len() as u64);
        Ok((report, rest, head))
    }

    /// The head of the revision, and those of the files that it does not have.
    async fn left(
        &self,
        transport: &Transport,
        options: &CommitOptions,
        mut files: Vec<Seen>,
    ) -> Result<(Option<ParentCommit>, Vec<Seen>), CommitError> {
        let paths = files.iter().filter_map(|file| self.operations.get(file.operation));
        let paths: HashSet<&str> = paths.map(CommitOperation::path_in_repo).collect();
        let remote = tree::read(transport, &options.repo, &options.revision, &paths).await?;
        files.retain(|file| {
            let there = self.operations.get(file.operation).and_then(|operation| {
                let content = remote.contents.get(operation.path_in_repo())?;
                Some(self.journal.holds(&source_path(operation)?, &file.stamp, content))
            });
            !there.unwrap_or_default()
        });
        Ok((remote.head, files))
    }

    /// What to try after a commit of `files` files has failed: smaller commits, or nothing.
    fn after(&self, error: CommitError, limits: &Limits, files: usize) -> Result<Limits, CommitError> {
        let fewest = match &error {
            error if is_too_large(error) => 1,
            CommitError::Commit(source) => match source.kind() {
                ErrorKind::Server | ErrorKind::Timeout => batches::FEWEST,
                _ => return Err(error),
            },
            CommitError::SourceChanged { path } => {
                // Its digest may be the one of an earlier state that looked the same.
                let changed = self.operations.iter().find(|operation| operation.path_in_repo() == path);
                if let Some(path) = changed.and_then(source_path) {
                    self.journal.forget(&path);
                }
                return Err(error);
            }
            _ => return Err(error),
        };
        let smaller = limits.smaller(files, fewest).ok_or(error)?;
        tracing::warn!("a commit of {files} files was too much for the server; smaller ones are tried");
        Ok(smaller)
    }
}

/// How often, and since when, the branch has moved before a commit.
#[derive(Debug, Default)]
struct Moved {
    times: u32,
    since: Option<Instant>,
}

impl Moved {
    /// Waits a little before the next try, for `longest` in all.
    async fn again(&mut self, transport: &Transport, longest: Duration) -> Result<(), CommitError> {
        let now = transport.clock().now();
        self.times += 1;
        let waited = now.saturating_duration_since(*self.since.get_or_insert(now));
        if waited >= longest {
            return Err(CommitError::Contended { attempts: self.times, waited });
        }
        // The first time may be the end of our own commit of an earlier run.
        let wait = if self.times == 1 { Duration::ZERO } else { transport.backoff(self.times - 1) };
        transport.clock().sleep(wait.min(longest.saturating_sub(waited))).await;
        Ok(())
    }
}

impl LargeUpload {
    fn note(&mut self, info: CommitInfo) {
        if info.created {
            self.commits.push(info.oid);
            self.commit_url = Some(info.commit_url);
        }
    }
}

/// Whether a limit was met that will be there for the next commit too.
fn is_too_large(error: &CommitError) -> bool {
    match error {
        CommitError::PayloadTooLarge { .. } | CommitError::TooManyLfsFiles { .. } => true,
        CommitError::Commit(source) => source.kind() == ErrorKind::PayloadTooLarge,
        _ => false,
    }
}

/// The name of a repository in the journal.
fn target(transport: &Transport, repo: &RepoRef) -> String {
    format!("{repo} of {}", transport.endpoint())
}

fn source_path(operation: &CommitOperation) -> Option<Cow<'_, Path>> {
    match operation {
        CommitOperation::Add(add) => add.file(),
        _ => None,
    }
}

/// Passes on the events of one commit of several, except its beginning and its end.
struct Part(Arc<dyn Progress>);

impl Progress for Part {
    fn event(&self, event: &Event<'_>) {
        if !matches!(event, Event::Started { .. } | Event::Finished) {
            self.0.event(event);
        }
    }
}
