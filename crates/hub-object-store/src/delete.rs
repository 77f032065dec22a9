//! Deleting objects, many in one commit.

use std::{collections::HashSet, sync::Arc};

use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use hub_api::{CommitOperation, CommitOperationDelete, Error, IsFolder};
use object_store::{Result, path::Path};

use crate::{
    HubObjectStore,
    error::{at, not_found, other},
    names,
    pin::Pin,
};

/// Most objects that one commit deletes.
const AT_ONCE: usize = 1000;

impl HubObjectStore {
    pub(crate) fn delete_all(
        self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        let chunks = locations.chunks(AT_ONCE);
        chunks
            .then(move |chunk| {
                let store = self.clone();
                async move { stream::iter(store.delete_chunk(chunk).await) }
            })
            .flatten()
            .boxed()
    }

    /// What becomes of each, in their order. Those that are not there are told, and the others go.
    async fn delete_chunk(&self, locations: Vec<Result<Path>>) -> Vec<Result<Path>> {
        let paths: Vec<String> = locations.iter().flatten().map(ToString::to_string).collect();
        let deleted = match paths.is_empty() {
            true => Ok(HashSet::new()),
            false => self.delete_paths(&paths).await,
        };
        let deleted = match deleted {
            Ok(deleted) => deleted,
            // Each of them fails for the same reason, which can be given once only.
            Err(error) => {
                let (mut first, reason) = (Some(error), "the commit that deletes it was not made");
                let fail = |location: Result<Path>| {
                    location.and_then(|_| Err(first.take().unwrap_or_else(|| other(reason))))
                };
                return locations.into_iter().map(fail).collect();
            }
        };
        let mut left = deleted;
        let tell = |location: Result<Path>| {
            let location = location?;
            if left.remove(names::text(&location)) {
                Ok(location)
            } else {
                Err(not_found(names::text(&location)))
            }
        };
        locations.into_iter().map(tell).collect()
    }

    /// Deletes those that are files of the branch, and says which.
    async fn delete_paths(&self, paths: &[String]) -> Result<HashSet<String>> {
        let shared = Arc::clone(&self.shared);
        let branch = shared.branch()?;
        let _turn = shared.turn.lock().await;
        let call = shared.api.get_paths_info(&shared.repo, paths).revision(branch);
        let entries = call.await.map_err(|error| shared.failed(error))?;
        let there: HashSet<String> =
            entries.into_iter().filter(|entry| entry.is_file()).map(|entry| entry.path).collect();
        let mut operations: Vec<CommitOperation> = Vec::with_capacity(there.len());
        for path in &there {
            let path = names::in_repo(&names::location(path)?)?;
            let delete = CommitOperationDelete::new(path.as_str(), IsFolder::File);
            operations.push(delete.map_err(|error| at(path.as_str(), Error::from(error)))?.into());
        }
        let message = match (there.len(), there.iter().next()) {
            (0, _) | (_, None) => return Ok(there),
            (1, Some(path)) => format!("Delete {path}"),
            (count, _) => format!("Delete {count} files"),
        };
        let commit = self.make_commit(operations, &message, branch, None).await;
        let commit = commit.map_err(|error| shared.failed(error))?;
        shared.show(Pin::new(commit.oid.parse().map_err(other)?));
        Ok(there)
    }
}
