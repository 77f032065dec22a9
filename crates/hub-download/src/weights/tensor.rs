//! One tensor of a repository.

use hub_transport::Transport;
use hub_types::{
    CommitHash, SafeRelPath,
    weights::{WeightsError, gguf::Gguf, safetensors::SafetensorsFileMetadata},
};

use super::gguf;
use super::head::head_of;
use super::request::{WeightsRequest, wrong};
use super::safetensors::{Layout, layout};
use crate::DownloadError;
use crate::read::{locate, located::Located};

/// A tensor, with its values as bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tensor {
    /// Its name.
    pub name: String,
    /// `F32`, `BF16`, `Q4_K` and so on.
    pub dtype: String,
    /// The length of each dimension, the outermost first.
    pub shape: Vec<u64>,
    /// Its values, as they are in the file: the last dimension is the innermost. Those of safetensors are little-endian.
    pub data: Vec<u8>,
    /// The file that it is in.
    pub file: SafeRelPath,
    /// The commit that the file is of.
    pub commit: CommitHash,
}

/// Where a tensor is.
struct Place {
    dtype: String,
    shape: Vec<u64>,
    bytes: std::ops::Range<u64>,
}

/// Reads one tensor: the head of its file, and its own bytes. `file` names the file, which may be a `.gguf`; without it that is
/// `model.safetensors`, or the one that `model.safetensors.index.json` says. The tensor is in memory whole.
///
/// # Errors
/// [`DownloadError::NoSuchTensor`]; those of [`get_safetensors_metadata`](super::get_safetensors_metadata).
///
/// Endpoint: `HEAD` and `GET /{id}/resolve/{rev}/{path}`.
pub async fn read_tensor(
    transport: &Transport,
    wanted: WeightsRequest,
    name: &str,
    file: Option<SafeRelPath>,
) -> Result<Tensor, DownloadError> {
    let no_such = |what: String| DownloadError::NoSuchTensor { what, name: name.to_owned() };
    let located = match file {
        Some(file) => locate(transport, &wanted.file(file)).await?,
        None => match layout(transport, &wanted).await? {
            Layout::Single(located) => located,
            Layout::Sharded(index, located) => {
                let file = index.weight_map.get(name).ok_or_else(|| no_such(wanted.describe()))?;
                let wanted = wanted.at(located.file.commit.into());
                locate(transport, &wanted.file(file.parse()?)).await?
            }
        },
    };
    let path = &located.file.path;
    let place = if path.as_str().ends_with(".gguf") {
        in_gguf(&gguf::head_of(transport, &located, wanted.timeouts).await?, name)
    } else {
        in_safetensors(&head_of(transport, &located, wanted.timeouts).await?, name)
    };
    let place = place.ok_or_else(|| no_such(path.to_string()))?.map_err(wrong(path))?;
    let data = bytes(transport, &located, &wanted, &place).await?;
    let Place { dtype, shape, .. } = place;
    let Located { file, .. } = located;
    Ok(Tensor { name: name.to_owned(), dtype, shape, data, file: file.path, commit: file.commit })
}

async fn bytes(
    transport: &Transport,
    located: &Located,
    wanted: &WeightsRequest,
    place: &Place,
) -> Result<Vec<u8>, DownloadError> {
    if place.bytes.is_empty() {
        return Ok(Vec::new());
    }
    located.read(transport, place.bytes.clone(), wanted.timeouts).await
}

type Found = Option<Result<Place, WeightsError>>;

fn in_safetensors(head: &SafetensorsFileMetadata, name: &str) -> Found {
    let tensor = head.tensors.get(name)?;
    let start = head.data_start().unwrap_or_default();
    // Both were checked against the size of the file.
    let (first, end) = tensor.data_offsets;
    let bytes = start.saturating_add(first)..start.saturating_add(end);
    Some(Ok(Place { dtype: tensor.dtype.clone(), shape: tensor.shape.clone(), bytes }))
}

fn in_gguf(head: &Gguf, name: &str) -> Found {
    let tensor = head.tensor(name)?;
    let place = |bytes| Place { dtype: tensor.kind.to_string(), shape: tensor.shape(), bytes };
    let unknown = || WeightsError::Broken(format!("how long a tensor of {} is, is not known", tensor.kind));
    Some(head.bytes_of(tensor).map(place).ok_or_else(unknown))
}
