//! All files of a revision, or those that are wanted.

use std::{fmt, path::PathBuf, sync::Arc};

use futures_util::{StreamExt, TryStreamExt, future, stream};
use hub_endpoints::ListRepoTree;
use hub_transport::{
    CallInfo, Error, ErrorKind, PagedEndpoint as _, Patience, Reporter, RetryClass, Timeouts, Transport,
};
use hub_types::{
    CommitHash, RepoRef, Revision, SafeRelPath,
    progress::{Event, Progress},
};
use tokio::sync::Semaphore;

use crate::cas::LazyCas;
use crate::deliver::{deliver, fetch_small, is_small, publish};
use crate::destination::Destination;
use crate::destination::target::{Kept, Prepared};
use crate::disk::blocking;
use crate::file::not_here;
use crate::job::Job;
use crate::listing::tree::Tree;
use crate::names::Names;
use crate::setters::setters;
use crate::stand_in::{Wanted, absent, allows, tell};
use crate::{DownloadError, DownloadOptions, RemoteFile, Target, resolve};

/// Tells whether a path in the repository is wanted.
pub type Filter = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// The files of a revision that are wanted.
#[derive(Clone)]
#[non_exhaustive]
pub struct SnapshotRequest {
    /// The repository.
    pub repo: RepoRef,
    /// Branch, tag or commit.
    pub revision: Revision,
    /// Where they go.
    pub target: Target,
    /// Which files are wanted; all if there is none.
    pub filter: Option<Filter>,
    /// Which files and folders are named; all if there is none.
    pub(crate) names: Names,
    /// How many large files are fetched at once, at least 1; beside them four times as many files of up to 128 KiB,
    /// unless it is 1, which means one thing after the other. Python: `max_workers`.
    pub workers: usize,
    /// What else was asked for.
    pub options: DownloadOptions,
}

impl fmt::Debug for SnapshotRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SnapshotRequest")
            .field("repo", &self.repo)
            .field("revision", &self.revision)
            .field("names", &self.names)
            .field("target", &self.target)
            .field("workers", &self.workers)
            .finish_non_exhaustive()
    }
}

/// The files of a commit.
pub(crate) struct Listing {
    pub(crate) commit: CommitHash,
    pub(crate) tree: Tree,
    /// Whether the Hub was asked.
    new: bool,
}

/// Brings all wanted files of one commit to their target and returns the folder that has them. Python:
/// `snapshot_download`.
///
/// One request says which commit a branch or tag leads to, one (for each thousand files) what is in it, and one for each
/// file that is not here brings it. The listing of a commit is kept, and not asked for again. When the
/// Hub cannot be asked or refuses, the cache answers with what the revision was when it was last asked, if it has all wanted
/// files; then it is asked once only for the commit, and waited for as long as
/// [`DownloadTimeouts::metadata`](crate::DownloadTimeouts) says.
///
/// # Errors
/// Every [`DownloadError`]. A name that could lead out of the folder fails the whole download before anything is written.
///
/// Endpoints: info, tree, and `GET /{id}/resolve/{commit}/{path}` for each file.
pub async fn snapshot_download(
    transport: &Transport,
    wanted: SnapshotRequest,
) -> Result<PathBuf, DownloadError> {
    let what = format!("{} at {}", wanted.repo, wanted.revision);
    if wanted.options.local_files_only {
        return match wanted.kept(&wanted.revision).await? {
            Some(kept) => kept.unless_incomplete(what, "only local files were asked for", None),
            None => Err(not_here(what, &wanted.target)),
        };
    }
    let reporter = Reporter::new(wanted.options.progress.clone());
    let transport = &transport.with_patience(Patience::new(reporter.sink()));
    let listing = match wanted.listing_or_kept(transport, &what).await? {
        Found::Listing(listing) => listing,
        Found::Kept(folder) => return Ok(folder),
    };
    let commit = listing.commit.clone();
    let files = wanted.choose(&listing)?;
    let count = files.len() as u64;
    let bytes = RemoteFile::total(&files);
    if count == 0 && wanted.filter.is_some() {
        tracing::warn!("none of the files of {what} match: nothing is downloaded");
    }
    let Prepared { root, here, missing } = wanted.prepare(listing, files).await?;

    reporter.event(&Event::Started { files: count, bytes });
    let extra = if wanted.workers > 1 { wanted.options.parts.extra() } else { Semaphore::new(0) };
    let xet = LazyCas::default();
    let job = Job { transport, options: &wanted.options, reporter: &reporter, extra: &extra, xet: &xet };
    for place in &here {
        job.announce(&place.file);
    }
    if let Err(error) = fetch_all(&job, missing, wanted.workers.max(1)).await {
        if may_contradict_listing(&error) {
            let SnapshotRequest { repo, target, .. } = wanted;
            if let Err(kept) = blocking(move || target.doubt_tree(&repo, &commit)).await {
                tracing::debug!(error = %kept, "a listing that may be wrong is still kept");
            }
        }
        return Err(error);
    }
    reporter.finish().await;
    Ok(root)
}

