//! Opening a file to read it: from the cache where that is right, else from the Hub.

use std::{
    fs::{self, File},
    ops::Range,
    path::Path,
};

use hub_transport::Transport;
use hub_types::{CommitHash, RepoRef, Revision, SafeRelPath};

use super::blocks::SeekOptions;
use super::located::Located;
use super::seekable::SeekableReader;
use crate::disk::{blocking, io_error};
use crate::file::{described, not_here};
use crate::listing::metadata::metadata_within;
use crate::listing::tree::Tree;
use crate::setters::setters;
use crate::stand_in::{absent, stand_in};
use crate::{Cache, Cached, ContentId, DownloadError, DownloadTimeouts, FileReader, RemoteFile, Target};

/// A file, or a part of it, that is to be read.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReadRequest {
    /// The repository.
    pub repo: RepoRef,
    /// Branch, tag or commit.
    pub revision: Revision,
    /// Path in the repository.
    pub path: SafeRelPath,
    /// The bytes that are wanted, counted from 0. An end behind the file's is the file's.
    pub range: Range<u64>,
    /// Where the file may have been kept. It is only read.
    pub cache: Option<Cache>,
    /// Whether the Hub is never asked. Python: `local_files_only`.
    pub local_files_only: bool,
    /// How long to wait for a server that says nothing.
    pub timeouts: DownloadTimeouts,
}

/// Opens a file. What the cache has of the wanted commit is read there; the rest comes from the Hub and is not kept.
///
/// Nothing is asked when the revision is a full commit id and the cache has the file. For a branch or tag the Hub is asked
/// which commit it is; when it cannot be asked or refuses, it is the one that it was when it was last asked.
///
/// # Errors
/// [`DownloadError::LocalEntryNotFound`] with `local_files_only`; [`DownloadError::Unreachable`]; those of
/// [`FileReader::open`].
///
/// Endpoints: `HEAD` and `GET /{id}/resolve/{rev}/{path}`.
pub async fn read_file(transport: &Transport, wanted: ReadRequest) -> Result<FileReader, DownloadError> {
    locate(transport, &wanted).await?.open(transport, wanted.range, wanted.timeouts).await
}

/// Opens a file to read it at any place; the range of `wanted` does not count. Otherwise as [`read_file`].
///
/// # Errors
/// As for [`read_file`].
///
/// Endpoint: `HEAD /{id}/resolve/{rev}/{path}`, and `GET` while it is read.
pub async fn open_file(
    transport: &Transport,
    wanted: ReadRequest,
    options: SeekOptions,
) -> Result<SeekableReader, DownloadError> {
    let located = locate(transport, &wanted).await?;
    Ok(SeekableReader::new(transport.clone(), located, wanted.timeouts, options))
}

/// Finds out of which commit a file is, and where it is read.
pub(crate) async fn locate(transport: &Transport, wanted: &ReadRequest) -> Result<Located, DownloadError> {
    locate_with(transport, wanted, false).await
}

/// [`locate`]. With `standby` the cache has something else for when the Hub does not respond, so that it is asked once only.
pub(crate) async fn locate_with(
    transport: &Transport,
    wanted: &ReadRequest,
    standby: bool,
) -> Result<Located, DownloadError> {
    let kept = wanted.cached(&wanted.revision).await?;
    let kept = match kept {
        Some(kept) if wanted.local_files_only || wanted.revision.as_commit().is_some() => return Ok(kept),
        None if wanted.local_files_only => return Err(wanted.not_here()),
        kept => kept,
    };
    let limits = (standby || kept.is_some()).then(|| wanted.timeouts.of_metadata());
    let ReadRequest { repo, revision, path, .. } = wanted;
    let facts = match metadata_within(transport, repo, revision, path, limits).await {
        Ok(facts) => facts,
        Err(error) if wanted.cache.is_none() => return Err(error),
        Err(error) => return stand_in(error, wanted.describe(), &wanted.target(), kept),
    };
    if let Some(kept) = wanted.cached(&Revision::from(facts.commit.clone())).await? {
        return Ok(kept);
    }
    let file = RemoteFile::new(repo.clone(), facts.commit, path.clone(), facts.size, facts.id);
    Ok(Located::on_hub(file))
}

