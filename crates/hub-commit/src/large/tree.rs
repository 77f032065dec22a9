//! What a revision has already.

use std::collections::{HashMap, HashSet};

use futures_util::TryStreamExt;
use hub_endpoints::ListRepoTree;
use hub_transport::Transport;
use hub_types::{ParentCommit, RepoRef, Revision};

use crate::CommitError;
use crate::job::head;

/// A state of a branch.
pub(super) struct Remote {
    /// Its head; `None` for a branch without commits, which some servers say does not exist.
    pub(super) head: Option<ParentCommit>,
    /// The content ids, git blob id or sha256, of the paths that were asked about and are there.
    pub(super) contents: HashMap<String, Box<str>>,
}

/// Reads the head of a branch, and which of `paths` are there at this very commit.
pub(super) async fn read(
    transport: &Transport,
    repo: &RepoRef,
    revision: &Revision,
    paths: &HashSet<&str>,
) -> Result<Remote, CommitError> {
    let failed = |source| CommitError::Head { revision: revision.to_string(), source };
    let head = match head(transport, repo, revision).await {
        Ok((head, _)) => head,
        Err(error) if error.is_not_found() => return Ok(Remote { head: None, contents: HashMap::new() }),
        Err(error) => return Err(failed(error)),
    };
    let malformed = || CommitError::malformed(format!("{head:?} is no id of a commit"));
    let at = head.parse().map_err(|_| malformed())?;
    let mut remote = Remote { head: Some(head.parse().map_err(|_| malformed())?), contents: HashMap::new() };
    let mut entries = std::pin::pin!(transport.stream(ListRepoTree::whole(repo.clone(), at), None));
    while let Some(entry) = entries.try_next().await.map_err(failed)? {
        if entry.is_file() && paths.contains(entry.path.as_str()) {
            let content = entry.content_id().to_ascii_lowercase().into();
            remote.contents.insert(entry.path, content);
        }
    }
    Ok(remote)
}
