//! What a push is checked with before git moves a ref.

use std::{
    fs,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use rusqlite::params;

use super::{RepoRecord, Result, Room, Store, StoreError, git::PushGuard};

/// The folders of one push: of the hooks, and one that goes away with this.
#[derive(Debug)]
pub(crate) struct Push {
    hooks: PathBuf,
    folder: tempfile::TempDir,
    _room: Option<Room>,
    /// Nothing is taken out of the repository meanwhile.
    _goes_on: PushGuard,
}

impl Push {
    /// The setting with which git runs the hook.
    pub(crate) fn setting(&self) -> String {
        format!("core.hooksPath={}", self.hooks.display())
    }

    /// What the hook reads and writes.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Store {
    /// Prepares the check of a push of so many bytes: notes which large files the repository has, and has whole. They come before the push.
    ///
    /// # Errors
    /// `QuotaExceeded`.
    pub(crate) fn begin_push(&self, repo: &RepoRecord, bytes: u64) -> Result<Push> {
        let room = self.hold_room(repo, &[], bytes)?;
        let goes_on = self.git(repo)?.begin_push();
        let tmp = self.shared.layout.tmp();
        let tmp = std::path::absolute(&tmp).map_err(StoreError::io("find", &tmp))?;
        let folder = tempfile::Builder::new()
            .prefix("push-")
            .tempdir_in(&tmp)
            .map_err(StoreError::io("create a folder in", &tmp))?;
        let path = folder.path().join("objects");
        let file = fs::File::create(&path).map_err(StoreError::io("write", &path))?;
        let mut file = BufWriter::new(file);
        let lost = self.xet().lost_files(repo)?;
        self.database().read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT oid, size, NULL FROM lfs_objects WHERE repo = ?1
                 UNION SELECT oid, size, file FROM xet_repo_files JOIN xet_files USING (file) WHERE repo = ?1",
            )?;
            let mut rows = statement.query(params![repo.key])?;
            while let Some(row) = rows.next()? {
                let (oid, size, by_xet): (String, u64, Option<Vec<u8>>) =
                    (row.get(0)?, row.get(1)?, row.get(2)?);
                let is_whole = match &by_xet {
                    Some(file) => !lost.contains(file),
                    None => self.lfs().is_stored(&oid, size),
                };
                if is_whole {
                    writeln!(file, "{oid} {size}").map_err(StoreError::io("write", &path))?;
                }
            }
            Ok(())
        })?;
        file.flush().map_err(StoreError::io("write", &path))?;
        Ok(Push { hooks: self.shared.hooks.clone(), folder, _room: room, _goes_on: goes_on })
    }
}
