//! What a CAS and its clients send each other.

use std::ops::Range;

use hub_xet::{
    recipe::FetchPlan,
    shard::{Shard, ShardReader},
    wire::{ReconstructionV1, ReconstructionV2},
    xorb::{XorbIndex, XorbReader},
};

pub(super) const XORB_WORDS: &[&str] = &["\0", "\u{1}", "XETBLOB", "\u{4}\"M\u{18}", "\u{7f}"];
pub(super) const SHARD_WORDS: &[&str] = &["HFRepoMetaData\0", "\0\0\0\0", "\u{1}\0\0\0", "\u{7f}"];

pub(super) const RECONSTRUCTION_WORDS: &[&str] = &[
    "{\"start\":",
    ",\"end\":",
    "\"unpacked_length\":",
    "\"offset_into_first_range\":",
    "\"ranges\":[",
    "18446744073709551615",
    "4294967295",
    "8192",
    "[]",
    "null",
];

/// The index of a xorb, or why it is none, with its body cut into pieces of this size.
fn index(data: &[u8], piece: usize) -> Result<XorbIndex, String> {
    let mut reader = XorbReader::new();
    for mut input in data.chunks(piece) {
        while reader.next_chunk(&mut input).map_err(|error| error.to_string())?.is_some() {}
    }
    reader.finish_any().map_err(|error| error.to_string())
}

pub(super) fn xorb(data: &[u8]) {
    let size = data.first().map_or(1, |byte| usize::from(*byte) + 1);
    let (whole, cut) = (index(data, data.len().max(1)), index(data, size));
    assert_eq!(whole.is_ok(), cut.is_ok(), "{whole:?} {cut:?}");
    if let (Ok(whole), Ok(cut)) = (whole, cut) {
        assert_eq!(whole.hash(), cut.hash());
        assert!(XorbIndex::from_footer(&whole.to_footer()).is_ok_and(|read| read.hash() == whole.hash()));
    }
    drop(XorbIndex::from_footer(data));
}

pub(super) fn shard(data: &[u8]) {
    let whole = Shard::parse(data);
    // In pieces it is the same, or fails as well.
    let mut reader = ShardReader::new(data.len() as u64);
    let size = data.first().map_or(1, |byte| usize::from(*byte) + 1);
    let mut fails = false;
    'pieces: for mut input in data.chunks(size) {
        loop {
            match reader.next_event(&mut input) {
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(_) => {
                    fails = true;
                    break 'pieces;
                }
            }
        }
    }
    assert_eq!(whole.is_err(), fails || reader.finish().is_err());
}

/// What a server says of a range of a file is refused, or gives each of its bytes once.
pub(super) fn reconstruction(data: &[u8]) {
    const WANTED: Range<u64> = 1_000..300_000;
    let second =
        serde_json::from_slice::<ReconstructionV2>(data).ok().and_then(|wire| wire.into_parts().ok());
    let first = serde_json::from_slice::<ReconstructionV1>(data).ok().and_then(|wire| wire.into_parts().ok());
    for (found, _) in second.into_iter().chain(first) {
        let Ok(plan) = FetchPlan::new(&found, WANTED) else { continue };
        let mut ranges: Vec<_> = plan.fetches.iter().flat_map(|fetch| fetch.file_ranges()).collect();
        ranges.sort_by_key(|range| range.start);
        let end = ranges.into_iter().fold(WANTED.start, |position, range| {
            assert_eq!(range.start, position);
            range.end
        });
        assert_eq!(end, WANTED.end);
    }
}
