//! Files of the Hub that are read at any place.

use std::{
    marker::PhantomData,
    path::{Path, PathBuf},
};

use hub_download::{ReadRequest, SeekOptions, SeekableReader, open_file};

use crate::{
    Async, Blocking, BlockingSeekableReader, Call, Error, HfApi, Mode, Operation,
    api::download,
    args::{HasRepo, HasRevision},
    repo_arg::RepoArg,
};

/// The call that [`HfApi::open_file`] makes.
pub type OpenFileCall<M = Async> = Call<OpenFile<M>, M>;

/// A file to be opened.
#[derive(Debug, Clone)]
pub struct OpenFile<M: Mode> {
    repo: RepoArg,
    path: String,
    revision: Option<String>,
    cache_dir: Option<PathBuf>,
    local_files_only: bool,
    options: SeekOptions,
    mode: PhantomData<M>,
}

impl<M: Mode> HasRepo for OpenFile<M> {
    fn repo_mut(&mut self, _: crate::args::Seal) -> &mut RepoArg {
        &mut self.repo
    }
}

impl<M: Mode> HasRevision for OpenFile<M> {
    fn revision_mut(&mut self, _: crate::args::Seal) -> &mut Option<String> {
        &mut self.revision
    }
}

impl<M: Mode> OpenFileCall<M> {
    /// The cache folder, which is only read; unless set that of the client. Python: `cache_dir`.
    pub fn cache_dir(self, folder: impl AsRef<Path>) -> Self {
        self.edit(|operation| operation.cache_dir = Some(folder.as_ref().to_owned()))
    }

    /// Whether the Hub is never asked: only what is in the cache counts. Off unless set. Python: `local_files_only`.
    pub fn local_files_only(self, yes: bool) -> Self {
        self.edit(|operation| operation.local_files_only = yes)
    }

    /// How many bytes are kept and fetched together, at least: 256 KiB unless set, from 4 KiB to 16 MiB. Python:
    /// `block_size`.
    pub fn block_size(self, bytes: u64) -> Self {
        self.edit(|operation| operation.options = operation.options.block_size(bytes))
    }

    /// How many bytes are kept in memory, at least one block: 16 MiB unless set.
    pub fn memory(self, bytes: u64) -> Self {
        self.edit(|operation| operation.options = operation.options.memory(bytes))
    }

    /// How many bytes one request asks for, at most, when the file is read from front to back: 64 MiB unless set.
    pub fn read_ahead(self, bytes: u64) -> Self {
        self.edit(|operation| operation.options = operation.options.read_ahead(bytes))
    }
}

impl<M: Mode> OpenFile<M> {
    async fn open(mut self, api: HfApi) -> Result<SeekableReader, Error> {
        let path = self.repo.take_path(self.path)?;
        let (repo, revision) = self.repo.at_or_main(self.revision.as_deref())?;
        let cache = download::cache(&api, self.cache_dir.as_deref(), self.local_files_only)?;
        let revision = match &cache {
            Some(cache) => download::preferred(&api, cache, &repo, revision)?,
            None => revision,
        };
        let wanted = ReadRequest::new(repo, path.parse()?)
            .revision(revision)
            .cache(cache)
            .local_files_only(self.local_files_only)
            .timeouts(api.download_timeouts());
        Ok(open_file(api.transport()?, wanted, self.options).await?)
    }
}

impl Operation for OpenFile<Async> {
    type Output = SeekableReader;

    async fn run(self, api: HfApi) -> Result<SeekableReader, Error> {
        self.open(api).await
    }
}

impl Operation for OpenFile<Blocking> {
    type Output = BlockingSeekableReader;

    async fn run(self, api: HfApi) -> Result<BlockingSeekableReader, Error> {
        Ok(BlockingSeekableReader::new(self.open(api).await?))
    }
}

impl<M: Mode> HfApi<M> {
    /// Opens a file to read it at any place, without a download: a [`SeekableReader`], which is an `AsyncRead` and `AsyncSeek`;
    /// from a blocking client a [`BlockingSeekableReader`], which is a [`std::io::Read`] and [`std::io::Seek`], for readers of
    /// GGUF, Parquet, zip and whatever else takes these. Python: `HfFileSystem().open(path)`.
    ///
    /// A file that the cache has is read there, as by [`read_file`](Self::read_file). What comes from the Hub is kept in memory
    /// only, and no more than [`memory`](OpenFileCall::memory) says. All of it is of one commit.
    ///
    /// ```
    /// use std::io::{Read, Seek, SeekFrom};
    /// # let runtime = tokio::runtime::Runtime::new()?;
    /// # let hub = hub_server::EmbeddedHub::temporary().token("ada", "hf_ada", hub_server::TokenRole::Write).repo("ada/demo").build()?;
    /// # let builder = hub_api::HfApi::builder().endpoint("http://hub.local").token("hf_ada").inner_service(hub).inner_is_private();
    /// # let api = builder.build_blocking()?;
    /// # api.upload_file(&b"hello world"[..], "a.txt", "ada/demo").send()?;
    /// let mut file = api.open_file("ada/demo", "a.txt").send()?;
    /// let mut text = String::new();
    /// file.seek(SeekFrom::End(-5))?;
    /// file.read_to_string(&mut text)?;
    /// assert_eq!(text, "world");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`read_file`](Self::read_file). While reading, a [`DownloadError`](crate::DownloadError) inside of the
    /// [`std::io::Error`].
    ///
    /// Endpoint: `HEAD /{id}/resolve/{rev}/{path}`, and `GET` while it is read.
    pub fn open_file(&self, repo: impl Into<RepoArg>, path: impl Into<String>) -> OpenFileCall<M> {
        self.call(OpenFile {
            repo: self.arg(repo),
            path: path.into(),
            revision: None,
            cache_dir: None,
            local_files_only: false,
            options: SeekOptions::new(),
            mode: PhantomData,
        })
    }
}
