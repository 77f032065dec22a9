//! [`CasRoute`]: the paths of the CAS, for clients and servers.

use std::fmt;

use crate::MerkleHash;

/// A path below the base of the CAS (section 9). `Display` writes it; [`parse`](Self::parse) reads it.
///
/// ```
/// use hub_xet::MerkleHash;
/// use hub_xet::wire::CasRoute;
///
/// let route = CasRoute::Xorb(MerkleHash::ZERO);
/// let path = format!("/v1/xorbs/default/{}", MerkleHash::ZERO);
/// assert_eq!(route.to_string(), path);
/// assert_eq!(CasRoute::parse(&path), Some(route));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CasRoute {
    /// `GET`: the reconstruction of a file, second version.
    ReconstructionV2(MerkleHash),
    /// `GET`: the reconstruction of a file, first version.
    ReconstructionV1(MerkleHash),
    /// `GET`: the reconstructions of several files, by `file_id` in the query.
    Reconstructions,
    /// `GET`: a shard with the xorbs that have a chunk, by its plain hash.
    Chunk(MerkleHash),
    /// `POST`: uploads a xorb. `HEAD`: whether it is there.
    Xorb(MerkleHash),
    /// `POST`: uploads a shard, with events in response.
    ShardsV2,
    /// `POST`: uploads a shard.
    ShardsV1,
    /// `HEAD`: the size of a file.
    File(MerkleHash),
}

impl CasRoute {
    /// Reads a path, without the query. Both names of the namespace of chunks are known.
    pub fn parse(path: &str) -> Option<Self> {
        let mut parts = path.strip_prefix('/')?.split('/');
        let mut part = || parts.next();
        let hash = |text: Option<&str>| text.and_then(|text| text.parse().ok());
        let route = match (part()?, part()?) {
            ("v2", "reconstructions") => Self::ReconstructionV2(hash(part())?),
            ("v1", "reconstructions") => match part() {
                Some(text) => Self::ReconstructionV1(hash(Some(text))?),
                None => Self::Reconstructions,
            },
            ("v1", "chunks") => match part()? {
                "default" | "default-merkledb" => Self::Chunk(hash(part())?),
                _ => return None,
            },
            ("v1", "xorbs") => match part()? {
                "default" => Self::Xorb(hash(part())?),
                _ => return None,
            },
            ("v2", "shards") => Self::ShardsV2,
            ("v1", "shards") => Self::ShardsV1,
            ("v1", "files") => Self::File(hash(part())?),
            _ => return None,
        };
        part().is_none().then_some(route)
    }
}

impl fmt::Display for CasRoute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReconstructionV2(file) => write!(f, "/v2/reconstructions/{file}"),
            Self::ReconstructionV1(file) => write!(f, "/v1/reconstructions/{file}"),
            Self::Reconstructions => f.write_str("/v1/reconstructions"),
            Self::Chunk(chunk) => write!(f, "/v1/chunks/default/{chunk}"),
            Self::Xorb(xorb) => write!(f, "/v1/xorbs/default/{xorb}"),
            Self::ShardsV2 => f.write_str("/v2/shards"),
            Self::ShardsV1 => f.write_str("/v1/shards"),
            Self::File(file) => write!(f, "/v1/files/{file}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::chunk_hash;

    #[test]
    fn routes_come_back() {
        let hash = chunk_hash(b"a");
        for route in [
            CasRoute::ReconstructionV2(hash),
            CasRoute::ReconstructionV1(hash),
            CasRoute::Reconstructions,
            CasRoute::Chunk(hash),
            CasRoute::Xorb(hash),
            CasRoute::ShardsV2,
            CasRoute::ShardsV1,
            CasRoute::File(hash),
        ] {
            assert_eq!(CasRoute::parse(&route.to_string()), Some(route));
            assert_eq!(CasRoute::parse(&format!("{route}/")), None);
            assert_eq!(CasRoute::parse(&format!("{route}/x")), None);
        }
        assert_eq!(
            CasRoute::parse(&format!("/v1/chunks/default-merkledb/{hash}")),
            Some(CasRoute::Chunk(hash))
        );
    }

    #[test]
    fn other_paths_are_no_route() {
        let hash = chunk_hash(b"a");
        for path in ["", "/", "/v1", "/v3/shards", "/v1/xorbs/default", "/v1/xorbs/default/00", "v1/shards"] {
            assert_eq!(CasRoute::parse(path), None, "{path}");
        }
        assert_eq!(CasRoute::parse(&format!("/v1/xorbs/other/{hash}")), None);
    }
}
