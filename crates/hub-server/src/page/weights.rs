//! The heads of safetensors and GGUF files: what is in them, tensor by tensor.

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use hub_types::weights::{
    WeightsError,
    gguf::{Gguf, GgufDecoder, GgufValue},
    safetensors::{self, SafetensorsFileMetadata},
};

use super::shown;
use crate::store::StoreError;

/// The longest heads that are read for a page: those of files with tens of thousands of tensors, or of any vocabulary.
pub(super) const LONGEST_SAFETENSORS: u64 = 2 << 20;
const LONGEST_GGUF: u64 = 32 << 20;
/// Bytes of arrays that are kept: their first elements are shown.
const KEPT_ARRAYS: u64 = 64 * 1024;
const MOST_TENSORS: usize = 1000;
const MOST_PAIRS: usize = 200;
/// Letters of a value, and elements of an array.
const LONGEST_VALUE: usize = 200;
const MOST_ELEMENTS: usize = 8;

/// A format of weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Safetensors,
    Gguf,
}

impl Format {
    /// That of a file, by its name.
    pub(super) fn of(path: &str) -> Option<Self> {
        let (_, extension) = path.rsplit_once('.')?;
        match extension.to_ascii_lowercase().as_str() {
            "safetensors" => Some(Self::Safetensors),
            "gguf" => Some(Self::Gguf),
            _ => None,
        }
    }
}

/// What a head says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// As in `GGUF, version 3`.
    pub(super) format: String,
    /// Numbers of each type: the type, and how many.
    pub(super) parameters: Vec<(String, String)>,
    pub(super) metadata: Vec<(String, String)>,
    /// How many pairs there are beside these.
    pub(super) more_metadata: usize,
    pub(super) tensors: Vec<Tensor>,
    /// How many tensors there are.
    pub(super) all_tensors: usize,
}

/// A tensor.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Tensor {
    pub(super) name: String,
    pub(super) kind: String,
    /// `[4096, 11008]`, the outermost dimension first.
    pub(super) shape: String,
    pub(super) size: String,
}

impl Head {
    /// Whether there are more tensors than these.
    pub(super) fn has_more_tensors(&self) -> bool {
        self.all_tensors > self.tensors.len()
    }

    pub(super) fn count(&self) -> String {
        shown::count(self.all_tensors)
    }
}

/// Why a head is not shown.
#[derive(Debug)]
pub(super) enum Problem {
    /// The file is not what its name says.
    Weights(WeightsError),
    Store(StoreError),
}

