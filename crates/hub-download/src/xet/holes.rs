//! What of a file is still missing.

use std::{collections::BTreeMap, ops::Range};

/// Ranges of a file that are missing, each by its start.
#[derive(Debug, Clone, Default)]
pub(crate) struct Holes(BTreeMap<u64, u64>);

impl Holes {
    /// All of `range` is missing.
    pub(crate) fn new(range: Range<u64>) -> Self {
        Self(if range.is_empty() { BTreeMap::new() } else { BTreeMap::from([(range.start, range.end)]) })
    }

    /// Takes out what is missing of `span`, and returns it.
    pub(crate) fn take(&mut self, span: Range<u64>) -> Vec<Range<u64>> {
        let mut taken = Vec::new();
        while let Some((start, end)) = self.first_in(&span) {
            self.0.remove(&start);
            let part = start.max(span.start)..end.min(span.end);
            if start < part.start {
                self.0.insert(start, part.start);
            }
            if part.end < end {
                self.0.insert(part.end, end);
            }
            taken.push(part);
        }
        taken
    }

    /// Whether something of `span` is missing.
    pub(crate) fn meets(&self, span: &Range<u64>) -> bool {
        self.first_in(span).is_some()
    }

    fn first_in(&self, span: &Range<u64>) -> Option<(u64, u64)> {
        if span.is_empty() {
            return None;
        }
        let before = self.0.range(..=span.start).next_back().filter(|(_, end)| **end > span.start);
        let found = before.or_else(|| self.0.range(span.clone()).next());
        found.map(|(start, end)| (*start, *end))
    }

    /// The first ranges, at most `most`.
    pub(crate) fn first(&self, most: usize) -> Vec<Range<u64>> {
        self.0.iter().take(most).map(|(start, end)| *start..*end).collect()
    }

    /// Bytes that are missing.
    pub(crate) fn len(&self) -> u64 {
        self.0.iter().map(|(start, end)| end - start).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_byte_is_taken_once(spans in prop::collection::vec((0..60_u64, 0..20_u64), 0..40)) {
            let (mut holes, mut missing) = (Holes::new(5..50), vec![false; 80]);
            missing[5..50].fill(true);
            for (start, len) in spans {
                let span = start..start + len;
                let expected: Vec<u64> = span.clone().filter(|at| missing[*at as usize]).collect();
                prop_assert_eq!(holes.meets(&span), !expected.is_empty());
                let taken: Vec<u64> = holes.take(span).into_iter().flatten().collect();
                prop_assert_eq!(&taken, &expected);
                taken.iter().for_each(|at| missing[*at as usize] = false);
                let left: Vec<u64> = holes.first(usize::MAX).into_iter().flatten().collect();
                let expected: Vec<u64> = (0..80).filter(|at| missing[*at as usize]).collect();
                prop_assert_eq!(holes.len(), left.len() as u64);
                prop_assert_eq!(left, expected);
            }
        }
    }
}
