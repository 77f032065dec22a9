//! The `Range` header for servers: one range of bytes, as RFC 9110 section 14 has it.
//!
//! ```
//! use hub_types::range::{self, Part};
//! assert_eq!(range::parse(Some("bytes=2-4"), 10), Part::Some(2, 5));
//! assert_eq!(range::parse(Some("bytes=-3"), 10), Part::Some(7, 10));
//! assert_eq!(range::parse(None, 10), Part::Whole);
//! assert_eq!(Part::Some(2, 5).content_range(10).as_deref(), Some("bytes 2-4/10"));
//! ```

use std::ops::Range;

/// What part of a file of known size is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// All of it: no range, several ranges, or one that is not understood.
    Whole,
    /// From the first byte to before the second.
    Some(u64, u64),
    /// Nothing of it is there: 416.
    Unsatisfiable,
}

impl Part {
    /// Which bytes are sent of a file of `size` bytes; `None` for a 416.
    pub fn bytes(self, size: u64) -> Option<Range<u64>> {
        match self {
            Self::Whole => Some(0..size),
            Self::Some(start, end) => Some(start..end),
            Self::Unsatisfiable => None,
        }
    }

    /// The `Content-Range` header of a 206 or a 416, for a file of `size` bytes; `None` for the whole file, which is a 200.
    pub fn content_range(self, size: u64) -> Option<String> {
        match self {
            Self::Whole => None,
            Self::Some(start, end) => Some(format!("bytes {start}-{}/{size}", end.saturating_sub(1))),
            Self::Unsatisfiable => Some(format!("bytes */{size}")),
        }
    }
}

/// Reads a `Range` header for a file of `size` bytes.
pub fn parse(header: Option<&str>, size: u64) -> Part {
    let Some((first, last)) = header
        .and_then(|text| text.trim().strip_prefix("bytes="))
        .filter(|ranges| !ranges.contains(','))
        .and_then(|range| range.trim().split_once('-'))
    else {
        return Part::Whole;
    };
    if first.is_empty() {
        return match number(last) {
            None => Part::Whole,
            Some(0) => Part::Unsatisfiable,
            Some(_) if size == 0 => Part::Unsatisfiable,
            Some(count) => Part::Some(size.saturating_sub(count), size),
        };
    }
    let Some(start) = number(first) else { return Part::Whole };
    let end = match last {
        "" => size,
        last => match number(last) {
            Some(last) if last >= start => last.saturating_add(1).min(size),
            _ => return Part::Whole,
        },
    };
    if start < size { Part::Some(start, end) } else { Part::Unsatisfiable }
}

fn number(text: &str) -> Option<u64> {
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ranges_are_cut_to_the_content() {
        let cases = [
            (None, Part::Whole),
            (Some("bytes=0-0"), Part::Some(0, 1)),
            (Some("bytes=3-"), Part::Some(3, 10)),
            (Some("bytes=3-99"), Part::Some(3, 10)),
            (Some("bytes=-4"), Part::Some(6, 10)),
            (Some("bytes=-40"), Part::Some(0, 10)),
            (Some("bytes=10-"), Part::Unsatisfiable),
            (Some("bytes=99999999999999999999999-"), Part::Unsatisfiable),
            (Some("bytes=-0"), Part::Unsatisfiable),
            (Some("bytes=5-3"), Part::Whole),
            (Some("bytes=0-1,3-4"), Part::Whole),
            (Some("bytes=+1-2"), Part::Whole),
            (Some("bytes=-"), Part::Whole),
            (Some("lines=1-2"), Part::Whole),
        ];
        for (header, expected) in cases {
            assert_eq!(parse(header, 10), expected, "{header:?}");
        }
        assert_eq!(parse(Some("bytes=0-"), 0), Part::Unsatisfiable);
    }

    #[test]
    fn a_part_says_what_is_sent() {
        let cases = [
            (Part::Whole, Some(0..10), None),
            (Part::Some(3, 10), Some(3..10), Some("bytes 3-9/10")),
            (Part::Unsatisfiable, None, Some("bytes */10")),
        ];
        for (part, bytes, header) in cases {
            assert_eq!((part.bytes(10), part.content_range(10).as_deref()), (bytes, header));
        }
    }

    proptest! {
        #[test]
        fn a_part_always_lies_inside_the_content(header in "(bytes=)?[0-9]{0,21}-[0-9]{0,21}", size: u64) {
            if let Part::Some(start, end) = parse(Some(&header), size) {
                prop_assert!(start < end && end <= size);
            }
        }
    }
}
