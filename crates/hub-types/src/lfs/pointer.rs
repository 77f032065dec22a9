//! [`Pointer`]: what git keeps in place of an object.

use super::is_oid;

/// A pointer file: what git keeps in place of an LFS object.
///
/// ```
/// use hub_types::lfs::Pointer;
/// let pointer = Pointer::new("a".repeat(64), 12);
/// assert_eq!(Pointer::parse(pointer.to_string().as_bytes()), Some(pointer));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Pointer {
    /// sha256 of the content.
    pub oid: String,
    /// Size of the content in bytes.
    pub size: u64,
}

impl Pointer {
    /// Points to the content of `size` bytes with this sha256.
    pub fn new(oid: impl Into<String>, size: u64) -> Self {
        Self { oid: oid.into(), size }
    }

    /// No pointer file is longer, in bytes.
    pub const MAX_LENGTH: usize = 1024;
    const VERSION: &str = "version https://git-lfs.github.com/spec/v1";

    /// Reads a blob as a pointer; `None` when it is an ordinary file.
    pub fn parse(blob: &[u8]) -> Option<Self> {
        if blob.len() > Self::MAX_LENGTH {
            return None;
        }
        let mut lines = std::str::from_utf8(blob).ok()?.lines();
        if lines.next()? != Self::VERSION {
            return None;
        }
        let (mut oid, mut size) = (None, None);
        for line in lines {
            match line.split_once(' ')? {
                ("oid", value) => oid = value.strip_prefix("sha256:").filter(|oid| is_oid(oid)),
                ("size", value) => size = value.parse().ok(),
                _ => {}
            }
        }
        Some(Self { oid: oid?.to_owned(), size: size? })
    }
}

impl std::fmt::Display for Pointer {
    /// The text of the pointer file: three lines, each ended by a line feed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}\noid sha256:{}\nsize {}\n", Self::VERSION, self.oid, self.size)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn pointers_survive_the_round_trip(oid in "[0-9a-f]{64}", size: u64) {
            let pointer = Pointer::new(oid, size);
            prop_assert_eq!(Pointer::parse(pointer.to_string().as_bytes()), Some(pointer));
        }

        #[test]
        fn reading_a_pointer_never_panics(blob in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Pointer::parse(&blob);
        }
    }
}
