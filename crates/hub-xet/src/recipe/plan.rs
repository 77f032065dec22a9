//! [`FetchPlan`]: what to fetch for a range of a file, and where each chunk belongs in it.

use std::ops::Range;

use super::{FetchRange, Reconstruction};
use crate::{
    ChunkRange, MerkleHash, XetError,
    codec::{HEADER_LEN, MAX_STORED_CHUNK},
};

/// Everything that must be fetched for a range of a file, each part of a xorb once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchPlan {
    /// In the order in which the file first needs them.
    pub fetches: Vec<Fetch>,
}

/// One part of a xorb, and the terms that need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetch {
    /// The xorb.
    pub xorb: MerkleHash,
    /// The part of it.
    pub range: FetchRange,
    /// Sorted by their first chunk.
    uses: Vec<Use>,
    wanted: Range<u64>,
}

/// A term that needs a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Use {
    chunks: ChunkRange,
    /// Where in the file its first byte belongs.
    position: u64,
    raw_len: u32,
}

fn wrong(reason: &'static str) -> XetError {
    XetError::invalid("reconstruction", reason)
}

impl FetchPlan {
    /// Plans the bytes `wanted` of a file, whose whole reconstruction this must be. A server's word is checked before anything is fetched.
    ///
    /// # Errors
    ///
    /// The terms have fewer bytes or more terms than the range needs, a term lies in no fetch, or a length is impossible.
    pub fn new(reconstruction: &Reconstruction, wanted: Range<u64>) -> Result<Self, XetError> {
        let offset = reconstruction.offset_into_first_range;
        let mut position =
            wanted.start.checked_sub(offset).ok_or_else(|| wrong("it begins before the file"))?;
        let mut fetches: Vec<Fetch> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for term in &reconstruction.terms {
            let term = term.checked()?;
            let end = position.saturating_add(term.raw_len.into());
            if position >= wanted.end || end <= wanted.start {
                return Err(wrong("a term lies outside the wanted range"));
            }
            let range =
                reconstruction.fetch_of(&term).ok_or_else(|| wrong("a term can be fetched nowhere"))?;
            let place = *places.entry((term.xorb, range.chunks.start)).or_insert(fetches.len());
            if place == fetches.len() {
                fetches.push(Fetch {
                    xorb: term.xorb,
                    range: checked(range)?,
                    uses: Vec::new(),
                    wanted: wanted.clone(),
                });
            }
            let used = Use { chunks: term.chunks, position, raw_len: term.raw_len };
            fetches.get_mut(place).into_iter().for_each(|fetch| fetch.uses.push(used.clone()));
            position = end;
        }
        if position < wanted.end {
            return Err(wrong("it ends before the wanted range"));
        }
        fetches.iter_mut().for_each(|fetch| fetch.uses.sort_by_key(|used| used.chunks.start));
        Ok(Self { fetches })
    }

    /// Bytes that are fetched, records with their headers.
    pub fn stored_len(&self) -> u64 {
        self.fetches.iter().map(|fetch| fetch.range.bytes.end - fetch.range.bytes.start).sum()
    }
}

fn checked(range: &FetchRange) -> Result<FetchRange, XetError> {
    let chunks = u64::from(range.chunks.checked()?.len());
    let len = range.bytes.end.saturating_sub(range.bytes.start);
    let (least, most) = (HEADER_LEN as u64 + 1, (HEADER_LEN + MAX_STORED_CHUNK) as u64);
    if len < chunks * least || len > chunks * most {
        return Err(wrong("the bytes of a fetch cannot be its chunks"));
    }
    Ok(range.clone())
}

impl Fetch {
    /// Where in the file it is needed first.
    pub fn first_position(&self) -> u64 {
        let first = self.uses.iter().map(|used| used.position).min();
        first.unwrap_or_default().max(self.wanted.start)
    }

    /// The ranges of the file that it has, cut to what is wanted: one for each term.
    pub fn file_ranges(&self) -> impl Iterator<Item = Range<u64>> {
        self.uses.iter().map(|used| {
            let end = used.position.saturating_add(used.raw_len.into());
            used.position.max(self.wanted.start)..end.min(self.wanted.end)
        })
    }

    /// In how many places of the file it is needed.
    pub fn use_count(&self) -> usize {
        self.uses.len()
    }

    /// Follows the chunks of the fetch as they are decoded.
    pub fn placement(&self) -> Placement<'_> {
        Placement { fetch: self, next: self.range.chunks.start, begun: 0, active: Vec::new() }
    }
}

