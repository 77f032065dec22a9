//! What all steps of one commit share.

use std::sync::Arc;

use hub_endpoints::Head;
use hub_transport::{CallInfo, Endpoint as _, Error, ErrorKind, Patience, Reporter, Transport};
use hub_types::{RepoRef, Revision};

use crate::concurrency::adaptive::Window;
use crate::concurrency::budget::AtOnce;
use crate::hash::digest::{Cancel, Reading};
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

    /// How its sources are read.
    pub(crate) fn reading(&self) -> Reading<'_> {
        Reading { files: &*self.options.files, reporter: &self.reporter, cancel: &self.cancel }
    }

    /// The head of the branch and the server's time.
    pub(crate) async fn head(&self) -> Result<(String, Option<String>), CommitError> {
        head(&self.transport, &self.options.repo, &self.options.revision)
            .await
            .map_err(|source| CommitError::Head { revision: self.options.revision.to_string(), source })
    }
}

/// The commit that a revision leads to, and the server's time.
pub(crate) async fn head(
    transport: &Transport,
    repo: &RepoRef,
    revision: &Revision,
) -> Result<(String, Option<String>), Error> {
    let endpoint = Head::new(repo, revision);
    let head = transport.send(&endpoint).await?;
    let sha = head.sha.ok_or_else(|| {
        let none = Error::new(ErrorKind::Decode, "the response names no commit");
        none.in_call(&CallInfo::new(Head::NAME, endpoint.target(), endpoint.class()))
    })?;
    Ok((sha, head.server_time))
}
