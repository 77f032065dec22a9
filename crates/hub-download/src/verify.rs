//! Whether the files on this machine are those of the Hub, and making them so.

mod damaged;

use std::{
    collections::BTreeSet,
    fmt, fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use futures_util::{StreamExt, TryStreamExt, stream};
use hub_transport::{Reporter, Transport};
use hub_types::{
    CommitHash, RepoRef, Revision,
    progress::{Event, Phase, Progress},
};
use serde::Serialize;

use crate::cache::{Inside, path_in, walk};
use crate::disk::{blocking, io_error, read_pieces};
use crate::setters::setters;
use crate::verify::damaged::delete_wrong_blobs;
use crate::{
    ContentId, DownloadError, DownloadOptions, RemoteFile, SnapshotRequest, Target, XetPolicy,
    snapshot_download,
};

/// How many files are read or fetched at once.
const WORKERS: usize = 4;
/// How often what is wrong is fetched anew: a link may lead to one wrong content and its place hold another.
const REPAIRS: usize = 2;

/// Files that are to be checked.
#[derive(Clone)]
#[non_exhaustive]
pub struct VerifyRequest {
    /// The repository.
    pub repo: RepoRef,
    /// Branch, tag or commit. In a cache, a branch or tag is the commit that it led to when the Hub was last asked.
    pub revision: Revision,
    /// Where the files are.
    pub target: Target,
    /// Whether wrong and missing files are fetched anew.
    pub repair: bool,
    /// Whether they come by Xet.
    pub xet: XetPolicy,
    /// Whether a cache keeps what comes by Xet once for all its repositories.
    pub shared_blobs: bool,
    /// Where progress is reported; nowhere if there is none. Files are [hashed](Phase::Hashing), a missing one all at once. Before
    /// each repair [`Event::Started`] comes again, for what is fetched; what was fetched is then hashed from its beginning.
    pub progress: Option<Arc<dyn Progress>>,
}

impl fmt::Debug for VerifyRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyRequest")
            .field("repo", &self.repo)
            .field("revision", &self.revision)
            .field("target", &self.target)
            .field("repair", &self.repair)
            .finish_non_exhaustive()
    }
}

/// What was found. Python: `FolderVerification`, whose names its JSON form has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Verification {
    /// The commit that the files were compared with.
    #[serde(rename = "revision")]
    pub commit: String,
    /// How many files are both here and on the Hub.
    #[serde(rename = "checked_count")]
    pub checked: u64,
    /// Files whose content is wrong, by path.
    pub mismatches: Vec<Mismatch>,
    /// Paths that the Hub has and this machine has not.
    #[serde(rename = "missing_paths")]
    pub missing: Vec<String>,
    /// Paths that this machine has and the Hub has not.
    #[serde(rename = "extra_paths")]
    pub extra: Vec<String>,
    /// The folder that has the files.
    #[serde(rename = "verified_path")]
    pub folder: PathBuf,
    /// Paths that were wrong or missing, were fetched anew, and are right now. They are not among the others.
    pub repaired: Vec<String>,
}

/// A file whose content is wrong. Python: `Mismatch`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Mismatch {
    /// Path in the repository.
    pub path: String,
    /// The hash that the Hub has.
    pub expected: String,
    /// The hash of what is here.
    pub actual: String,
    /// `sha256` for LFS files, `git-sha1` for the others.
    pub algorithm: &'static str,
}

impl Verification {
    /// Whether every blob that is here is right. Missing and extra files are no error of their own.
    pub fn is_ok(&self) -> bool {
        self.mismatches.is_empty()
    }
}

