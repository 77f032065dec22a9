//! Listing objects.

use std::sync::Arc;

use futures_util::{
    StreamExt, TryStreamExt,
    future::ready,
    stream::{self, BoxStream},
};
use hub_api::{
    Error,
    types::{TreeEntry, tree::EntryKind},
};
use object_store::{Extensions, ListResult, ObjectMeta, Result, path::Path};

use crate::{HubObjectStore, names, pin::Pin};

impl HubObjectStore {
    /// The entries of a folder; none if it is not there, or is a file.
    fn tree(&self, pin: &Pin, folder: &str, recursive: bool) -> BoxStream<'static, Result<TreeEntry>> {
        let shared = Arc::clone(&self.shared);
        let listing = shared.api.list_repo_tree(&shared.repo).revision(&pin.commit).path_in_repo(folder);
        let entries = listing.recursive(recursive).expand(self.dates).stream();
        let is_root = folder.is_empty();
        entries
            .filter_map(move |entry| {
                ready(match entry {
                    Err(error) if !is_root && is_no_folder(&error) => None,
                    entry => Some(entry.map_err(|error| shared.failed(error))),
                })
            })
            .boxed()
    }

    pub(crate) fn list_all(self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let folder = names::folder(prefix);
        let begin = async move {
            let (folder, pin) = (folder?, self.shared.pin());
            let date = pin.date(&self.shared.api, &self.shared.repo).await?;
            let dates = self.dates;
            let files = self.tree(&pin, &folder, true).try_filter(|entry| ready(entry.is_file()));
            Ok::<_, object_store::Error>(files.and_then(move |entry| ready(pin.meta_of(&entry, date, dates))))
        };
        stream::once(begin).try_flatten().boxed()
    }

    pub(crate) async fn list_folder(&self, prefix: Option<&Path>) -> Result<ListResult> {
        let (folder, pin) = (names::folder(prefix)?, self.shared.pin());
        let date = pin.date(&self.shared.api, &self.shared.repo).await?;
        let mut entries = self.tree(&pin, &folder, false);
        let (mut objects, mut common_prefixes) = (Vec::new(), Vec::new());
        while let Some(entry) = entries.try_next().await? {
            match entry.kind {
                EntryKind::File => objects.push(pin.meta_of(&entry, date, self.dates)?),
                EntryKind::Directory => common_prefixes.push(names::location(&entry.path)?),
                _ => {}
            }
        }
        common_prefixes.sort_unstable();
        Ok(ListResult { common_prefixes, objects, extensions: Extensions::new() })
    }
}

fn is_no_folder(error: &Error) -> bool {
    error.kind() == Some(hub_api::ErrorKind::EntryNotFound)
}