/// Says of each chunk of a [`Fetch`], in order, where it belongs in the file.
#[derive(Debug, Clone)]
pub struct Placement<'a> {
    fetch: &'a Fetch,
    /// Number of the next chunk.
    next: u32,
    /// How many of the uses have begun.
    begun: usize,
    /// Uses that have begun and not ended, with how many bytes of them are placed.
    active: Vec<(&'a Use, u64)>,
}

/// Bytes of a chunk, and their place in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed<'d> {
    /// Where in the file the first byte belongs.
    pub position: u64,
    /// The bytes, cut to the wanted range.
    pub data: &'d [u8],
}

impl Placement<'_> {
    /// The places of the next chunk, whose raw bytes are `data`. None if only chunks beside it are needed.
    ///
    /// # Errors
    ///
    /// The fetch has no such chunk, or a term has not the length that the server told.
    pub fn place<'d>(&mut self, data: &'d [u8]) -> Result<Vec<Placed<'d>>, XetError> {
        let number = self.next;
        if !self.fetch.range.chunks.contains(number) {
            return Err(XetError::invalid("fetched data", "it has more chunks than were asked for"));
        }
        self.next = number + 1;
        while let Some(used) = self.fetch.uses.get(self.begun).filter(|used| used.chunks.start == number) {
            self.active.push((used, 0));
            self.begun += 1;
        }
        let mut placed = Vec::with_capacity(self.active.len());
        for (used, done) in &mut self.active {
            let position = used.position.saturating_add(*done);
            *done += data.len() as u64;
            let ends = used.chunks.end == number + 1;
            if *done > u64::from(used.raw_len) || (ends && *done != u64::from(used.raw_len)) {
                return Err(XetError::mismatch("raw length of a term", used.raw_len, *done));
            }
            let wanted = &self.fetch.wanted;
            let from = wanted.start.saturating_sub(position).min(data.len() as u64);
            let to = wanted.end.saturating_sub(position).min(data.len() as u64);
            let data = data.get(from as usize..to as usize).unwrap_or_default();
            if !data.is_empty() {
                placed.push(Placed { position: position + from, data });
            }
        }
        self.active.retain(|(used, _)| used.chunks.end > number + 1);
        Ok(placed)
    }

    /// Ends the fetch.
    ///
    /// # Errors
    ///
    /// Chunks are missing.
    pub fn finish(self) -> Result<(), XetError> {
        if self.next == self.fetch.range.chunks.end {
            Ok(())
        } else {
            Err(XetError::Truncated { what: "fetched data" })
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{
        hash::chunk_hash,
        recipe::{RecipeBuilder, Term, total_len},
        xorb::{IndexBuilder, XorbIndex},
    };

    /// Two xorbs with chunks of different sizes, as indices and raw chunks.
    fn xorbs() -> Vec<(XorbIndex, Vec<Vec<u8>>)> {
        (0..2_u8)
            .map(|xorb| {
                let chunks: Vec<Vec<u8>> =
                    (0..20_u8).map(|i| vec![xorb * 20 + i; 5 + usize::from(i * 7 % 13)]).collect();
                let mut index = IndexBuilder::new();
                for chunk in &chunks {
                    index.push(chunk_hash(chunk), 8 + chunk.len() as u64, chunk.len() as u64).unwrap();
                }
                (index.finish().unwrap(), chunks)
            })
            .collect()
    }

    fn reconstruct(terms: &[Term], wanted: Range<u64>) -> Result<Reconstruction, XetError> {
        let xorbs = xorbs();
        Reconstruction::new(terms, wanted, |hash| {
            xorbs.iter().map(|(index, _)| index).find(|index| index.hash() == *hash)
        })
    }

    /// Does what a downloader does.
    fn download(reconstruction: &Reconstruction, wanted: Range<u64>) -> Result<Vec<u8>, XetError> {
        let xorbs = xorbs();
        let mut file = vec![0xEE; (wanted.end - wanted.start) as usize];
        for fetch in FetchPlan::new(reconstruction, wanted.clone())?.fetches {
            let (index, chunks) = xorbs.iter().find(|(index, _)| index.hash() == fetch.xorb).unwrap();
            assert_eq!(index.stored_range(fetch.range.chunks), Some(fetch.range.bytes.clone()));
            let mut placement = fetch.placement();
            for number in fetch.range.chunks.start..fetch.range.chunks.end {
                for placed in placement.place(&chunks[number as usize])? {
                    let from = (placed.position - wanted.start) as usize;
                    file[from..from + placed.data.len()].copy_from_slice(placed.data);
                }
            }
            placement.finish()?;
        }
        Ok(file)
    }

    fn file(uses: &[(usize, usize)]) -> (Vec<Term>, Vec<u8>) {
        let xorbs = xorbs();
        let (mut builder, mut content) = (RecipeBuilder::new(), Vec::new());
        for (xorb, number) in uses {
            let (index, chunks) = &xorbs[*xorb];
            let chunk = &chunks[*number];
            builder.push(index.hash(), *number as u32, chunk_hash(chunk), chunk.len() as u32).unwrap();
            content.extend_from_slice(chunk);
        }
        (builder.finish().terms, content)
    }

    #[test]
    fn ranges_outside_the_file_are_told_apart() {
        let (terms, _) = file(&[(0, 0), (0, 1)]);
        let size = total_len(&terms);
        assert_eq!(reconstruct(&terms, size..size + 1), Err(XetError::OutOfRange { start: size, size }));
        assert!(matches!(reconstruct(&terms, 1..1), Err(XetError::Invalid { .. })));
        assert_eq!(reconstruct(&terms, 0..u64::MAX).unwrap().terms, terms);
        assert_eq!(reconstruct(&[], 0..1), Ok(Reconstruction::default()));
        assert!(reconstruct(&[], 1..2).is_err());
    }

    #[test]
    fn a_range_inside_a_chunk_fetches_that_chunk() {
        let (terms, content) = file(&[(0, 0), (0, 1), (0, 2), (0, 3)]);
        let found = reconstruct(&terms, 7..9).unwrap();
        assert_eq!((found.offset_into_first_range, found.terms.len()), (2, 1));
        assert_eq!(found.terms[0].chunks, ChunkRange::new(1, 2));
        assert_eq!(download(&found, 7..9).unwrap(), content[7..9]);
    }

    #[test]
    fn what_a_server_must_not_say_is_refused() {
        let (terms, _) = file(&[(0, 0), (1, 1), (0, 4), (0, 5)]);
        let size = total_len(&terms);
        let whole = reconstruct(&terms, 0..size).unwrap();
        assert!(download(&whole, 0..size).is_ok());
        assert!(download(&whole, 0..size + 1).is_err());
        assert!(download(&whole, 0..size - 21).is_err());
        let change = |change: fn(&mut Reconstruction)| {
            let mut changed = whole.clone();
            change(&mut changed);
            assert!(download(&changed, 0..size).is_err(), "{changed:?}");
        };
        change(|r| r.offset_into_first_range = 1);
        change(|r| r.terms[0].raw_len += 1);
        change(|r| r.terms[1].chunks.end = 9000);
        change(|r| r.terms[1].chunks = ChunkRange::new(2, 3));
        change(|r| r.terms.clear());
        change(|r| r.fetches.clear());
        change(|r| r.fetches.values_mut().for_each(|ranges| ranges[0].bytes.end = 5));
        change(|r| r.fetches.values_mut().for_each(|ranges| ranges[0].bytes.end = u64::MAX));
        change(|r| {
            r.terms[0].raw_len -= 1;
            r.terms[1].raw_len += 1;
        });
    }

    proptest! {
        #[test]
        fn every_range_of_every_file_is_rebuilt(
            uses in proptest::collection::vec((0..2_usize, 0..20_usize, 1..5_usize), 1..12),
            a: prop::sample::Index,
            b: prop::sample::Index,
        ) {
            let uses: Vec<(usize, usize)> = uses.into_iter()
                .flat_map(|(xorb, first, count)| (first..(first + count).min(20)).map(move |number| (xorb, number)))
                .collect();
            let (terms, content) = file(&uses);
            let (a, b) = (a.index(content.len()), b.index(content.len()));
            let wanted = a.min(b) as u64..a.max(b) as u64 + 1;
            let found = reconstruct(&terms, wanted.clone()).unwrap();
            let bytes = download(&found, wanted.clone()).unwrap();
            prop_assert_eq!(&bytes, &content[wanted.start as usize..wanted.end as usize]);
            // Nothing is fetched twice, and each fetch has a use.
            for ranges in found.fetches.values() {
                prop_assert!(ranges.windows(2).all(|pair| pair[0].chunks.end < pair[1].chunks.start));
            }
            let plan = FetchPlan::new(&found, wanted).unwrap();
            prop_assert_eq!(plan.fetches.len(), found.fetches.values().map(Vec::len).sum::<usize>());
            prop_assert!(plan.fetches.windows(2).all(|pair| pair[0].first_position() < pair[1].first_position()));
        }
    }
}
