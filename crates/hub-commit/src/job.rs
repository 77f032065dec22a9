//! What all steps of one commit share.

use std::sync::Arc;

use hub_transport::{Patience, Reporter, Transport};
use tokio::task::JoinError;

use crate::budget::AtOnce;
use crate::digest::Cancel;
use crate::endpoint::Head;
use crate::error::shown;
use crate::plan::{Added, Fate};
use crate::window::Window;
use crate::{CommitError, CommitOperation, CommitOperationAdd, CommitOptions};

pub(crate) struct Job {
    pub(crate) transport: Transport,
    pub(crate) options: CommitOptions,
    pub(crate) operations: Arc<Vec<CommitOperation>>,
    pub(crate) reporter: Reporter,
    pub(crate) at_once: AtOnce,
    /// Lets transfers run.
    pub(crate) transfers: Window,
    pub(crate) cancel: Cancel,
}

impl Job {
    pub(crate) fn new(
        transport: &Transport,
        operations: Arc<Vec<CommitOperation>>,
        options: CommitOptions,
    ) -> Self {
        let at_once = AtOnce::new(options.memory_budget, options.max_concurrency);
        let reporter = Reporter::new(options.progress.clone());
        Self {
            transport: transport.with_patience(Patience::new(reporter.sink())),
            reporter,
            at_once,
            transfers: Window::new(at_once.transfers),
            operations,
            options,
            cancel: Cancel::default(),
        }
    }

    /// The addition at an index.
    pub(crate) fn add(&self, operation: usize) -> Result<&CommitOperationAdd, CommitError> {
        match self.operations.get(operation) {
            Some(CommitOperation::Add(add)) => Ok(add),
            _ => Err(CommitError::Stopped(format!("operation {operation} adds no file"))),
        }
    }

    pub(crate) fn path(&self, operation: usize) -> &str {
        self.operations.get(operation).map_or("", CommitOperation::path_in_repo)
    }

    /// The head of the branch and the server's time.
    pub(crate) async fn head(&self) -> Result<(String, Option<String>), CommitError> {
        let endpoint = Head { repo: &self.options.repo, revision: &self.options.revision };
        self.transport
            .send(&endpoint)
            .await
            .map_err(|source| CommitError::Head { revision: self.options.revision.to_string(), source })
    }
}

/// Opens the sources of the files that change something, to find out whether they still are what they were.
pub(crate) async fn check_stamps(job: &Arc<Job>, files: Arc<Vec<Added>>) -> Result<(), CommitError> {
    let job = Arc::clone(job);
    blocking(move || {
        for Added { seen, .. } in files.iter().filter(|file| file.fate != Fate::Unchanged) {
            let add = job.add(seen.operation)?;
            let (_, stamp) = add.open(&*job.options.files).map_err(|error| add.problem(error))?;
            if stamp != seen.stamp {
                return Err(CommitError::SourceChanged { path: add.path_in_repo().to_owned() });
            }
        }
        Ok(())
    })
    .await
}

/// Runs work that blocks on a thread of its own.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CommitError> + Send + 'static,
) -> Result<T, CommitError> {
    joined(tokio::task::spawn_blocking(work).await)
}

/// What a thread has returned.
pub(crate) fn joined<T>(outcome: Result<Result<T, CommitError>, JoinError>) -> Result<T, CommitError> {
    match outcome {
        Ok(result) => result,
        Err(error) if error.is_panic() => Err(CommitError::Stopped("reading a source panicked".into())),
        Err(_) => Err(CommitError::Stopped("the runtime is shutting down".into())),
    }
}

/// Checks what can be checked without looking at any file.
pub(crate) fn validate(options: &CommitOptions) -> Result<(), CommitError> {
    if options.message.trim().is_empty() {
        return Err(CommitError::invalid("the commit message is empty"));
    }
    if options.create_pr && options.revision.as_commit().is_some() {
        let revision = shown(options.revision.as_str());
        return Err(CommitError::invalid(format!("a pull request goes to a branch; {revision} is a commit")));
    }
    Ok(())
}
