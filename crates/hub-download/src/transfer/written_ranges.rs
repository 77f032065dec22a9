//! What of a blob is written although bytes before it are missing.

use std::{collections::BTreeMap, ops::Range};

/// Spans of bytes, each by its start.
#[derive(Debug, Default)]
pub(crate) struct WrittenRanges(BTreeMap<u64, u64>);

impl WrittenRanges {
    /// Adds a span; one that ends where it starts becomes longer.
    pub(crate) fn add(&mut self, span: Range<u64>) {
        let before = self.0.range_mut(..=span.start).next_back();
        match before {
            Some((_, end)) if *end == span.start => *end = span.end,
            _ => drop(self.0.insert(span.start, span.end)),
        }
    }

    /// Takes out the span that starts at `position`; returns its end.
    pub(crate) fn take(&mut self, position: u64) -> Option<u64> {
        self.0.remove(&position)
    }

    /// All spans, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Range<u64>> {
        self.0.iter().map(|(start, end)| *start..*end)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Parts of 10 bytes arrive in pieces, each part in order and all of them mixed.
        #[test]
        fn in_whatever_order_parts_come_every_byte_is_taken_once_and_in_turn(turns in prop::collection::vec((0..4u64, 1..5u64), 0..60)) {
            let (mut ahead, mut position) = (WrittenRanges::default(), 0);
            let mut parts = [0, 10, 20, 30];
            let rest = (0..4).flat_map(|part| [(part, 10)]);
            for (part, count) in turns.into_iter().chain(rest) {
                let at = &mut parts[part as usize];
                let span = *at..(*at + count).min(part * 10 + 10);
                *at = span.end;
                if span.is_empty() {
                    continue;
                }
                if span.start == position {
                    position = span.end;
                    while let Some(end) = ahead.take(position) {
                        prop_assert!(end > position);
                        position = end;
                    }
                } else {
                    prop_assert!(span.start > position);
                    ahead.add(span);
                }
                let first_gap = (0..4).find(|part| parts[*part as usize] < part * 10 + 10);
                prop_assert_eq!(position, first_gap.map_or(40, |part| parts[part as usize]));
            }
            prop_assert!(position == 40 && ahead.is_empty());
        }
    }
}