/// Whether an error may mean that the listing was wrong: taken as it is, it would fail every later download.
fn may_contradict_listing(error: &DownloadError) -> bool {
    match error {
        DownloadError::SizeMismatch { .. } | DownloadError::HashMismatch { .. } => true,
        error => error.as_transport().is_some_and(|error| error.kind() == ErrorKind::Interrupted),
    }
}

async fn fetch_all(job: &Job<'_>, missing: Vec<Destination>, workers: usize) -> Result<(), DownloadError> {
    let (small, large): (Vec<_>, Vec<_>) = missing.into_iter().partition(|place| is_small(&place.file));
    let small = async {
        // No more than there are: room is made for so many.
        let at_once = small_at_once(workers).min(small.len()).max(1);
        let fetched = stream::iter(small).map(|place| fetch_small(job, place)).buffer_unordered(at_once);
        // One visit to the disk for all that have arrived meanwhile.
        let published = fetched.ready_chunks(at_once).map(|batch| publish(job, batch)).buffer_unordered(2);
        published.try_collect::<()>().await
    };
    let large = async {
        let fetched = stream::iter(large).map(|place| deliver(job, place)).buffer_unordered(workers);
        fetched.try_for_each(|_| async { Ok(()) }).await
    };
    if workers == 1 {
        small.await?;
        large.await
    } else {
        future::try_join(small, large).await.map(drop)
    }
}

/// A small file is mostly waiting for its response, so that a worker has four of them under way. A single worker does one
/// thing after the other.
fn small_at_once(workers: usize) -> usize {
    if workers == 1 { 1 } else { workers.saturating_mul(4) }
}

/// What the Hub says of a revision, or what is here of it.
enum Found {
    Listing(Listing),
    Kept(PathBuf),
}

impl SnapshotRequest {
    /// All files of the branch `main`, with defaults for the rest.
    pub fn new(repo: RepoRef, target: Target) -> Self {
        Self {
            repo,
            revision: Revision::main(),
            target,
            filter: None,
            names: Names::default(),
            workers: 8,
            options: DownloadOptions::new(),
        }
    }

    setters! {
        /// Branch, tag or commit. Default `main`.
        revision: Revision,
    }

    /// Which files are wanted, by their paths in the repository. Default all.
    #[must_use]
    pub fn filter(mut self, takes: impl Fn(&str) -> bool + Send + Sync + 'static) -> Self {
        self.filter = Some(Arc::new(takes));
        self
    }

    /// These files, and all files of those folders whose names end in `/`. Each of them has to be there: otherwise nothing is fetched.
    /// Default all.
    ///
    /// # Errors
    /// [`DownloadError::Invalid`] when a name cannot be in a repository.
    pub fn names<S: AsRef<str>>(mut self, names: impl IntoIterator<Item = S>) -> Result<Self, DownloadError> {
        self.names = Names::parse(names)?;
        Ok(self)
    }

    /// Whether a path in the repository is wanted.
    fn takes(&self, path: &str) -> bool {
        self.names.take(path) && self.filter.as_ref().is_none_or(|filter| filter(path))
    }

    setters! {
        /// How many large files are fetched at once, at least 1; beside them four times as many files of up to 128 KiB, unless
        /// it is 1, which means one thing after the other. Default 8. Python: `max_workers`.
        workers: usize,
        /// What else is asked for. Default what [`DownloadOptions::new`] says.
        options: DownloadOptions,
    }

    /// What an earlier download left of a revision.
    async fn kept(&self, revision: &Revision) -> Result<Option<Kept>, DownloadError> {
        let (wanted, revision) = (self.clone(), revision.clone());
        blocking(move || {
            let Some(mut kept) =
                wanted.target.find_snapshot(&wanted.repo, &revision, |path| wanted.takes(path))?
            else {
                return Ok(None);
            };
            let absent = wanted.names.not_in(&kept.folder);
            kept.missing.extend(absent);
            kept.missing.sort_unstable();
            kept.missing.dedup();
            Ok(Some(kept))
        })
        .await
    }

