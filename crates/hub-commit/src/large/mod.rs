//! Folders of any size, over as many commits as they need. Python: `upload_large_folder`.
//!
//! A [`LargeFolder`] keeps a journal beside the files, in `.cache/huggingface/upload`, so that a run that was killed goes on
//! where it was:
//!
//! * The digest of every file is written down as soon as it is known, with size, time and number of the file: a file that
//!   has not changed is never hashed again.
//! * The repository itself says what is committed: its tree is listed once, and a file whose known digest stands there is
//!   left out without being opened for reading. So a file that somebody has removed or changed meanwhile is uploaded again.
//! * The server says what is uploaded but not committed, when it is asked where the next 256 objects go.
//!
//! So the journal holds nothing that could contradict the repository, and losing it costs time only.

mod batches;
mod facts;
mod journal;
mod tree;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hub_transport::{ErrorKind, Transport};
use hub_types::progress::{Event, Progress};
use hub_types::{CommitInfo, RepoRef};
use serde::Serialize;

pub use self::batches::Limits;
pub use self::facts::Staging;
use self::journal::Journal;
use crate::folder::{FolderOptions, scan};
use crate::job::{blocking, look, validate};
use crate::source::Stamp;
use crate::{CommitError, CommitOperation, CommitOptions, create_commit};

/// A folder to upload, with its journal. Only one program at a time can have it.
pub struct LargeFolder {
    operations: Arc<[CommitOperation]>,
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

/// A file to upload: index of its operation, and its size.
struct Pending {
    operation: usize,
    size: u64,
}

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
            Ok(Self { operations: operations.into(), journal })
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
        let (_, pending) = self.pending(transport, options).await?;
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
        mut limits: Limits,
    ) -> Result<LargeUpload, CommitError> {
        validate(&options)?;
        if options.create_pr || options.parent_commit.is_some() {
            return Err(CommitError::invalid(
                "a large upload has neither a parent commit nor a pull request of its own",
            ));
        }
        let (mut report, pending) = self.pending(transport, &options).await?;
        let options = options.digests(Arc::clone(&self.journal) as _);
        let progress = options.progress.clone();
        let bytes = pending.iter().fold(0u64, |sum, file| sum.saturating_add(file.size));
        tell(progress.as_deref(), &Event::Started { files: pending.len() as u64, bytes });
        let mut rest = pending.as_slice();
        let mut part = 0u64;
        while !rest.is_empty() {
            let taken = limits.take(rest.iter().map(|file| file.size));
            let (batch, later) = rest.split_at_checked(taken).unwrap_or((rest, &[]));
            part += 1;
            let mut options = options.clone();
            if part > 1 || !later.is_empty() {
                options.message = format!("{} (part {part})", options.message);
            }
            options.progress = progress.clone().map(|progress| Arc::new(Part(progress)) as _);
            match create_commit(transport, self.batch(batch), options).await {
                Ok(info) => {
                    rest = later;
                    report.note(info);
                }
                Err(error) => {
                    limits = self.after(error, &limits, batch.len())?;
                    part -= 1;
                }
            }
        }
        tell(progress.as_deref(), &Event::Finished);
        Ok(report)
    }

    fn batch(&self, files: &[Pending]) -> Vec<CommitOperation> {
        files.iter().filter_map(|file| self.operations.get(file.operation).cloned()).collect()
    }

    /// The files that the revision does not have, as far as the journal tells; and a report without commits.
    async fn pending(
        &self,
        transport: &Transport,
        options: &CommitOptions,
    ) -> Result<(LargeUpload, Vec<Pending>), CommitError> {
        let (operations, files) = (Arc::clone(&self.operations), Arc::clone(&options.files));
        let seen = blocking(move || look(&operations, &*files)).await?;
        let paths: HashSet<&str> = self.operations.iter().map(CommitOperation::path_in_repo).collect();
        let there = match paths.is_empty() {
            true => Default::default(),
            false => tree::contents(transport, &options.repo, &options.revision, &paths).await?,
        };
        let mut report = LargeUpload { files: seen.len() as u64, ..LargeUpload::default() };
        let mut pending = Vec::new();
        for seen in seen {
            let size = seen.stamp.size;
            report.bytes = report.bytes.saturating_add(size);
            let content = self
                .operations
                .get(seen.operation)
                .and_then(|operation| Some((operation, there.get(operation.path_in_repo())?)));
            match content {
                Some((operation, content)) if self.holds(operation, &seen.stamp, content) => {
                    report.unchanged += 1
                }
                _ => pending.push(Pending { operation: seen.operation, size }),
            }
        }
        Ok((report, pending))
    }

    fn holds(&self, operation: &CommitOperation, stamp: &Stamp, content: &str) -> bool {
        source_path(operation).is_some_and(|path| self.journal.holds(path, stamp, content))
    }

    /// What to try after a commit of `files` files has failed: smaller commits, or nothing.
    fn after(&self, error: CommitError, limits: &Limits, files: usize) -> Result<Limits, CommitError> {
        let fewest = match &error {
            CommitError::PayloadTooLarge { .. } | CommitError::TooManyLfsFiles { .. } => 1,
            CommitError::Commit(source) => match source.kind() {
                ErrorKind::PayloadTooLarge => 1,
                ErrorKind::Server | ErrorKind::Timeout => batches::FEWEST,
                _ => return Err(error),
            },
            CommitError::SourceChanged { path } => {
                // Its digest may be the one of an earlier state that looked the same.
                let changed = self.operations.iter().find(|operation| operation.path_in_repo() == path);
                if let Some(path) = changed.and_then(source_path) {
                    self.journal.forget(path);
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

impl LargeUpload {
    fn note(&mut self, info: CommitInfo) {
        if info.created {
            self.commits.push(info.oid);
            self.commit_url = Some(info.commit_url);
        }
    }
}

/// The name of a repository in the journal.
fn target(transport: &Transport, repo: &RepoRef) -> String {
    format!("{repo} of {}", transport.endpoint())
}

fn source_path(operation: &CommitOperation) -> Option<&Path> {
    match operation {
        CommitOperation::Add(add) => add.source().path(),
        _ => None,
    }
}

fn tell(progress: Option<&dyn Progress>, event: &Event<'_>) {
    if let Some(progress) = progress {
        progress.event(event);
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
