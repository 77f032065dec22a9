//! What a push is checked with before git moves a ref.

use std::{
    fs,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

#[cfg(unix)]
use super::push_cards::Questions;
use super::{RepoRecord, Result, Room, Store, StoreError, git::PushGuard};

/// The folders of one push: of the hooks, and one that goes away with this.
#[derive(Debug)]
pub(crate) struct Push {
    hooks: PathBuf,
    #[cfg(unix)]
    _questions: Questions,
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
    /// Prepares the check of a push of so many bytes: notes which large files the repository has, and has whole, and answers what the hook
    /// asks about cards. The large files come before the push.
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
        let failed = |error| StoreError::io("write", &path)(error);
        let mut file = BufWriter::new(fs::File::create(&path).map_err(failed)?);
        self.stored(|stored| {
            stored.each_whole(repo, |oid, size| writeln!(file, "{oid} {size}").map_err(failed))
        })?;
        file.flush().map_err(failed)?;
        Ok(Push {
            hooks: self.shared.hooks.clone(),
            #[cfg(unix)]
            _questions: Questions::expect(folder.path(), repo.repo.repo_type)?,
            folder,
            _room: room,
            _goes_on: goes_on,
        })
    }
}
