//! Reconstructions as JSON, both versions (section 9.1).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::SignedUrl;
use crate::{
    ChunkRange, MerkleHash, XetError,
    recipe::{FetchRange, Reconstruction, Term},
};

/// Most ranges of a URL.
const MAX_RANGES: usize = 500;

/// A term in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireTerm {
    /// The xorb.
    pub hash: MerkleHash,
    /// Raw bytes of the term.
    pub unpacked_length: u32,
    /// Which chunks.
    pub range: ChunkRange,
}

/// Bytes of a xorb's body, **with** the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByteRange {
    /// The first byte.
    pub start: u64,
    /// The last byte.
    pub end: u64,
}

/// The response of `GET /v2/reconstructions/{file}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconstructionV2 {
    /// Raw bytes of the first term before the wanted range.
    #[serde(default)]
    pub offset_into_first_range: u64,
    /// The terms in the order of the file.
    pub terms: Vec<WireTerm>,
    /// For each xorb where to fetch what of it.
    pub xorbs: BTreeMap<MerkleHash, Vec<MultiRangeFetch>>,
}

/// A URL for some ranges of a xorb.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MultiRangeFetch {
    /// Where to fetch, one range at a time.
    pub url: SignedUrl,
    /// What may be fetched there.
    pub ranges: Vec<RangeDescriptor>,
}

/// A range of a [`MultiRangeFetch`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RangeDescriptor {
    /// Which chunks.
    pub chunks: ChunkRange,
    /// Their records, for the `Range` header.
    pub bytes: ByteRange,
}

/// The response of `GET /v1/reconstructions/{file}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconstructionV1 {
    /// Raw bytes of the first term before the wanted range.
    #[serde(default)]
    pub offset_into_first_range: u64,
    /// The terms in the order of the file.
    pub terms: Vec<WireTerm>,
    /// For each xorb where to fetch what of it.
    pub fetch_info: BTreeMap<MerkleHash, Vec<FetchInfo>>,
}

/// A URL for one range of a xorb.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchInfo {
    /// Which chunks.
    pub range: ChunkRange,
    /// Where to fetch.
    pub url: SignedUrl,
    /// Their records, for the `Range` header.
    pub url_range: ByteRange,
}

/// The response of `GET /v1/reconstructions?file_id=…&file_id=…`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchReconstruction {
    /// The terms of each file.
    pub files: BTreeMap<MerkleHash, Vec<WireTerm>>,
    /// For each xorb where to fetch what of it.
    pub fetch_info: BTreeMap<MerkleHash, Vec<FetchInfo>>,
}

/// Where each part of a [`Reconstruction`] is fetched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FetchUrls(BTreeMap<(MerkleHash, u32), SignedUrl>);

impl FetchUrls {
    /// The URL for a range of a xorb that the reconstruction has.
    pub fn get(&self, xorb: &MerkleHash, range: &FetchRange) -> Option<&SignedUrl> {
        self.0.get(&(*xorb, range.chunks.start))
    }
}

impl From<&Term> for WireTerm {
    fn from(term: &Term) -> Self {
        Self { hash: term.xorb, unpacked_length: term.raw_len, range: term.chunks }
    }
}

impl From<&WireTerm> for Term {
    fn from(term: &WireTerm) -> Self {
        Self { xorb: term.hash, chunks: term.range, raw_len: term.unpacked_length }
    }
}

impl From<&FetchRange> for RangeDescriptor {
    fn from(range: &FetchRange) -> Self {
        let bytes = ByteRange { start: range.bytes.start, end: range.bytes.end.saturating_sub(1) };
        Self { chunks: range.chunks, bytes }
    }
}

impl RangeDescriptor {
    fn fetch(&self) -> Result<FetchRange, XetError> {
        let wrong = || XetError::invalid("reconstruction", "a range of bytes is turned around");
        let end = self.bytes.end.checked_add(1).filter(|end| *end > self.bytes.start).ok_or_else(wrong)?;
        Ok(FetchRange { chunks: self.chunks.checked()?, bytes: self.bytes.start..end })
    }
}

