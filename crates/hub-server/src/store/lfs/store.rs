//! [`LfsStore`]: the large files of a store.

use std::{
    ops::Range,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use super::uploads::Uploads;
use super::{
    error::LfsError,
    incoming::{self, DiscardLfs, Incoming, blocking},
};
use crate::BoxError;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream, Stream, StreamExt, TryStreamExt};
use object_store::{
    GetOptions, GetRange, GetResultPayload, ObjectStore, ObjectStoreExt, local::LocalFileSystem, path::Path,
};

use crate::store::{
    RepoRecord, Result, StoreError,
    database::{Database, OptionalExtension, now, params},
    disk::size_problem,
    layout::{Layout, large_file_in_lfs},
    noted,
    repos::expect_repo,
};

/// What was noted so many milliseconds ago is noted anew when somebody relies on it: an hour.
const RENEWED_AFTER: i64 = 60 * 60 * 1000;
/// Bytes in one piece of a download.
const PIECE: u64 = 256 * 1024;

/// The large files of a store. Clones share them.
#[derive(Clone)]
pub(crate) struct LfsStore {
    pub(super) objects: Arc<dyn ObjectStore>,
    /// Where these are on the disk.
    folder: PathBuf,
    pub(super) incoming: PathBuf,
    pub(super) database: Arc<Database>,
    pub(super) uploads: Uploads,
    /// Held while an object becomes visible and is noted, or is removed: one for each first byte of an oid.
    turns: Arc<[tokio::sync::Mutex<()>; 256]>,
    /// Set when content is thrown away.
    pub(super) discards: Arc<OnceLock<DiscardLfs>>,
}

impl LfsStore {
    pub(in crate::store) fn open(layout: &Layout, database: Arc<Database>) -> Result<Self> {
        let objects = LocalFileSystem::new_with_prefix(layout.lfs())?.with_fsync(true);
        Ok(Self {
            objects: Arc::new(objects),
            folder: layout.lfs(),
            incoming: layout.incoming(),
            database,
            uploads: Uploads::default(),
            turns: Arc::new(std::array::from_fn(|_| tokio::sync::Mutex::default())),
            discards: Arc::default(),
        })
    }

    /// From now on what arrives is thrown away. It then exists and cannot be read.
    pub(crate) fn discard(&self, how: DiscardLfs) {
        let _ = self.discards.set(how);
    }

    pub(in crate::store) fn discards(&self) -> Option<DiscardLfs> {
        self.discards.get().copied()
    }

    /// The size of an object, when this repository has it, as a file of its own or by Xet. Blocks on the database.
    pub(crate) fn has(&self, repo: &RepoRecord, oid: &str) -> Result<Option<u64>> {
        self.database.read(|connection| noted::size_of(connection, repo.key, oid))
    }

    /// Whether this repository has an object, and as a file of its own that is stored. Blocks.
    pub(super) fn has_stored(&self, repo: &RepoRecord, oid: &str) -> Result<bool> {
        let size = self.database.read(|connection| noted::size_of_object(connection, repo.key, oid))?;
        let is_there = |size| size_problem(&self.folder.join(large_file_in_lfs(oid)), size).is_none();
        // What is thrown away is never missed.
        Ok(size.is_some_and(|size| self.discards().is_some() || is_there(size)))
    }

