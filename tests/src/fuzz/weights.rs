//! Heads of weights, and cards that are changed.

use hub_types::{
    card::{CardMap, CardValue, RepoCard, read_head, split},
    weights::{
        WeightsError,
        gguf::{Gguf, GgufDecoder, GgufValue},
        safetensors,
    },
};

use super::text;

pub(super) const SAFETENSORS_WORDS: &[&str] = &[
    "{",
    "}",
    "\"__metadata__\":",
    "\"w\":",
    "\"dtype\":\"F32\"",
    "\"shape\":",
    "\"data_offsets\":",
    "[0,4]",
    "[1]",
    "18446744073709551615",
    ",",
    " ",
    "\0\0\0\0\0\0\0",
];
pub(super) const GGUF_WORDS: &[&str] = &[
    "GGUF",
    "\u{3}\0\0\0",
    "\u{1}\0\0\0\0\0\0\0",
    "\u{8}\0\0\0",
    "\u{9}\0\0\0",
    "\u{4}\0\0\0",
    "general.alignment",
    "\0\0\0\0\0\0\0\0",
    "\u{7f}",
];

/// A head of safetensors: what is read lies inside of the file.
pub(super) fn safetensors_head(data: &[u8]) {
    let size = data.len() as u64;
    let Ok(file) = safetensors::parse(data, Some(size)) else { return };
    let start = file.data_start().expect("the header was here");
    for tensor in file.tensors.values() {
        let (first, end) = tensor.data_offsets;
        assert!(first <= end && start + end <= size, "{tensor:?}");
    }
    assert!(safetensors::parse(&data[..start as usize], None).is_ok());
    let sum: u64 = file.parameter_count().expect("it was counted").values().sum();
    assert_eq!(sum, file.tensors.values().map(|tensor| tensor.parameter_count()).sum::<u64>());
}

fn decode(data: &[u8], piece: usize, size: Option<u64>) -> Result<Gguf, WeightsError> {
    let mut decoder = GgufDecoder::new(size).keep_arrays(1_000);
    for piece in data.chunks(piece.max(1)) {
        if decoder.feed(piece)? {
            break;
        }
    }
    decoder.finish()
}

/// Goes through an array; what was kept must be there.
fn count(value: &GgufValue) {
    let Some(array) = value.as_array() else { return };
    if let Some(values) = array.values() {
        let found: Vec<_> = values.collect();
        assert_eq!(found.len() as u64, array.len());
        found.iter().for_each(count);
    }
}

/// A head of GGUF: in pieces it is the same, and tensors lie inside of the file.
pub(super) fn gguf_head(data: &[u8]) {
    let piece = data.last().map_or(1, |byte| usize::from(*byte) + 1);
    let (whole, cut) = (decode(data, data.len(), None), decode(data, piece, None));
    assert_eq!(whole.is_ok(), cut.is_ok(), "{whole:?} {cut:?}");
    if let (Ok(head), Ok(cut)) = (&whole, &cut) {
        assert_eq!(format!("{head:?}"), format!("{cut:?}"));
        head.metadata.values().for_each(count);
    }
    let size = data.len() as u64;
    let Ok(head) = decode(data, piece, Some(size)) else { return };
    for bytes in head.tensors.iter().filter_map(|tensor| head.bytes_of(tensor)) {
        assert!(bytes.start >= head.data_start && (bytes.is_empty() || bytes.end <= size));
    }
}

/// A card: without a change it is what it was, and after one it says what it says.
pub(super) fn card_edit(data: &[u8]) {
    let Some(readme) = text(data) else { return };
    let parts = split(readme);
    let whole = [parts.opening, parts.yaml.unwrap_or_default(), parts.closing, parts.text].concat();
    assert_eq!(whole, readme.strip_prefix('\u{feff}').unwrap_or(readme));
    let Ok(mut card) = readme.parse::<RepoCard>() else { return };
    assert_eq!(card.content(), whole);
    let fields =
        [("license", CardValue::from("no")), ("tags", ["a: b", "- c"].into()), ("x", CardValue::Null)];
    card.update(&CardMap::from_iter(fields), true).expect("it may be overwritten");
    let written = card.content();
    let read = read_head(&written).expect("what was written can be read").expect("it has a head");
    let json = |fields: &CardMap| {
        let mut json = fields.to_json();
        json.retain(|_, value| !value.is_null());
        json
    };
    assert_eq!(json(&read), json(card.data()), "{written:?}");
    assert_eq!(split(&written).text, card.text());
}