impl ReconstructionV2 {
    /// The response for a reconstruction; `url` signs ranges of a xorb, at most 500 at a time, so that they fit into a URL.
    pub fn new(
        reconstruction: &Reconstruction,
        mut url: impl FnMut(&MerkleHash, &[FetchRange]) -> SignedUrl,
    ) -> Self {
        let fetches = |(xorb, ranges): (&MerkleHash, &Vec<FetchRange>)| {
            let fetch = |ranges: &[FetchRange]| MultiRangeFetch {
                url: url(xorb, ranges),
                ranges: ranges.iter().map(Into::into).collect(),
            };
            (*xorb, ranges.chunks(MAX_RANGES).map(fetch).collect())
        };
        Self {
            offset_into_first_range: reconstruction.offset_into_first_range,
            terms: reconstruction.terms.iter().map(Into::into).collect(),
            xorbs: reconstruction.fetches.iter().map(fetches).collect(),
        }
    }

    /// What a client makes of it.
    ///
    /// # Errors
    ///
    /// A range is impossible, or two ranges of a xorb overlap.
    pub fn into_parts(self) -> Result<(Reconstruction, FetchUrls), XetError> {
        let located = self.xorbs.into_iter().flat_map(|(xorb, fetches)| {
            fetches.into_iter().flat_map(move |fetch| {
                let MultiRangeFetch { url, ranges } = fetch;
                ranges.into_iter().map(move |range| (xorb, range, url.clone()))
            })
        });
        parts(self.offset_into_first_range, &self.terms, located)
    }
}

impl ReconstructionV1 {
    /// The response for a reconstruction; `url` signs one range of a xorb.
    pub fn new(
        reconstruction: &Reconstruction,
        mut url: impl FnMut(&MerkleHash, &FetchRange) -> SignedUrl,
    ) -> Self {
        let mut fetches = |(xorb, ranges): (&MerkleHash, &Vec<FetchRange>)| {
            let info = |range: &FetchRange| {
                let RangeDescriptor { chunks, bytes } = range.into();
                FetchInfo { range: chunks, url: url(xorb, range), url_range: bytes }
            };
            (*xorb, ranges.iter().map(info).collect())
        };
        Self {
            offset_into_first_range: reconstruction.offset_into_first_range,
            terms: reconstruction.terms.iter().map(Into::into).collect(),
            fetch_info: reconstruction.fetches.iter().map(&mut fetches).collect(),
        }
    }

    /// What a client makes of it.
    ///
    /// # Errors
    ///
    /// A range is impossible, or two ranges of a xorb overlap.
    pub fn into_parts(self) -> Result<(Reconstruction, FetchUrls), XetError> {
        let located = self.fetch_info.into_iter().flat_map(|(xorb, infos)| {
            infos.into_iter().map(move |info| {
                let FetchInfo { range, url, url_range } = info;
                (xorb, RangeDescriptor { chunks: range, bytes: url_range }, url)
            })
        });
        parts(self.offset_into_first_range, &self.terms, located)
    }
}

fn parts(
    offset_into_first_range: u64,
    terms: &[WireTerm],
    located: impl Iterator<Item = (MerkleHash, RangeDescriptor, SignedUrl)>,
) -> Result<(Reconstruction, FetchUrls), XetError> {
    let terms = terms.iter().map(Into::into).collect();
    let mut reconstruction = Reconstruction { offset_into_first_range, terms, fetches: BTreeMap::new() };
    let mut urls = FetchUrls::default();
    for (xorb, range, url) in located {
        let range = range.fetch()?;
        urls.0.insert((xorb, range.chunks.start), url);
        reconstruction.fetches.entry(xorb).or_default().push(range);
    }
    for ranges in reconstruction.fetches.values_mut() {
        ranges.sort_by_key(|range| range.chunks);
        let overlap = ranges.iter().zip(ranges.iter().skip(1)).any(|(a, b)| b.chunks.start < a.chunks.end);
        if overlap {
            return Err(XetError::invalid("reconstruction", "two ranges of a xorb overlap"));
        }
    }
    Ok((reconstruction, urls))
}

#[cfg(test)]
mod tests {
    use super::*;

    const XORB: &str = "07060504030201000f0e0d0c0b0a090817161514131211101f1e1d1c1b1a1918";