    /// As [`LfsStore::has`], for a client that will rely on it: for as long as garbage is given, the object stays. Blocks.
    pub(crate) fn promise(&self, repo: &RepoRecord, oid: &str) -> Result<Option<u64>> {
        let found: Option<(u64, i64)> = self.database.read(|connection| {
            let mut query = connection.prepare(
                "SELECT size, created_at FROM lfs_objects WHERE repo = ?1 AND oid = ?2
                 UNION ALL SELECT size, r.created_at FROM xet_repo_files r JOIN xet_files USING (file) WHERE repo = ?1 AND oid = ?2
                 ORDER BY 2 LIMIT 1",
            )?;
            Ok(query.query_row(params![repo.key, oid], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
        })?;
        let Some((size, noted)) = found else { return Ok(None) };
        let present = now().as_millisecond();
        if present.saturating_sub(noted) < RENEWED_AFTER {
            return Ok(Some(size));
        }
        self.database.write(|transaction| {
            let mut renewed = 0;
            for table in ["lfs_objects", "xet_repo_files"] {
                renewed += transaction.execute(
                    &format!("UPDATE {table} SET created_at = ?3 WHERE repo = ?1 AND oid = ?2"),
                    params![repo.key, oid, present],
                )?;
            }
            Ok((renewed > 0).then_some(size))
        })
    }

    /// Takes an object whole; it is visible and on disk when this returns, and never visible when it fails.
    ///
    /// # Errors
    /// `Mismatch` when size or sha256 are not as announced, `Body` when the sender fails.
    pub(crate) async fn put<S, E>(
        &self,
        repo: &RepoRecord,
        oid: &str,
        size: u64,
        body: S,
    ) -> Result<(), LfsError>
    where
        S: Stream<Item = Result<Bytes, E>> + Send,
        E: Into<BoxError>,
    {
        if let Some(how) = self.discards() {
            let (received, sha256) = incoming::count(size, body, how).await?;
            check(oid, size, received, sha256.as_deref().unwrap_or(oid))?;
            return self.note(repo, oid, size).await;
        }
        let incoming = Incoming::create(&self.incoming).await?;
        let received = incoming.receive_hashed(size, body).await?;
        self.publish(repo, oid, size, received).await
    }

    /// The bytes `range` of an object, in pieces of at most 256 KiB. The caller has checked that the repository has it.
    pub(crate) async fn read(
        &self,
        oid: &str,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes>>> {
        if range.is_empty() {
            return Ok(stream::empty().boxed());
        }
        read_object(&*self.objects, &location(oid), range).await
    }

    /// Makes a received file visible, if it is what was announced. Goes on when its caller is gone: between its two names the
    /// file is nobody's.
    pub(super) async fn publish(
        &self,
        repo: &RepoRecord,
        oid: &str,
        size: u64,
        received: incoming::Received,
    ) -> Result<(), LfsError> {
        let (store, repo, oid) = (self.clone(), repo.clone(), oid.to_owned());
        tokio::spawn(async move { store.publish_now(&repo, &oid, size, received).await })
            .await
            .map_err(StoreError::Stopped)?
    }

    async fn publish_now(
        &self,
        repo: &RepoRecord,
        oid: &str,
        size: u64,
        received: incoming::Received,
    ) -> Result<(), LfsError> {
        check(oid, size, received.size, &received.sha256)?;
        let target = location(oid);
        let is_there = async || match self.objects.head(&target).await {
            Ok(found) => Ok(found.size == size),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(StoreError::from(error)),
        };
        // What takes long is done before the turn.
        if !is_there().await? {
            received.flush().await?;
        }
        let _nobody_removes_it = self.turn(oid).lock().await;
        if !is_there().await? {
            let name = received.sync().await?;
            let from = Path::from(format!("incoming/{name}"));
            self.objects.rename(&from, &target).await.map_err(StoreError::from)?;
        }
        self.note(repo, oid, size).await
    }

    /// The turn of an object: whoever makes it visible or removes it holds this.
    pub(super) fn turn(&self, oid: &str) -> &tokio::sync::Mutex<()> {
        let first = oid.get(..2).and_then(|digits| usize::from_str_radix(digits, 16).ok());
        let [other, ..] = &*self.turns;
        first.and_then(|first| self.turns.get(first)).unwrap_or(other)
    }

    /// Notes that a repository has an object.
    pub(super) async fn note(&self, repo: &RepoRecord, oid: &str, size: u64) -> Result<(), LfsError> {
        let (database, repo, oid) = (Arc::clone(&self.database), repo.clone(), oid.to_owned());
        Ok(blocking(move || record(&database, &repo, &oid, size)).await?)
    }
}

/// The bytes `range` of an object, in pieces of at most 256 KiB.
///
/// # Errors
/// `Content` when it is not there, or has not so many bytes.
pub(in crate::store) async fn read_object(
    objects: &dyn ObjectStore,
    location: &Path,
    range: Range<u64>,
) -> Result<BoxStream<'static, Result<Bytes>>> {
    let options = GetOptions { range: Some(GetRange::Bounded(range.clone())), ..GetOptions::default() };
    let found = objects.get_opts(location, options).await.map_err(StoreError::content(location))?;
    if found.range != range {
        let reason = format!("it has {} bytes, and must have {} at least", found.meta.size, range.end);
        return Err(StoreError::content(location)(reason));
    }
    Ok(match found.payload {
        // The library would read a file in pieces of 8 KiB.
        GetResultPayload::File(file, path) => incoming::pieces(file, path, range, PIECE).boxed(),
        GetResultPayload::Stream(stream) => stream.map_err(StoreError::from).boxed(),
    })
}

/// Whether what arrived is what was announced.
pub(super) fn check(oid: &str, size: u64, received: u64, sha256: &str) -> Result<(), LfsError> {
    let reason = if received != size {
        format!("{size} bytes were announced and {received} sent")
    } else if sha256 != oid {
        format!("its sha256 is {sha256}, announced was {oid}")
    } else {
        return Ok(());
    };
    Err(LfsError::Mismatch { reason })
}

/// Where complete objects are.
pub(super) fn location(oid: &str) -> Path {
    Path::from(large_file_in_lfs(oid))
}

pub(super) fn record(database: &Database, repo: &RepoRecord, oid: &str, size: u64) -> Result<()> {
    database.write(|transaction| {
        expect_repo(transaction, repo)?;
        transaction.execute(
            "INSERT INTO lfs_objects (repo, oid, size, created_at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
            params![repo.key, oid, size, now().as_millisecond()],
        )?;
        Ok(())
    })
}
