//! [`EmbeddedHub::gc`]: removing what nobody needs, while everything else goes on.

use std::{sync::Arc, time::Duration};

use crate::{
    EmbeddedHub, OpenError, StoreError,
    context::Inner,
    store::{CommitId, GitRepo, Removed, Repack, RepoRecord, with_causes},
};

/// How old garbage is before it is removed, unless something else is said.
const GRACE: Duration = Duration::from_secs(24 * 60 * 60);
/// How often a thread looks whether a collection has ended.
const PAUSE: Duration = Duration::from_millis(20);
/// Repositories that are looked at one after the other before others have a turn.
const PAGE: usize = 1_000;

/// What [`EmbeddedHub::gc`] does.
#[derive(Debug, Clone, Copy)]
#[must_use = "nothing happens before gc()"]
pub struct GcOptions {
    grace: Duration,
    everything: bool,
}

impl Default for GcOptions {
    fn default() -> Self {
        Self { grace: GRACE, everything: false }
    }
}

impl GcOptions {
    /// Garbage of repositories that may have some, after a day; packing where it is worth the work.
    pub fn new() -> Self {
        Self::default()
    }

    /// How old garbage has to be: a client that was told that something is there already has so long to use it. A day unless
    /// set. With zero, an upload whose commit has not come yet is garbage; its commit is then refused.
    pub fn grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Looks at every repository, at every stored LFS object and at every stored xorb, and packs each repository anew.
    pub fn everything(mut self) -> Self {
        self.everything = true;
        self
    }
}

/// What [`EmbeddedHub::gc`] has done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct GcReport {
    /// Repositories that were looked at.
    pub repositories: u64,
    /// Repositories that were packed.
    pub repacked: u64,
    /// Files of git repositories that became fewer by packing.
    pub files_packed: u64,
    /// Objects of git that were removed.
    pub git_objects: u64,
    /// Bytes that they took on disk.
    pub git_bytes: u64,
    /// LFS objects that were removed.
    pub lfs_objects: u64,
    /// Their bytes.
    pub lfs_bytes: u64,
    /// Xorbs of Xet that were removed.
    pub xorbs: u64,
    /// Their bytes.
    pub xorb_bytes: u64,
    /// Uploads that were given up.
    pub uploads: u64,
    /// Repositories with a push that went on: their garbage is left for the next time.
    pub busy: u64,
    /// What could not be done, a line for each repository. The rest was done all the same.
    pub failures: Vec<String>,
}

/// No garbage is collected until this is dropped.
#[derive(Debug)]
#[must_use = "collecting goes on when this is dropped"]
pub struct GcPause {
    _collecting: tokio::sync::OwnedMutexGuard<()>,
}

impl EmbeddedHub {
    /// Removes what nobody needs: objects of git that no ref and no pull request leads to; large files that no file of any
    /// revision leads to, also of deleted repositories; and uploads that were given up. Of a large file that came by Xet a repository
    /// forgets that it has it, and its chunks go three weeks after they were last of use, as long as clients may remember them. Packs
    /// repositories of many small files with the git program; where there is none, they stay as they are.
    ///
    /// Requests go on meanwhile. It can be interrupted at any point.
    ///
    /// # Errors
    /// When the database or the storage of large files fails. What goes wrong in a repository is in the report.
    pub async fn gc(&self, options: GcOptions) -> Result<GcReport, OpenError> {
        let _only_one = self.inner().collecting.lock().await;
        let collector = Collector { hub: Arc::clone(self.inner()), options };
        let uploads = collector.blocking(|hub| hub.store.lfs().sweep_uploads()).await?;
        let mut report = GcReport { uploads, ..GcReport::default() };
        if options.everything {
            let mut after = 0;
            loop {
                let page = collector.blocking(move |hub| hub.store.repos_after(after, PAGE)).await?;
                let Some(last) = page.last() else { break };
                after = last.key;
                for repo in page {
                    collector.repository(&repo, Some(Repack::All), &mut report).await;
                }
            }
        } else {
            let grace = options.grace;
            for (repo, in_git) in collector.blocking(move |hub| hub.store.repos_with_garbage(grace)).await? {
                // Garbage comes apart from what is needed when that is packed anew.
                collector.repository(&repo, in_git.then_some(Repack::All), &mut report).await;
            }
        }
        collector.large_files(&mut report).await?;
        let freed = self.inner().store.xet().free(jiff::Timestamp::now()).await?;
        (report.xorbs, report.xorb_bytes) = (freed.xorbs, freed.bytes);
        if collector.options.everything {
            let unknown = self.inner().store.xet().free_unknown().await?;
            report.xorbs += unknown.xorbs;
            report.xorb_bytes += unknown.bytes;
        }
        Ok(report)
    }

