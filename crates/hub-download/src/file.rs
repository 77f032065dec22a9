//! One file: asked for, and brought where it belongs.

use std::path::PathBuf;

use hub_transport::{ErrorKind, Patience, Reporter, Transport};
use hub_types::{
    CommitHash, RepoRef, Revision, SafeRelPath,
    progress::{Event, Progress},
};

use crate::cas::LazyCas;
use crate::deliver::deliver;
use crate::disk::blocking;
use crate::job::Job;
use crate::listing::metadata::metadata_within;
use crate::setters::setters;
use crate::stand_in::stand_in;
use crate::{DownloadError, DownloadOptions, RemoteFile, Target};

/// One file that is wanted.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct FileRequest {
    /// The repository.
    pub repo: RepoRef,
    /// Branch, tag or commit.
    pub revision: Revision,
    /// Path in the repository.
    pub path: SafeRelPath,
    /// Where it goes.
    pub target: Target,
    /// What else was asked for.
    pub options: DownloadOptions,
}

/// Brings one file to its target and returns its place there. Python: `hf_hub_download`.
///
/// Nothing is asked when the revision is a full commit id and the file is there. When the Hub cannot be asked or refuses, the
/// cache answers with what the revision was when it was last asked, and a folder with the file that stands in it. Then it is
/// asked once only, and waited for as long as [`DownloadTimeouts::metadata`](crate::DownloadTimeouts) says.
///
/// # Errors
/// Every [`DownloadError`].
///
/// Endpoints: `HEAD` and `GET /{id}/resolve/{rev}/{path}`.
pub async fn hf_hub_download(transport: &Transport, wanted: FileRequest) -> Result<PathBuf, DownloadError> {
    let options = &wanted.options;
    let kept = if options.force && !options.local_files_only { None } else { wanted.find().await? };
    if options.local_files_only {
        return kept.ok_or_else(|| not_here(wanted.describe(), &wanted.target));
    }
    let kept = match kept {
        Some(place) if wanted.revision.as_commit().is_some() => return Ok(place),
        kept => kept,
    };
    let limits = kept.is_some().then(|| options.timeouts.of_metadata());
    let reporter = Reporter::new(options.progress.clone());
    let transport = &transport.with_patience(Patience::new(reporter.sink()));
    let FileRequest { repo, revision, path, .. } = &wanted;
    let metadata = match metadata_within(transport, repo, revision, path, limits).await {
        Ok(metadata) => metadata,
        Err(error) => {
            if let Err(unwritten) = wanted.note_missing(&error).await {
                tracing::debug!(error = %unwritten, "that the file does not exist is not noted in the cache");
            }
            return stand_in(error, wanted.describe(), &wanted.target, kept);
        }
    };
    reporter.event(&Event::Started { files: 1, bytes: metadata.size });
    let prepared = {
        let FileRequest { repo, revision, path, target, options } = wanted.clone();
        let (size, id, commit, xet) = (metadata.size, metadata.id, metadata.commit, metadata.xet_hash);
        blocking(move || {
            let file = RemoteFile::new(repo.clone(), commit.clone(), path, size, id).xet_hash(xet);
            target.prepare(&repo, &revision, &commit, vec![file], &options)
        })
        .await?
    };
    let extra = options.parts.extra();
    let xet = LazyCas::default();
    let job = Job { transport, options, reporter: &reporter, extra: &extra, xet: &xet };
    let mut found = None;
    for place in prepared.here {
        job.announce(&place.file);
        found = Some(place.path().to_owned());
    }
    for place in prepared.missing {
        found = Some(deliver(&job, place).await?);
    }
    reporter.finish().await;
    found.ok_or(DownloadError::Stopped)
}

/// A file of a revision, for people.
pub(crate) fn described(repo: &RepoRef, path: &SafeRelPath, revision: &Revision) -> String {
    format!("{repo} {path} at {revision}")
}

/// The error of a download that must not ask the Hub.
pub(crate) fn not_here(what: String, target: &Target) -> DownloadError {
    let reason = "only local files were asked for";
    DownloadError::LocalEntryNotFound { what, cache: target.root().to_owned(), reason }
}

impl FileRequest {
    /// The file at `path` of the branch `main`, with defaults for the rest.
    pub fn new(repo: RepoRef, path: SafeRelPath, target: Target) -> Self {
        Self { repo, revision: Revision::main(), path, target, options: DownloadOptions::new() }
    }

    setters! {
        /// Branch, tag or commit. Default `main`.
        revision: Revision,
        /// What else is asked for. Default what [`DownloadOptions::new`] says.
        options: DownloadOptions,
    }

    fn describe(&self) -> String {
        described(&self.repo, &self.path, &self.revision)
    }

    async fn find(&self) -> Result<Option<PathBuf>, DownloadError> {
        let Self { repo, revision, path, target, options } = self.clone();
        blocking(move || {
            let found = target.find(&repo, &revision, &path)?;
            if let Some(place) = found.as_ref().filter(|_| !options.local_files_only) {
                target.note_user(&*options.disk, &repo, place);
            }
            Ok(found)
        })
        .await
    }

    /// Notes in a cache that a commit has no such file, if that is what the error says.
    async fn note_missing(&self, error: &DownloadError) -> Result<(), DownloadError> {
        let Some(failed) = error.as_transport().filter(|error| error.kind() == ErrorKind::EntryNotFound)
        else {
            return Ok(());
        };
        let commit = failed.context().repo_commit.as_deref().and_then(|commit| commit.parse().ok());
        let (Some(commit), Target::Cache(cache)) = (commit, &self.target) else { return Ok(()) };
        let commit: CommitHash = commit;
        let (cache, repo) = (cache.clone(), self.repo.clone());
        let (revision, path) = (self.revision.clone(), self.path.clone());
        blocking(move || {
            cache.note_commit(&repo, &revision, &commit)?;
            cache.note_missing(&repo, &commit, &path)
        })
        .await
    }
}