impl From<WeightsError> for Problem {
    fn from(error: WeightsError) -> Self {
        Self::Weights(error)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// How many bytes of a safetensors file are its head, from its first bytes.
pub(super) fn head_size(first: &[u8]) -> Result<u64, WeightsError> {
    let size = safetensors::head_size(first)?;
    if size > LONGEST_SAFETENSORS {
        return Err(too_long(size, LONGEST_SAFETENSORS));
    }
    Ok(size)
}

fn too_long(size: u64, most: u64) -> WeightsError {
    let (size, most) = (shown::size(size), shown::size(most));
    WeightsError::Broken(format!("its head has {size}, and more than {most} is not shown"))
}

/// Reads the head of a safetensors file of this size.
pub(super) fn safetensors(head: &[u8], file_size: u64) -> Result<Head, WeightsError> {
    let file = safetensors::parse(head, Some(file_size))?;
    let parameters = file.parameter_count()?;
    let SafetensorsFileMetadata { metadata, tensors, .. } = &file;
    let shown_tensors = tensors.iter().take(MOST_TENSORS).map(|(name, tensor)| Tensor {
        name: cut(name),
        kind: cut(&tensor.dtype),
        shape: format!("{:?}", tensor.shape),
        size: shown::size(tensor.size()),
    });
    Ok(Head {
        format: "safetensors".to_owned(),
        parameters: parameters.iter().map(|(kind, count)| (cut(kind), shown::count(count))).collect(),
        metadata: metadata.iter().take(MOST_PAIRS).map(|(key, value)| (cut(key), cut(value))).collect(),
        more_metadata: metadata.len().saturating_sub(MOST_PAIRS),
        tensors: shown_tensors.collect(),
        all_tensors: tensors.len(),
    })
}

/// Reads the head of a GGUF file of this size from its bytes, as far as the head goes.
pub(super) async fn gguf<S>(mut bytes: S, file_size: u64) -> Result<Head, Problem>
where
    S: Stream<Item = Result<Bytes, StoreError>> + Unpin,
{
    let mut decoder = GgufDecoder::new(Some(file_size)).keep_arrays(KEPT_ARRAYS);
    let mut read = 0;
    while let Some(piece) = bytes.next().await {
        let piece = piece?;
        read += piece.len() as u64;
        if decoder.feed(&piece)? {
            break;
        }
        if read > LONGEST_GGUF {
            return Err(too_long(read, LONGEST_GGUF).into());
        }
    }
    Ok(of_gguf(&decoder.finish()?))
}

fn of_gguf(file: &Gguf) -> Head {
    let tensors = file.tensors.iter().take(MOST_TENSORS).map(|tensor| Tensor {
        name: cut(&tensor.name),
        kind: tensor.kind.to_string(),
        shape: format!("{:?}", tensor.shape()),
        size: tensor.size().map(shown::size).unwrap_or_default(),
    });
    let order = if file.big_endian { ", big-endian" } else { "" };
    let parameters = file.parameter_count();
    Head {
        format: format!("GGUF, version {}{order}", file.version),
        parameters: parameters.iter().map(|(kind, count)| (kind.clone(), shown::count(count))).collect(),
        metadata: file
            .metadata
            .iter()
            .take(MOST_PAIRS)
            .map(|(key, value)| (cut(key), text_of(value)))
            .collect(),
        more_metadata: file.metadata.len().saturating_sub(MOST_PAIRS),
        tensors: tensors.collect(),
        all_tensors: file.tensors.len(),
    }
}

fn text_of(value: &GgufValue) -> String {
    if let Some(text) = value.as_str() {
        return cut(text);
    }
    let Some(array) = value.as_array() else { return number(value) };
    let about = format!("{} × {:?}", shown::count(array.len()), array.kind());
    let Some(values) = array.values() else { return about };
    let first: Vec<String> = values.take(MOST_ELEMENTS).map(|value| text_of(&value)).collect();
    let dots = if array.len() > first.len() as u64 { ", …" } else { "" };
    cut(&format!("{about}: {}{dots}", first.join(", ")))
}

fn number(value: &GgufValue) -> String {
    match value {
        GgufValue::Bool(yes) => yes.to_string(),
        GgufValue::U8(number) => number.to_string(),
        GgufValue::I8(number) => number.to_string(),
        GgufValue::U16(number) => number.to_string(),
        GgufValue::I16(number) => number.to_string(),
        GgufValue::U32(number) => number.to_string(),
        GgufValue::I32(number) => number.to_string(),
        GgufValue::U64(number) => number.to_string(),
        GgufValue::I64(number) => number.to_string(),
        GgufValue::F32(number) => number.to_string(),
        GgufValue::F64(number) => number.to_string(),
        other => format!("{other:?}"),
    }
}

fn cut(text: &str) -> String {
    shown::cut(text, LONGEST_VALUE)
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn file(json: &str) -> Vec<u8> {
        [&(json.len() as u64).to_le_bytes()[..], json.as_bytes()].concat()
    }

    #[test]
    fn a_safetensors_head_is_shown_tensor_by_tensor() {
        let head = file(
            r#"{"__metadata__": {"format": "pt"}, "b": {"dtype": "F32", "shape": [3], "data_offsets": [12, 24]},
            "a": {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 12]}}"#,
        );
        let shown = safetensors(&head, head.len() as u64 + 24).unwrap();
        let tensor = |name: &str, kind: &str, shape: &str| Tensor {
            name: name.to_owned(),
            kind: kind.to_owned(),
            shape: shape.to_owned(),
            size: "12 B".to_owned(),
        };
        assert_eq!(shown.tensors, [tensor("a", "BF16", "[2, 3]"), tensor("b", "F32", "[3]")]);
        let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
        assert_eq!(shown.parameters, [pair("BF16", "6"), pair("F32", "3")]);
        assert_eq!((shown.metadata, shown.all_tensors), (vec![pair("format", "pt")], 2));
    }

    #[test]
    fn a_head_that_is_too_long_is_not_read() {
        assert_eq!(head_size(&file("{}")).unwrap(), 10);
        let error = head_size(&(LONGEST_SAFETENSORS + 1).to_le_bytes()).unwrap_err();
        assert!(error.to_string().contains("2.1 MB is not shown"), "{error}");
        let many: Vec<String> = (0..1500)
            .map(|n| format!(r#""t{n}": {{"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}}"#))
            .collect();
        let head = file(&format!("{{{}}}", many.join(",")));
        let shown = safetensors(&head, head.len() as u64).unwrap();
        assert_eq!((shown.tensors.len(), shown.count().as_str()), (MOST_TENSORS, "1,500"));
        assert!(shown.has_more_tensors());
    }

    #[tokio::test]
    async fn a_gguf_head_is_read_no_further_than_it_goes() {
        let mut head = b"GGUF\x03\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0".to_vec();
        head.extend(b"\x0c\0\0\0\0\0\0\0general.name\x08\0\0\0\x04\0\0\0\0\0\0\0demo");
        head.extend(b"\x01\0\0\0\0\0\0\0a\x09\0\0\0\x04\0\0\0\x0a\0\0\0\0\0\0\0");
        head.extend((1u32..=10).flat_map(u32::to_le_bytes));
        let size = head.len() as u64 + 100;
        let never = stream::once(async { Err(StoreError::NoMemory) });
        let pieces: Vec<_> = head.chunks(7).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let shown = gguf(stream::iter(pieces).chain(Box::pin(never)), size).await.unwrap();
        let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
        assert_eq!(shown.format, "GGUF, version 3");
        assert_eq!(
            shown.metadata,
            [pair("a", "10 × U32: 1, 2, 3, 4, 5, 6, 7, 8, …"), pair("general.name", "demo")]
        );
        let broken = gguf(stream::iter([Ok(Bytes::from_static(b"GGUX"))]), 100).await;
        assert!(matches!(broken, Err(Problem::Weights(_))), "{broken:?}");
    }
}
