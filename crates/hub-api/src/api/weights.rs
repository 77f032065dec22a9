//! Weights without a download, and weights alone.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use hub_download::{
    ReadRequest,
    weights::{
        Tensor, WeightsRequest, download_safetensors, get_gguf_metadata, get_safetensors_metadata,
        parse_safetensors_file_metadata, read_tensor,
    },
};
use hub_types::{
    Revision,
    progress::Progress,
    weights::{
        gguf::Gguf,
        safetensors::{SafetensorsFileMetadata, SafetensorsRepoMetadata},
    },
};

use crate::{
    Async, Call, Error, HfApi, Mode, NetworkPolicy, Operation,
    api::download::{self, DownloadArgs, HasDownload, SnapshotDownload},
    args::{HasProgress, HasRepo, HasRevision, Seal},
    repo_arg::RepoArg,
};

/// The call that [`HfApi::get_safetensors_metadata`] makes.
pub type GetSafetensorsMetadataCall<M = Async> = Call<GetSafetensorsMetadata, M>;
/// The call that [`HfApi::parse_safetensors_file_metadata`] makes.
pub type ParseSafetensorsFileMetadataCall<M = Async> = Call<ParseSafetensorsFileMetadata, M>;
/// The call that [`HfApi::get_gguf_metadata`] makes.
pub type GetGgufMetadataCall<M = Async> = Call<GetGgufMetadata, M>;
/// The call that [`HfApi::read_tensor`] makes.
pub type ReadTensorCall<M = Async> = Call<ReadTensor, M>;
/// The call that [`HfApi::download_safetensors`] makes.
pub type DownloadSafetensorsCall<M = Async> = Call<DownloadSafetensors, M>;

/// From where heads are read.
#[derive(Debug, Clone)]
struct WeightsArgs {
    repo: RepoArg,
    revision: Option<String>,
    cache_dir: Option<PathBuf>,
    local_files_only: bool,
}

impl WeightsArgs {
    fn new(repo: RepoArg) -> Self {
        Self { repo, revision: None, cache_dir: None, local_files_only: false }
    }

    fn request(&self, api: &HfApi) -> Result<WeightsRequest, Error> {
        let (repo, revision) = self.repo.at(self.revision.as_deref())?;
        let cache = download::cache(api, self.cache_dir.as_deref(), self.local_files_only)?;
        let revision = match &cache {
            Some(cache) if api.network() == NetworkPolicy::PreferCache => {
                let named = revision.clone().unwrap_or_default();
                cache.commit_of(&repo, &named)?.map(Revision::from).or(revision)
            }
            _ => revision,
        };
        Ok(WeightsRequest::new(repo)
            .revision(revision)
            .cache(cache)
            .local_files_only(self.local_files_only)
            .timeouts(api.download_timeouts()))
    }

    fn file(mut self, api: &HfApi, filename: String) -> Result<ReadRequest, Error> {
        let path = self.repo.take_path(filename)?;
        Ok(self.request(api)?.file(path.parse()?))
    }
}

/// The heads of all weights.
#[derive(Debug, Clone)]
pub struct GetSafetensorsMetadata {
    args: WeightsArgs,
}

impl Operation for GetSafetensorsMetadata {
    type Output = SafetensorsRepoMetadata;

    async fn run(self, api: HfApi) -> Result<SafetensorsRepoMetadata, Error> {
        Ok(get_safetensors_metadata(api.transport()?, self.args.request(&api)?).await?)
    }
}

/// The head of one safetensors file.
#[derive(Debug, Clone)]
pub struct ParseSafetensorsFileMetadata {
    args: WeightsArgs,
    filename: String,
}

impl Operation for ParseSafetensorsFileMetadata {
    type Output = SafetensorsFileMetadata;

    async fn run(self, api: HfApi) -> Result<SafetensorsFileMetadata, Error> {
        let wanted = self.args.file(&api, self.filename)?;
        Ok(parse_safetensors_file_metadata(api.transport()?, wanted).await?)
    }
}

/// The head of a GGUF file.
#[derive(Debug, Clone)]
pub struct GetGgufMetadata {
    args: WeightsArgs,
    filename: String,
}

impl Operation for GetGgufMetadata {
    type Output = Gguf;

