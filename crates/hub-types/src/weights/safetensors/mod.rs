//! Safetensors: eight bytes with the length of a JSON object, that object, and then the bytes of all tensors.

mod bounded;
mod dtype;
mod index;

use std::collections::{BTreeMap, btree_map::Entry};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use self::bounded::{Texts, too_many};
pub use self::index::{SafetensorsHeaders, SafetensorsIndex, SafetensorsRepoMetadata};
use super::{WeightsError, elements};
use crate::json_problem;

/// The longest header that is read, in bytes; as Python.
pub const MAX_HEADER: u64 = 25_000_000;
/// The longest index of shards that is read, in bytes.
pub const MAX_INDEX: u64 = 100_000_000;
/// The file of a repository that is not sharded.
pub const SINGLE_FILE: &str = "model.safetensors";
/// The file of a sharded repository that says which tensor is in which file.
pub const INDEX_FILE: &str = "model.safetensors.index.json";

/// Bytes before the JSON: its length.
const PREFIX: usize = 8;
/// The most tensors of a file: one with so many has a header of more than [`MAX_HEADER`], unless their names are a few letters.
const MAX_TENSORS: usize = 1 << 18;
/// The most dimensions of a tensor; numpy has as many.
const MAX_DIMENSIONS: usize = 64;

/// What the head of a safetensors file says. Python: `SafetensorsFileMetadata`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct SafetensorsFileMetadata {
    /// `__metadata__`: what its author says of it, such as `{"format": "pt"}`.
    pub metadata: BTreeMap<String, String>,
    /// The tensors by name.
    pub tensors: BTreeMap<String, TensorInfo>,
    /// Bytes of the JSON; `None` where only its value is known, as in [`SafetensorsHeaders`].
    pub header_size: Option<u64>,
}

/// A tensor of a safetensors file. Python: `TensorInfo`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TensorInfo {
    /// `F32`, `BF16`, `F8_E4M3` and so on. An open set.
    pub dtype: String,
    /// The length of each dimension, the outermost first. Empty for a single number.
    #[serde(deserialize_with = "shape")]
    pub shape: Vec<u64>,
    /// First byte, and the one after the last, counted from the end of the header.
    pub data_offsets: (u64, u64),
}

impl TensorInfo {
    /// How many numbers it has. Python: `parameter_count`.
    pub fn parameter_count(&self) -> u64 {
        elements(&self.shape).unwrap_or(u64::MAX)
    }

    /// How many bytes it has.
    pub fn size(&self) -> u64 {
        self.data_offsets.1.saturating_sub(self.data_offsets.0)
    }

    /// Refuses what cannot be; `data` are the bytes that all tensors have together.
    fn check(&self, name: &str, data: Option<u64>) -> Result<(), WeightsError> {
        let wrong = |what: String| Err(WeightsError::Broken(format!("the tensor {name:?} {what}")));
        let (start, end) = self.data_offsets;
        if start > end {
            return wrong(format!("ends at byte {end}, before it begins at {start}"));
        }
        if let Some(data) = data.filter(|data| end > *data) {
            return wrong(format!("ends at byte {end}, and the file has {data}"));
        }
        let Some(count) = elements(&self.shape) else {
            return wrong("has more elements than can be counted".to_owned());
        };
        match dtype::bytes(&self.dtype).map(|width| count.checked_mul(width)) {
            Some(None) => wrong("has more bytes than can be counted".to_owned()),
            Some(Some(size)) if size != end - start => {
                wrong(format!("of {count} elements of {} has {} bytes, not {size}", self.dtype, end - start))
            }
            _ => Ok(()),
        }
    }
}

impl SafetensorsFileMetadata {
    /// Where the bytes of tensors begin in the file, if that is known.
    pub fn data_start(&self) -> Option<u64> {
        self.header_size.map(|size| size.saturating_add(PREFIX as u64))
    }

    /// How many numbers there are of each dtype. Python: `parameter_count`.
    ///
    /// # Errors
    /// When there are more than can be counted.
    pub fn parameter_count(&self) -> Result<BTreeMap<String, u64>, WeightsError> {
        let mut counts = BTreeMap::new();
        count_into(&mut counts, self)?;
        Ok(counts)
    }

    /// Bytes of all tensors.
    pub fn size(&self) -> u64 {
        self.tensors.values().map(TensorInfo::size).fold(0, u64::saturating_add)
    }

    fn check(&self, data: Option<u64>) -> Result<(), WeightsError> {
        self.tensors.iter().try_for_each(|(name, tensor)| tensor.check(name, data))?;
        self.parameter_count()?;
        self.check_apart()
    }

    /// Refuses tensors that have bytes in common, which the format forbids.
    fn check_apart(&self) -> Result<(), WeightsError> {
        let not_empty = self.tensors.iter().filter(|(_, tensor)| tensor.size() > 0);
        let mut places: Vec<_> = not_empty.map(|(name, tensor)| (tensor.data_offsets, name)).collect();
        places.sort_unstable();
        for pair in places.windows(2) {
            if let [((_, end), name), ((start, _), other)] = pair
                && start < end
            {
                return Err(WeightsError::Broken(format!(
                    "the tensors {name:?} and {other:?} have bytes in common, from byte {start} on"
                )));
            }
        }
        Ok(())
    }
}

