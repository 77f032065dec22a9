//! What this Hub names in its responses to an LFS batch.

use std::fmt;

/// The end of a signed URL, below `/{id}.git/info/lfs/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum LfsLink {
    /// `verify`
    Verify,
    /// `complete/{oid}`
    Complete(String),
    /// `objects/{oid}`: the bytes of an object.
    Object(String),
    /// `objects/{oid}/{part}`: those of one part of it.
    Part(String, u32),
}

impl LfsLink {
    pub(crate) fn parse(path: &str) -> Option<Self> {
        let segments: Vec<&str> = path.split('/').collect();
        Some(match segments.as_slice() {
            ["verify"] => Self::Verify,
            ["complete", oid] => Self::Complete((*oid).to_owned()),
            ["objects", oid] => Self::Object((*oid).to_owned()),
            ["objects", oid, part] if part.bytes().all(|byte| byte.is_ascii_digit()) => {
                Self::Part((*oid).to_owned(), part.parse().ok()?)
            }
            _ => return None,
        })
    }
}

impl fmt::Display for LfsLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Verify => f.write_str("verify"),
            Self::Complete(oid) => write!(f, "complete/{oid}"),
            Self::Object(oid) => write!(f, "objects/{oid}"),
            Self::Part(oid, part) => write!(f, "objects/{oid}/{part}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_nothing_else_is() {
        let oid = || "0".repeat(64);
        for link in
            [LfsLink::Verify, LfsLink::Complete(oid()), LfsLink::Object(oid()), LfsLink::Part(oid(), 7)]
        {
            assert_eq!(LfsLink::parse(&link.to_string()), Some(link));
        }
        for other in [
            "",
            "verify/",
            "objects",
            "objects/a/b",
            "objects/a/-1",
            "objects/a/+1",
            "objects/a/1/2",
            "batch/a/b",
        ] {
            assert_eq!(LfsLink::parse(other), None, "{other}");
        }
    }
}
