//! Percent-encoding of texts in paths.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but ASCII letters, digits and `- . _ ~`.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// As [`SEGMENT`], with `/` kept.
const PATH: &AsciiSet = &SEGMENT.remove(b'/');

/// Percent-encodes a text so that it is one segment of a path: `refs/pr/1` becomes `refs%2Fpr%2F1`.
pub fn encode_segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// Percent-encodes a file path and keeps its slashes.
pub fn encode_path(text: &str) -> String {
    utf8_percent_encode(text, PATH).to_string()
}
