//! Large files that no repository has any more, and uploads that were given up.

use std::time::{Duration, SystemTime};

use futures_util::TryStreamExt;
use object_store::{ObjectStoreExt, path::Path};

use super::{
    incoming::blocking,
    store::{LfsStore, location},
    uploads::KEPT_FOR,
};
use crate::store::{
    Result, StoreError,
    database::{OptionalExtension, SqlResult, lock},
    disk::remove_all,
};

/// Longer than any upload in one piece may take.
const IN_ONE_PIECE: Duration = Duration::from_secs(25 * 60 * 60);

impl LfsStore {
    /// Ends uploads that nobody has gone on with for a day, and removes files that were left behind. Returns how many. Blocks.
    pub(crate) fn sweep_uploads(&self) -> Result<u64> {
        let mut removed = {
            let mut by_id = lock(&self.uploads.by_id);
            let before = by_id.len();
            by_id.retain(|_, upload| upload.begun.elapsed() < KEPT_FOR);
            (before - by_id.len()) as u64
        };
        let folder = &self.incoming;
        let listing = std::fs::read_dir(folder).map_err(StoreError::io("list", folder))?;
        for entry in listing.flatten() {
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            let age = modified.ok().and_then(|modified| SystemTime::now().duration_since(modified).ok());
            if age.is_some_and(|age| age > IN_ONE_PIECE) {
                remove_all(&entry.path())?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// The objects that were taken from a repository, or went with one. Blocks.
    pub(crate) fn orphans(&self) -> Result<Vec<String>> {
        self.database.read(|connection| {
            let mut statement = connection.prepare("SELECT oid FROM lfs_orphans")?;
            Ok(statement.query_map((), |row| row.get(0))?.collect::<SqlResult<_>>()?)
        })
    }

    /// The objects that are stored and older than `grace`, and that no repository has. Looks at every one.
    pub(crate) async fn unknown(&self, grace: Duration) -> Result<Vec<String>> {
        let mut listed = self.objects.list(Some(&Path::from("objects")));
        let mut unknown = Vec::new();
        while let Some(found) = listed.try_next().await? {
            let age = SystemTime::now().duration_since(found.last_modified.into()).unwrap_or_default();
            let oid = found.location.filename().unwrap_or_default().to_owned();
            if age >= grace && oid.len() == 64 {
                let (store, asked) = (self.clone(), oid.clone());
                if !blocking(move || store.is_had(&asked)).await? {
                    unknown.push(oid);
                }
            }
        }
        Ok(unknown)
    }

    /// Removes the content of an object that no repository has; returns its size, or nothing when one has it. An upload of the
    /// same object waits meanwhile.
    pub(crate) async fn free(&self, oid: &str) -> Result<Option<u64>> {
        let _no_upload = self.turn(oid).lock().await;
        let (store, asked) = (self.clone(), oid.to_owned());
        let had = blocking(move || store.is_had(&asked)).await?;
        let mut freed = None;
        if !had {
            let location = location(oid);
            freed = match self.objects.head(&location).await {
                Ok(found) => {
                    self.objects.delete(&location).await?;
                    Some(found.size)
                }
                Err(object_store::Error::NotFound { .. }) => None,
                Err(error) => return Err(error.into()),
            };
        }
        let (store, oid) = (self.clone(), oid.to_owned());
        blocking(move || {
            store.database.write(|transaction| {
                transaction.execute("DELETE FROM lfs_orphans WHERE oid = ?1", [&oid])?;
                Ok(())
            })
        })
        .await?;
        Ok(freed)
    }

    /// Whether any repository has an object.
    fn is_had(&self, oid: &str) -> Result<bool> {
        self.database.read(|connection| {
            let mut statement = connection.prepare("SELECT 1 FROM lfs_objects WHERE oid = ?1 LIMIT 1")?;
            Ok(statement.query_row([oid], |_| Ok(())).optional()?.is_some())
        })
    }
}