    /// Keeps garbage from being collected, and repositories from being packed, for as long as what is returned is kept: for
    /// whoever copies the data folder. Waits for a collection that goes on.
    pub async fn pause_gc(&self) -> GcPause {
        GcPause { _collecting: Arc::clone(&self.inner().collecting).lock_owned().await }
    }

    /// Packs those of the next repositories after a key for which it is worth the work. Returns where to go on, at the end 0.
    #[cfg(feature = "serve")]
    pub(crate) async fn pack_some(&self, after: i64) -> Result<(i64, GcReport), OpenError> {
        let _only_one = self.inner().collecting.lock().await;
        let collector = Collector { hub: Arc::clone(self.inner()), options: GcOptions::new() };
        let mut report = GcReport::default();
        let page = collector.blocking(move |hub| hub.store.repos_after(after, PAGE)).await?;
        let next = page.last().map_or(0, |last| last.key);
        for repo in page {
            let packed = collector.pack(&repo, None).await;
            collector.note(&repo, packed, &mut report, |files, report| {
                report.repacked += u64::from(files.is_some());
                report.files_packed += files.unwrap_or_default();
            });
        }
        Ok((next, report))
    }
}

impl Inner {
    /// As [`EmbeddedHub::pause_gc`], for a thread that may wait.
    pub(crate) fn pause_collecting(&self) -> GcPause {
        loop {
            if let Ok(collecting) = Arc::clone(&self.collecting).try_lock_owned() {
                return GcPause { _collecting: collecting };
            }
            std::thread::sleep(PAUSE);
        }
    }
}

struct Collector {
    hub: Arc<Inner>,
    options: GcOptions,
}

impl Collector {
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let hub = Arc::clone(&self.hub);
        tokio::task::spawn_blocking(move || work(&hub)).await.map_err(StoreError::Stopped)?
    }

    /// Packs a repository and removes its garbage.
    async fn repository(&self, repo: &RepoRecord, how: Option<Repack>, report: &mut GcReport) {
        report.repositories += 1;
        let packed = self.pack(repo, how).await;
        self.note(repo, packed, report, |files, report| {
            report.repacked += u64::from(files.is_some());
            report.files_packed += files.unwrap_or_default();
        });
        let (record, grace) = (repo.clone(), self.options.grace);
        let removed = self.blocking(move |hub| hub.store.collect(&record, grace, |_| Ok(()))).await;
        self.note(repo, removed, report, |removed: Removed, report| {
            report.git_objects += removed.objects;
            report.git_bytes += removed.bytes;
            report.busy += u64::from(removed.busy);
        });
    }

    /// Packs a repository in this way, or where it is worth the work. Returns how many files there are fewer.
    async fn pack(&self, repo: &RepoRecord, how: Option<Repack>) -> Result<Option<u64>, StoreError> {
        let record = repo.clone();
        let begun: Option<(GitRepo, Vec<CommitId>)> = self
            .blocking(move |hub| {
                let git = hub.store.git(&record)?;
                if how.is_none() && !git.is_scattered()? {
                    return Ok(None);
                }
                let commits = git.that_are_there(hub.store.pull_request_commits(&record)?)?;
                Ok(Some((git, commits)))
            })
            .await?;
        let Some((git, commits)) = begun else { return Ok(None) };
        // Clones and pushes come first: when all turns are taken, it is done another time.
        let Ok(_slot) = self.hub.git_slot(None).await else { return Ok(None) };
        let how = how.unwrap_or(Repack::Some);
        git.repack(self.hub.git_program(), how, &commits).await?;
        Ok(Some(self.blocking(move |_| git.drop_duplicates(how)).await?))
    }

    /// Adds to the report what was done, or what went wrong.
    fn note<T>(
        &self,
        repo: &RepoRecord,
        done: Result<T, StoreError>,
        report: &mut GcReport,
        add: impl FnOnce(T, &mut GcReport),
    ) {
        match done {
            Ok(done) => add(done, report),
            Err(StoreError::RepoNotFound { .. }) => {}
            Err(error) => {
                let error = with_causes(&error);
                tracing::warn!(repo = %repo.repo, error, "garbage was not collected");
                report.failures.push(format!("{}: {error}", repo.repo));
            }
        }
    }

    /// Removes the contents that no repository has.
    async fn large_files(&self, report: &mut GcReport) -> Result<(), StoreError> {
        let lfs = self.hub.store.lfs();
        let mut oids = self.blocking(|hub| hub.store.lfs().orphans()).await?;
        if self.options.everything {
            oids.extend(lfs.unknown(self.options.grace).await?);
        }
        for oid in oids {
            if let Some(size) = lfs.free(&oid).await? {
                report.lfs_objects += 1;
                report.lfs_bytes += size;
            }
        }
        Ok(())
    }
}