    async fn run(self, api: HfApi) -> Result<Gguf, Error> {
        let wanted = self.args.file(&api, self.filename)?;
        Ok(get_gguf_metadata(api.transport()?, wanted).await?)
    }
}

/// One tensor.
#[derive(Debug, Clone)]
pub struct ReadTensor {
    args: WeightsArgs,
    name: String,
    filename: Option<String>,
}

impl<M: Mode> ReadTensorCall<M> {
    /// The file that has it, also a `.gguf`; unless set it is looked for in `model.safetensors` and in the files that
    /// `model.safetensors.index.json` names.
    pub fn filename(self, filename: impl Into<String>) -> Self {
        self.edit(|operation| operation.filename = Some(filename.into()))
    }
}

impl Operation for ReadTensor {
    type Output = Tensor;

    async fn run(self, api: HfApi) -> Result<Tensor, Error> {
        let wanted = self.args.request(&api)?;
        let file = self.filename.map(|filename| filename.parse()).transpose()?;
        Ok(read_tensor(api.transport()?, wanted, &self.name, file).await?)
    }
}

macro_rules! of_weights {
    ($($operation:ty),*) => {
        $(
            impl HasRepo for $operation {
                fn repo_mut(&mut self, _: Seal) -> &mut RepoArg {
                    &mut self.args.repo
                }
            }

            impl HasRevision for $operation {
                fn revision_mut(&mut self, _: Seal) -> &mut Option<String> {
                    &mut self.args.revision
                }
            }

            impl<M: Mode> Call<$operation, M> {
                /// The cache folder, which is only read; unless set that of the client. Python: `cache_dir`.
                pub fn cache_dir(self, folder: impl AsRef<Path>) -> Self {
                    self.edit(|operation| operation.args.cache_dir = Some(folder.as_ref().to_owned()))
                }

                /// Whether the Hub is never asked: only what is in the cache counts. Off unless set. Python:
                /// `local_files_only`.
                pub fn local_files_only(self, yes: bool) -> Self {
                    self.edit(|operation| operation.args.local_files_only = yes)
                }
            }
        )*
    };
}
of_weights!(GetSafetensorsMetadata, ParseSafetensorsFileMetadata, GetGgufMetadata, ReadTensor);

/// The weights to be downloaded.
#[derive(Debug, Clone)]
pub struct DownloadSafetensors {
    of: SnapshotDownload,
}

impl HasDownload for DownloadSafetensors {
    fn download_mut(&mut self, seal: Seal) -> &mut DownloadArgs {
        self.of.download_mut(seal)
    }
}

impl HasRepo for DownloadSafetensors {
    fn repo_mut(&mut self, seal: Seal) -> &mut RepoArg {
        self.of.repo_mut(seal)
    }
}

impl HasRevision for DownloadSafetensors {
    fn revision_mut(&mut self, seal: Seal) -> &mut Option<String> {
        self.of.revision_mut(seal)
    }
}

impl HasProgress for DownloadSafetensors {
    fn progress_mut(&mut self, seal: Seal) -> &mut Option<Arc<dyn Progress>> {
        self.of.progress_mut(seal)
    }
}

impl Operation for DownloadSafetensors {
    type Output = Vec<PathBuf>;

    async fn run(self, api: HfApi) -> Result<Vec<PathBuf>, Error> {
        let wanted = self.of.request(&api)?;
        Ok(download_safetensors(api.transport()?, wanted).await?)
    }
}