/// Adds the numbers of a file to those of each dtype.
fn count_into(
    counts: &mut BTreeMap<String, u64>,
    file: &SafetensorsFileMetadata,
) -> Result<(), WeightsError> {
    for tensor in file.tensors.values() {
        let count = match counts.get_mut(&tensor.dtype) {
            Some(count) => count,
            None => counts.entry(tensor.dtype.clone()).or_default(),
        };
        *count = count
            .checked_add(tensor.parameter_count())
            .ok_or_else(|| WeightsError::broken("it has more parameters than can be counted"))?;
    }
    Ok(())
}

/// How many bytes of a file come before its tensors, from its first eight bytes or more.
///
/// # Errors
/// [`WeightsError::Truncated`] for fewer bytes; [`WeightsError::TooLarge`] beyond [`MAX_HEADER`].
pub fn head_size(first: &[u8]) -> Result<u64, WeightsError> {
    let truncated = WeightsError::Truncated { needed: PREFIX as u64, given: first.len() as u64 };
    let length = first.first_chunk::<PREFIX>().ok_or(truncated)?;
    let size = u64::from_le_bytes(*length);
    if size > MAX_HEADER {
        return Err(WeightsError::TooLarge { what: "the header", size, most: MAX_HEADER });
    }
    Ok(size + PREFIX as u64)
}

/// Reads the head of a file from its first bytes; what comes behind the head is ignored. With the size of the whole file the
/// places of tensors are checked against it.
///
/// Gaps between tensors are allowed, and so are types that are not known; a name that is given twice, and tensors with bytes in
/// common, are not. At most 262,144 tensors are read, and 65,536 values of the metadata.
///
/// # Errors
/// [`WeightsError::Truncated`] says how many bytes are needed; [`WeightsError::TooLarge`] beyond [`MAX_HEADER`];
/// [`WeightsError::Broken`] for what is no header.
pub fn parse(head: &[u8], file_size: Option<u64>) -> Result<SafetensorsFileMetadata, WeightsError> {
    let needed = head_size(head)?;
    if let Some(size) = file_size.filter(|size| needed > *size) {
        return Err(WeightsError::broken(format!(
            "its header ends at byte {needed}, and the file has {size}"
        )));
    }
    let given = head.len() as u64;
    let json = usize::try_from(needed).ok().and_then(|end| head.get(PREFIX..end));
    let json = json.ok_or(WeightsError::Truncated { needed, given })?;
    let mut file: Unchecked = serde_json::from_slice(json)
        .map_err(|error| WeightsError::broken(format!("its header is wrong: {}", json_problem(&error))))?;
    file.0.header_size = Some(needed - PREFIX as u64);
    file.0.check(file_size.map(|size| size - needed))?;
    Ok(file.0)
}

impl<'de> Deserialize<'de> for SafetensorsFileMetadata {
    /// The JSON object of a header.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Unchecked(file) = Unchecked::deserialize(deserializer)?;
        file.check(None).map_err(D::Error::custom)?;
        Ok(file)
    }
}

struct Unchecked(SafetensorsFileMetadata);

impl<'de> Deserialize<'de> for Unchecked {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(HeaderVisitor)
    }
}

struct HeaderVisitor;

impl<'de> Visitor<'de> for HeaderVisitor {
    type Value = Unchecked;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a map")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unchecked, A::Error> {
        let twice = |name: &str| A::Error::custom(format!("{name:?} is given twice"));
        let (mut metadata, mut tensors) = (None, BTreeMap::new());
        while let Some(name) = map.next_key::<String>()? {
            if name == "__metadata__" {
                if metadata.replace(map.next_value_seed(Texts)?).is_some() {
                    return Err(twice(&name));
                }
                continue;
            }
            if tensors.len() >= MAX_TENSORS {
                return Err(too_many("tensors", MAX_TENSORS));
            }
            match tensors.entry(name) {
                Entry::Vacant(place) => place.insert(map.next_value::<TensorInfo>()?),
                Entry::Occupied(place) => return Err(twice(place.key())),
            };
        }
        let metadata = metadata.unwrap_or_default();
        Ok(Unchecked(SafetensorsFileMetadata { metadata, tensors, header_size: None }))
    }
}

/// A list of lengths, and no more than there can be dimensions.
fn shape<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u64>, D::Error> {
    struct Lengths;
    impl<'de> Visitor<'de> for Lengths {
        type Value = Vec<u64>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a sequence")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<u64>, A::Error> {
            let mut lengths = Vec::new();
            while lengths.len() < MAX_DIMENSIONS {
                match list.next_element()? {
                    Some(length) => lengths.push(length),
                    None => return Ok(lengths),
                }
            }
            match list.next_element::<IgnoredAny>()? {
                Some(_) => {
                    Err(A::Error::custom(format!("a tensor has more than {MAX_DIMENSIONS} dimensions")))
                }
                None => Ok(lengths),
            }
        }
    }
    deserializer.deserialize_seq(Lengths)
}

#[cfg(test)]
mod tests;
