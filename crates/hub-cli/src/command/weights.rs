//! The weights of a model as `hub models weights` and `hub models tensors` show them.

use std::collections::BTreeMap;

use hub_api::{
    DownloadError, Error, HfApi, NetworkPolicy, RepoRef, RepoType, Revision,
    types::CommitHash,
    types::weights::{
        gguf::{Gguf, GgufShard},
        safetensors::TensorInfo,
    },
};
use serde::Serialize;

use crate::{
    args::WeightsArgs,
    command::commit::commit_of,
    failure::{Code, Failure},
};

/// One GiB.
const GIB: u64 = 1 << 30;
/// Memories that machines and their graphics cards have, in GiB.
const MEMORIES: [u64; 17] = [1, 2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 80, 96, 128, 192, 256, 512];
/// What a model takes besides its weights: a tenth of them.
const MARGIN: u64 = 10;

/// Tensors, and where they come from.
pub(super) struct Weights {
    pub(super) format: &'static str,
    pub(super) commit: Option<String>,
    /// How many files they are in.
    pub(super) files: usize,
    pub(super) tensors: Vec<Tensor>,
}

/// A tensor.
#[derive(Debug, Serialize)]
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) dtype: String,
    pub(super) shape: Vec<u64>,
    pub(super) parameters: u64,
    /// Null where the type is not known.
    pub(super) bytes: Option<u64>,
    pub(super) file: String,
}

/// All tensors of a dtype.
#[derive(Debug, Serialize)]
pub(super) struct OfDtype {
    pub(super) dtype: String,
    pub(super) tensors: u64,
    pub(super) parameters: u64,
    /// Null where the type is not known.
    pub(super) bytes: Option<u64>,
}

/// What the weights take when they are stored in one way.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Stored {
    pub(super) stored: &'static str,
    pub(super) bytes: u64,
    /// GiB; null where it is more than the largest of the usual memories.
    fits_in: Option<u64>,
}

impl Stored {
    pub(super) fn fits_in(&self) -> String {
        self.fits_in.map_or("more than 512 GiB".to_owned(), |memory| format!("{memory} GiB"))
    }
}

/// What weights take as they are, if that is known, and with fewer or more bits for each parameter.
pub(super) fn memory(bytes: Option<u64>, parameters: u64) -> Vec<Stored> {
    let of =
        |bits: u64| (u128::from(parameters) * u128::from(bits)).div_ceil(8).try_into().unwrap_or(u64::MAX);
    let changed = [("32 bits", of(32)), ("16 bits", of(16)), ("8 bits", of(8)), ("4 bits", of(4))];
    let all = bytes.map(|bytes| ("as it is", bytes)).into_iter().chain(changed);
    all.map(|(stored, bytes)| {
        let needed = bytes.saturating_add(bytes / MARGIN);
        let fits_in = MEMORIES.into_iter().find(|memory| memory * GIB >= needed);
        Stored { stored, bytes, fits_in }
    })
    .collect()
}

impl Weights {
    /// Reads the heads of a model's files.
    pub(super) async fn read(api: &HfApi, args: &WeightsArgs) -> Result<Self, Failure> {
        match &args.filename {
            Some(file) if is_gguf(file) => gguf(api, args, file).await,
            Some(file) => safetensors_file(api, args, file).await,
            None => match safetensors(api, args).await {
                Err(Error::Download(error @ DownloadError::NotASafetensorsRepo { .. })) => {
                    match only_gguf(api, args).await? {
                        Some(file) => gguf(api, args, &file).await,
                        None => Err(Error::Download(error).into()),
                    }
                }
                found => Ok(found?),
            },
        }
    }

    pub(super) fn parameters(&self) -> u64 {
        self.tensors.iter().map(|tensor| tensor.parameters).fold(0, u64::saturating_add)
    }

    /// What they take; `None` where the type of one is not known.
    pub(super) fn bytes(&self) -> Option<u64> {
        self.tensors.iter().try_fold(0u64, |sum, tensor| Some(sum.saturating_add(tensor.bytes?)))
    }

    /// The dtypes, those with most bytes first.
    pub(super) fn dtypes(&self) -> Vec<OfDtype> {
        let mut all = BTreeMap::<&str, OfDtype>::new();
        for tensor in &self.tensors {
            let row = all.entry(&tensor.dtype).or_insert_with(|| OfDtype {
                dtype: tensor.dtype.clone(),
                tensors: 0,
                parameters: 0,
                bytes: Some(0),
            });
            row.tensors += 1;
            row.parameters = row.parameters.saturating_add(tensor.parameters);
            row.bytes = row.bytes.zip(tensor.bytes).map(|(sum, bytes)| sum.saturating_add(bytes));
        }
        let mut all: Vec<_> = all.into_values().collect();
        all.sort_by_key(|row| std::cmp::Reverse(row.bytes));
        all
    }
}

async fn safetensors(api: &HfApi, args: &WeightsArgs) -> Result<Weights, Error> {
    let mut call = api.get_safetensors_metadata(&args.repo_id);
    if let Some(revision) = &args.revision {
        call = call.revision(revision);
    }
    let found = call.await?;
    let tensors = found.tensors().map(|(name, tensor, file)| of_safetensors(name, tensor, file)).collect();
    let commit = found.commit.as_ref().map(ToString::to_string);
    Ok(Weights { format: "safetensors", commit, files: found.files_metadata.len(), tensors })
}