impl<M: Mode> HfApi<M> {
    /// Which tensors the weights of a repository have, and how many parameters of each dtype, without a download: the heads of
    /// `model.safetensors`, or of all files that `model.safetensors.index.json` names. Python: `get_safetensors_metadata`.
    ///
    /// Everything is of one commit. The heads of a model in more than two files come in one response, where the Hub offers that.
    ///
    /// ```no_run
    /// # async fn run(api: hub_api::HfApi) -> Result<(), hub_api::Error> {
    /// let weights = api.get_safetensors_metadata("bigscience/bloomz-560m").await?;
    /// for (dtype, count) in &weights.parameter_count {
    ///     println!("{count} parameters of {dtype}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`DownloadError::NotASafetensorsRepo`](crate::DownloadError::NotASafetensorsRepo) if the repository has neither file;
    /// [`DownloadError::Weights`](crate::DownloadError::Weights) for a file that is none of safetensors; `RepoNotFound`,
    /// `RevisionNotFound`, `GatedRepo`.
    ///
    /// Endpoints: `HEAD` and `GET /{id}/resolve/{rev}/{path}`, `POST /api/{models}/{id}/paths-info/{commit}`,
    /// `GET /api/models/{id}/safetensors-metadata/{index}`.
    pub fn get_safetensors_metadata(&self, repo: impl Into<RepoArg>) -> GetSafetensorsMetadataCall<M> {
        self.call(GetSafetensorsMetadata { args: WeightsArgs::new(self.arg(repo)) })
    }

    /// What the head of one safetensors file says, without a download. Python: `parse_safetensors_file_metadata`.
    ///
    /// # Errors
    /// [`DownloadError::Weights`](crate::DownloadError::Weights) for what is no such file; `EntryNotFound` and others of
    /// [`read_file`](Self::read_file).
    ///
    /// Endpoint: `HEAD` and `GET /{id}/resolve/{rev}/{path}`: 100,001 bytes, and the rest of the header if it is longer.
    pub fn parse_safetensors_file_metadata(
        &self,
        repo: impl Into<RepoArg>,
        filename: impl Into<String>,
    ) -> ParseSafetensorsFileMetadataCall<M> {
        let args = WeightsArgs::new(self.arg(repo));
        self.call(ParseSafetensorsFileMetadata { args, filename: filename.into() })
    }

    /// What the head of a GGUF file says, its key-value pairs and its whole table of tensors, without a download. Python has no
    /// such method.
    ///
    /// # Errors
    /// As for [`parse_safetensors_file_metadata`](Self::parse_safetensors_file_metadata).
    ///
    /// Endpoint: `HEAD` and `GET /{id}/resolve/{rev}/{path}`, once, and no more of it than the head.
    pub fn get_gguf_metadata(
        &self,
        repo: impl Into<RepoArg>,
        filename: impl Into<String>,
    ) -> GetGgufMetadataCall<M> {
        self.call(GetGgufMetadata { args: WeightsArgs::new(self.arg(repo)), filename: filename.into() })
    }

    /// One tensor with its values, without the rest of its file: the head is read, and the tensor's own bytes. It is in memory
    /// whole. Python has no such method.
    ///
    /// ```no_run
    /// # async fn run(api: hub_api::HfApi) -> Result<(), hub_api::Error> {
    /// let norm = api.read_tensor("openai-community/gpt2", "ln_f.weight").await?;
    /// assert_eq!((norm.dtype.as_str(), &norm.shape[..], norm.data.len()), ("F32", &[768][..], 4 * 768));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`DownloadError::NoSuchTensor`](crate::DownloadError::NoSuchTensor); those of
    /// [`get_safetensors_metadata`](Self::get_safetensors_metadata).
    ///
    /// Endpoint: `HEAD` and `GET /{id}/resolve/{rev}/{path}`.
    pub fn read_tensor(&self, repo: impl Into<RepoArg>, name: impl Into<String>) -> ReadTensorCall<M> {
        self.call(ReadTensor { args: WeightsArgs::new(self.arg(repo)), name: name.into(), filename: None })
    }

    /// Downloads the weights of a repository and nothing else, into the cache or into a [`local_dir`](Call::local_dir), and
    /// returns the files in order: `model.safetensors`, or those that `model.safetensors.index.json` names. Each is whole and
    /// checked, and can be mapped into memory. Python has no such method.
    ///
    /// # Errors
    /// [`DownloadError::NotASafetensorsRepo`](crate::DownloadError::NotASafetensorsRepo) if the repository has neither file;
    /// those of [`snapshot_download`](Self::snapshot_download).
    ///
    /// Endpoints: info, tree, and `GET /{id}/resolve/{commit}/{path}` for each file.
    pub fn download_safetensors(&self, repo: impl Into<RepoArg>) -> DownloadSafetensorsCall<M> {
        self.snapshot_download(repo).map(|of| DownloadSafetensors { of })
    }
}
