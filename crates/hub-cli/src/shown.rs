//! How sizes, counts and paths are written for people.

use std::{
    fmt::Display,
    path::{Path, PathBuf},
};

/// A path that is the same from every folder. Where a command keeps or writes something is always said like this.
pub(crate) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// `1 file`, `2 files`.
pub(crate) fn counted<N: Display + PartialEq + From<u8>>(count: N, one: &str, many: &str) -> String {
    let noun = if count == N::from(1) { one } else { many };
    format!("{count} {noun}")
}

/// A size for people: `1.5 MB`, with powers of 1000 as the Hub shows them.
pub(crate) fn human_size(bytes: u64) -> String {
    let mut value = bytes as f64;
    for unit in ["B", "kB", "MB", "GB", "TB"] {
        if value < 1000.0 || unit == "TB" {
            return if unit == "B" { format!("{bytes} B") } else { format!("{value:.1} {unit}") };
        }
        value /= 1000.0;
    }
    format!("{bytes} B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_written_for_people() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1500, "1.5 kB"),
            (90_868_376, "90.9 MB"),
            (5_000_000_000_000, "5.0 TB"),
        ] {
            assert_eq!(human_size(bytes), text);
        }
    }
}