/// Reads every file of a commit that is here and compares its hash with the Hub's. Python: `verify_repo_checksums`.
///
/// With `repair`, what is wrong or missing is fetched anew and read once more. A wrong content of a cache is deleted first,
/// since everybody would take it for the right one; a file in a folder is replaced once the right one is here.
///
/// # Errors
/// Those of the requests; [`DownloadError::LocalEntryNotFound`] when the cache knows nothing of the revision;
/// [`DownloadError::Io`] when a file cannot be read or replaced.
///
/// Endpoints: tree; info, for a branch or tag in a folder; with `repair` `GET /{id}/resolve/{commit}/{path}`.
pub async fn verify(transport: &Transport, wanted: VerifyRequest) -> Result<Verification, DownloadError> {
    let request = |revision: Revision, options: DownloadOptions| {
        let whole = SnapshotRequest::new(wanted.repo.clone(), wanted.target.clone());
        whole.revision(revision).workers(WORKERS).options(options)
    };
    let revision = wanted.known_revision().await?;
    // What an earlier listing left on this machine proves nothing about this machine.
    let fresh = DownloadOptions::new().force_download(true);
    let whole = request(revision, fresh);
    let listing = whole.listing(transport).await?;
    let files = whole.choose(&listing)?;
    let commit = listing.commit;
    let folder = wanted.folder(&commit);

    let reporter = Reporter::new(wanted.progress.clone());
    let (count, bytes) = (files.len() as u64, RemoteFile::total(&files));
    reporter.event(&Event::Started { files: count, bytes });
    let mut found = check(&wanted, &folder, files.clone(), &reporter).await?;
    let wrong_at_first = found.wrong_paths();
    if wanted.repair {
        let (target, repo, commit) = (wanted.target.clone(), wanted.repo.clone(), commit.clone());
        blocking(move || target.write_tree(&repo, &commit, &listing.tree)).await?;
    }
    for _ in 0..REPAIRS {
        let wrong = found.wrong_paths();
        if !wanted.repair || wrong.is_empty() {
            break;
        }
        // A folder's file stays until the right one is here; a cache has none to fetch over once it is deleted.
        let force = matches!(wanted.target, Target::Folder(_));
        if let Target::Cache(cache) = &wanted.target {
            let wrong = found.wrong.iter().map(|(file, _)| file.clone()).collect();
            delete_wrong_blobs(cache.clone(), wrong).await?;
        }
        let fetched: Vec<RemoteFile> =
            files.iter().filter(|file| wrong.contains(file.path.as_str())).cloned().collect();
        let options = DownloadOptions::new().force_download(force).xet(wanted.xet);
        let options = options.shared_blobs(wanted.shared_blobs);
        let options = DownloadOptions { progress: part_of(&reporter), ..options };
        let again = request(Revision::from(commit.clone()), options).filter(move |path| wrong.contains(path));
        snapshot_download(transport, again).await?;
        found.replace_wrong(check(&wanted, &folder, fetched, &reporter).await?);
    }
    reporter.finish().await;
    let expected: BTreeSet<&str> = files.iter().map(|file| file.path.as_str()).collect();
    let mut extra = paths_in(&wanted.target, &folder).await?;
    extra.retain(|path| !expected.contains(path.as_str()));
    let still_wrong = found.wrong_paths();
    Ok(Verification {
        commit: commit.to_string(),
        checked: found.checked,
        missing: found.missing,
        mismatches: found.wrong.into_iter().map(|(_, mismatch)| mismatch).collect(),
        extra,
        folder,
        repaired: wrong_at_first.difference(&still_wrong).cloned().collect(),
    })
}

/// The sink of a download that is a part of the job: the end of the part is not the end of the job.
fn part_of(job: &Reporter) -> Option<Arc<dyn Progress>> {
    let job = job.sink()?;
    Some(Arc::new(move |event: &Event<'_>| {
        if *event != Event::Finished {
            job.event(event);
        }
    }))
}

impl VerifyRequest {
    /// The files of the branch `main` that are in `target`, which stay as they are.
    pub fn new(repo: RepoRef, target: Target) -> Self {
        Self {
            repo,
            revision: Revision::main(),
            target,
            repair: false,
            xet: XetPolicy::default(),
            shared_blobs: true,
            progress: None,
        }
    }

    setters! {
        /// Branch, tag or commit. Default `main`.
        revision: Revision,
        /// Whether wrong and missing files are fetched anew. Default false.
        repair: bool,
        /// Whether files that are fetched anew come by Xet. Default as for a download: see [`DownloadOptions::xet`].
        xet: XetPolicy,
        /// Whether a cache keeps what comes by Xet once for all its repositories. Default true: see [`DownloadOptions::shared_blobs`].
        shared_blobs: bool,
        /// Where progress is reported. Default nowhere.
        progress: impl Into<Option<Arc<dyn Progress>>>,
    }

    /// In a cache, the commit that is meant is the one that is there.
    async fn known_revision(&self) -> Result<Revision, DownloadError> {
        let Target::Cache(cache) = &self.target else { return Ok(self.revision.clone()) };
        let (cache, repo, revision) = (cache.clone(), self.repo.clone(), self.revision.clone());
        let commit = blocking(move || cache.commit_of(&repo, &revision)).await?;
        commit.map(Revision::from).ok_or_else(|| DownloadError::LocalEntryNotFound {
            what: format!("{} at {}", self.repo, self.revision),
            cache: self.target.root().to_owned(),
            reason: "what was never downloaded cannot be compared",
        })
    }