async fn safetensors_file(api: &HfApi, args: &WeightsArgs, file: &str) -> Result<Weights, Failure> {
    let commit = commit(api, args).await?;
    let call = api.parse_safetensors_file_metadata(&args.repo_id, file);
    let found = call.revision(&commit).await?;
    let tensors = found.tensors.iter().map(|(name, tensor)| of_safetensors(name, tensor, file)).collect();
    Ok(Weights { format: "safetensors", commit: Some(commit.into()), files: 1, tensors })
}

fn of_safetensors(name: &str, tensor: &TensorInfo, file: &str) -> Tensor {
    Tensor {
        name: name.to_owned(),
        dtype: tensor.dtype.clone(),
        shape: tensor.shape.clone(),
        parameters: tensor.parameter_count(),
        bytes: Some(tensor.size()),
        file: file.to_owned(),
    }
}

/// A GGUF file, or all shards of the model that it is a part of.
async fn gguf(api: &HfApi, args: &WeightsArgs, file: &str) -> Result<Weights, Failure> {
    let commit = commit(api, args).await?;
    let files: Vec<String> = match GgufShard::parse(file) {
        Some(shard) => shard.all().collect(),
        None => vec![file.to_owned()],
    };
    let mut tensors = Vec::new();
    for file in &files {
        let head = api.get_gguf_metadata(&args.repo_id, file).revision(&commit).await?;
        tensors.extend(of_gguf(&head, file));
    }
    Ok(Weights { format: "GGUF", commit: Some(commit.into()), files: files.len(), tensors })
}

fn of_gguf<'a>(head: &'a Gguf, file: &'a str) -> impl Iterator<Item = Tensor> + 'a {
    head.tensors.iter().map(|tensor| Tensor {
        name: tensor.name.clone(),
        dtype: tensor.kind.to_string(),
        shape: tensor.shape(),
        parameters: tensor.parameter_count(),
        bytes: tensor.size(),
        file: file.to_owned(),
    })
}

/// The commit that all files are read at; offline, the one that the cache has.
async fn commit(api: &HfApi, args: &WeightsArgs) -> Result<CommitHash, Failure> {
    let repo = RepoRef::new(RepoType::Model, args.repo_id.parse().map_err(Error::from)?);
    let revision = args.revision.as_deref().map(str::parse::<Revision>).transpose().map_err(Error::from)?;
    if api.network() != NetworkPolicy::Offline {
        return commit_of(api, &repo, revision.as_ref()).await;
    }
    let mut call = api.resolve_revision(&repo).local_files_only(true);
    if let Some(revision) = &revision {
        call = call.revision(revision);
    }
    Ok(call.await?.commit)
}

fn is_gguf(file: &str) -> bool {
    file.to_ascii_lowercase().ends_with(".gguf")
}

/// The GGUF file of a repository, or the first of its shards. It is an error if there are several models.
async fn only_gguf(api: &HfApi, args: &WeightsArgs) -> Result<Option<String>, Failure> {
    let mut call = api.list_repo_files(&args.repo_id);
    if let Some(revision) = &args.revision {
        call = call.revision(revision);
    }
    let is_first =
        |file: &String| is_gguf(file) && GgufShard::parse(file).is_none_or(|shard| shard.number == 1);
    let mut files: Vec<String> = call.await?.into_iter().filter(is_first).collect();
    if files.len() > 1 {
        let text = format!("{} has {} models: name one of {}", args.repo_id, files.len(), files.join(", "));
        return Err(Failure::new(Code::Usage, text));
    }
    Ok(files.pop())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_the_smallest_that_holds_the_weights_and_a_tenth_more() {
        let found = memory(Some(14 * GIB), 7 * GIB);
        let rows: Vec<_> = found.iter().map(|row| (row.stored, row.bytes / GIB, row.fits_in())).collect();
        let row = |stored, size, memory: &str| (stored, size, memory.to_owned());
        let expected = [
            row("as it is", 14, "16 GiB"),
            row("32 bits", 28, "32 GiB"),
            row("16 bits", 14, "16 GiB"),
            row("8 bits", 7, "8 GiB"),
            row("4 bits", 3, "4 GiB"),
        ];
        assert_eq!(rows, expected);
        assert_eq!(memory(Some(u64::MAX), u64::MAX)[1].fits_in(), "more than 512 GiB");
        assert_eq!(memory(Some(0), 0)[0].fits_in(), "1 GiB");
    }

    #[test]
    fn what_a_type_that_is_not_known_takes_is_not_said() {
        let tensor = |bytes, dtype: &str| Tensor {
            name: "t".to_owned(),
            dtype: dtype.to_owned(),
            shape: vec![4],
            parameters: 4,
            bytes,
            file: "m.gguf".to_owned(),
        };
        let tensors = vec![tensor(Some(16), "F32"), tensor(None, "type 777")];
        let weights = Weights { format: "GGUF", commit: None, files: 1, tensors };
        assert_eq!(weights.bytes(), None);
        assert_eq!(weights.dtypes().iter().map(|row| row.bytes).collect::<Vec<_>>(), [Some(16), None]);
        assert_eq!(memory(weights.bytes(), 8)[0].stored, "32 bits");
    }
}
