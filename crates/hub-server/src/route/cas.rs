//! The paths of the store of Xet, below `/_xet/{store}`.

use std::fmt;

use hub_xet::{MerkleHash, wire::CasRoute};

/// What is asked of the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CasPath {
    /// What the protocol names.
    Route(CasRoute),
    /// `/bytes/{xorb}`: some bytes of a xorb, as reconstructions name them.
    Bytes(MerkleHash),
}

/// A path below the name of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cas<'p> {
    /// Which store.
    pub(crate) store: &'p str,
    /// What is asked of it; `None` if it has no such thing.
    pub(crate) path: Option<CasPath>,
}

const PREFIX: &str = "/_xet/";
const STORE_DIGITS: usize = 32;

/// Reads a path; `None` if it is not one of a store.
pub(crate) fn parse(path: &str) -> Option<Cas<'_>> {
    let (store, path) = path.strip_prefix(PREFIX)?.split_at_checked(STORE_DIGITS)?;
    if !store.bytes().all(|byte| byte.is_ascii_hexdigit()) || !path.starts_with('/') {
        return None;
    }
    let bytes = || Some(CasPath::Bytes(path.strip_prefix("/bytes/")?.parse().ok()?));
    Some(Cas { store, path: CasRoute::parse(path).map(CasPath::Route).or_else(bytes) })
}

/// The beginning of all paths of a store.
pub(crate) fn base(store: &str) -> String {
    format!("{PREFIX}{store}")
}

impl fmt::Display for CasPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Route(route) => route.fmt(f),
            Self::Bytes(xorb) => write!(f, "/bytes/{xorb}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_nothing_else_is() {
        let store = "0123456789abcdef".repeat(2);
        for path in [CasPath::Route(CasRoute::ShardsV2), CasPath::Bytes(MerkleHash::ZERO)] {
            let text = format!("{}{path}", base(&store));
            assert_eq!(parse(&text), Some(Cas { store: &store, path: Some(path) }));
        }
        let unknown = format!("{}/v1/telemetry", base(&store));
        assert_eq!(parse(&unknown), Some(Cas { store: &store, path: None }));
        for other in ["", "/_xet", "/_xet/", "/_xet/ada/resolve/main/a", "/ada/demo"] {
            assert_eq!(parse(other), None, "{other}");
        }
        assert_eq!(parse(&base(&store)), None);
        assert_eq!(parse(&format!("{}x/v2/shards", base(&store))), None);
    }
}