impl ReadRequest {
    /// The whole file at `path` of the branch `main`, which is not looked for in a cache.
    pub fn new(repo: RepoRef, path: SafeRelPath) -> Self {
        Self {
            repo,
            revision: Revision::main(),
            path,
            range: 0..u64::MAX,
            cache: None,
            local_files_only: false,
            timeouts: DownloadTimeouts::new(),
        }
    }

    setters! {
        /// Branch, tag or commit. Default `main`.
        revision: Revision,
        /// The bytes that are wanted, counted from 0; an end behind the file's is the file's. Default all.
        range: Range<u64>,
        /// Where the file may have been kept; it is only read. Default nowhere.
        cache: impl Into<Option<Cache>>,
        /// Whether the Hub is never asked. Default false. Python: `local_files_only`.
        local_files_only: bool,
        /// How long to wait for a server that says nothing. Default what [`DownloadTimeouts::new`] says.
        timeouts: DownloadTimeouts,
    }

    fn describe(&self) -> String {
        described(&self.repo, &self.path, &self.revision)
    }

    /// The error for a file that the cache does not have, and that is not looked for elsewhere.
    pub(crate) fn not_here(&self) -> DownloadError {
        not_here(self.describe(), &self.target())
    }

    /// The error of a request about a file that the cache does not have.
    pub(crate) fn absent(&self, error: DownloadError) -> DownloadError {
        if self.cache.is_none() { error } else { absent(error, self.describe(), &self.target()) }
    }

    /// What the cache has in place of the file stands in for it after this error, if anything may.
    pub(crate) fn stand_in<T>(&self, error: DownloadError, kept: T) -> Result<T, DownloadError> {
        stand_in(error, self.describe(), &self.target(), Some(kept))
    }

    fn target(&self) -> Target {
        Target::Cache(self.cache.clone().unwrap_or_else(|| Cache::new("")))
    }

    /// The file of a revision, if the cache has it.
    pub(crate) async fn cached(&self, revision: &Revision) -> Result<Option<Located>, DownloadError> {
        let Some(cache) = self.cache.clone() else { return Ok(None) };
        let (repo, revision, path) = (self.repo.clone(), revision.clone(), self.path.clone());
        blocking(move || {
            let Some(commit) = cache.commit_of(&repo, &revision)? else { return Ok(None) };
            let Cached::File(place) = cache.find(&repo, &Revision::from(commit.clone()), &path)? else {
                return Ok(None);
            };
            let fail = |error| io_error("read", &place, error);
            let size = File::open(&place).and_then(|content| content.metadata()).map_err(fail)?.len();
            // The content that the link leads to has the name of its hash. Where links are impossible, an earlier listing may
            // know it.
            // The name of a git blob with 64 digits does not tell that it is none of LFS.
            let is_clear = commit.as_str().len() == 40;
            let linked = fs::read_link(&place).ok().filter(|_| is_clear).map(|blob| name_of(&blob));
            let noted = || noted_id(&cache, &repo, &commit, &path);
            let id = linked.or_else(noted).unwrap_or_else(|| name_of(&place));
            Ok(Some(Located::in_cache(RemoteFile::new(repo, commit, path, size, id), place)))
        })
        .await
    }
}

fn name_of(content: &Path) -> ContentId {
    ContentId::from_etag(&content.file_name().unwrap_or_default().to_string_lossy())
}

/// What an earlier listing of the commit said of the file.
fn noted_id(cache: &Cache, repo: &RepoRef, commit: &CommitHash, path: &SafeRelPath) -> Option<ContentId> {
    let tree = Tree::read(&cache.folder(repo).tree(commit))?;
    tree.files.get(path.as_str()).map(|listed| listed.id())
}