    fn folder(&self, commit: &CommitHash) -> PathBuf {
        match &self.target {
            Target::Cache(cache) => cache.folder(&self.repo).snapshot(commit),
            Target::Folder(folder) => folder.clone(),
        }
    }

    /// What tells whether a file of the repository is behind a place: not where a link leads out of its folder, unless to what a cache
    /// keeps for all of them. Waits for the disk.
    fn inside(&self) -> Inside {
        match &self.target {
            Target::Cache(cache) => Inside::of_repo(&cache.folder(&self.repo)),
            Target::Folder(folder) => Inside::of_folder(folder),
        }
    }
}

/// The outcome of reading all files once.
#[derive(Default)]
struct Found {
    checked: u64,
    wrong: Vec<(RemoteFile, Mismatch)>,
    missing: Vec<String>,
}

impl Found {
    fn wrong_paths(&self) -> BTreeSet<String> {
        let wrong = self.wrong.iter().map(|(_, mismatch)| mismatch.path.clone());
        wrong.chain(self.missing.iter().cloned()).collect()
    }

    /// Takes in what another look at the wrong and missing files has shown; those that were right stay so.
    fn replace_wrong(&mut self, again: Self) {
        let right = self.checked.saturating_sub(self.wrong.len() as u64);
        *self = Self { checked: right + again.checked, ..again };
    }
}

/// What reading one file shows.
enum State {
    Right,
    Missing,
    Wrong(Mismatch),
}

async fn check(
    wanted: &VerifyRequest,
    folder: &Path,
    files: Vec<RemoteFile>,
    reporter: &Reporter,
) -> Result<Found, DownloadError> {
    let request = wanted.clone();
    let inside = Arc::new(blocking(move || Ok(request.inside())).await?);
    let read = |file: RemoteFile| {
        let (inside, folder, reporter) = (Arc::clone(&inside), folder.to_owned(), reporter.clone());
        blocking(move || {
            let tell = |position, total| reporter.file(Phase::Hashing, file.path.as_str(), position, total);
            let state = state_of(&inside, &folder, &file, &tell)?;
            Ok((file, state))
        })
    };
    stream::iter(files)
        .map(read)
        .buffered(WORKERS)
        .try_fold(Found::default(), |mut found, (file, state)| async {
            match state {
                State::Missing => found.missing.push(file.path.to_string()),
                State::Right => found.checked += 1,
                State::Wrong(mismatch) => {
                    found.checked += 1;
                    found.wrong.push((file, mismatch));
                }
            }
            Ok(found)
        })
        .await
}

/// Waits for the disk, and tells how many bytes of how many were read.
fn state_of(
    inside: &Inside,
    folder: &Path,
    file: &RemoteFile,
    tell: &dyn Fn(u64, u64),
) -> Result<State, DownloadError> {
    let place = file.path.under(folder)?;
    if !inside.has(&place) {
        tell(file.size, file.size);
        return Ok(State::Missing);
    }
    let fail = |error| io_error("read", &place, error);
    let mut content = fs::File::open(&place).map_err(fail)?;
    let size = content.metadata().map_err(fail)?.len();
    tell(0, size);
    let (mut hasher, mut position) = (file.id.hasher(size), 0);
    let hash = |piece: &[u8]| {
        hasher.update(piece);
        position += piece.len() as u64;
        tell(position, size);
    };
    read_pieces(&mut content, hash).map_err(fail)?;
    let algorithm = match &file.id {
        ContentId::Sha256(_) => "sha256",
        ContentId::GitBlob(id) if id.len() == 64 => "git-sha256",
        ContentId::GitBlob(_) => "git-sha1",
        ContentId::Opaque(_) => return Ok(State::Right),
    };
    let (expected, actual) = (file.id.as_str().to_owned(), hasher.finish().unwrap_or_default());
    if actual == expected {
        return Ok(State::Right);
    }
    Ok(State::Wrong(Mismatch { path: file.path.to_string(), expected, actual, algorithm }))
}

/// The files below a folder, but for a downloader's own notes, by path.
async fn paths_in(target: &Target, folder: &Path) -> Result<Vec<String>, DownloadError> {
    let (folder, has_notes) = (folder.to_owned(), matches!(target, Target::Folder(_)));
    blocking(move || {
        let mut paths = Vec::new();
        walk(&folder, &mut |place| {
            let below = place.strip_prefix(&folder).unwrap_or(place);
            if has_notes && below.starts_with(".cache/huggingface") {
                return;
            }
            paths.push(path_in(&folder, place));
        })?;
        paths.sort();
        Ok(paths)
    })
    .await
}