    fn sample() -> Reconstruction {
        let xorb: MerkleHash = XORB.parse().unwrap();
        let term = |start, end, raw_len| Term { xorb, chunks: ChunkRange::new(start, end), raw_len };
        let range = |start, end, bytes| FetchRange { chunks: ChunkRange::new(start, end), bytes };
        Reconstruction {
            offset_into_first_range: 3,
            terms: vec![term(5, 7, 100), term(0, 2, 50)],
            fetches: [(xorb, vec![range(0, 2, 0..40), range(5, 7, 90..150)])].into(),
        }
    }

    #[test]
    fn the_second_version_is_written_as_the_protocol_says_and_read_back() {
        let wire =
            ReconstructionV2::new(&sample(), |_, ranges| format!("http://cas/x?sig={}", ranges.len()).into());
        let expected = serde_json::json!({
            "offset_into_first_range": 3,
            "terms": [
                {"hash": XORB, "unpacked_length": 100, "range": {"start": 5, "end": 7}},
                {"hash": XORB, "unpacked_length": 50, "range": {"start": 0, "end": 2}},
            ],
            "xorbs": {XORB: [{"url": "http://cas/x?sig=2", "ranges": [
                {"chunks": {"start": 0, "end": 2}, "bytes": {"start": 0, "end": 39}},
                {"chunks": {"start": 5, "end": 7}, "bytes": {"start": 90, "end": 149}},
            ]}]},
        });
        assert_eq!(serde_json::to_value(&wire).unwrap(), expected);
        assert!(!format!("{wire:?}").contains("sig="));
        let read: ReconstructionV2 = serde_json::from_value(expected).unwrap();
        let (reconstruction, urls) = read.into_parts().unwrap();
        assert_eq!(reconstruction, sample());
        let (xorb, ranges) = reconstruction.fetches.first_key_value().unwrap();
        assert_eq!(urls.get(xorb, &ranges[1]).unwrap().as_str(), "http://cas/x?sig=2");
    }

    #[test]
    fn many_ranges_get_several_urls() {
        let mut many = sample();
        let range = |i: u32| FetchRange { chunks: ChunkRange::new(2 * i, 2 * i + 1), bytes: 0..1 };
        many.fetches.values_mut().for_each(|ranges| *ranges = (0..1001).map(range).collect());
        let wire = ReconstructionV2::new(&many, |_, ranges| format!("http://cas/{}", ranges.len()).into());
        let urls: Vec<_> = wire.xorbs.values().flatten().map(|fetch| fetch.url.as_str()).collect();
        assert_eq!(urls, ["http://cas/500", "http://cas/500", "http://cas/1"]);
    }

    #[test]
    fn the_first_version_is_written_as_the_protocol_says_and_read_back() {
        let wire =
            ReconstructionV1::new(&sample(), |_, range| format!("http://cas/{}", range.bytes.start).into());
        let json = serde_json::to_value(&wire).unwrap();
        let expected = serde_json::json!({"range": {"start": 5, "end": 7}, "url": "http://cas/90", "url_range": {"start": 90, "end": 149}});
        assert_eq!(json["fetch_info"][XORB][1], expected);
        let (reconstruction, urls) =
            serde_json::from_value::<ReconstructionV1>(json).unwrap().into_parts().unwrap();
        assert_eq!(reconstruction, sample());
        let (xorb, ranges) = reconstruction.fetches.first_key_value().unwrap();
        assert_eq!(urls.get(xorb, &ranges[0]).unwrap().as_str(), "http://cas/0");
    }

    #[test]
    fn impossible_ranges_are_refused() {
        let wire = ReconstructionV1::new(&sample(), |_, _| "http://cas".into());
        let change = |change: fn(&mut FetchInfo)| {
            let mut wire = wire.clone();
            wire.fetch_info.values_mut().for_each(|infos| change(&mut infos[0]));
            assert!(wire.into_parts().is_err());
        };
        change(|info| info.range.end = 6);
        change(|info| info.range.end = 0);
        change(|info| info.url_range = ByteRange { start: 5, end: 4 });
        change(|info| info.url_range.end = u64::MAX);
    }
}
