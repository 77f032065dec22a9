//! Which files a repository has by Xet, and what they consist of.

use std::{ops::Range, sync::Arc};

use hub_xet::{
    MerkleHash, XetError,
    recipe::{Reconstruction, Term},
    shard::Shard,
};
use object_store::ObjectStoreExt;
use tokio::runtime::Handle;

use super::{
    XetFault, XetStore,
    folder::recipe_location,
    register::{known_sha256, note_in_repo},
    rows::files_of,
};
use crate::store::database::{OptionalExtension, params};
use crate::store::{RepoRecord, Result, StoreError, lfs::incoming::blocking, repos::expect_repo};

/// A file that one repository gives to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NewFile {
    /// Its Xet hash.
    pub(crate) file: MerkleHash,
    /// sha256 in hexadecimal digits.
    pub(crate) oid: String,
}

impl XetStore {
    /// The Xet hashes of some large files of a repository, `None` where there is none. Whether their chunks are stored is not looked at: for a
    /// page of a listing that would take too long. Blocks on the database.
    pub(crate) fn hashes<'o>(
        &self,
        repo: &RepoRecord,
        oids: impl IntoIterator<Item = Option<&'o str>>,
    ) -> Result<Vec<Option<MerkleHash>>> {
        let oids: Vec<_> = oids.into_iter().collect();
        self.shared.database.read(|connection| {
            let hash = |oid: Option<&str>| -> Result<Option<MerkleHash>> {
                let Some(oid) = oid else { return Ok(None) };
                Ok(files_of(connection, repo.key, oid)?.first().map(|(file, _)| *file))
            };
            oids.iter().map(|oid| hash(*oid)).collect()
        })
    }

    /// The size of a file, if the repository has it.
    pub(crate) async fn file_size(&self, repo: &RepoRecord, file: &MerkleHash) -> Result<Option<u64>> {
        let (database, repo, file) = (Arc::clone(&self.shared.database), repo.key, *file);
        blocking(move || {
            database.read(|connection| {
                let size = connection
                    .prepare(
                        "SELECT size FROM xet_repo_files JOIN xet_files USING (file) WHERE file = ?1 AND repo = ?2 LIMIT 1",
                    )?
                    .query_row(params![file.as_bytes(), repo], |row| row.get(0))
                    .optional()?;
                Ok(size)
            })
        })
        .await
    }

    /// What a file consists of.
    pub(super) async fn terms(&self, file: &MerkleHash) -> Result<Vec<Term>> {
        let location = recipe_location(file);
        let found = self.shared.objects.get(&location).await.map_err(StoreError::content(&location))?;
        let bytes = found.bytes().await?;
        let shard =
            blocking(move || Ok(Shard::parse(&bytes))).await?.map_err(StoreError::content(&location))?;
        Ok(shard.files.into_iter().next().map(|file| file.terms).unwrap_or_default())
    }

    /// The terms of some bytes of a file, at most `most`, and where their chunks are stored. The end may lie beyond that of the file.
    ///
    /// # Errors
    /// `Invalid` with [`XetError::OutOfRange`], or [`XetError::TooLarge`] when they are more.
    pub(crate) async fn reconstruction(
        &self,
        file: &MerkleHash,
        wanted: Range<u64>,
        most: usize,
    ) -> Result<Reconstruction, XetFault> {
        let terms = self.terms(file).await?;
        let covering = hub_xet::recipe::covering(&terms, wanted.clone())?;
        if covering.terms.len() > most {
            let (size, limit) = (covering.terms.len() as u64, most as u64);
            return Err(XetError::TooLarge { what: "number of terms of a range", size, limit }.into());
        }
        let (store, runtime) = (self.clone(), Handle::current());
        let work = move || {
            let mut failed = None;
            let found = Reconstruction::new(&terms, wanted, |xorb| {
                let index = runtime.block_on(store.index(xorb));
                index.map_err(|error| failed = Some(error)).ok()
            });
            match failed {
                Some(error) => Err(XetFault::Store(error)),
                None => Ok(found?),
            }
        };
        tokio::task::spawn_blocking(work).await.map_err(StoreError::Stopped)?
    }

    /// The sizes of some files of a repository, in their order; 0 for one that it has not. Blocks on the database.
    pub(crate) fn sizes(&self, repo: &RepoRecord, files: &[NewFile]) -> Result<Vec<u64>> {
        self.shared.database.read(|connection| {
            let size = |file: &NewFile| -> Result<u64> {
                let found = files_of(connection, repo.key, &file.oid)?;
                Ok(found.iter().find(|(hash, _)| *hash == file.file).map_or(0, |(_, size)| *size))
            };
            files.iter().map(size).collect()
        })
    }

    /// Gives files of one repository to another; those that the first has not are returned. Blocks on the database.
    pub(crate) fn give(
        &self,
        source: &RepoRecord,
        target: &RepoRecord,
        files: &[NewFile],
    ) -> Result<Vec<NewFile>> {
        self.shared.database.write(|transaction| {
            expect_repo(transaction, target)?;
            let mut missing = Vec::new();
            for file in files {
                let has: bool = transaction
                    .prepare(
                        "SELECT EXISTS (SELECT 1 FROM xet_repo_files WHERE repo = ?1 AND oid = ?2 AND file = ?3)",
                    )?
                    .query_row(params![source.key, file.oid, file.file.as_bytes()], |row| row.get(0))?;
                if !has {
                    missing.push(file.clone());
                    continue;
                }
                note_in_repo(transaction, target.key, &file.oid, &file.file)?;
            }
            Ok(missing)
        })
    }

    /// The sha256 of a file that was put together before. Blocks on the database.
    pub(super) fn known_sha256(&self, file: &MerkleHash) -> Result<Option<String>> {
        self.shared.database.read(|connection| known_sha256(connection, file))
    }
}
