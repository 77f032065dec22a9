//! What a revision has already.

use std::collections::{HashMap, HashSet};

use futures_util::TryStreamExt;
use http::Request;
use hub_transport::{Body, Error, PagedEndpoint, Transport, get};
use hub_types::{RepoRef, Revision, TreeEntry, route};

use crate::CommitError;

/// `GET .../tree/{rev}`, with everything in folders.
struct Tree {
    repo: RepoRef,
    revision: Revision,
}

impl PagedEndpoint for Tree {
    const NAME: &'static str = "list_repo_tree";
    type Item = TreeEntry;

    fn target(&self) -> String {
        format!("{} at {}", self.repo, self.revision)
    }

    fn request(&self) -> Result<Request<Body>, Error> {
        get(route::repo(&self.repo).tree(&self.revision, "")).query("recursive", true).finish()
    }
}

/// The content ids, git blob id or sha256, of those `paths` that the revision has. A revision without any file, which some
/// servers say does not exist, has none.
pub(super) async fn contents(
    transport: &Transport,
    repo: &RepoRef,
    revision: &Revision,
    paths: &HashSet<&str>,
) -> Result<HashMap<String, Box<str>>, CommitError> {
    let failed = |source| CommitError::Head { revision: revision.to_string(), source };
    let tree = Tree { repo: repo.clone(), revision: revision.clone() };
    let mut entries = std::pin::pin!(transport.stream(tree, None));
    let mut found = HashMap::new();
    loop {
        match entries.try_next().await {
            Ok(Some(entry)) if entry.is_file() && paths.contains(entry.path.as_str()) => {
                let content = entry.content_id().to_ascii_lowercase().into();
                found.insert(entry.path, content);
            }
            Ok(Some(_)) => {}
            Ok(None) => return Ok(found),
            Err(error) if error.is_not_found() => return Ok(HashMap::new()),
            Err(error) => return Err(failed(error)),
        }
    }
}