    /// The listing, or when the Hub does not give it what is kept: of the commit that it did name, else of the one that it named
    /// when it was last asked.
    async fn listing_or_kept(&self, transport: &Transport, what: &str) -> Result<Found, DownloadError> {
        let kept = if self.options.force { None } else { self.kept(&self.revision).await? };
        // Only what is sure to be whole makes it worth asking less than usual.
        let standby = kept.as_ref().filter(|kept| kept.is_whole());
        let limits = standby.map(|_| self.options.timeouts.of_metadata());
        let (error, kept, named) = match self.commit(transport, limits).await {
            Err(error) => (error, kept, None),
            Ok(commit) => {
                // A Hub that has just named the commit is there.
                let limits = limits.filter(|_| self.revision.as_commit().is_some());
                match self.listing_of(transport, commit.clone(), limits).await {
                    Ok(listing) => return Ok(Found::Listing(listing)),
                    Err(error) => {
                        let named = Revision::from(commit);
                        let kept = if self.options.force { None } else { self.kept(&named).await? };
                        (error, kept, Some(named))
                    }
                }
            }
        };
        if self.options.force || !allows(Wanted::Snapshot, &error) {
            return Err(error);
        }
        let what = what.to_owned();
        match (kept, error) {
            (None, error) => Err(absent(error, what, &self.target)),
            // Of a commit that is new here, one file may be all that there is.
            (Some(kept), error) if !kept.listed && named.is_some() => Err(absent(error, what, &self.target)),
            (Some(kept), error) if kept.missing.is_empty() => {
                tell(&error, &what);
                if !kept.listed {
                    tracing::warn!("no listing of {what} is kept: files of it may be missing");
                }
                Ok(Found::Kept(kept.folder))
            }
            (Some(kept), DownloadError::Transport(error)) => {
                kept.unless_incomplete(what, "the Hub did not give it", Some(error)).map(Found::Kept)
            }
            (Some(_), error) => Err(error),
        }
    }

    /// The commit that the revision leads to, and its files.
    pub(crate) async fn listing(&self, transport: &Transport) -> Result<Listing, DownloadError> {
        let commit = self.commit(transport, None).await?;
        self.listing_of(transport, commit, None).await
    }

    /// The commit that the revision leads to. With `limits` it is asked for once and within them.
    async fn commit(
        &self,
        transport: &Transport,
        limits: Option<Timeouts>,
    ) -> Result<CommitHash, DownloadError> {
        if let Some(commit) = self.revision.as_commit() {
            return Ok(commit);
        }
        resolve::ask(transport, &self.repo, &self.revision, limits).await
    }

    async fn listing_of(
        &self,
        transport: &Transport,
        commit: CommitHash,
        limits: Option<Timeouts>,
    ) -> Result<Listing, DownloadError> {
        let known = {
            let (target, repo, commit) = (self.target.clone(), self.repo.clone(), commit.clone());
            let force = self.options.force;
            blocking(move || Ok(if force { None } else { target.read_tree(&repo, &commit) })).await?
        };
        Ok(match known {
            Some(tree) => Listing { commit, tree, new: false },
            None => Listing {
                tree: Tree::fetch(transport, &self.repo, &commit, limits).await?,
                commit,
                new: true,
            },
        })
    }

    /// The files to fetch. Every path is checked before anything is written.
    pub(crate) fn choose(&self, listing: &Listing) -> Result<Vec<RemoteFile>, DownloadError> {
        let missing = self.names.absent_from(listing.tree.files.keys().map(String::as_str));
        if !missing.is_empty() {
            let what = format!("{} at {}", self.repo, self.revision);
            return Err(DownloadError::NotInRevision { what, missing });
        }
        listing
            .tree
            .files
            .iter()
            .filter(|(path, _)| self.takes(path))
            .map(|(path, listed)| {
                let path: SafeRelPath = path.parse().map_err(|error| {
                    let message = format!("the server lists a file whose name cannot be used: {path:?}");
                    let error = Error::decode(message, error);
                    let target = format!("{} at {}", self.repo, listing.commit);
                    error.in_call(&CallInfo::new(ListRepoTree::NAME, target, RetryClass::Read))
                })?;
                let (repo, commit) = (self.repo.clone(), listing.commit.clone());
                let file = RemoteFile::new(repo, commit, path, listed.size, listed.id());
                Ok(file.xet_hash(listed.xet_hash()))
            })
            .collect()
    }

    /// Makes room for the files, and notes a new listing once it is sure that its names do no harm.
    async fn prepare(&self, listing: Listing, files: Vec<RemoteFile>) -> Result<Prepared, DownloadError> {
        let Self { repo, revision, target, options, .. } = self.clone();
        blocking(move || {
            let Listing { commit, tree, new } = listing;
            let prepared = target.prepare(&repo, &revision, &commit, files, &options)?;
            if new && let Err(error) = target.write_tree(&repo, &commit, &tree) {
                tracing::debug!(%error, "the listing of {commit} is not kept");
            }
            Ok(prepared)
        })
        .await
    }
}
