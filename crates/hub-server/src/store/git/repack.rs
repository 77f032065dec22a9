//! Packing: many loose objects and small packs become one.
//!
//! `git repack` and `git pack-objects` do it, because the git library has nothing that finds differences between objects, and without them the folders
//! of each commit would be there whole. git is only asked to write a pack; what other packs have is removed here, after the new
//! one is on disk.

use std::{path::Path, process::Stdio, time::Duration};

use tokio::{io::AsyncWriteExt, process::Command};

use super::{CommitId, GitRepo, inventory};
use crate::store::{Result, StoreError, disk::sync_folder};

/// From so many loose objects or packs on it is worth the work.
const LOOSE: usize = 512;
const PACKS: usize = 16;
/// The longest that git may take.
const TIME: Duration = Duration::from_secs(60 * 60);
/// Nothing of the user's or the system's is read. One thread and little memory: others have work to do. What is large is kept
/// whole, so that it can be read piece by piece.
const SETTINGS: [&str; 11] = [
    "safe.directory=*",
    "core.hooksPath=/dev/null",
    "core.fsync=all",
    "core.bigFileThreshold=128k",
    "gc.auto=0",
    "pack.threads=1",
    "pack.windowMemory=32m",
    "pack.deltaCacheSize=16m",
    "pack.writeReverseIndex=false",
    "repack.writeBitmaps=false",
    "repack.updateServerInfo=false",
];

/// How a repository is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repack {
    /// What is small becomes larger, so that each object is written a few times only.
    Some,
    /// All that refs and pull requests lead to becomes one pack.
    All,
}

impl GitRepo {
    /// Whether packing is worth the work. Costs two listings; blocks.
    pub(crate) fn is_scattered(&self) -> Result<bool> {
        let (loose, packs) = inventory::estimate(&self.path().join("objects"))?;
        Ok(loose >= LOOSE || packs >= PACKS)
    }

    /// Writes a pack; where all is packed, also what the commits `also` lead to, which must be there. Commits and readers go on
    /// meanwhile.
    ///
    /// # Errors
    /// When there is no git, or it fails, or takes more than an hour.
    pub(crate) async fn repack(&self, git: &Path, how: Repack, also: &[CommitId]) -> Result<()> {
        let mut command = Command::new(git);
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        command.arg("--git-dir").arg(self.path());
        match how {
            Repack::Some => command.args(["repack", "-q", "-n", "--geometric=2"]),
            Repack::All => command
                .args(["pack-objects", "-q", "--all", "--delta-base-offset", "--non-empty"])
                .arg(self.path().join("objects/pack/pack")),
        };
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let failed = |why: crate::BoxError| StoreError::git("run git to pack objects")(why);
        let mut child = command.spawn().map_err(|error| failed(error.into()))?;
        let commits: String = also.iter().map(|commit| format!("{commit}\n")).collect();
        let work = async {
            if let Some(mut stdin) = child.stdin.take() {
                // What goes wrong is git's to say.
                let _ = stdin.write_all(commits.as_bytes()).await;
            }
            child.wait_with_output().await
        };
        let output = match tokio::time::timeout(TIME, work).await {
            Ok(Ok(output)) => output,
            Ok(Err(error)) => return Err(failed(error.into())),
            Err(late) => return Err(failed(late.into())),
        };
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            return Err(failed(text.lines().next().unwrap_or("git gave no reason").into()));
        }
        Ok(())
    }

    /// Those of some commits that are there.
    pub(crate) fn that_are_there(&self, mut commits: Vec<CommitId>) -> Result<Vec<CommitId>> {
        let repo = self.open.local()?;
        commits.retain(|commit| repo.has_object(commit));
        Ok(commits)
    }

    /// Takes away what a new pack has. Blocks. Returns how many files there are fewer.
    ///
    /// Where all that is needed was packed, older packs may have that and garbage: which of them go is for
    /// [`GitRepo::collect`] to say.
    pub(crate) fn drop_duplicates(&self, how: Repack) -> Result<u64> {
        let objects = self.path().join("objects");
        sync_folder(&objects.join("pack"))?;
        self.open.forget_handle();
        let removed = inventory::remove_duplicates(&objects, how == Repack::Some)?;
        self.open.forget_handle();
        Ok(removed)
    }
}
