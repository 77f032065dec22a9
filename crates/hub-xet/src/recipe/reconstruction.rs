//! [`Reconstruction`]: what of a file is asked for, and where it lies.

use std::{
    collections::BTreeMap,
    ops::{Deref, Range},
};

use super::{Term, total_len};
use crate::{ChunkRange, MerkleHash, XetError, xorb::XorbIndex};

/// The terms of a range of a file, and the parts of xorbs that have their chunks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reconstruction {
    /// Raw bytes of the first term that lie before the wanted range.
    pub offset_into_first_range: u64,
    /// The terms, cut to whole chunks. The last one may reach beyond the wanted range.
    pub terms: Vec<Term>,
    /// For each xorb what to fetch of it, sorted, without overlaps. Every term lies inside one of them.
    pub fetches: BTreeMap<MerkleHash, Vec<FetchRange>>,
}

/// Some records of a xorb.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FetchRange {
    /// Which chunks.
    pub chunks: ChunkRange,
    /// Where their records lie in the body, in bytes.
    pub bytes: Range<u64>,
}

/// The terms that a range of a file touches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covering {
    /// Which of the terms, from the first to before the second.
    pub terms: Range<usize>,
    /// Raw bytes of the first one before the range.
    pub before: u64,
    /// Raw bytes of the last one after the range.
    pub after: u64,
}

/// Finds the terms of a file that have the bytes `wanted` of it; its end may lie beyond the end of the file.
///
/// The empty file has no terms, from byte 0 on.
///
/// # Errors
///
/// [`XetError::OutOfRange`]: it begins at or after the end of the file. It is empty.
pub fn covering(terms: &[Term], wanted: Range<u64>) -> Result<Covering, XetError> {
    let size = total_len(terms);
    if size == 0 && wanted.start == 0 {
        return Ok(Covering { terms: 0..0, before: 0, after: 0 });
    }
    if wanted.start >= size {
        return Err(XetError::OutOfRange { start: wanted.start, size });
    }
    let wanted = wanted.start..wanted.end.min(size);
    if wanted.is_empty() {
        return Err(XetError::invalid("range of a file", "it is empty"));
    }
    let mut found = Covering { terms: 0..0, before: 0, after: 0 };
    let mut begin = 0;
    for (number, term) in terms.iter().enumerate() {
        let end = begin + u64::from(term.raw_len);
        if begin <= wanted.start && wanted.start < end {
            found.terms.start = number;
            found.before = wanted.start - begin;
        }
        if begin < wanted.end && wanted.end <= end {
            found.terms.end = number + 1;
            found.after = end - wanted.end;
        }
        begin = end;
    }
    Ok(found)
}

impl Reconstruction {
    /// Trims the terms of a file to the bytes `wanted`, given the index of every xorb of the terms that [`covering`] finds.
    ///
    /// Indexes are asked for one after the other and not kept, so that a server holds few of them, whatever the file.
    ///
    /// # Errors
    ///
    /// The range is outside the file, the index of a xorb is missing, or a term does not fit its xorb.
    pub fn new<I: Deref<Target = XorbIndex>>(
        terms: &[Term],
        wanted: Range<u64>,
        mut index_of: impl FnMut(&MerkleHash) -> Option<I>,
    ) -> Result<Self, XetError> {
        let covering = covering(terms, wanted)?;
        let mut index_of = |xorb: &MerkleHash| index_of(xorb).ok_or_else(|| XetError::missing("xorb", xorb));
        let mut trimmed = Self::default();
        let last = covering.terms.len().saturating_sub(1);
        let mut used: BTreeMap<MerkleHash, Vec<Term>> = BTreeMap::new();
        for (place, term) in terms.get(covering.terms.clone()).unwrap_or_default().iter().enumerate() {
            let before = if place == 0 { covering.before } else { 0 };
            let after = if place == last { covering.after } else { 0 };
            let mut term = *term;
            if before > 0 || after > 0 {
                let index = index_of(&term.xorb)?;
                let (kept, offset) = trim(term, &index, before, after)?;
                term = kept;
                if place == 0 {
                    trimmed.offset_into_first_range = offset;
                }
            }
            trimmed.terms.push(term);
            used.entry(term.xorb).or_default().push(term);
        }
        for (xorb, terms) in used {
            let index = index_of(&xorb)?;
            terms.iter().try_for_each(|term| raw_range(term, &index).map(drop))?;
            let fetch = |chunks: ChunkRange| {
                let bytes = index.stored_range(chunks).ok_or_else(|| does_not_fit(&xorb))?;
                Ok(FetchRange { chunks, bytes })
            };
            let ranges = merged(terms.iter().map(|term| term.chunks).collect());
            let fetches = ranges.into_iter().map(fetch).collect::<Result<_, XetError>>()?;
            trimmed.fetches.insert(xorb, fetches);
        }
        Ok(trimmed)
    }

    /// The part of a xorb in which a term lies.
    pub fn fetch_of(&self, term: &Term) -> Option<&FetchRange> {
        let ranges = self.fetches.get(&term.xorb)?;
        let after = ranges.partition_point(|range| range.chunks.start <= term.chunks.start);
        ranges.get(after.checked_sub(1)?).filter(|range| range.chunks.covers(term.chunks))
    }
}

fn does_not_fit(xorb: &MerkleHash) -> XetError {
    XetError::missing("a chunk of xorb", xorb)
}

/// Where the chunks of a term lie in the raw data of its xorb, if they have the length that the term says.
fn raw_range(term: &Term, index: &XorbIndex) -> Result<Range<u64>, XetError> {
    let raw = index.raw_range(term.chunks).ok_or_else(|| does_not_fit(&term.xorb))?;
    if raw.end - raw.start != u64::from(term.raw_len) {
        return Err(XetError::mismatch("raw length of a term", term.raw_len, raw.end - raw.start));
    }
    Ok(raw)
}

/// Drops whole chunks of the `before` bytes at the beginning and of the `after` bytes at the end; the term and what is left of `before`.
fn trim(term: Term, index: &XorbIndex, before: u64, after: u64) -> Result<(Term, u64), XetError> {
    let raw = raw_range(&term, index)?;
    let (first, last) = (raw.start.saturating_add(before), raw.end.saturating_sub(after).saturating_sub(1));
    let (Some(start), Some(end)) = (index.chunk_at(first), index.chunk_at(last)) else {
        return Err(does_not_fit(&term.xorb));
    };
    let chunks = ChunkRange::new(start, end + 1);
    let kept = index.raw_range(chunks).ok_or_else(|| does_not_fit(&term.xorb))?;
    let raw_len = u32::try_from(kept.end - kept.start).map_err(|_| does_not_fit(&term.xorb))?;
    Ok((Term { xorb: term.xorb, chunks, raw_len }, first - kept.start))
}

/// Sorted, with those that overlap or touch made one.
fn merged(mut ranges: Vec<ChunkRange>) -> Vec<ChunkRange> {
    ranges.sort_unstable();
    let mut merged: Vec<ChunkRange> = Vec::new();
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}
