//! Reading files without keeping them.

use std::{
    marker::PhantomData,
    ops::{Bound, Range, RangeBounds},
    path::{Path, PathBuf},
};

use hub_download::{FileReader, ReadRequest, read_file};
use hub_types::SafeRelPath;

use crate::{
    Async, Blocking, BlockingFileReader, Call, Error, HfApi, Mode, Operation,
    api::download,
    args::{HasRepo, HasRevision},
    repo_arg::RepoArg,
};

/// The call that [`HfApi::read_file`] makes.
pub type ReadFileCall<M = Async> = Call<ReadFile<M>, M>;

/// A file to be read.
#[derive(Debug, Clone)]
pub struct ReadFile<M: Mode> {
    repo: RepoArg,
    path: String,
    revision: Option<String>,
    range: Range<u64>,
    cache_dir: Option<PathBuf>,
    local_files_only: bool,
    mode: PhantomData<M>,
}

impl<M: Mode> HasRepo for ReadFile<M> {
    fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
        &mut self.repo
    }
}

impl<M: Mode> HasRevision for ReadFile<M> {
    fn revision_mut(&mut self, _: crate::args::Seal) -> &mut Option<String> {
        &mut self.revision
    }
}

impl<M: Mode> ReadFileCall<M> {
    /// Only these bytes, counted from 0: `10..20`, `..=9`, `1024..`. An end behind the file's is the file's; the whole file
    /// unless set.
    pub fn range(self, bytes: impl RangeBounds<u64>) -> Self {
        let start = match bytes.start_bound() {
            Bound::Included(first) => *first,
            Bound::Excluded(before) => before.saturating_add(1),
            Bound::Unbounded => 0,
        };
        let end = match bytes.end_bound() {
            Bound::Included(last) => last.saturating_add(1),
            Bound::Excluded(end) => *end,
            Bound::Unbounded => u64::MAX,
        };
        self.edit(|operation| operation.range = start..end)
    }

    /// The cache folder, which is only read; unless set that of the client. Python: `cache_dir`.
    pub fn cache_dir(self, folder: impl AsRef<Path>) -> Self {
        self.edit(|operation| operation.cache_dir = Some(folder.as_ref().to_owned()))
    }

    /// Whether the Hub is never asked: only what is in the cache counts. Off unless set. Python: `local_files_only`.
    pub fn local_files_only(self, yes: bool) -> Self {
        self.edit(|operation| operation.local_files_only = yes)
    }
}

impl<M: Mode> ReadFile<M> {
    async fn open(mut self, api: HfApi) -> Result<FileReader, Error> {
        let path = self.repo.take_path(self.path)?.parse::<SafeRelPath>()?;
        let (repo, revision) = self.repo.at_or_main(self.revision.as_deref())?;
        if self.range.start > self.range.end {
            let Range { start, end } = self.range;
            return Err(Error::setup(format!("the range {start}..{end} ends before it begins")));
        }
        let cache = download::cache(&api, self.cache_dir.as_deref(), self.local_files_only)?;
        let revision = match &cache {
            Some(cache) => download::preferred(&api, cache, &repo, revision)?,
            None => revision,
        };
        let wanted = ReadRequest::new(repo, path)
            .revision(revision)
            .range(self.range)
            .cache(cache)
            .local_files_only(self.local_files_only)
            .timeouts(api.download_timeouts());
        Ok(read_file(api.transport()?, wanted).await?)
    }
}

impl Operation for ReadFile<Async> {
    type Output = FileReader;

    async fn run(self, api: HfApi) -> Result<FileReader, Error> {
        self.open(api).await
    }
}

impl Operation for ReadFile<Blocking> {
    type Output = BlockingFileReader;

    async fn run(self, api: HfApi) -> Result<BlockingFileReader, Error> {
        Ok(BlockingFileReader::new(self.open(api).await?))
    }
}

impl<M: Mode> HfApi<M> {
    /// Reads a file, or with [`range`](ReadFileCall::range) a part of it, without keeping it: a [`FileReader`], which is a
    /// stream of chunks and an `AsyncRead`; from a blocking client a [`BlockingFileReader`], which is a [`std::io::Read`].
    ///
    /// A file that the cache has is read there: with a full commit id nothing is asked; for a branch or tag the Hub says
    /// which commit it is, unless the client prefers its cache or the Hub cannot be reached (see
    /// [`NetworkPolicy`](crate::NetworkPolicy)). What comes from the Hub is not kept.
    ///
    /// Everything comes from one commit. A connection that breaks is continued where it was. A whole file is checked against
    /// its hash: if that is wrong, the reader ends with an error and not with the end of the file.
    ///
    /// ```
    /// use futures_util::TryStreamExt;
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let hub = hub_server::EmbeddedHub::temporary().token("ada", "hf_ada", hub_server::TokenRole::Write).repo("ada/demo").build()?;
    /// # let api = hub_api::HfApi::builder().endpoint("http://hub.local").token("hf_ada").inner_service(hub).inner_is_private().build()?;
    /// # api.upload_file(&b"hello world"[..], "a.txt", "ada/demo").await?;
    /// let mut reader = api.read_file("ada/demo", "a.txt").range(6..).await?;
    /// let mut text = Vec::new();
    /// while let Some(chunk) = reader.try_next().await? {
    ///     text.extend_from_slice(&chunk);
    /// }
    /// assert_eq!((&text[..], reader.size()), (&b"world"[..], 11));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`DownloadError::LocalEntryNotFound`](crate::DownloadError::LocalEntryNotFound) with
    /// [`local_files_only`](ReadFileCall::local_files_only); `RepoNotFound`, `RevisionNotFound`, `EntryNotFound`, `GatedRepo`;
    /// `RangeNotSatisfiable` for a range that begins behind the end of the file. While reading: [`DownloadError`](crate::DownloadError), for example `ReadMismatch`.
    ///
    /// Endpoint: `HEAD` and `GET /{id}/resolve/{rev}/{path}`.
    pub fn read_file(&self, repo: impl Into<RepoArg>, path: impl Into<String>) -> ReadFileCall<M> {
        let (repo, path) = (self.arg(repo), path.into());
        self.call(ReadFile {
            repo,
            path,
            revision: None,
            range: 0..u64::MAX,
            cache_dir: None,
            local_files_only: false,
            mode: PhantomData,
        })
    }
}
